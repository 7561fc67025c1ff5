"""The reference fields of an object and into it, from describes."""

from __future__ import annotations

from typing import Any

import pytest

from target_zuora360_cleanup.reach import (
    Lookup,
    Relationship,
    read_lookups,
    read_relationships,
)

INVOICE = "Zuora__ZInvoice__c"


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
    assert found.name == "Note__c.Ref__c"


@pytest.mark.parametrize("name", ["Order", "Task", "Attachment", "acme__Log__c", "AccountHistory"])
def test_every_child_is_read_whoever_owns_it(name: str) -> None:
    (found,) = read_relationships(INVOICE, {"childRelationships": [child(name)]})
    assert found.child == name


def test_a_relationship_without_a_field_is_left_out() -> None:
    assert read_relationships(INVOICE, {"childRelationships": [child("Note__c", None)]}) == ()


def test_two_lookups_of_one_object_are_two_relationships() -> None:
    describe = {"childRelationships": [child("Note__c", "A__c"), child("Note__c", "B__c")]}
    assert [each.field for each in read_relationships(INVOICE, describe)] == ["A__c", "B__c"]


def test_lookups_have_the_names_that_the_childs_describe_gives_them() -> None:
    fields = [
        {"name": "Id"},
        {"name": "Text__c", "referenceTo": []},
        {"name": "Person__c", "referenceTo": ["Contact"], "relationshipName": "Person__pr"},
        {"name": "WhatId", "referenceTo": ["Account", "Case"], "relationshipName": "What"},
        {"name": "Odd__c", "referenceTo": ["Case"], "relationshipName": None},
    ]
    found = read_lookups("Visit__c", {"fields": fields})
    assert found == {
        ("Visit__c", "Person__c"): Lookup("Person__pr", ("Contact",)),
        ("Visit__c", "WhatId"): Lookup("What", ("Account", "Case")),
        ("Visit__c", "Odd__c"): Lookup(None, ("Case",)),
    }


def test_only_a_lookup_to_one_object_is_followed() -> None:
    assert Lookup("Person__pr", ("Contact",)).followed_as == "Person__pr"
    assert Lookup("What", ("Account", "Case")).followed_as is None
    assert Lookup(None, ("Case",)).followed_as is None


def test_a_relationship_is_told_apart_by_all_that_it_says() -> None:
    one = Relationship("A", "F", "P", "clear")
    assert one != Relationship("A", "F", "Q", "clear")
    assert one != Relationship("A", "F", "P", "cascade")
