"""Findings, quoted products, error texts and relationships: data in, data out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.facts.org_facts import (
    ObjectFacts,
    OrgFacts,
    OrgInfo,
    Relationship,
    read_relationships,
)
from target_zuora360_cleanup.facts.quotes import Edge, reachable
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.plan.findings import find_all
from target_zuora360_cleanup.rows.failures import GROUPS, SAMPLES, Failures, split_error
from target_zuora360_cleanup.settings.reading import read_settings

INVOICE = "Zuora__ZInvoice__c"
ID = "00D5g0000000001EAA"
CALM = OrgFacts(
    OrgInfo(ID, "Acme", is_sandbox=True),
    (ObjectFacts(BY_NAME[INVOICE], found=7, oldest="2020-05-01"),),
)


def codes(facts: OrgFacts = CALM, pipeline: Pipeline | None = None, **config: Any) -> list[str]:
    found = find_all(facts, read_settings(config), pipeline or Pipeline())
    return [each.code for each in found]


def linked(on_delete: Any, child: str = "Note__c", rows: int = 3) -> OrgFacts:
    link = Relationship(child, "Ref__c", INVOICE, on_delete)
    return replace(CALM, relationships=(link,), linked_rows={link: rows})


def changed(**values: Any) -> OrgFacts:
    return replace(CALM, objects=(replace(CALM.objects[0], **values),))


PRODUCTION = replace(CALM, org=OrgInfo(ID, "Acme", is_sandbox=False))
EARLIER, LATER = Pipeline(start_date="2020-05-01T00:00:00Z"), Pipeline(start_date="2020-05-02")


@pytest.mark.parametrize(
    ("code", "there", "not_there"),
    [
        ("no-360-objects", {"facts": replace(CALM, objects=())}, {}),
        ("production-not-confirmed", {"facts": PRODUCTION},
         {"facts": PRODUCTION, "confirm_org_id": ID}),
        ("other-org-confirmed", {"facts": PRODUCTION, "confirm_org_id": ID.replace("1", "2")},
         {"facts": PRODUCTION, "confirm_org_id": ID[:15]}),
        ("too-many-records", {"max_records": 6}, {"max_records": 7}),
        ("nothing-to-delete", {"facts": changed(found=0)}, {"facts": changed(found=1)}),
        ("may-not-delete", {"facts": changed(deletable=False)}, {}),
        ("may-not-read", {"facts": changed(queryable=False)}, {}),
        ("customer-rows-taken-along", {"facts": linked("cascade")},
         {"facts": linked("cascade"), "allow_cascade_to": ["Note__c"]}),
        ("customer-rows-taken-along", {"facts": linked("cascade")}, {"facts": linked("clear")}),
        ("customer-rows-taken-along", {"facts": linked("cascade")},
         {"facts": linked("cascade", rows=0)}),
        ("rows-hold-records", {"facts": linked("restrict")}, {"facts": linked("restrict", rows=0)}),
        ("package-rows-taken-along", {"facts": linked("cascade", "Zuora__InvoiceItem__c")},
         {"facts": linked("cascade", INVOICE)}),
        ("reset-would-not-hold", {"pipeline": Pipeline(undone_by="--merge-state")}, {}),
        ("start-date-too-late", {"pipeline": LATER}, {"pipeline": EARLIER}),
    ],
)  # fmt: skip
def test_a_finding_appears_exactly_when_it_must(
    code: str, there: dict[str, Any], not_there: dict[str, Any]
) -> None:
    assert codes(**there).count(code) == 1
    assert code not in codes(**not_there)


def test_kept_rows_do_not_count_against_max_records() -> None:
    kept = replace(CALM, kept={INVOICE: frozenset({"a", "b"})})
    assert "too-many-records" not in codes(kept, max_records=5)
    assert "too-many-records" in codes(kept, max_records=4)


def test_findings_that_block_come_first_and_each_has_a_remedy() -> None:
    facts = replace(linked("cascade"), org=PRODUCTION.org)
    found = find_all(facts, read_settings({"max_records": 1}), LATER)
    ranks = [["blocks", "warns", "tells"].index(each.severity) for each in found]
    assert ranks == sorted(ranks)
    assert {0, 1} <= set(ranks)
    assert all(each.message.endswith(".") and each.remedy.endswith(".") for each in found)


NODES = st.sampled_from("abcdefgh")
EDGES = st.lists(st.builds(Edge, NODES, NODES, st.booleans()), max_size=20)


@given(st.sets(NODES), EDGES)
def test_what_is_kept_holds_all_quoted_rows_and_is_closed(
    quoted: set[str], edges: list[Edge]
) -> None:
    kept = reachable(quoted, edges)
    assert quoted <= kept
    for edge in edges:
        assert edge.child not in kept or edge.parent in kept
        assert edge.parent not in kept or edge.child in kept or not edge.downwards


@given(st.sets(NODES), EDGES)
def test_nothing_is_kept_without_a_way_from_a_quoted_row(
    quoted: set[str], edges: list[Edge]
) -> None:
    kept = reachable(quoted, edges)
    ways = {(edge.child, edge.parent) for edge in edges}
    ways |= {(edge.parent, edge.child) for edge in edges if edge.downwards}
    for row in kept - quoted:
        assert any(child in kept for child, parent in ways if parent == row and child != row)
    assert reachable(set(), edges) == frozenset()


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("ENTITY_IS_DELETED:entity is deleted:--", "ENTITY_IS_DELETED", "entity is deleted"),
        ("REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
         "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]"),
        ("UNABLE_TO_LOCK_ROW:a: b\n\nc:--", "UNABLE_TO_LOCK_ROW", "a: b\n\nc"),
        ("DELETE_FAILED:no end", "DELETE_FAILED", "no end"),
        ("DELETE_FAILED::--", "DELETE_FAILED", ""),
        ("Something else: entirely", "UNKNOWN", "Something else: entirely"),
        ("", "UNKNOWN", ""),
    ],
)  # fmt: skip
def test_an_error_is_split_into_code_and_message(text: str, code: str, message: str) -> None:
    assert split_error(text) == (code, message)


def test_failures_are_grouped_by_reason_with_the_first_ids() -> None:
    failures = Failures()
    for number in range(9):
        record_id = f"a0G5g00000000{number:02}EAA"
        failures.add("A__c", record_id, "LOCKED", f"held by {record_id}: representatives only")
    failures.add("B__c", "", "LOCKED", "x")
    first, second = failures.grouped()
    assert (first.object, first.count, len(first.samples)) == ("A__c", 9, SAMPLES)
    assert first.message == "held by …: representatives only"
    assert (second.count, second.samples) == (1, ())


def test_messages_that_all_differ_take_bounded_room() -> None:
    failures = Failures()
    for number in range(5 * GROUPS):
        failures.add("A__c", f"id{number}", "DELETE_FAILED", f"in use by INV-{number}")
    groups = failures.grouped()
    assert len(groups) == GROUPS + 1
    assert sum(each.count for each in groups) == 5 * GROUPS
    assert "failures.csv" in groups[0].message


def child(name: str, field: str | None = "Ref__c", **flags: Any) -> dict[str, Any]:
    return {"childSObject": name, "field": field, **flags}


@pytest.mark.parametrize(
    ("flags", "on_delete"),
    [
        ({"cascadeDelete": True, "restrictedDelete": False}, "cascade"),
        ({"cascadeDelete": False, "restrictedDelete": True}, "restrict"),
        ({"cascadeDelete": False, "restrictedDelete": False}, "clear"),
        ({}, "clear"),
    ],
)
def test_a_relationship_says_what_a_deletion_does(flags: dict[str, Any], on_delete: str) -> None:
    describe = {"childRelationships": [child("Note__c", **flags)]}
    (found,) = read_relationships(INVOICE, describe)
    assert (found.child, found.field, found.parent) == ("Note__c", "Ref__c", INVOICE)
    assert found.on_delete == on_delete


@pytest.mark.parametrize(
    "name",
    ["Zuora__ZInvoice__History", "Zuora__ZInvoice__Share", "Zuora__ZInvoice__Feed",
     "Zuora__ZInvoice__ChangeEvent", "Zuora__ZInvoice__Tag", "Attachment", "Task"],
)  # fmt: skip
def test_what_salesforce_keeps_about_records_is_no_relationship(name: str) -> None:
    assert read_relationships(INVOICE, {"childRelationships": [child(name)]}) == ()


@pytest.mark.parametrize("name", ["Market_Share__c", "Order_History__c", "News_Feed__c", "Order"])
def test_a_customers_object_counts_whatever_its_name_ends_in(name: str) -> None:
    (found,) = read_relationships(INVOICE, {"childRelationships": [child(name)]})
    assert found.child == name


def test_a_relationship_without_a_field_is_left_out() -> None:
    assert read_relationships(INVOICE, {"childRelationships": [child("Note__c", None)]}) == ()
