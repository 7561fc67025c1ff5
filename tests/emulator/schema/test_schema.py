"""The schema says what the metadata of real orgs with the packages says."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.schema.reading import load_schema
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema

CUSTOMER = {"Renewal_Forecast__c", "Dunning_Case__c", "Usage_Note__c"}


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema()


def package_references(schema: Schema) -> list[Field]:
    return [
        field
        for item in schema.objects.values()
        for field in item.references
        if field.name.startswith(("Zuora__", "zqu__"))
    ]


def test_every_relationship_of_the_packages_is_there_with_its_delete_constraint(
    schema: Schema,
) -> None:
    found = Counter(
        "master" if field.master_detail else field.on_delete for field in package_references(schema)
    )

    assert found == {"master": 38, "cascade": 15, "restrict": 3, "set_null": 125}


def test_every_external_id_and_unique_field_of_the_packages_is_there(schema: Schema) -> None:
    found = Counter(
        (field.external_id, field.unique)
        for item in schema.objects.values()
        for field in item.fields.values()
        if field.external_id or field.unique
    )

    assert found == {(True, True): 52, (True, False): 10, (False, True): 4}


@pytest.mark.parametrize(
    ("field", "parent", "outcome", "relationship"),
    [
        (
            "Zuora__CustomerAccount__c.Zuora__Account__c",
            "Account",
            "cascade",
            "Zuora__R00N40000001kyLcEAI__r",
        ),
        (
            "Zuora__CustomerAccount__c.Zuora__Parent__c",
            "Zuora__CustomerAccount__c",
            "set_null",
            "Zuora__Children__r",
        ),
        (
            "Zuora__CustomerAccount__c.Zuora__BillToContact__c",
            "Zuora__ZContact__c",
            "restrict",
            "Zuora__Bill_Contact_Billing_Accounts__r",
        ),
        (
            "Zuora__Subscription__c.Zuora__CustomerAccount__c",
            "Zuora__CustomerAccount__c",
            "cascade",
            "Zuora__Subscriptions__r",
        ),
        (
            "zqu__ProductRatePlan__c.zqu__Product__c",
            "Product2",
            "set_null",
            "zqu__Product_Rate_Plans__r",
        ),
        (
            "Renewal_Forecast__c.Subscription__c",
            "Zuora__Subscription__c",
            "set_null",
            "Renewal_Forecasts__r",
        ),
        ("Dunning_Case__c.Invoice__c", "Zuora__ZInvoice__c", "restrict", "Dunning_Cases__r"),
        (
            "Usage_Note__c.Charge__c",
            "Zuora__SubscriptionProductCharge__c",
            "cascade",
            "Usage_Notes__r",
        ),
        ("PricebookEntry.Product2Id", "Product2", "cascade", "PricebookEntries"),
    ],
)
def test_relationships_point_where_they_do_in_real_orgs(
    schema: Schema, field: str, parent: str, outcome: str, relationship: str
) -> None:
    object_name, _, name = field.partition(".")
    found = schema.get(object_name).fields[name]

    assert (found.reference_to, found.on_delete) == ((parent,), outcome)
    assert found.child_relationship == relationship


def test_no_parent_has_two_child_relationships_of_one_name(schema: Schema) -> None:
    for name in schema.objects:
        named = [child.name for child in schema.children_of(name) if child.name]

        assert sorted(named) == sorted(set(named)), name


def test_key_prefixes_are_three_characters_and_unique(schema: Schema) -> None:
    prefixes = [item.key_prefix for item in schema.objects.values() if item.queryable]

    assert {len(prefix) for prefix in prefixes} == {3}
    assert len(set(prefixes)) == len(prefixes)


def test_every_reference_points_to_an_object_of_the_org(schema: Schema) -> None:
    targets = {
        target
        for item in schema.objects.values()
        for field in item.references
        for target in field.reference_to
    }

    assert targets <= schema.objects.keys()


def test_a_detail_has_no_owner_and_another_object_has_one(schema: Schema) -> None:
    assert "OwnerId" not in schema.get("Zuora__Payment__c").fields
    assert "OwnerId" in schema.get("Zuora__Subscription__c").fields


def test_settings_are_custom_settings(schema: Schema) -> None:
    assert schema.get("Zuora__ZuoraConfig__c").setting == "Hierarchy"
    assert schema.get("Zuora__MigrationSettings__c").setting == "List"
    assert not schema.get("Zuora__ObjectStub__c").custom_setting


def test_objects_and_fields_are_found_in_any_case(schema: Schema) -> None:
    found = schema.get("zuora__SUBSCRIPTION__c")
    field = found.find("ZUORA__status__C")

    assert found.name == "Zuora__Subscription__c"
    assert field is not None
    assert field.name == "Zuora__Status__c"


def test_an_unknown_object_is_not_found(schema: Schema) -> None:
    with pytest.raises(SalesforceError) as caught:
        schema.get("Nothing__c")

    assert (caught.value.code, caught.value.status) == ("NOT_FOUND", 404)


def test_an_org_without_the_packages_keeps_only_what_does_not_need_them() -> None:
    schema = load_schema(frozenset({"Zuora", "zqu"}))

    assert not [name for name in schema.objects if name.startswith(("Zuora__", "zqu__"))]
    assert not [
        name for item in schema.objects.values() for name in item.fields if name.startswith("zqu__")
    ]
    assert schema.objects.keys() & CUSTOMER == {"Renewal_Forecast__c", "Dunning_Case__c"}


def test_one_package_can_be_missing() -> None:
    schema = load_schema(frozenset({"zqu"}))

    assert "Zuora__Subscription__c" in schema.objects
    assert "zqu__Quote__c" not in schema.objects
    assert "zqu__ZuoraId__c" not in schema.get("Product2").fields
