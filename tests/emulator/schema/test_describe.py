"""Describes in the shape that clients read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=0, quotes=False)) as made:
        yield made


def child(org: Org, parent: str, object_name: str, field: str) -> dict[str, Any]:
    found = [
        each
        for each in org.describe(parent)["childRelationships"]
        if (each["childSObject"], each["field"]) == (object_name, field)
    ]
    (one,) = found
    return dict(one)


def field(org: Org, object_name: str, name: str) -> dict[str, Any]:
    (one,) = [each for each in org.describe(object_name)["fields"] if each["name"] == name]
    return dict(one)


@pytest.mark.parametrize(
    ("parent", "object_name", "name", "flags"),
    [
        ("Zuora__Subscription__c", "Renewal_Forecast__c", "Subscription__c", (False, False)),
        ("Zuora__ZInvoice__c", "Dunning_Case__c", "Invoice__c", (False, True)),
        ("Zuora__SubscriptionProductCharge__c", "Usage_Note__c", "Charge__c", (True, False)),
        ("Account", "Zuora__CustomerAccount__c", "Zuora__Account__c", (True, False)),
        ("Product2", "zqu__ProductRatePlan__c", "zqu__Product__c", (False, False)),
    ],
)
def test_child_relationships_say_what_a_deletion_does(
    org: Org, parent: str, object_name: str, name: str, flags: tuple[bool, bool]
) -> None:
    found = child(org, parent, object_name, name)

    assert (found["cascadeDelete"], found["restrictedDelete"]) == flags


def test_a_child_relationship_has_all_of_salesforces_keys(org: Org) -> None:
    found = child(org, "Zuora__Subscription__c", "Renewal_Forecast__c", "Subscription__c")

    assert found == {
        "cascadeDelete": False,
        "childSObject": "Renewal_Forecast__c",
        "deprecatedAndHidden": False,
        "field": "Subscription__c",
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": "Renewal_Forecasts__r",
        "restrictedDelete": False,
    }


def test_an_external_id_says_so(org: Org) -> None:
    found = field(org, "Zuora__Subscription__c", "Zuora__External_Id__c")

    assert found["externalId"]
    assert found["unique"]
    assert found["idLookup"]
    assert found["caseSensitive"]
    assert (found["type"], found["soapType"], found["length"]) == ("string", "xsd:string", 255)


def test_a_reference_names_its_parent(org: Org) -> None:
    found = field(org, "Zuora__Subscription__c", "Zuora__CustomerAccount__c")

    assert found["referenceTo"] == ["Zuora__CustomerAccount__c"]
    assert found["relationshipName"] == "Zuora__CustomerAccount__r"
    assert (found["type"], found["soapType"]) == ("reference", "tns:ID")
    assert found["cascadeDelete"]
    assert not found["restrictedDelete"]


def test_a_picklist_lists_its_values(org: Org) -> None:
    values = field(org, "Zuora__SubscriptionProductCharge__c", "Zuora__Type__c")["picklistValues"]

    assert [each["value"] for each in values] == ["One-Time", "Recurring", "Usage"]


def test_every_field_has_the_same_keys(org: Org) -> None:
    keys = {frozenset(each) for each in org.describe("Zuora__ZInvoice__c")["fields"]}

    assert len(keys) == 1
    assert {"nillable", "updateable", "createable", "precision", "scale"} <= next(iter(keys))


def test_the_global_describe_has_what_the_org_has(org: Org) -> None:
    found = {each["name"]: each for each in org.describe_global()["sobjects"]}

    assert {"Account", "Product2", "Zuora__Subscription__c", "Usage_Note__c"} <= found.keys()
    assert "InstalledSubscriberPackage" not in found
    assert found["Zuora__ZuoraConfig__c"]["customSetting"]
    assert found["Zuora__Subscription__c"]["deletable"]
    assert not found["User"]["deletable"]
    assert found["Account"]["keyPrefix"] == "001"
    assert found["Account"]["urls"]["describe"].endswith("/sobjects/Account/describe")


def test_a_describe_begins_with_the_global_one(org: Org) -> None:
    (entry,) = [each for each in org.describe_global()["sobjects"] if each["name"] == "Account"]

    assert entry.items() <= org.describe("account").items()


def test_an_unknown_object_is_not_found(org: Org) -> None:
    with pytest.raises(SalesforceError) as caught:
        org.describe("Nothing__c")

    assert (caught.value.code, caught.value.status) == ("NOT_FOUND", 404)
