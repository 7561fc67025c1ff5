"""Rows that others have deleted before their turn, or made after it, change no count of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.deletion.taken_along import TakenAlong
from target_zuora360_cleanup.salesforce.rest import Rest
from tests.support.shapes import (
    INVOICES,
    ITEMS,
    NOTE,
    at_first,
    cleanup,
    ids,
    lose_sight,
    notes,
    of,
    rows,
    see_all,
    shaped,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.salesforce.errors import ApiError


EXTRA = "Zuora__Extra__c"


def test_what_others_deleted_first_is_not_told_as_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with shaped({}) as server:
        before = sorted(ids(server, INVOICES))
        others = [{"Id": each} for each in before[:3]]

        at_first(monkeypatch, ITEMS, lambda: server.org.dml("delete", INVOICES, others))
        ran = cleanup(server, tmp_path)
        assert (ran.status, ids(server, INVOICES)) == (0, set())
    entry = ran.object(INVOICES)
    assert (entry["found"], entry["deleted"]) == (len(before) - 3, len(before) - 3)
    assert f"{INVOICES}: 3 rows of the plan were gone before their turn." in caplog.messages


def test_what_is_hidden_first_is_not_told_as_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shaped({}) as server:
        at_first(monkeypatch, INVOICES, lambda: lose_sight(server, INVOICES))
        ran = cleanup(server, tmp_path)
        see_all(server)
        assert ids(server, INVOICES)
    entry = ran.object(INVOICES)
    assert (ran.status, entry["ended"], entry["deleted"]) == (4, "unknown", None)
    assert "neither View All Data nor Modify All Data any more" in entry["error"]


def test_what_failed_since_it_is_hidden_is_not_told_as_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A count at the end, which leaves it out, is no better than what Salesforce said of it."""
    real = Rest.delete_collection

    def acting(self: Rest, sent: Sequence[str]) -> list[ApiError | None]:
        if set(sent) & invoices:
            lose_sight(server, INVOICES)
        return real(self, sent)

    with shaped({}) as server:
        invoices = ids(server, INVOICES)
        monkeypatch.setattr(Rest, "delete_collection", acting)
        ran = cleanup(server, tmp_path)
        see_all(server)
        left = len(ids(server, INVOICES))
    entry = ran.object(INVOICES)
    assert left
    assert (ran.status, entry["failed"], entry["deleted"]) == (4, left, len(invoices) - left)


@pytest.mark.rows_may_go(NOTE)
def test_what_is_hidden_while_it_is_backed_up_goes_along_with_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = TakenAlong.back_up

    def acting(self: TakenAlong, turn: Turn) -> None:
        if turn.step.name == INVOICES:
            lose_sight(server, NOTE)
        real(self, turn)

    shape = {"objects": [notes()], "rows": [rows(NOTE, 9, Of__c=of(INVOICES))]}
    with shaped(shape) as server:
        before, there = ids(server, INVOICES), ids(server, NOTE)
        monkeypatch.setattr(TakenAlong, "back_up", acting)
        ran = cleanup(server, tmp_path, allow_cascade_to=["PricebookEntry", NOTE])
        see_all(server)
        assert (ids(server, INVOICES), ids(server, NOTE)) == (before, there)
    assert (ran.status, ran.object(INVOICES)["ended"]) == (4, "unknown")


@pytest.mark.parametrize("is_told", [True, False], ids=["by their date", "when nobody tells"])
def test_rows_that_came_after_their_turn_are_found_and_left_and_those_deleted_stay_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_told: bool
) -> None:
    shape = {"objects": [notes(name=EXTRA)], "rows": [rows(EXTRA, 2, Of__c=of(INVOICES))]}
    with shaped(shape) as server:
        org = server.org
        if not is_told:
            server.set_faults({"queries": [{"soql": "*CreatedDate >= *", "code": "NO_LUCK"}]})
        at_first(monkeypatch, INVOICES, lambda: org.dml("insert", EXTRA, [{"Text__c": "late"}]))
        ran = cleanup(server, tmp_path)
        assert (ran.status, len(ids(server, EXTRA))) == (4, 1)
    entry = ran.object(EXTRA)
    assert {name: entry[name] for name in ("found", "deleted", "failed")} == {
        "found": 3, "deleted": 2, "failed": 1,
    }  # fmt: skip


def called_gone(**more: Any) -> dict[str, Any]:
    words = {"code": "ENTITY_IS_DELETED", "message": "entity is deleted"}
    return {"rows": [{"object": ITEMS, "operation": "delete", "every": 3, **words, **more}]}


def test_rows_that_are_called_deleted_and_are_not_are_tried_again(tmp_path: Path) -> None:
    with shaped({}) as server:
        server.set_faults(called_gone(times=1))
        ran = cleanup(server, tmp_path)
        assert (ran.status, ids(server, ITEMS), ran.report["failures"]) == (0, set(), [])


def test_rows_that_are_called_deleted_and_stay_have_failed(tmp_path: Path) -> None:
    with shaped({}) as server:
        before = ids(server, ITEMS)
        server.set_faults(called_gone())
        ran = cleanup(server, tmp_path)
        left = ids(server, ITEMS)
    assert ran.status == 4
    entry = ran.object(ITEMS)
    assert (entry["deleted"], entry["failed"]) == (len(before) - len(left), len(left))
    assert {each["id"] for each in ran.file("failures.csv") if each["object"] == ITEMS} == left
