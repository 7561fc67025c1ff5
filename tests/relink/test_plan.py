"""How a lookup is set again, from describes alone."""

from __future__ import annotations

from typing import Any

import pytest

from target_zuora360_cleanup.relink.plan import (
    by_object,
    by_parent,
    external_id_field,
    find_restoration,
)
from target_zuora360_cleanup.relink.snapshot import blanked

RELATIONSHIP = blanked("Contract", "Subscription__c", "Zuora__Subscription__c")
KEY = "Zuora__External_Id__c"


def key(name: str = KEY, **more: Any) -> dict[str, Any]:
    return {"name": name, "externalId": True, "caseSensitive": True, **more}


def parent(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"keyPrefix": "a01", "fields": list(fields or (key(),))}


def child(field: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    reference = {
        "name": "Subscription__c",
        "type": "reference",
        "referenceTo": ["Zuora__Subscription__c"],
        "relationshipName": "Subscription__r",
        "updateable": True,
        **(field or {}),
    }
    return {"queryable": True, "updateable": True, "fields": [reference], **more}


def describes(of_child: dict[str, Any], of_parent: dict[str, Any]) -> dict[str, Any]:
    return {"Contract": of_child, "Zuora__Subscription__c": of_parent}


def test_a_lookup_is_set_by_the_external_id_that_the_snapshot_names() -> None:
    restoration = find_restoration(RELATIONSHIP, KEY, describes(child(), parent()))
    assert (restoration.key, restoration.obstacle) == (KEY, "")
    assert restoration.column == restoration.path == f"Subscription__r.{KEY}"


def test_where_the_snapshot_names_none_it_is_the_one_that_a_cleanup_prefers() -> None:
    payment = blanked("Contract", "Subscription__c", "Zuora__Payment__c")
    found = parent(key(), key("Zuora__EXT_ID__c"))
    field = {"referenceTo": ["Zuora__Payment__c"]}
    restoration = find_restoration(
        payment, None, {"Contract": child(field), "Zuora__Payment__c": found}
    )
    assert restoration.key == "Zuora__EXT_ID__c"
    assert external_id_field("Zuora__New__c", parent({"name": "Id"}, key("Some__c"))) == "Some__c"
    assert external_id_field("Zuora__New__c", parent({"name": "Id"})) == ""


def test_a_lookup_to_several_objects_is_set_by_the_id_of_the_one_it_leads_to() -> None:
    field = {"referenceTo": ["Account", "Zuora__Subscription__c"]}
    restoration = find_restoration(RELATIONSHIP, KEY, describes(child(field), parent()))
    assert (restoration.column, restoration.path) == ("Subscription__c", "")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({}, "no object Contract"),
        ({"Contract": child()}, "no object Zuora__Subscription__c"),
        (describes(child(updateable=False), parent()), "may not change Contract"),
        (describes(child(queryable=False), parent()), "may not read Contract"),
        (describes(child({"name": "Other__c"}), parent()), "no field Subscription__c any more"),
        (describes(child({"referenceTo": ["Account"]}), parent()), "no lookup to"),
        (describes(child({"relationshipName": None}), parent()), "no lookup to"),
        (describes(child({"updateable": False}), parent()), "may not change Contract.Subscr"),
        (describes(child(), parent(key(externalId=False))), "no external id field"),
        (describes(child(), parent(key("Other__c"))), "no external id field"),
    ],
)
def test_what_stands_in_the_way_is_said(found: dict[str, Any], why: str) -> None:
    restoration = find_restoration(RELATIONSHIP, KEY, found)
    assert why in restoration.obstacle
    assert not by_object([restoration])
    assert not by_parent([restoration])


@pytest.mark.parametrize(
    "found",
    [
        describes(child(), parent()),
        {"Contract": child()},
        describes(child(updateable=False), parent()),
        describes(child({"referenceTo": ["Account"], "relationshipName": None}), parent()),
        describes(child({"updateable": False}), parent()),
    ],
)
def test_where_nothing_leads_back_the_org_need_only_show_where_lookups_lead(
    found: dict[str, Any],
) -> None:
    restoration = find_restoration(RELATIONSHIP, "", found)
    assert (restoration.key, restoration.column, restoration.obstacle) == ("", "", "")
    assert restoration.is_lost(SALESFORCE_ID)
    assert by_object([restoration]) == {"Contract": [0]}
    assert not by_parent([restoration])


@pytest.mark.parametrize(
    "found",
    [
        {},
        describes(child(queryable=False), parent()),
        describes(child({"name": "Other__c"}), parent()),
    ],
)
def test_where_lookups_can_not_be_read_nobody_says_that_they_are_lost(
    found: dict[str, Any],
) -> None:
    assert find_restoration(RELATIONSHIP, "", found).obstacle


def test_external_ids_are_compared_as_their_field_does() -> None:
    exact = find_restoration(RELATIONSHIP, KEY, describes(child(), parent()))
    loose = find_restoration(
        RELATIONSHIP, KEY, describes(child(), parent(key(caseSensitive=False)))
    )
    assert exact.wanted("aB") != exact.wanted("Ab")
    assert loose.wanted("aB") == loose.wanted("Ab")


SALESFORCE_ID = "a015g0000000001EAA"


def test_a_parent_that_no_sync_brings_back_is_known() -> None:
    named = find_restoration(RELATIONSHIP, KEY, describes(child(), parent()))
    older = find_restoration(RELATIONSHIP, None, describes(child(), parent()))
    without = find_restoration(RELATIONSHIP, "", describes(child(), parent()))
    for restoration in (named, older, without):
        assert restoration.is_lost("")
        assert restoration.is_lost("#N/A")
    assert without.is_lost("2c92a0f9")
    assert older.is_lost(SALESFORCE_ID)
    assert not older.is_lost("2c92a0f9")
    assert not named.is_lost(SALESFORCE_ID)


def test_ways_are_gathered_by_what_is_read_together() -> None:
    found = describes(child(), parent())
    found["Zuora__Subscription__c"] = parent(key(), key("Other__c"))
    restorations = [
        find_restoration(RELATIONSHIP, KEY, found),
        find_restoration(RELATIONSHIP, KEY, {}),
        find_restoration(RELATIONSHIP, "", found),
        find_restoration(RELATIONSHIP, "Other__c", found),
    ]
    assert by_object(restorations) == {"Contract": [0, 2, 3]}
    assert by_parent(restorations) == {
        ("Zuora__Subscription__c", KEY): [0],
        ("Zuora__Subscription__c", "Other__c"): [3],
    }
