"""Cascades over several objects: circles, two masters, deep restrictions, activities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.org.shape.making import (
    INVOICE,
    SUBSCRIPTION,
    child,
    codes,
    delete,
    ids,
    shaped,
)

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.org.org import Org

LOOP: list[dict[str, Any]] = [
    {"name": "A__c", "fields": [
        {"name": "B__c", "type": "reference", "to": ["B__c"], "on_delete": "cascade"},
        {"name": "Subscription__c", "type": "reference", "to": [SUBSCRIPTION],
         "on_delete": "cascade"}]},
    {"name": "B__c", "fields": [
        {"name": "A__c", "type": "reference", "to": ["A__c"], "on_delete": "cascade"}]},
]  # fmt: skip
LOOP_ROWS = [
    {"object": "A__c", "name": "a", "count": 2, "values": {"B__c": {"row": "b"}}},
    {"object": "B__c", "name": "b", "count": 2, "values": {"A__c": {"row": "a"}}},
]
PAIR = {"name": "Pair__c", "fields": [
    {"name": "One__c", "type": "reference", "to": [SUBSCRIPTION], "on_delete": "master"},
    {"name": "Other__c", "type": "reference", "to": [INVOICE], "on_delete": "master"},
]}  # fmt: skip


def counted(org: Org, *names: str) -> list[int]:
    return [org.counts()[name] for name in names]


@pytest.mark.parametrize("operation", ["delete", "hardDelete"])
def test_a_circle_of_cascades_goes_as_a_whole(operation: Any) -> None:
    with shaped(objects=LOOP, rows=LOOP_ROWS) as org:
        (first, second), (other, _) = ids(org, "A__c"), ids(org, "B__c")
        found = org.dml(operation, "A__c", [{"Id": first}, {"Id": second}])
        assert found[0].success
        assert counted(org, "A__c", "B__c") == [0, 0]
        assert codes(delete(org, "B__c", other)) == ["ENTITY_IS_DELETED"]


def test_a_circle_goes_with_what_it_hangs_on_and_comes_back_with_it() -> None:
    changes = [{"object": "A__c", "at": 1, "values": {"Subscription__c": {"object": SUBSCRIPTION}}}]
    with shaped(objects=LOOP, rows=LOOP_ROWS, changes=changes) as org:
        first = ids(org, SUBSCRIPTION)[0]
        assert codes(delete(org, SUBSCRIPTION, first)) == [None]
        assert counted(org, "A__c", "B__c") == [0, 0]
        org.undelete([first])
        assert counted(org, "A__c", "B__c") == [2, 2]


def test_a_row_with_two_masters_goes_with_either() -> None:
    rows = [{"object": "Pair__c", "values": {"One__c": {"each": SUBSCRIPTION},
                                             "Other__c": {"object": INVOICE}}}]  # fmt: skip
    with shaped(objects=[PAIR], rows=rows) as org:
        before = org.counts()["Pair__c"]
        first, second, *_ = ids(org, SUBSCRIPTION)
        assert codes(delete(org, SUBSCRIPTION, first, second)) == [None, None]
        assert org.counts()["Pair__c"] == before - 2
        assert codes(delete(org, INVOICE, ids(org, INVOICE)[0])) == [None]
        assert org.counts()["Pair__c"] == 0


def test_a_row_outside_saves_the_root_of_what_would_go_along() -> None:
    objects = [child("One__c", SUBSCRIPTION, "cascade"), child("Two__c", "One__c", "cascade"),
               child("Three__c", "Two__c", "restrict")]  # fmt: skip
    first = {"object": SUBSCRIPTION}
    rows = [
        {"object": "One__c", "values": {"Parent__c": first}},
        {"object": "Two__c", "values": {"Parent__c": {"object": "One__c"}}},
        {"object": "Three__c", "values": {"Parent__c": {"object": "Two__c"}}},
    ]
    with shaped(objects=objects, rows=rows) as org:
        root = ids(org, SUBSCRIPTION)[0]
        assert codes(delete(org, SUBSCRIPTION, root)) == ["DELETE_FAILED"]
        assert counted(org, "One__c", "Two__c", "Three__c") == [1, 1, 1]
        assert codes(delete(org, "Three__c", ids(org, "Three__c")[0])) == [None]
        assert codes(delete(org, SUBSCRIPTION, root)) == [None]
        assert counted(org, "One__c", "Two__c") == [0, 0]


def test_what_restricts_and_goes_along_itself_restricts_nothing() -> None:
    both = {"name": "Both__c", "fields": [
        {"name": "Kept__c", "type": "reference", "to": [SUBSCRIPTION], "on_delete": "restrict"},
        {"name": "Gone__c", "type": "reference", "to": [SUBSCRIPTION], "on_delete": "cascade"},
    ]}  # fmt: skip
    first = {"object": SUBSCRIPTION}
    rows = [{"object": "Both__c", "values": {"Kept__c": first, "Gone__c": first}}]
    with shaped(objects=[both], rows=rows) as org:
        assert codes(delete(org, SUBSCRIPTION, ids(org, SUBSCRIPTION)[0])) == [None]
        assert org.counts()["Both__c"] == 0


@pytest.mark.parametrize(
    ("on_delete", "outcome", "left"),
    [("cascade", None, 1), ("restrict", "DELETE_FAILED", 2), ("set_null", None, 2)],
)
def test_a_lookup_to_several_objects_does_what_it_says_to_each(
    on_delete: str, outcome: str | None, left: int
) -> None:
    lookup = {"name": "Any__c", "type": "reference", "to": [SUBSCRIPTION, INVOICE],
              "on_delete": on_delete}  # fmt: skip
    values = [{"Any__c": {"object": SUBSCRIPTION}}, {"Any__c": {"object": INVOICE}}]
    with shaped(objects=[{"name": "Any__c", "fields": [lookup]}],
                rows=[{"object": "Any__c", "values": values}]) as org:  # fmt: skip
        (first, *_), invoice = ids(org, SUBSCRIPTION), ids(org, INVOICE)[0]
        assert codes(delete(org, SUBSCRIPTION, first)) == [outcome]
        rest = [row["Any__c"] for row in org.all_rows("Any__c")]
        assert len(rest) == left
        assert rest[-1] == invoice
        assert (first in rest) == (outcome is not None)


def test_what_people_have_hung_on_a_row_goes_with_it_as_the_documentation_says() -> None:
    on = {"object": SUBSCRIPTION}
    rows: list[dict[str, Any]] = [
        *({"object": name, "values": {"WhatId": on}} for name in ("Task", "Event")),
        {"object": "Task", "values": {"WhatId": on, "IsArchived": True}},
        {"object": "Note", "values": {"ParentId": on, "Title": "x"}},
        {"object": "Attachment", "values": {"ParentId": on}},
        {"object": "ContentDocument", "name": "file", "values": {"Title": "x"}},
        {"object": "ContentDocumentLink",
         "values": {"LinkedEntityId": on, "ContentDocumentId": {"row": "file"}}},
        *({"object": name, "values": {"ParentId": on}}
          for name in ("FeedItem", "EntitySubscription")),
        {"object": "TopicAssignment", "values": {"EntityId": on}},
        {"object": "ProcessInstance", "values": {"TargetObjectId": on}},
        *({"object": name, "values": {"RecordId": on}}
          for name in ("RecordAction", "DuplicateRecordItem")),
        {"object": "EmailMessage", "values": {"RelatedToId": on}},
    ]  # fmt: skip
    names = {str(each["object"]) for each in rows} - {"ContentDocument", "EmailMessage"}
    with shaped(rows=rows) as org:
        assert all(counted(org, *names))
        assert codes(delete(org, SUBSCRIPTION, ids(org, SUBSCRIPTION)[0])) == [None]
        assert not any(counted(org, *names))
        assert org.counts()["ContentDocument"] == 1
        assert [row["RelatedToId"] for row in org.all_rows("EmailMessage")] == [None]


def test_a_lookup_to_several_objects_takes_a_row_of_any_and_of_no_other() -> None:
    with shaped() as org:
        first, contact = ids(org, SUBSCRIPTION)[0], ids(org, "Contact")[0]
        gone = ids(org, INVOICE)[0]
        delete(org, INVOICE, gone)
        unknown = f"{first[:12]}zzz"
        given = [{"WhatId": each} for each in (first, contact, gone, unknown)]
        found = org.dml("insert", "Task", given)
        assert codes(found) == [
            None, "FIELD_INTEGRITY_EXCEPTION", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY",
        ]  # fmt: skip
        (task,) = org.all_rows("Task")
        assert task["WhatId"] == first
        assert org.get_record("Task", task["Id"])["WhatId"] == first
        changed = org.dml("update", "Task", [{"Id": task["Id"], "WhatId": ids(org, INVOICE)[0]}])
        assert codes(changed) == [None]
