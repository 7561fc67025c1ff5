"""The snapshot of links that go blank: each names its parent in a way that leads back to it."""

from __future__ import annotations

import csv
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.shapes import INVOICES, NOTE, cleanup, ids, notes, of, rows, shaped

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

PAYMENTS = "Zuora__Payment__c"
BETTER, OLDER = "Zuora__EXT_ID__c", "Zuora__External_Id__c"

ALL = {"include_objects": None, "object_groups": ["accounts"]}
REMARK = "Remark__c"
pytestmark = pytest.mark.rows_may_go(NOTE)


def links(ran: Ran, lookup: str) -> list[dict[str, str]]:
    path = ran.folder / "links" / f"{lookup}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values(server: EmulatorServer, name: str, *fields: str) -> dict[str, tuple[Any, ...]]:
    result = server.org.query(f"SELECT Id, {', '.join(fields)} FROM {name}")
    return {row[0]: tuple(row[1:]) for row in result.rows(0, result.total)}


def test_each_row_names_its_parent_by_the_key_that_this_parent_has(tmp_path: Path) -> None:
    shape = {
        "objects": [notes("set_null", PAYMENTS)],
        "changes": [
            {"object": PAYMENTS, "at": 1, "values": {BETTER: "b-1", OLDER: "o-1"}},
            {"object": PAYMENTS, "at": 2, "values": {BETTER: None, OLDER: "o-2"}},
        ],
        "rows": [rows(NOTE, Of__c=of(PAYMENTS, at)) for at in (1, 2)],
    }
    with shaped(shape) as server:
        first, second = sorted(ids(server, NOTE))
        ran = cleanup(server, tmp_path, **ALL)
        assert (ran.status, len(ids(server, NOTE))) == (0, 2)
    assert links(ran, f"{NOTE}.Of__c") == [
        {"record_id": record, "field": "Of__c", "parent_object": PAYMENTS,
         "parent_external_id": key, "external_id_field": field}
        for record, key, field in ((first, "b-1", BETTER), (second, "o-2", OLDER))
    ]  # fmt: skip
    manifest = json.loads((ran.folder / "links" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["links"] == [
        {"object": NOTE, "field": "Of__c", "parent": PAYMENTS, "external_id_field": BETTER}
    ]


def test_a_lookup_that_leads_to_many_objects_names_the_salesforce_id(tmp_path: Path) -> None:
    """No query follows it to what goes along."""
    both = notes("set_null", NOTE, REMARK)
    both["fields"][0]["to"] = [NOTE, "Account"]
    shape = {
        "objects": [notes(), both],
        "rows": [
            {**rows(NOTE, Of__c=of(INVOICES)), "name": "note"},
            rows(REMARK, Of__c={"row": "note"}),
            rows(REMARK, Of__c=of("Account")),
        ],
    }
    with shaped(shape) as server:
        (note,), remarks = ids(server, NOTE), values(server, REMARK, "Of__c")
        ran = cleanup(server, tmp_path, allow_cascade_to=[NOTE])
        assert ran.status == 0
    # (nor tells any whether it has changed since, so that it is written again before its step)
    written, again = links(ran, f"{REMARK}.Of__c")
    assert written == again
    assert (written["parent_external_id"], written["external_id_field"]) == (note, "")
    assert remarks[written["record_id"]] == (note,)


def test_links_below_what_goes_along_are_written_too(tmp_path: Path) -> None:
    shape = {
        "objects": [notes(), notes("set_null", NOTE, REMARK)],
        "rows": [
            {**rows(NOTE, 2, Of__c=of(INVOICES)), "name": "notes"},
            rows(REMARK, Of__c={"row": "notes", "at": 1}),
            rows(REMARK, Of__c={"row": "notes", "at": 2}),
        ],
    }
    with shaped(shape) as server:
        before = values(server, REMARK, "Of__c")
        ran = cleanup(server, tmp_path, allow_cascade_to=[NOTE])
        assert (ran.status, set(values(server, REMARK, "Of__c").values())) == (0, {(None,)})
    found = links(ran, f"{REMARK}.Of__c")
    assert {row["record_id"]: (row["parent_external_id"],) for row in found} == before
    assert {(row["parent_object"], row["external_id_field"]) for row in found} == {(NOTE, "")}
