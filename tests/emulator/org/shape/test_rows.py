"""Rows of a shape: how many there are, and what they lead to."""

from __future__ import annotations

from typing import Any

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.emulator.org.shape.making import (
    INVOICE,
    SUBSCRIPTION,
    child,
    codes,
    column,
    delete,
    ids,
    shaped,
)

MILESTONE = child("Milestone__c", SUBSCRIPTION, "cascade")


def test_rows_are_as_many_as_are_counted() -> None:
    rows = [{"object": "Milestone__c", "count": 3, "values": {"Name": "M{n}"}}]
    with shaped(objects=[MILESTONE], rows=rows) as org:
        assert column(org, "SELECT Name FROM Milestone__c ORDER BY Id") == ["M1", "M2", "M3"]


def test_rows_are_as_they_are_listed() -> None:
    values = [{"Name": "a"}, {"Name": "b{n}", "Parent__c": {"object": SUBSCRIPTION, "at": 2}}]
    with shaped(objects=[MILESTONE], rows=[{"object": "Milestone__c", "values": values}]) as org:
        found = org.query("SELECT Name, Parent__c FROM Milestone__c ORDER BY Id").rows(0, 9)
        assert found == [("a", None), ("b2", ids(org, SUBSCRIPTION)[1])]


def test_there_is_a_row_for_each_row_of_another_object_or_each_nth() -> None:
    each: dict[str, Any] = {"each": SUBSCRIPTION}
    rows = [
        {"object": "Milestone__c", "values": {"Parent__c": each}},
        {"object": "Milestone__c", "count": 2, "values": {"Parent__c": {**each, "every": 4}}},
    ]
    with shaped(objects=[MILESTONE], rows=rows) as org:
        parents = ids(org, SUBSCRIPTION)
        found = column(org, "SELECT Parent__c FROM Milestone__c ORDER BY Id")
        assert found[: len(parents)] == parents
        assert found[len(parents) :] == [*parents[3::4], *parents[3::4]]


def test_for_each_row_of_an_object_without_rows_there_is_none() -> None:
    pair = {
        "Parent__c": {"each": SUBSCRIPTION},
        "Other__c": {"each": "Dunning_Case__c"},
    }
    lookup = {"object": "Milestone__c", "name": "Other__c", "type": "reference",
              "to": ["Dunning_Case__c"]}  # fmt: skip
    with shaped(objects=[MILESTONE], fields=[lookup],
                rows=[{"object": "Milestone__c", "values": pair}]) as org:  # fmt: skip
        assert ids(org, "Milestone__c") == []


def test_rows_lead_to_rows_by_name_in_any_order() -> None:
    circle = [
        {"name": f"{one}__c", "fields": [{"name": "Other__c", "type": "reference",
                                          "to": [f"{other}__c"], "on_delete": "cascade"}]}
        for one, other in (("A", "B"), ("B", "A"))
    ]  # fmt: skip
    rows = [
        {"object": "A__c", "name": "a", "values": {"Other__c": {"row": "b", "at": 2}}},
        {"object": "B__c", "name": "b", "count": 2, "values": {"Other__c": {"row": "a"}}},
    ]
    with shaped(objects=circle, rows=rows) as org:
        assert column(org, "SELECT Other__c FROM A__c") == ids(org, "B__c")[1:]
        assert column(org, "SELECT Other__c FROM B__c") == ids(org, "A__c") * 2


def test_a_row_can_lead_to_a_salesforce_id() -> None:
    rows = [{"object": "Milestone__c", "values": {"Parent__c": "a015g0000000005AAA"}}]
    with shaped(objects=[MILESTONE], rows=rows) as org:
        assert column(org, "SELECT Parent__c FROM Milestone__c") == ["a015g0000000005AAA"]


def test_each_row_can_lead_to_the_one_before() -> None:
    renews = {"object": SUBSCRIPTION, "name": "Renews__c", "type": "reference",
              "to": [SUBSCRIPTION], "on_delete": "restrict"}  # fmt: skip
    rows = [{"object": SUBSCRIPTION, "count": 1_000, "values": {"Renews__c": {"previous": True}}}]
    with shaped(fields=[renews], rows=rows) as org:
        chain = ids(org, SUBSCRIPTION)[-1_000:]
        soql = f"SELECT Renews__c FROM {SUBSCRIPTION} WHERE Id >= '{chain[0]}' ORDER BY Id"
        assert column(org, soql) == [None, *chain[:-1]]
        assert codes(delete(org, SUBSCRIPTION, chain[0], chain[-1])) == ["DELETE_FAILED", None]
        assert codes(delete(org, SUBSCRIPTION, *reversed(chain[:-1]))) == [None] * 999


def test_rows_that_are_there_can_be_changed() -> None:
    changes = [{"object": SUBSCRIPTION, "every": 5, "values": {"Name": "changed {n}"}},
               {"object": INVOICE, "at": 2, "values": {"Name": "one"}}]  # fmt: skip
    with shaped(changes=changes) as org:
        names = column(org, f"SELECT Name FROM {SUBSCRIPTION} ORDER BY Id")
        assert [name for name in names if name.startswith("ch")] == names[4::5]
        assert column(org, f"SELECT Name FROM {INVOICE} ORDER BY Id")[1] == "one"


def test_a_row_without_a_name_gets_one() -> None:
    numbered = {"name": "Step__c", "name_field": "auto:S-{000}"}
    rows = [{"object": "Milestone__c"}, {"object": "Step__c"}]
    with shaped(objects=[MILESTONE, numbered], rows=rows) as org:
        assert column(org, "SELECT Name FROM Milestone__c") == ids(org, "Milestone__c")
        assert column(org, "SELECT Name FROM Step__c") == ["S-001"]


def test_a_shape_leaves_the_other_rows_as_they_are() -> None:
    rows = [{"object": "Milestone__c", "count": 3}]
    with shaped() as plain, shaped(objects=[MILESTONE], rows=rows) as org:
        assert all(plain.fingerprint(name) == org.fingerprint(name) for name in plain.counts()
                   if name not in {"ObjectPermissions", "EntityDefinition"})  # fmt: skip


def test_another_shape_is_another_filling() -> None:
    one, other = (OrgOptions(shape=text) for text in ('{"rows":[]}', '{"fields":[]}'))

    assert one.as_text != other.as_text
    assert hash(one) != hash(OrgOptions())


def test_a_body_says_how_long_it_is() -> None:
    attached = {"Name": "a.txt", "Body": "c2lnbmVk", "ParentId": {"object": SUBSCRIPTION}}
    with shaped(rows=[{"object": "Attachment", "values": attached}]) as org:
        assert org.query("SELECT BodyLength FROM Attachment").rows(0, 9) == [(6,)]
