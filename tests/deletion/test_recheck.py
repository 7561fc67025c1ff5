"""Before each step the org is looked at again: what came since the plan goes first or ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.salesforce.rest import Rest
from tests.support.runs import ALLOWED
from tests.support.shapes import (
    INVOICES,
    ITEMS,
    NOTE,
    TAXES,
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
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

NOTES_MAY_GO = {"allow_cascade_to": [*ALLOWED["allow_cascade_to"], NOTE]}
SYNCS = "Zuora__Sync_History__c"


def assert_ended_before_invoices(ran: Ran, server: EmulatorServer, invoices: int) -> None:
    """What goes before invoices went; of invoices nothing did, and the report says why."""
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert (ids(server, TAXES), ids(server, ITEMS)) == (set(), set())
    assert len(ids(server, INVOICES)) == invoices
    entry = ran.object(INVOICES)
    assert (entry["ended"], entry["deleted"], entry["failed"]) == ("not begun", 0, invoices)
    assert entry["error"] in ran.message
    assert entry["error"].startswith(f"The cleanup ended before {INVOICES}: ")
    assert ran.object(ITEMS)["ended"] == "done"
    assert entry["error"] in ran.summary.replace("\n", " ")
    assert entry["error"].split(": ")[0] in (ran.folder / "report.html").read_text("utf-8")


@pytest.mark.parametrize("on_delete", ["cascade", "restrict", "set_null"])
@pytest.mark.parametrize("planned", [0, 2])
def test_rows_of_people_that_came_end_the_run(tmp_path: Path, on_delete: str, planned: int) -> None:
    if on_delete == "restrict" and planned:
        pytest.skip("the plan itself refuses these")
    there = [rows(NOTE, planned, Of__c=of(INVOICES))] if planned else []
    shape = {
        "objects": [notes(on_delete)],
        "rows": there,
        "later": [{"object": ITEMS, "rows": [rows(NOTE, 3, Of__c=of(INVOICES, 2))]}],
    }
    with shaped(shape) as server:
        before = len(ids(server, INVOICES))
        ran = cleanup(server, tmp_path, **NOTES_MAY_GO)
        assert_ended_before_invoices(ran, server, before)
        assert len(ids(server, NOTE)) == planned + 3
    assert f"{planned + 3} rows of {NOTE}" in ran.message
    assert f"({NOTE}.Of__c), {planned} when it was planned" in ran.message


def test_lookups_that_may_go_blank_unseen_end_nothing(tmp_path: Path) -> None:
    shape = {
        "objects": [notes("set_null")],
        "later": [{"object": ITEMS, "rows": [rows(NOTE, 3, Of__c=of(INVOICES))]}],
    }
    with shaped(shape) as server:
        ran = cleanup(server, tmp_path, lookup_links="ignore")
        assert (ran.status, ids(server, INVOICES)) == (0, set())


def test_rows_below_what_goes_along_end_the_run_too(tmp_path: Path) -> None:
    below = notes(to=NOTE, name="Remark__c")
    shape = {
        "objects": [notes(), below],
        "rows": [{**rows(NOTE, 2, Of__c=of(INVOICES)), "name": "notes"}],
        "later": [{"object": ITEMS, "rows": [rows("Remark__c", Of__c={"row": "notes"})]}],
    }
    with shaped(shape) as server:
        before = len(ids(server, INVOICES))
        ran = cleanup(server, tmp_path, **NOTES_MAY_GO)
        assert_ended_before_invoices(ran, server, before)
    assert f"1 row of Remark__c would be destroyed with its {NOTE}" in ran.message


@pytest.mark.rows_may_go(NOTE)
def test_fewer_rows_of_people_end_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = {"objects": [notes()], "rows": [rows(NOTE, 5, Of__c=of(INVOICES))]}
    with shaped(shape) as server:
        gone = sorted(ids(server, NOTE))[:3]
        at_first(monkeypatch, ITEMS, lambda: _delete(server, NOTE, gone))
        ran = cleanup(server, tmp_path, **NOTES_MAY_GO)
        assert (ran.status, ids(server, INVOICES), ids(server, NOTE)) == (0, set(), set())


def _delete(server: EmulatorServer, name: str, gone: list[str]) -> None:
    server.org.dml("delete", name, [{"Id": each} for each in gone])


@pytest.mark.rows_may_go(NOTE)
def test_rows_that_the_user_sees_no_more_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer rows are no proof that they are gone: sharing may hide them since the plan."""
    shape = {"objects": [notes()], "rows": [rows(NOTE, 9, Of__c=of(INVOICES))]}
    with shaped(shape) as server:
        before, there = len(ids(server, INVOICES)), ids(server, NOTE)
        at_first(monkeypatch, ITEMS, lambda: lose_sight(server, NOTE))
        ran = cleanup(server, tmp_path, **NOTES_MAY_GO)
        see_all(server)
        assert_ended_before_invoices(ran, server, before)
        assert ids(server, NOTE) == there
    assert "View All Data" in ran.message


def test_a_count_that_is_refused_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shaped({"objects": [notes()]}) as server:
        before = len(ids(server, INVOICES))
        rule = {"soql": f"*FROM {NOTE}*", "code": "QUERY_TOO_COMPLICATED"}
        at_first(monkeypatch, ITEMS, lambda: server.set_faults({"queries": [rule]}))
        ran = cleanup(server, tmp_path)
        assert_ended_before_invoices(ran, server, before)
    assert f"{NOTE}.Of__c could not be counted again (QUERY_TOO_COMPLICATED" in ran.message


def test_an_org_that_does_not_answer_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shaped({}) as server:
        before = len(ids(server, INVOICES))
        rule = {"method": "POST", "path": "*/composite", "status": 403, "code": "NO_API"}
        at_first(monkeypatch, ITEMS, lambda: server.set_faults({"requests": [rule]}))
        ran = cleanup(server, tmp_path)
        assert (ran.status, len(ids(server, INVOICES))) == (4, before)
    assert "could not be looked at again (NO_API" in ran.message


def test_a_child_type_that_came_since_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Rest.look_at

    def grown(self: Rest, name: str, *args: Any, **kwargs: Any) -> Any:
        describe, answers = real(self, name, *args, **kwargs)
        came = {"childSObject": "New__c", "field": "Of__c", "cascadeDelete": True}
        share = {"childSObject": "New__Share", "field": "ParentId", "cascadeDelete": True}
        more = [share, *([came] if name == INVOICES else [])]
        assert not isinstance(describe, ApiError)
        children = [*describe["childRelationships"], *more]
        return {**describe, "childRelationships": children}, answers

    monkeypatch.setattr(Rest, "look_at", grown)
    with shaped({}) as server:
        before = len(ids(server, INVOICES))
        ran = cleanup(server, tmp_path)
        assert_ended_before_invoices(ran, server, before)
    assert "New__c leads into it by Of__c (cascade)" in ran.message


@pytest.mark.parametrize(
    ("on_delete", "code"), [("restrict", "DELETE_FAILED"), ("cascade", "HELD_BACK")]
)
@pytest.mark.parametrize("used", [False, True])
def test_a_circle_that_no_row_used_when_planned_destroys_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_delete: str, code: str, *, used: bool
) -> None:
    """Items hang on invoices; an invoice that hangs on an item by now holds it."""
    back = {"object": INVOICES, "name": "Back__c", "type": "reference", "to": [ITEMS],
            "on_delete": on_delete}  # fmt: skip
    with shaped({"fields": [back]}) as server:
        item = min(ids(server, ITEMS))
        change = [{"Id": min(ids(server, INVOICES)), "Back__c": item}]
        if used:
            at_first(monkeypatch, TAXES, lambda: server.org.dml("update", INVOICES, change))
        ran = cleanup(server, tmp_path)
        assert (ran.status, ids(server, ITEMS)) == ((4, {item}) if used else (0, set()))
        assert len(ids(server, INVOICES)) == used
    told = {(row["id"], row["code"]) for row in ran.file("failures.csv") if row["object"] == ITEMS}
    assert told == ({(item, code)} if used else set())


@pytest.mark.parametrize("ignored", [False, True])
def test_a_sync_that_began_ends_the_run(tmp_path: Path, *, ignored: bool) -> None:
    shape = {"later": [{"object": ITEMS, "rows": [rows(SYNCS)]}]}
    with shaped(shape) as server:
        before = len(ids(server, INVOICES))
        ran = cleanup(server, tmp_path, ignore_running_sync=ignored)
        if ignored:
            assert (ran.status, ids(server, INVOICES)) == (0, set())
        else:
            assert_ended_before_invoices(ran, server, before)
            assert f"a 360 sync appears to run in the org ({SYNCS} " in ran.message


def test_zuoras_rows_that_came_below_go_first(tmp_path: Path) -> None:
    with shaped({}) as asked:
        items = len(ids(asked, ITEMS))
    came = [rows(ITEMS, 3, Zuora__Invoice__c=of(INVOICES), Zuora__External_Id__c="late-{n}")]
    with shaped({"later": [{"object": ITEMS, "gone": items, "rows": came}]}) as server:
        ran = cleanup(server, tmp_path)
        assert (ran.status, ids(server, ITEMS), ids(server, INVOICES)) == (0, set(), set())
    entry = ran.object(ITEMS)
    assert (entry["found"], entry["deleted"], entry["failed"]) == (items + 3, items + 3, 0)
    backed_up = ran.backup(ITEMS)
    assert len({row["Id"] for row in backed_up}) == len(backed_up) == items + 3


def test_zuoras_rows_that_keep_coming_end_the_run(tmp_path: Path) -> None:
    """Each further turn of the items is followed by one more item."""
    with shaped({}) as asked:
        items = len(ids(asked, ITEMS))
    came = [
        {"object": ITEMS, "gone": items + at, "rows": [rows(ITEMS, Zuora__Invoice__c=of(INVOICES))]}
        for at in range(5)
    ]
    with shaped({"later": came}) as server:
        before = len(ids(server, INVOICES))
        ran = cleanup(server, tmp_path)
        assert (ran.status, len(ids(server, INVOICES))) == (4, before)
        assert len(ids(server, ITEMS)) == 1
    assert ran.object(INVOICES)["ended"] == "not begun"
    assert f"rows of {ITEMS} keep coming below it" in ran.message


def test_rows_that_come_before_their_turn_are_counted(tmp_path: Path) -> None:
    came = [rows(ITEMS, 4, Zuora__Invoice__c=of(INVOICES))]
    with shaped({"later": [{"object": TAXES, "rows": came}]}) as server:
        before = len(ids(server, ITEMS))
        ran = cleanup(server, tmp_path)
        assert (ran.status, ids(server, ITEMS)) == (0, set())
    entry = ran.object(ITEMS)
    assert (entry["found"], entry["deleted"], entry["to_delete"]) == (
        before + 4,
        before + 4,
        before,
    )


CHARGES, QUOTED = "zqu__ProductRatePlanCharge__c", "zqu__QuoteRatePlanCharge__c"
PLANS, TIERS = "zqu__ProductRatePlan__c", "zqu__ProductRatePlanChargeTier__c"


@pytest.mark.slow
def test_what_a_quote_begins_to_use_stays(tmp_path: Path) -> None:
    """The quote comes when the first tiers go; its charge is one that would have gone."""
    catalog = {"include_objects": None, "object_groups": ["product_catalog"]}
    with shaped({}, records=3000) as asked:
        charges = sorted(ids(asked, CHARGES))
        ran = cleanup(asked, tmp_path / "asked", **catalog)
        kept = {row["id"] for row in ran.file("kept.csv")}
    at, used = next(each for each in enumerate(charges, 1) if each[1] not in kept)
    quote: dict[str, Any] = {"zqu__QuoteRatePlan__c": of("zqu__QuoteRatePlan__c")}
    came = rows(QUOTED, **quote, zqu__ProductRatePlanCharge__c=of(CHARGES, at))
    with shaped({"later": [{"object": TIERS, "rows": [came]}]}, records=3000) as server:
        ran = cleanup(server, tmp_path, **catalog)
        where = f"WHERE Id = '{used}'"
        assert (ran.status, ids(server, CHARGES, where)) == (0, {used})
        assert len(ids(server, QUOTED, f"WHERE zqu__ProductRatePlanCharge__c = '{used}'")) == 1
        above = f"SELECT zqu__ProductRatePlan__c FROM {CHARGES} {where}"
        (plan,) = ids(server, PLANS, f"WHERE Id IN ({above})")
    assert kept | {used, plan} <= {row["id"] for row in ran.file("kept.csv")}
    entry = ran.object(CHARGES)
    assert entry["found"] == entry["deleted"] + entry["kept"]
