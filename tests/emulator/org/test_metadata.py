"""Relationships, fields and objects as rows, whatever the user may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from tests.support.emulated import opened, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

SUB, INVOICE = "Zuora__Subscription__c", "Zuora__ZInvoice__c"
DOMAINS = (
    "SELECT ParentSobject.QualifiedApiName, ChildSobject.QualifiedApiName, Field.QualifiedApiName,"
    " RelationshipName, IsCascadeDelete, IsRestrictedDelete FROM RelationshipDomain WHERE"
)


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=100, quotes=False, shape=shape("hidden"))) as made:
        yield made


def rows(org: Org, soql: str) -> list[tuple[Any, ...]]:
    with org.query(soql, tooling=True) as found:
        return found.rows(0, found.total)


def test_a_parents_relationships_are_those_of_its_describe_and_the_hidden_ones(org: Org) -> None:
    told = {row[1:] for row in rows(org, f"{DOMAINS} ParentSobject.QualifiedApiName = '{INVOICE}'")}
    seen = {
        (each["childSObject"], each["field"], each["relationshipName"], each["cascadeDelete"],
         each["restrictedDelete"])
        for each in org.describe(INVOICE)["childRelationships"]
    }  # fmt: skip

    assert told - seen == {
        ("Secret__c", "Invoice__c", "Secret_Invoice__r", True, False),
        ("Memo__c", "Invoice__c", "Memo_Invoice__r", True, False),
    }
    assert seen <= told


def test_several_parents_are_asked_for_at_once(org: Org) -> None:
    found = rows(org, f"{DOMAINS} ParentSobject.QualifiedApiName IN ('{SUB}', '{INVOICE}')")
    single = [
        len(rows(org, f"{DOMAINS} ParentSobject.QualifiedApiName = '{name}'"))
        for name in (SUB, INVOICE)
    ]

    assert {row[0] for row in found} == {SUB, INVOICE}
    assert len(found) == sum(single)


def test_durable_ids_name_objects_and_fields(org: Org) -> None:
    durable = "SELECT DurableId, KeyPrefix FROM EntityDefinition WHERE QualifiedApiName ="
    ((own, prefix),) = rows(org, f"{durable} '{SUB}'")

    assert rows(org, f"{durable} 'Account'") == [("Account", "001")]
    assert (own[:3], prefix) == ("01I", "a01")
    assert {row[0] for row in rows(org, f"{DOMAINS} ParentSobjectId = '{own}'")} == {SUB}


def test_a_childs_lookups_are_told_too(org: Org) -> None:
    infos = (
        "SELECT Field.QualifiedApiName, IsCascadeDelete FROM RelationshipInfo"
        " WHERE ChildSobject.QualifiedApiName IN ('Visit__c')"
    )
    up = (
        "SELECT ParentSobject.QualifiedApiName FROM RelationshipDomain"
        " WHERE ChildSobject.QualifiedApiName = 'Visit__c'"
    )

    assert ("Subscription__c", True) in rows(org, infos)
    assert (SUB,) in rows(org, up)


def test_the_fields_of_an_object_are_told_with_the_hidden_ones(org: Org) -> None:
    soql = (
        "SELECT QualifiedApiName, DataType FROM FieldDefinition"
        " WHERE EntityDefinition.QualifiedApiName = 'Memo__c'"
    )

    assert ("Invoice__c", f"Lookup({INVOICE})") in rows(org, soql)
    assert "Invoice__c" not in org.schema.get("Memo__c").fields


def test_no_object_with_a_durable_id_is_taken_for_another(org: Org) -> None:
    found = rows(org, f"{DOMAINS} ParentSobject.QualifiedApiName = '{SUB}'")
    lookups = {(item.name, field.name) for item in org.whole.objects.values()
               for field in item.references if SUB in field.reference_to}  # fmt: skip

    assert {(row[1], row[2]) for row in found} == lookups
