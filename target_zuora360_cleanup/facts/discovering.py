"""Finds package objects that the catalogue does not list and that go with their parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import ObjectType, is_unlisted
from target_zuora360_cleanup.reach import read_relationships

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_zuora360_cleanup.reach import Relationship
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings


def discover(
    salesforce: Salesforce,
    kinds: Sequence[ObjectType],
    describes: dict[str, dict[str, Any]],
    settings: Settings,
) -> list[ObjectType]:
    """Package objects that the catalogue doesn't know and that go with their parents.

    Describes them into `describes`. Salesforce deletes them in any case; as steps of their own they
    are counted, backed up, and their bookmarks are reset.
    """
    found: list[ObjectType] = []
    groups = {kind.api_name: kind.group for kind in kinds}
    todo = list(kinds)
    while todo:
        parent = todo.pop()
        for relationship in read_relationships(parent.api_name, describes[parent.api_name]):
            if not _goes_along(relationship, groups, settings):
                continue
            describes.update(salesforce.rest.describe_all([relationship.child]))
            kind = _unknown_kind(parent, describes[relationship.child], settings)
            groups[relationship.child] = parent.group
            found.append(kind)
            todo.append(kind)
    return found


def _goes_along(
    relationship: Relationship, known: Mapping[str, object], settings: Settings
) -> bool:
    return (
        relationship.on_delete == "cascade"
        and relationship.child not in known
        and relationship.child not in settings.exclude_objects
        and is_unlisted(relationship.child)
    )


def _unknown_kind(
    parent: ObjectType, describe: Mapping[str, Any], settings: Settings
) -> ObjectType:
    """An object type from its describe; its streams are named for it, or as the user says."""
    name = describe["name"]
    chosen = [stream for stream, chosen in settings.stream_objects.items() if chosen == name]
    streams = (name.split("__")[1], *chosen)
    keys = tuple(each["name"] for each in describe["fields"] if each.get("externalId"))
    return ObjectType(name, describe["label"], parent.group, keys, streams)
