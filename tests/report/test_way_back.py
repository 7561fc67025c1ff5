"""Whether a cleanup can be taken back, until when and how."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from target_zuora360_cleanup.plan.checks.capacity import BIN_TOO_SMALL
from target_zuora360_cleanup.plan.plan import Plan
from target_zuora360_cleanup.plan.way_back import destroyed
from target_zuora360_cleanup.reach import Relationship
from target_zuora360_cleanup.report.way_back import WayBack, in_words
from tests.support import made_reports as made

ITEM_OF = Relationship(made.ITEM, "Zuora__Invoice__c", made.INVOICE, "cascade")
HELD = Relationship(made.ACCOUNT, "Zuora__BillToContact__c", "Zuora__ZContact__c", "restrict")


def plan(*, is_detail: bool = True, items: int = 5) -> Plan:
    item = made.step(made.ITEM, items)
    masters = ("Zuora__Invoice__c",) if is_detail else ()
    item = replace(item, facts=replace(item.facts, masters=masters))
    invoice = replace(made.step(made.INVOICE, 2, after=(made.ITEM,)), seen=(ITEM_OF,))
    return Plan(made.ORG, (item, invoice), ())


def told(
    of: Plan,
    mode: str = "cleanup",
    *,
    is_begun: bool = True,
    guards: dict[str, str] | None = None,
) -> Any:
    header = replace(made.header(mode), guards=guards or {})
    return WayBack(header, of, is_begun=is_begun).as_json()["undo"]


def test_details_of_what_goes_after_them_are_destroyed() -> None:
    assert destroyed(plan()) == (made.ITEM,)
    assert destroyed(plan(is_detail=False)) == ()
    assert destroyed(plan(items=0)) == ()


def test_what_had_held_what_goes_after_it_is_destroyed() -> None:
    contact = replace(made.step("Zuora__ZContact__c", 1, after=(made.ACCOUNT,)), seen=(HELD,))
    held = Plan(made.ORG, (made.step(made.ACCOUNT, 3), contact), ())
    assert destroyed(held) == (made.ACCOUNT,)


def test_a_cleanup_says_until_when_and_by_which_command() -> None:
    found = told(plan())
    assert found["possible"] == "partly"
    assert found["until"] == "2026-05-19T08:00:00+00:00"
    words = in_words(found)
    assert words.startswith("in part, from the recycle bin until 2026-05-19")
    assert "`zuora360 undo`" in words
    assert made.ITEM in words


def test_a_plan_says_whether() -> None:
    found = told(plan(is_detail=False), "plan", is_begun=False)
    assert (found["possible"], found["until"], found["command"]) == ("yes", None, None)
    assert in_words(found) == "from the recycle bin for 15 days, as far as its room goes."


@pytest.mark.parametrize(
    ("guards", "words"),
    [
        ({"hard_delete": "on"}, "no, hard_delete skips the recycle bin."),
        ({"backup": "none"}, "no, without a backup nobody knows which records went."),
    ],
)
def test_some_settings_leave_no_way_back(guards: dict[str, str], words: str) -> None:
    found = told(plan(), guards=guards)
    assert (found["possible"], found["until"]) == ("no", None)
    assert in_words(found) == words


def test_more_records_than_the_bin_holds_have_no_way_back() -> None:
    small = replace(plan(), findings=(BIN_TOO_SMALL.found("Too small.", "Keep a backup."),))
    assert in_words(told(small)) == "no, these are more records than the recycle bin holds."


def test_nothing_is_said_where_nothing_is_deleted() -> None:
    assert told(Plan(made.ORG, (made.step(made.ITEM, 0),), ())) is None
    assert told(plan(), "reset") is None
    assert list(WayBack(made.header("reset")).lines()) == []
