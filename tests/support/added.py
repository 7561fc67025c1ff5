"""What people have added to Zuora's records: a shape that hangs it on them, and looks at it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.support.full_sync import parent_keys, zuora_objects
from tests.support.whole_org import table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.org import Org

SUBSCRIPTION, INVOICE = "Zuora__Subscription__c", "Zuora__ZInvoice__c"
HANGING: Final = {"Task": "WhatId", "Event": "WhatId", "Call__c": "Of__c"}
"""Rows that a cascade would take, and by which lookup."""
DETACHED: Final = frozenset(f"{name}.{field}" for name, field in HANGING.items())
OWN: Final = ("Region__c", "Vip__c", "Story__c", "Boss__c")
"""Fields of subscriptions that people fill."""


def _each(name: str, every: int) -> dict[str, Any]:
    return {"each": name, "every": every}


SHAPE: Final = json.dumps(
    {
        "objects": [
            {"name": "Call__c", "fields": [
                {"name": "Of__c", "type": "reference", "to": [SUBSCRIPTION],
                 "on_delete": "cascade"},
            ]},
        ],
        "fields": [
            {"object": SUBSCRIPTION, "name": "Region__c", "type": "string"},
            {"object": SUBSCRIPTION, "name": "Vip__c", "type": "boolean"},
            {"object": SUBSCRIPTION, "name": "Story__c", "type": "textarea"},
            {"object": SUBSCRIPTION, "name": "Boss__c", "type": "reference", "to": ["Contact"],
             "on_delete": "set_null"},
        ],
        "rows": [
            {"object": "Task", "values": {"Subject": "a {n}", "WhatId": _each(SUBSCRIPTION, 4)}},
            {"object": "Task", "values": {"Subject": "b {n}", "IsArchived": True,
                                          "WhatId": _each(INVOICE, 7)}},
            {"object": "Event", "values": {"Subject": "c {n}", "WhatId": _each(INVOICE, 5)}},
            {"object": "Call__c", "values": {"Of__c": _each(SUBSCRIPTION, 3)}},
        ],
    }
)  # fmt: skip
JOINED: Final = {
    "EntitySubscription": ("ParentId", "SubscriberId"),
    "TopicAssignment": ("EntityId", "TopicId"),
    "ContentDocumentLink": ("LinkedEntityId", "ContentDocumentId"),
}
"""Objects whose rows join records to users, topics and files, and by which lookups."""
JOINED_SHAPE: Final = json.dumps({
    **json.loads(SHAPE),
    "rows": [
        *json.loads(SHAPE)["rows"],
        {"object": "Topic", "name": "topic", "values": {"Name": "late payer"}},
        {"object": "ContentDocument", "name": "file", "values": {"Title": "contract"}},
        {"object": "EntitySubscription",
         "values": {"ParentId": _each(INVOICE, 6), "SubscriberId": {"object": "User"}}},
        {"object": "TopicAssignment",
         "values": {"EntityId": _each(SUBSCRIPTION, 5), "TopicId": {"row": "topic"}}},
        {"object": "ContentDocumentLink",
         "values": {"LinkedEntityId": _each(SUBSCRIPTION, 6), "ContentDocumentId": {"row": "file"},
                    "ShareType": "V", "Visibility": "AllUsers"}},
    ],
})  # fmt: skip
Added = dict[tuple[str, str, str], object]


def fill(org: Org) -> None:
    """Have people fill their fields: of some subscriptions all, of others one, of most none."""
    blank = {**dict.fromkeys(OWN), "Vip__c": False}
    boss = str(org.all_rows("Contact")[0]["Id"])
    changes = []
    for at, row in enumerate(org.all_rows(SUBSCRIPTION)):
        given: dict[str, Any] = {}
        if at % 4 == 0:
            given = {"Region__c": f"EMEA {at}", "Vip__c": True, "Boss__c": boss}
        elif at % 4 == 1:
            given = {"Story__c": f'so, "far"\n{at}'}
        changes.append({"Id": row["Id"], **blank, **given})
    assert not [each for each in org.dml("update", SUBSCRIPTION, changes) if each.error]


def added(org: Org) -> Added:
    """What people have added, by object, record and field, whichever id Zuora's record has.

    Rows that hang on a record are known by their own ids, records by their external ids.
    """
    keys = {id_: key for each in zuora_objects(org) for id_, key in parent_keys(org, each).items()}
    found: Added = {
        (name, str(row["Id"]), field): keys.get(str(row[field]))
        for name, field in HANGING.items()
        for row in org.all_rows(name)
    }
    for row in org.all_rows(SUBSCRIPTION):
        for name in OWN:
            if row[name] not in (None, False):
                found[SUBSCRIPTION, str(row["Zuora__External_Id__c"]), name] = row[name]
    return found


def joined(org: Org) -> list[tuple[str, str, str]]:
    """Object, external id of the record, and what it is joined to, of each such row."""
    keys = {id_: key for each in zuora_objects(org) for id_, key in parent_keys(org, each).items()}
    return sorted(
        (name, str(keys.get(str(row[parent]))), str(row[other]))
        for name, (parent, other) in JOINED.items()
        for row in org.all_rows(name)
    )


def not_written(before: Iterable[tuple[str, str, str]], folders: Iterable[Path]) -> list[str]:
    """Those of `joined` that are in no file of these runs, in words."""
    written = {
        (name, row["parent_external_id"], row[other])
        for folder in folders
        for name, (_, other) in JOINED.items()
        for row in _whole(folder / "junctions" / f"{name}.csv.gz")
    }
    # (a subscription has two external ids here, of which the file has the first)
    rows = ((name, key.partition("/")[0], other) for name, key, other in before)
    return [f"{each} is in no file of junctions" for each in rows if each not in written]


def missing(before: Added, folders: Iterable[Path]) -> list[str]:
    """What of it is in no snapshot of these runs, in words."""
    links: set[tuple[str, str, str]] = set()
    values: set[tuple[str, str, str]] = set()
    for folder in folders:
        for path in folder.glob("links/*.csv.gz"):
            name = path.name.partition(".")[0]
            links |= {(name, row["record_id"], row["field"]) for row in _whole(path)}
        for row in _whole(folder / "values" / f"{SUBSCRIPTION}.csv.gz"):
            key = row["Zuora__External_Id__c"]
            values |= {(SUBSCRIPTION, key, field) for field in OWN if row.get(field)}
    return [f"{each} is in no snapshot" for each in before if each not in links | values]


def _whole(path: Path) -> list[dict[str, str]]:
    """The rows of a file that a killed run may have left cut off."""
    try:
        return list(table(path))
    except EOFError:
        return []
