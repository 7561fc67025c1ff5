"""What a cleanup reaches beside Zuora's rows, in orgs of many shapes: found, told, refused."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.paths import ROOT
from tests.support.runs import BOOKMARKS, Ran, lines, login, run, state, zuora_rows

if TYPE_CHECKING:
    from pathlib import Path

SUBSCRIPTION, INVOICE = "Zuora__Subscription__c", "Zuora__ZInvoice__c"
ACCOUNTS = {"object_groups": ["accounts"]}
PEOPLE = [
    "Task", "Event", "Note", "Attachment", "ContentDocumentLink", "FeedItem", "Milestone__c",
    "Milestone_Step__c", "EntitySubscription", "TopicAssignment",
]  # fmt: skip


def shape_file(name: str) -> str:
    return (ROOT / "tests" / "data" / "shapes" / f"{name}.json").read_text(encoding="utf-8")


def shaped(shape: str | dict[str, Any], **more: Any) -> OrgOptions:
    text = shape if isinstance(shape, str) else json.dumps(shape)
    return OrgOptions(**{"records": 300, "sandbox": True, "shape": text, **more})


def ran(tmp_path: Path, org: OrgOptions, **config: Any) -> Ran:
    """One run in a new org."""
    with Emulated(org) as server:
        return run({**ACCOUNTS, **config, **login(server)}, tmp_path)


def found(made: Ran, code: str) -> dict[str, int]:
    """What the findings of a code name, with the rows."""
    return {
        name: rows
        for each in made.report["findings"]
        if each["code"] == code
        for name, rows in each["objects"].items()
    }


def lookup(to: str, on_delete: str, name: str = "Ref__c") -> dict[str, Any]:
    return {"name": name, "type": "reference", "to": [to], "on_delete": on_delete}


def test_what_people_hang_on_records_blocks_and_marks_are_told(tmp_path: Path) -> None:
    made = ran(tmp_path, shaped(shape_file("people")))
    assert made.status == 3
    blocking = found(made, "customer-rows-taken-along")
    assert blocking["Attachment"] == 1
    assert blocking["FeedItem"] == 1, "a tracked change is no post"
    assert blocking["Note"] > 0
    detached = found(made, "rows-detached")
    assert set(detached) == {"Event.WhatId", "Milestone__c.Subscription__c", "Task.WhatId"}
    assert set(blocking) & {"Event", "Task", "Milestone__c", "Milestone_Step__c"} == set()
    assert set(found(made, "rows-made-again")) == {
        "ContentDocumentLink.LinkedEntityId", "TopicAssignment.EntityId",
    }  # fmt: skip


def test_archived_activities_count_too(tmp_path: Path) -> None:
    with Emulated(shaped(shape_file("people"))) as server:
        made = run({**ACCOUNTS, **login(server)}, tmp_path)
        live = server.org.query("SELECT COUNT() FROM Task WHERE WhatId != null").total
    assert found(made, "rows-detached")["Task.WhatId"] == live + 1


def test_rows_below_allowed_ones_need_their_own_permission(tmp_path: Path) -> None:
    made = ran(tmp_path, shaped(shape_file("people")), allow_cascade_to=["Milestone__c"])
    assert "Milestone__c" not in found(made, "customer-rows-taken-along")
    assert "Milestone_Step__c" in found(made, "customer-rows-taken-along")


@pytest.mark.rows_may_go(*PEOPLE)
def test_a_lookup_that_holds_a_grandchild_blocks_before_the_first_delete(tmp_path: Path) -> None:
    with Emulated(shaped(shape_file("people"))) as server:
        before = zuora_rows(server.org)
        config = {"mode": "cleanup", "allow_cascade_to": PEOPLE[:8]}
        made = run({**ACCOUNTS, **config, **login(server)}, tmp_path)
        assert zuora_rows(server.org) == before
    assert (made.status, made.states) == (3, [])
    assert found(made, "rows-hold-records") == {"Sign_Off__c": 1}


@pytest.mark.rows_may_go(*PEOPLE)
def test_what_is_allowed_goes_is_backed_up_and_is_counted(tmp_path: Path) -> None:
    text = json.loads(shape_file("people"))
    text["rows"] = [each for each in text["rows"] if each["object"] != "Sign_Off__c"]
    with Emulated(shaped(text)) as server:
        config = {"mode": "cleanup", "allow_cascade_to": PEOPLE[:8]}
        made = run({**ACCOUNTS, **config, **login(server)}, tmp_path)
        left = [name for name in zuora_rows(server.org) if name.startswith("Zuora__")]
    assert made.status == 0, made.message
    assert left == []
    gone = {each["object"]: each["gone"] for each in made.report["taken_along"]}
    assert gone["Milestone_Step__c"] == 2 * gone["Milestone__c"] > 0
    for name in ("Task", "Note", "Milestone_Step__c"):
        assert (made.folder / "backup" / f"{name}.csv.gz").exists()


MAIL = {"object": "EmailMessage", "values": {"RelatedToId": {"object": INVOICE, "at": 1}}}


def test_a_lookup_to_many_objects_is_in_the_snapshot_with_its_parents_key(tmp_path: Path) -> None:
    with Emulated(shaped({"rows": [MAIL]})) as server:
        with server.org.query(f"SELECT Zuora__External_Id__c FROM {INVOICE} ORDER BY Id") as rows:
            ((key,),) = rows.rows(0, 1)
        made = run({**ACCOUNTS, "mode": "cleanup", **login(server)}, tmp_path)
    assert made.status == 0, made.message
    file = made.folder / "links" / "EmailMessage.RelatedToId.csv.gz"
    (link,) = csv.DictReader(io.StringIO(gzip.decompress(file.read_bytes()).decode()))
    assert (link["parent_object"], link["parent_external_id"]) == (INVOICE, key)
    assert link["external_id_field"] == "Zuora__External_Id__c"


def test_one_that_leads_to_a_row_without_a_key_blocks(tmp_path: Path) -> None:
    blank = {"object": INVOICE, "at": 1, "values": {"Zuora__External_Id__c": None}}
    made = ran(tmp_path, shaped({"rows": [MAIL], "changes": [blank]}))
    assert found(made, "links-without-key") == {"EmailMessage.RelatedToId": 1}
    assert made.status == 3


def test_a_circle_blocks_only_where_rows_use_it(tmp_path: Path) -> None:
    circle = [
        {"object": INVOICE, **lookup("Zuora__InvoiceItem__c", "restrict", "Top__c")},
    ]
    idle = ran(tmp_path / "idle", shaped({"fields": circle}))
    used = ran(
        tmp_path / "used",
        shaped(
            {
                "fields": circle,
                "changes": [
                    {
                        "object": INVOICE,
                        "at": 1,
                        "values": {"Top__c": {"object": "Zuora__InvoiceItem__c", "at": 1}},
                    }
                ],
            }
        ),
    )
    assert (idle.status, used.status) == (0, 3)
    assert "objects-hold-each-other" in used.codes
    assert "Blank " in used.message


def test_a_circle_of_peoples_objects_ends_with_a_finding(tmp_path: Path) -> None:
    made = ran(tmp_path, shaped(shape_file("circle")), allow_cascade_to=["Loop_A__c", "Loop_B__c"])
    assert made.status == 3
    assert "circle" in made.message


def test_objects_of_any_namespace_count(tmp_path: Path) -> None:
    shape = {
        "objects": [{"name": "acme__Rating__c", "fields": [lookup(SUBSCRIPTION, "cascade")]}],
        "rows": [
            {"object": "acme__Rating__c", "values": {"Ref__c": {"object": SUBSCRIPTION, "at": 1}}}
        ],
    }
    assert found(ran(tmp_path, shaped(shape)), "rows-detached") == {"acme__Rating__c.Ref__c": 1}
    made = ran(tmp_path, shaped(shape), lookup_links="ignore")
    assert found(made, "customer-rows-taken-along") == {"acme__Rating__c": 1}
    assert "With lookup_links snapshot they are detached and stay." in made.summary


def test_a_relationship_name_comes_from_the_describe(tmp_path: Path) -> None:
    shape = {
        "objects": [
            {"name": "Plan__c",
             "fields": [{**lookup(SUBSCRIPTION, "cascade"), "relationship_name": "Ref__pr"}]},
            {"name": "Goal__c",
             "fields": [{**lookup("Plan__c", "cascade"), "relationship_name": "Of__pr"}]},
        ],
        "rows": [
            {"object": "Plan__c", "values": {"Ref__c": {"object": SUBSCRIPTION, "at": 1}}},
            {"object": "Goal__c", "values": {"Ref__c": {"object": "Plan__c", "at": 1}}},
        ],
    }  # fmt: skip
    made = ran(tmp_path, shaped(shape), lookup_links="ignore")
    assert found(made, "customer-rows-taken-along") == {
        "Plan__c": 1,
        "Goal__c": 1,
    }


EXTRA = {
    "objects": [{"name": "Zuora__OrderAction__c", "fields": [lookup(SUBSCRIPTION, "cascade")]}],
    "rows": [
        {"object": "Zuora__OrderAction__c", "values": {"Ref__c": {"object": SUBSCRIPTION, "at": 1}}}
    ],
}
BOOKMARK = {"UpdatedDate": "2024-05-01T00:00:00.000000Z"}


@pytest.mark.parametrize(
    ("stream", "config"),
    [("OrderAction", {}), ("actions", {"stream_objects": {"actions": "Zuora__OrderAction__c"}})],
)
def test_a_package_object_that_is_not_listed_is_a_step_and_its_bookmark_goes(
    tmp_path: Path, stream: str, config: dict[str, Any]
) -> None:
    stored = lines(state({**BOOKMARKS, stream: BOOKMARK, "Usage": BOOKMARK}))
    with Emulated(shaped(EXTRA)) as server:
        made = run({**ACCOUNTS, "mode": "cleanup", **config, **login(server)}, tmp_path, stored)
        assert server.org.counts()["Zuora__OrderAction__c"] == 0
    assert made.status == 0, made.message
    assert made.object("Zuora__OrderAction__c")["deleted"] == 1
    assert (made.folder / "backup" / "Zuora__OrderAction__c.csv.gz").exists()
    bookmarks = made.states[-1]["bookmarks"]
    assert stream not in bookmarks
    assert "Usage" in bookmarks


def test_an_excluded_object_whose_rows_would_go_along_is_refused(tmp_path: Path) -> None:
    made = ran(tmp_path, shaped(EXTRA), exclude_objects=["Zuora__OrderAction__c"])
    assert made.status == 3
    assert found(made, "package-rows-taken-along") == {"Zuora__OrderAction__c": 1}
    assert "Clean Zuora__OrderAction__c too" in made.message


def test_a_name_that_the_org_does_not_have_is_a_mistake(tmp_path: Path) -> None:
    made = ran(tmp_path, shaped({}), allow_cascade_to=["Renewal_Forcast__c"])
    assert made.status == 2
    assert "no object 'Renewal_Forcast__c'" in made.message


@pytest.mark.slow
def test_rows_that_hang_only_on_kept_products_do_not_block(tmp_path: Path) -> None:
    org = OrgOptions(records=2000, sandbox=True)
    config = {"object_groups": ["product_catalog"], "allow_cascade_to": ["PricebookEntry"]}
    with Emulated(org) as server:
        planned = run({**config, **login(server)}, tmp_path / "1").file("kept.csv")
        kept = {row["id"] for row in planned if row["object"] == "Product2"}
        ids = server.org.query("SELECT Id FROM Product2 WHERE zqu__ZuoraId__c != null")
        with ids as rows:
            every = [row[0] for row in rows.rows(0, rows.total)]
    one_kept, one_going = min(kept), min(set(every) - kept)
    for product, codes in ((one_kept, set()), (one_going, {"customer-rows-taken-along"})):
        shape = {"rows": [{"object": "Note", "values": {"Title": "x", "ParentId": product}}]}
        made = ran(
            tmp_path / product, shaped(shape, records=2000), **config, output_dir=str(tmp_path)
        )
        assert set(made.codes) & {"customer-rows-taken-along"} == codes


def test_hidden_objects_fields_and_rows_are_told_and_block(tmp_path: Path) -> None:
    made = ran(tmp_path, shaped(shape_file("hidden")), allow_cascade_to=["Visit__c"])
    assert made.status == 3
    assert set(found(made, "relationships-hidden")) == {
        "Secret__c.Invoice__c",
        "Memo__c.Invoice__c",
    }
    assert "View All Data" in made.message


def test_a_preflight_of_the_default_org_takes_few_calls(tmp_path: Path) -> None:
    with Emulated(OrgOptions()) as server:
        made = run(login(server), tmp_path)
    assert made.report["api_calls"]["total"] <= 60
