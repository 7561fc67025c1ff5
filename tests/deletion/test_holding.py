"""A veto holds: what a trigger has refused is not destroyed by a cascade from above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.deletion import holding
from target_zuora360_cleanup.salesforce.chosen import Chosen
from tests.support.agreement import assert_report_agrees
from tests.support.runs import zuora_rows
from tests.support.shapes import INVOICES, ITEMS, NOTE, TAXES, cleanup, ids, notes, of, rows, shaped

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

SUBSCRIPTIONS = "Zuora__Subscription__c"
ACCOUNTS = "Zuora__CustomerAccount__c"
ALL = {"include_objects": None, "object_groups": ["accounts"]}
VETOED = {"vetoes": [{"object": ITEMS, "every": 20, "message": "not this one"}]}


def above(server: EmulatorServer, name: str, field: str, of_these: set[str]) -> set[str]:
    """Ids that a lookup of these rows leads to."""
    listed = ", ".join(f"'{each}'" for each in sorted(of_these))
    result = server.org.query(f"SELECT {field} FROM {name} WHERE Id IN ({listed})")
    return {row[0] for row in result.rows(0, result.total) if row[0]}


def told(ran: Ran, name: str, code: str = "HELD_BACK") -> set[str]:
    return {
        row["id"]
        for row in ran.file("failures.csv")
        if (row["object"], row["code"]) == (name, code)
    }


@pytest.mark.parametrize(
    "more",
    [{}, *(pytest.param(each, marks=pytest.mark.slow)
           for each in ({"hard_delete": True}, {"job_size": 10}))],
)  # fmt: skip
def test_what_is_above_a_vetoed_row_stays_up_to_the_top(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    options = {"hard_delete_permission": True}
    with shaped(VETOED, 600, **options) as server:
        before = zuora_rows(server.org)
        ran = cleanup(server, tmp_path, **ALL, **more)
        items = ids(server, ITEMS)
        invoices = ids(server, INVOICES)
        assert items == told(ran, ITEMS, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
        assert invoices == above(server, ITEMS, "Zuora__Invoice__c", items)
        accounts = above(server, INVOICES, "Zuora__BillingAccount__c", invoices)
        assert ids(server, ACCOUNTS) == accounts
        assert len(items) > 1
        assert_report_agrees(server.org, before, ran.report)
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert told(ran, INVOICES) == invoices
    assert told(ran, ACCOUNTS) == accounts
    entry = ran.object(INVOICES)
    numbers = (entry["held_back"], entry["failed"], entry["ended"])
    assert numbers == (len(invoices), len(invoices), "done")
    groups = {(each["object"], each["message"]): each for each in ran.report["failures"]}
    group = groups[INVOICES, f"rows of {ITEMS} below it are left"]
    assert (group["code"], group["count"]) == ("HELD_BACK", len(invoices))
    assert "Held back" in ran.summary
    assert "Held back" in (ran.folder / "report.html").read_text(encoding="utf-8")


def test_failures_may_be_allowed_and_hold_all_the_same(tmp_path: Path) -> None:
    with shaped(VETOED, 600) as server:
        ran = cleanup(server, tmp_path, **ALL, allow_failures=True)
        assert (ran.status, ran.report["status"]) == (0, "done")
        items = ids(server, ITEMS)
        assert ids(server, INVOICES) == above(server, ITEMS, "Zuora__Invoice__c", items)


def test_nothing_is_held_back_where_nothing_is_left(tmp_path: Path) -> None:
    with shaped({}, 600) as server:
        ran = cleanup(server, tmp_path, **ALL)
        asked = [str(each["path"]) for each in server.service.stats.requests(10_000)]
    assert ran.status == 0
    assert {each["held_back"] for each in ran.report["objects"]} == {0}
    assert "Held back" not in ran.summary
    assert not [each for each in asked if "SELECT+Zuora__Invoice__c+FROM" in each]


def test_more_than_memory_shall_hold_leave_the_whole_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "MOST_HELD", 2)
    with shaped(VETOED, 600) as server:
        before = zuora_rows(server.org)
        ran = cleanup(server, tmp_path)
        assert len(ids(server, INVOICES)) == before[INVOICES]
        assert_report_agrees(server.org, before, ran.report)
    entry = ran.object(INVOICES)
    assert (ran.status, entry["held_back"], entry["ended"]) == (4, before[INVOICES], "done")
    assert f"rows of {ITEMS} are left below over 2 of them" in entry["error"]
    assert entry["error"] in ran.summary.replace("\n", " ")


def test_a_row_of_people_between_holds_too(tmp_path: Path) -> None:
    """Zuora's row hangs on a person's, which goes along with an invoice."""
    note = {
        "name": "Note__c",
        "fields": [
            {"name": "Of__c", "type": "reference", "to": [INVOICES], "on_delete": "cascade"}
        ],
    }
    field = {
        "object": TAXES, "name": "By__c", "type": "reference", "to": ["Note__c"],
        "on_delete": "cascade",
    }  # fmt: skip
    shape = {
        "objects": [note],
        "fields": [field],
        "rows": [{**rows("Note__c", Of__c=of(INVOICES, 3)), "name": "note"}],
        "changes": [{"object": TAXES, "at": 12, "values": {"By__c": {"row": "note"}}}],
        "vetoes": [{"object": TAXES, "every": 12, "message": "no"}],
    }
    with shaped(shape, 600) as server:
        invoice = sorted(ids(server, INVOICES))[2]
        ran = cleanup(server, tmp_path, allow_cascade_to=["Note__c"])
        items = above(server, TAXES, "Zuora__Invoice_Item__c", ids(server, TAXES))
        others = above(server, ITEMS, "Zuora__Invoice__c", items)
        assert ids(server, INVOICES) == {invoice, *others}
        assert len(others - {invoice}) == len(ids(server, "Note__c")) == 1
    assert (ran.status, ran.object(INVOICES)["held_back"]) == (4, 2)
    assert told(ran, INVOICES) == {invoice, *others}


@pytest.mark.rows_may_go(NOTE)
def test_a_veto_holds_over_rows_of_people_whichever_query_names_the_accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slices = Chosen.slices
    monkeypatch.setattr(Chosen, "slices", lambda self, _: slices(self, 1))
    lookup = {
        "object": ITEMS, "name": "Note__c", "type": "reference", "to": [NOTE],
        "on_delete": "cascade",
    }  # fmt: skip
    shape = {
        "objects": [notes(to=SUBSCRIPTIONS)],
        "fields": [lookup],
        "rows": [{**rows(NOTE, Of__c=of(SUBSCRIPTIONS)), "name": "note"}],
        "changes": [{"object": ITEMS, "at": 9, "values": {"Note__c": {"row": "note"}}}],
        "vetoes": [{"object": ITEMS, "every": 9, "message": "not this one"}],
    }
    with shaped(shape) as server:
        (note,) = ids(server, NOTE)
        (held,) = ids(server, ITEMS, f"WHERE Note__c = '{note}'")
        ran = cleanup(
            server, tmp_path, include_objects=None, allow_cascade_to=[NOTE],
            only_accounts="Id != null",
        )  # fmt: skip
        assert (ids(server, NOTE), held in ids(server, ITEMS)) == ({note}, True)
    assert ran.status == 4
    assert held in told(ran, ITEMS, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert len(told(ran, SUBSCRIPTIONS)) == 1
