"""Objects and fields of a shape, as describes show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from tests.emulator.org.shape.making import SUBSCRIPTION, child, delete, ids, shaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.org.org import Org

OBJECTS: list[dict[str, Any]] = [
    child("acme__Milestone__c", SUBSCRIPTION, "cascade", label="Mile Stone",
          companions=["Share", "History", "Feed", "Tag", "ChangeEvent"]),
    child("Fixed__c", SUBSCRIPTION, "set_null", flags=["not_deletable", "not_createable"]),
    child("Unseen__c", SUBSCRIPTION, "restrict", key_prefix="zz9", flags=["not_queryable"]),
    {"name": "Pair__c", "name_field": "auto:P-{000}", "fields": [
        {"name": "One__c", "type": "reference", "to": [SUBSCRIPTION], "on_delete": "master"},
        {"name": "Other__c", "type": "reference", "to": ["Account"], "on_delete": "master"},
    ]},
]  # fmt: skip
FIELDS: list[dict[str, Any]] = [
    {"object": "Account", "name": "Coach__pc", "type": "reference", "to": ["Contact"],
     "child_relationship": "Coached__pr"},
    {"object": SUBSCRIPTION, "name": "Owner_Or_Payer__c", "type": "reference",
     "to": ["Account", "Contact"], "on_delete": "restrict"},
    {"object": "Task", "name": "Milestone__c", "type": "reference", "to": ["acme__Milestone__c"]},
    {"object": "Usage_Note__c", "name": "Weight__c", "type": "double", "required": True},
]  # fmt: skip


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with shaped(objects=OBJECTS, fields=FIELDS) as made:
        yield made


def children(org: Org, parent: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = org.describe(parent)["childRelationships"]
    return {(each["childSObject"], each["field"]): each for each in found}


def field(org: Org, object_name: str, name: str) -> dict[str, Any]:
    (one,) = [each for each in org.describe(object_name)["fields"] if each["name"] == name]
    return dict(one)


def test_an_object_is_there_with_its_label_and_a_free_key_prefix(org: Org) -> None:
    found = {each["name"]: each for each in org.describe_global()["sobjects"]}

    assert found["acme__Milestone__c"]["label"] == "Mile Stone"
    prefixes = [each["keyPrefix"] for each in found.values() if each["keyPrefix"]]
    assert found["acme__Milestone__c"]["keyPrefix"] in prefixes
    assert len(prefixes) == len(set(prefixes))
    assert found["Unseen__c"]["keyPrefix"] == "zz9"


def test_a_lookup_of_a_shape_is_a_child_relationship_of_its_parent(org: Org) -> None:
    found = children(org, SUBSCRIPTION)

    milestone = found["acme__Milestone__c", "Parent__c"]
    assert milestone["relationshipName"] == "acme__Milestone_Parent__r"
    assert (milestone["cascadeDelete"], milestone["restrictedDelete"]) == (True, False)
    assert found["Unseen__c", "Parent__c"]["restrictedDelete"]


@pytest.mark.parametrize("kind", ["Share", "History", "Feed", "Tag"])
def test_companions_hang_on_their_object(org: Org, kind: str) -> None:
    name = f"acme__Milestone__{kind}"
    (link,) = [each for each in children(org, "acme__Milestone__c").values()
               if each["childSObject"] == name]  # fmt: skip

    assert link["cascadeDelete"]
    assert org.describe(name)["associateParentEntity"] == "acme__Milestone__c"
    assert org.query(f"SELECT COUNT() FROM {name}").total == 0


def test_events_repeat_the_lookups_of_their_object(org: Org) -> None:
    link = children(org, SUBSCRIPTION)["acme__Milestone__ChangeEvent", "Parent__c"]

    assert not link["cascadeDelete"]
    assert link["relationshipName"] is None
    assert not org.describe("acme__Milestone__ChangeEvent")["queryable"]


def test_flags_say_what_nobody_may_do(org: Org) -> None:
    assert not org.describe("Fixed__c")["deletable"]
    assert not org.describe("Fixed__c")["createable"]
    for ask in (
        lambda: delete(org, "Fixed__c", "b005g0000000001"),
        lambda: org.dml("insert", "Fixed__c", [{"Name": "x"}]),
        lambda: org.query("SELECT Id FROM Unseen__c"),
    ):
        with pytest.raises(SalesforceError) as caught:
            ask()
        assert caught.value.code == "INVALID_TYPE_FOR_OPERATION"


def test_a_row_with_two_masters_has_a_first_and_a_second(org: Org) -> None:
    orders = [field(org, "Pair__c", name)["relationshipOrder"] for name in ("One__c", "Other__c")]

    assert orders == [0, 1]
    assert "OwnerId" not in org.schema.get("Pair__c").fields


def test_fields_can_be_added_to_any_object(org: Org) -> None:
    coach = field(org, "Account", "Coach__pc")
    assert (coach["referenceTo"], coach["relationshipName"]) == (["Contact"], "Coach__pr")
    assert children(org, "Contact")["Account", "Coach__pc"]["relationshipName"] == "Coached__pr"
    assert ("Task", "Milestone__c") in children(org, "acme__Milestone__c")
    assert not field(org, "Usage_Note__c", "Weight__c")["nillable"]


def test_a_lookup_may_lead_to_several_objects(org: Org) -> None:
    found = field(org, SUBSCRIPTION, "Owner_Or_Payer__c")

    assert found["referenceTo"] == ["Account", "Contact"]
    assert found["polymorphicForeignKey"]
    assert children(org, "Account")[SUBSCRIPTION, "Owner_Or_Payer__c"]["restrictedDelete"]
    assert children(org, "Contact")[SUBSCRIPTION, "Owner_Or_Payer__c"]["restrictedDelete"]


def test_people_can_hang_activities_on_an_object_of_a_shape(org: Org) -> None:
    assert ("Task", "WhatId") in children(org, "acme__Milestone__c")
    assert "acme__Milestone__c" in field(org, "Note", "ParentId")["referenceTo"]


def test_a_master_on_an_object_that_is_there_takes_its_owner() -> None:
    lookup = {"object": "Usage_Note__c", "name": "Account__c", "type": "reference",
              "to": ["Account"], "on_delete": "master"}  # fmt: skip
    with shaped(fields=[lookup]) as org:
        assert "OwnerId" not in org.schema.get("Usage_Note__c").fields
        assert ids(org, "Usage_Note__c") == []
