"""Steps are begun in the order of the plan; the ledger knows of each what is known."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.deletion.ledger import Ledger
from target_zuora360_cleanup.deletion.outcome import Outcome
from target_zuora360_cleanup.deletion.scheduler import Schedule
from target_zuora360_cleanup.deletion.turn import Halted, Turn
from target_zuora360_cleanup.facts.known import Known
from target_zuora360_cleanup.facts.org_facts import ObjectFacts, OrgInfo
from target_zuora360_cleanup.plan.plan import Plan, Step
from target_zuora360_cleanup.reach import Path, Relationship
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


@dataclass
class Work:
    """Sees what it is given to see; deletes as it is told to.

    Attributes:
        delete_step: Deletes one.
        below: Rows below steps, by name: each look takes the first, but for the last.
        halts: The step before which the run must end.
    """

    delete_step: Callable[[Step], Outcome]
    below: dict[str, list[dict[Path, int]]] = field(default_factory=dict)
    halts: str = ""

    def turn(self, step: Step) -> Turn:
        if step.name == self.halts:
            raise Halted(f"before {step.name}")
        looks = self.below.get(step.name, [{}])
        return Turn(step, looks.pop(0) if len(looks) > 1 else looks[0])

    def holding(self, turn: Turn) -> Turn:
        return turn

    def delete(self, turn: Turn) -> Outcome:
        return self.delete_step(turn.step)


def scheduled(work: Work, stop: Stop | None = None) -> tuple[Ledger, str]:
    ledger = Ledger()
    ledger.open(PLAN)
    schedule = Schedule(PLAN, work, ledger, stop or Stop())
    schedule.carry_out()
    return ledger, schedule.halted


def carried_out(delete: Callable[[Step], Outcome], stop: Stop | None = None) -> Ledger:
    return scheduled(Work(delete), stop)[0]


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

    schedule = Schedule(PLAN, Work(delete), ledger, Stop())
    deleting = threading.Thread(target=schedule.carry_out)
    deleting.start()
    assert began.wait(LONG)
    seen.append(ledger.outcomes)
    may_end.set()
    deleting.join(LONG)
    assert [(each.deleted, each.failed, each.ended) for each in seen[0]] == [
        (None, None, "unknown"), (0, ROWS, "not begun"), (0, ROWS, "not begun"),
    ]  # fmt: skip
    assert ends(ledger) == dict.fromkeys((ITEM, INVOICE, ACCOUNT), (ROWS, "done"))


def test_a_step_that_must_not_begin_ends_the_run_in_front_of_it() -> None:
    ledger, halted = scheduled(Work(gone, halts=INVOICE))
    assert halted == f"before {INVOICE}"
    assert ends(ledger) == {
        ITEM: (ROWS, "done"), INVOICE: (0, "not begun"), ACCOUNT: (0, "not begun"),
    }  # fmt: skip
    assert [each.error for each in ledger.outcomes] == ["", halted, ""]


WAY = Path((Relationship(ITEM, "Invoice__c", INVOICE, "cascade"),))


def test_what_came_below_a_step_goes_first() -> None:
    done: list[str] = []

    def delete(step: Step) -> Outcome:
        done.append(step.name)
        return gone(step)

    # (one look that finds them, one before the further turn, one after it)
    work = Work(delete, {INVOICE: [{WAY: 2}, {WAY: 2}, {}]})
    ledger, halted = scheduled(work)
    assert (done, halted) == ([ITEM, ITEM, INVOICE, ACCOUNT], "")
    assert {each.ended for each in ledger.outcomes} == {"done"}


def test_what_its_own_step_has_left_does_not_go_again() -> None:
    done: list[str] = []

    def delete(step: Step) -> Outcome:
        done.append(step.name)
        return Outcome.of(step, 2)

    scheduled(Work(delete, {INVOICE: [{WAY: 2}]}))
    assert done == [ITEM, INVOICE, ACCOUNT]


def test_what_keeps_coming_ends_the_run() -> None:
    done: list[str] = []

    def delete(step: Step) -> Outcome:
        done.append(step.name)
        return gone(step)

    ledger, halted = scheduled(Work(delete, {INVOICE: [{WAY: 2}]}))
    assert done == [ITEM] * 4
    assert f"rows of {ITEM} keep coming below it" in halted
    assert ends(ledger)[INVOICE] == (0, "not begun")


def test_whatever_a_step_raises_the_others_keep_their_outcomes() -> None:
    def delete(step: Step) -> Outcome:
        if step.name == INVOICE:
            raise KeyError("instance_url")
        return gone(step)

    ledger, halted = scheduled(Work(delete))
    assert ends(ledger) == {
        ITEM: (ROWS, "done"), INVOICE: (None, "unknown"), ACCOUNT: (0, "not begun"),
    }  # fmt: skip
    assert "KeyError: 'instance_url'" in ledger.of(INVOICE).error
    assert halted.startswith(f"The cleanup ended at {INVOICE}: ")


def test_whatever_a_look_raises_the_step_is_not_begun() -> None:
    work = Work(gone)
    real = work.turn

    def turn(step: Step) -> Turn:
        if step.name == INVOICE:
            raise RecursionError("too deep")
        return real(step)

    work.turn = turn  # type: ignore[method-assign]
    ledger, _ = scheduled(work)
    assert ends(ledger) == {
        ITEM: (ROWS, "done"), INVOICE: (0, "not begun"), ACCOUNT: (0, "not begun"),
    }  # fmt: skip
    assert "too deep" in ledger.of(INVOICE).error
