"""What the user can't see: objects, fields and rows, and what becomes of them nevertheless."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.org.org import Org

SHAPE: dict[str, Any] = {
    "objects": [
        child("Secret__c", SUBSCRIPTION, "cascade"),
        child("Memo__c", SUBSCRIPTION, "cascade"),
        child("Visit__c", SUBSCRIPTION, "cascade"),
        child("Review__c", SUBSCRIPTION, "cascade"),
    ],
    "rows": [
        *({"object": name, "values": {"Parent__c": {"each": SUBSCRIPTION}}}
          for name in ("Secret__c", "Memo__c", "Visit__c", "Review__c")),
        {"object": "Visit__c", "name": "told", "values": {"Name": "told to nobody"}},
        {"object": "Task", "values": {"WhatId": {"object": SUBSCRIPTION}}},
    ],
    "hidden": {
        "objects": ["Secret__c"],
        "fields": ["Memo__c.Parent__c"],
        "rows": [{"object": "Visit__c", "every": 2}, {"row": "told"},
                 {"object": INVOICE, "at": 3}, {"object": "Review__c", "every": 2}],
    },
    "permissions": {"view_all_data": False, "objects": {"Review__c": {"view_all": True}}},
}  # fmt: skip


@pytest.fixture
def org() -> Iterator[Org]:
    with shaped(**SHAPE) as made:
        yield made


def children(org: Org) -> set[str]:
    return {each["childSObject"] for each in org.describe(SUBSCRIPTION)["childRelationships"]}


def code(ask: Any) -> str:
    with pytest.raises(SalesforceError) as caught:
        ask()
    return caught.value.code


def test_an_object_without_read_access_seems_not_to_be_there(org: Org) -> None:
    assert "Secret__c" not in {each["name"] for each in org.describe_global()["sobjects"]}
    assert "Secret__c" not in children(org)
    assert code(lambda: org.describe("Secret__c")) == "NOT_FOUND"
    assert code(lambda: org.query("SELECT Id FROM Secret__c")) == "INVALID_TYPE"
    assert code(lambda: org.get_record("Secret__c", ids(org, "Secret__c")[0])) == "NOT_FOUND"
    assert (
        code(lambda: org.query(f"SELECT (SELECT Id FROM Secret_Parent__r) FROM {SUBSCRIPTION}"))
        == "INVALID_TYPE"
    )


def test_no_path_leads_through_an_object_that_is_hidden() -> None:
    lookup = {"object": "Usage_Note__c", "name": "Secret__c", "type": "reference",
              "to": ["Secret__c"]}  # fmt: skip
    with shaped(objects=[child("Secret__c", SUBSCRIPTION, "cascade")], fields=[lookup],
                hidden={"objects": ["Secret__c"]}) as org:  # fmt: skip
        soql = "SELECT Secret__r.Name FROM Usage_Note__c"
        assert code(lambda: org.query(soql)) == "INVALID_FIELD"
        assert org.query("SELECT Secret__c FROM Usage_Note__c").total == 0


def test_no_lookup_that_may_lead_to_several_tells_a_hidden_object(org: Org) -> None:
    (what,) = [each for each in org.describe("Task")["fields"] if each["name"] == "WhatId"]

    assert "Secret__c" not in what["referenceTo"]
    assert "Memo__c" in what["referenceTo"]


def test_a_field_that_may_not_be_read_seems_not_to_be_there(org: Org) -> None:
    assert "Parent__c" not in {each["name"] for each in org.describe("Memo__c")["fields"]}
    assert "Memo__c" not in children(org)
    assert code(lambda: org.query("SELECT Parent__c FROM Memo__c")) == "INVALID_FIELD"
    assert code(lambda: org.query("SELECT Parent__r.Name FROM Memo__c")) == "INVALID_FIELD"
    memo = ids(org, "Memo__c")[0]
    assert "Parent__c" not in org.get_record("Memo__c", memo)
    changed = org.dml("update", "Memo__c", [{"Id": memo, "Parent__c": None}])
    assert codes(changed) == ["INVALID_FIELD"]


def test_hidden_rows_are_in_no_result_and_no_count(org: Org) -> None:
    every = ids(org, "Visit__c")

    assert column(org, "SELECT Id FROM Visit__c ORDER BY Id") == every[:-1:2]
    assert org.query("SELECT COUNT() FROM Visit__c").total == len(every[:-1:2])
    assert org.counts()["Visit__c"] == len(every)
    assert ids(org, INVOICE)[2] not in column(org, f"SELECT Id FROM {INVOICE}")
    assert code(lambda: org.get_record("Visit__c", every[1])) == "NOT_FOUND"


def test_a_hidden_row_can_neither_be_changed_nor_deleted(org: Org) -> None:
    _, hidden, *_ = ids(org, "Visit__c")

    assert codes(delete(org, "Visit__c", hidden)) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    changed = org.dml("update", "Visit__c", [{"Id": hidden, "Name": "x"}])
    assert codes(changed) == ["INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"]
    task = {"WhatId": ids(org, INVOICE)[2]}
    assert codes(org.dml("insert", "Task", [task])) == [
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
    ]


def test_a_row_that_the_older_option_hides_can_not_be_deleted_either() -> None:
    with shaped() as plain:
        options = plain.options
    made = type(options)(
        **{**vars(options), "rows_hidden": frozenset({INVOICE}), "modify_all": False}
    )
    with shaped(made) as org:
        third = ids(org, INVOICE)[2]
        assert codes(delete(org, INVOICE, third)) == ["INSUFFICIENT_ACCESS_OR_READONLY"]


def test_a_cascade_takes_along_what_the_user_cannot_see(org: Org) -> None:
    names = ("Secret__c", "Memo__c", "Visit__c", "Review__c")
    parents = ids(org, SUBSCRIPTION)

    assert codes(delete(org, SUBSCRIPTION, *parents)) == [None] * len(parents)
    assert [org.counts()[name] for name in names] == [0, 0, 1, 0]


def test_view_all_on_an_object_shows_every_row_of_it(org: Org) -> None:
    assert column(org, "SELECT Id FROM Review__c ORDER BY Id") == ids(org, "Review__c")
