"""The relationships into an object, from its describe."""

from __future__ import annotations

from typing import Any

import pytest

from target_zuora360_cleanup.reach import read_relationships

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
