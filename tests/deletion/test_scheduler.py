"""Steps are begun in the order of the plan; the ledger knows of each what is known."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.deletion.ledger import Ledger
from target_zuora360_cleanup.deletion.outcome import Outcome
from target_zuora360_cleanup.deletion.scheduler import carry_out
from target_zuora360_cleanup.facts.known import Known
from target_zuora360_cleanup.facts.org_facts import ObjectFacts, OrgInfo
from target_zuora360_cleanup.plan.plan import Plan, Step
from target_zuora360_cleanup.rows.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Callable

ITEM, INVOICE, ACCOUNT = (
    "Zuora__InvoiceItem__c", "Zuora__ZInvoice__c", "Zuora__CustomerAccount__c",
)  # fmt: skip
ROWS = 5
LONG = 60.0


def step(name: str, *after: str, rows: int = ROWS) -> Step:
    return Step(ObjectFacts(BY_NAME[name], found=Known(rows)), frozenset(), frozenset(after))


PLAN = Plan(
    OrgInfo("00D000000000001AAA", "Org", is_sandbox=True),
    (step(ITEM), step(INVOICE, ITEM), step(ACCOUNT, ITEM, INVOICE)),
    (),
)


def carried_out(delete: Callable[[Step], Outcome], stop: Stop | None = None) -> Ledger:
    ledger = Ledger()
    ledger.open(PLAN)
    carry_out(PLAN, delete, ledger, stop or Stop())
    return ledger


def ends(ledger: Ledger) -> dict[str, tuple[int | None, str]]:
    return {each.name: (each.deleted, each.ended) for each in ledger.outcomes}


def gone(step: Step) -> Outcome:
    return Outcome.of(step, 0)


def test_before_the_deletion_the_ledger_holds_nothing() -> None:
    assert Ledger().outcomes == ()


def test_each_step_is_deleted_after_those_that_go_before_it() -> None:
    done: list[str] = []

    def delete(step: Step) -> Outcome:
        done.append(step.name)
        return gone(step)

    ledger = carried_out(delete)
    assert done == [ITEM, INVOICE, ACCOUNT]
    assert ends(ledger) == dict.fromkeys(done, (ROWS, "done"))


def test_what_comes_after_a_broken_step_is_never_begun() -> None:
    def delete(step: Step) -> Outcome:
        return Outcome.of(step, 2, "partial", "broken") if step.name == INVOICE else gone(step)

    assert ends(carried_out(delete)) == {
        ITEM: (ROWS, "done"), INVOICE: (3, "partial"), ACCOUNT: (0, "not begun"),
    }  # fmt: skip


def test_nothing_is_begun_after_a_stop() -> None:
    stop = Stop()

    def delete(step: Step) -> Outcome:
        stop.request("SIGTERM")
        return gone(step)

    assert ends(carried_out(delete, stop)) == {
        ITEM: (ROWS, "done"), INVOICE: (0, "not begun"), ACCOUNT: (0, "not begun"),
    }  # fmt: skip


def test_a_step_that_is_under_way_is_unknown_and_never_none() -> None:
    began, may_end, seen = threading.Event(), threading.Event(), list[tuple[Outcome, ...]]()
    ledger = Ledger()
    ledger.open(PLAN)

    def delete(step: Step) -> Outcome:
        began.set()
        may_end.wait(LONG)
        return gone(step)

    deleting = threading.Thread(target=carry_out, args=(PLAN, delete, ledger, Stop()))
    deleting.start()
    assert began.wait(LONG)
    seen.append(ledger.outcomes)
    may_end.set()
    deleting.join(LONG)
    assert [(each.deleted, each.failed, each.ended) for each in seen[0]] == [
        (None, None, "unknown"), (0, ROWS, "not begun"), (0, ROWS, "not begun"),
    ]  # fmt: skip
    assert ends(ledger) == dict.fromkeys((ITEM, INVOICE, ACCOUNT), (ROWS, "done"))


def test_a_mistake_in_one_step_loses_no_outcome_of_another() -> None:
    def delete(step: Step) -> Outcome:
        if step.name == INVOICE:
            raise ZeroDivisionError
        return gone(step)

    ledger = Ledger()
    ledger.open(PLAN)
    with pytest.raises(ZeroDivisionError):
        carry_out(PLAN, delete, ledger, Stop())
    assert ends(ledger) == {
        ITEM: (ROWS, "done"), INVOICE: (None, "unknown"), ACCOUNT: (0, "not begun"),
    }  # fmt: skip
