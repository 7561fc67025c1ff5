"""After a cleanup that was not whole, lookups are told as the org has them, not as planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.page import Page
from tests.support.shapes import INVOICES, NOTE, cleanup, ids, notes, of, rows, shaped

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

ACCOUNTS, PLANS = "Zuora__CustomerAccount__c", "Zuora__SubscriptionRatePlan__c"
BOTH = {
    "objects": [notes("set_null"), notes("set_null", ACCOUNTS, "Chat__c")],
    "rows": [
        {**rows(NOTE, Of__c=of(INVOICES, at)), "name": f"note{at}"} for at in range(1, 9)
    ] + [{**rows("Chat__c", 4, Of__c=of(ACCOUNTS)), "name": "chats"}],
}  # fmt: skip
EVERY_THIRD_STAYS = {
    "rows": [{"object": INVOICES, "code": "DELETE_FAILED", "message": "no", "every": 3}]
}


def gone(ran: Ran) -> dict[str, tuple[int, int | None]]:
    return {each["path"]: (each["rows"], each["gone"]) for each in ran.report["blank_links"]}


def set_links(server: EmulatorServer, name: str, field: str = "Of__c") -> int:
    return len(ids(server, name, f"WHERE {field} != null"))


def test_a_plan_has_blanked_none(tmp_path: Path) -> None:
    with shaped(BOTH) as server:
        ran = cleanup(server, tmp_path, mode="plan", include_objects=None)
    assert gone(ran)[f"{NOTE}.Of__c"] == (8, 0)


def test_lookups_to_rows_that_stay_are_not_told_as_blank(tmp_path: Path) -> None:
    with shaped(BOTH) as server:
        server.set_faults(EVERY_THIRD_STAYS)
        ran = cleanup(server, tmp_path, include_objects=None)
        left = set_links(server, NOTE)
    assert ran.status == 4
    assert 0 < left < 8
    assert gone(ran)[f"{NOTE}.Of__c"] == (8, 8 - left)
    assert f"Went blank {NOTE} Of__c Invoice {INVOICES} 8 {8 - left} " in said(ran, "links")
    assert f"Blank since these records are gone: {8 - left} of 12 lookups." in said(ran, "findings")
    assert "will go blank" not in said(ran, "findings")


def test_of_what_was_never_begun_nothing_is_lost_and_it_has_a_column(
    tmp_path: Path,
) -> None:
    shape = {**BOTH, "later": [{"object": PLANS, "rows": [rows("Task", WhatId=of(ACCOUNTS))]}]}
    with shaped(shape) as server:
        before = set_links(server, ACCOUNTS, "Zuora__Parent__c")
        ran = cleanup(server, tmp_path, include_objects=None)
        assert (set_links(server, "Chat__c"), before > 0) == (4, True)
        left = len(ids(server, ACCOUNTS))
    entry = ran.object(ACCOUNTS)
    assert (ran.status, entry["ended"]) == (4, "not begun")
    assert (entry["not_begun"], entry["failed"]) == (left, left)
    assert entry["links_removed"] == {"Customer Hierarchies": 0}
    assert gone(ran)["Chat__c.Of__c"] == (4, 0)
    assert "Failed Not begun" in said(ran, "objects")


@pytest.mark.parametrize("refused", [False, True])
def test_hierarchies_are_counted_in_what_is_left(tmp_path: Path, *, refused: bool) -> None:
    fault: dict[str, Any] = {
        "rows": [{"object": ACCOUNTS, "code": "DELETE_FAILED", "message": "no", "every": 2}]
    }
    if refused:
        soql = f"SELECT COUNT(Zuora__Parent__c) l0 FROM {ACCOUNTS}*"
        fault["queries"] = [{"soql": soql, "code": "INSUFFICIENT_ACCESS", "status": 403}]
    with shaped({}) as server:
        before = set_links(server, ACCOUNTS, "Zuora__Parent__c")
        server.set_faults(fault)
        ran = cleanup(server, tmp_path, include_objects=None)
        after = set_links(server, ACCOUNTS, "Zuora__Parent__c")
    assert 0 < after < before
    lost = None if refused else before - after
    assert ran.object(ACCOUNTS)["links_removed"] == {"Customer Hierarchies": lost}


def said(ran: Ran, section: str) -> str:
    return Page((ran.folder / "report.html").read_text(encoding="utf-8")).said(section)
