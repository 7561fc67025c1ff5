"""Reads the facts of an org that a plan rests on, in few calls and without changing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.objects import ObjectType, is_unlisted
from target_zuora360_cleanup.facts.conditions import read_conditions
from target_zuora360_cleanup.facts.counts import count_linked_rows, count_objects, read_holders
from target_zuora360_cleanup.facts.kept import read_kept
from target_zuora360_cleanup.facts.org_facts import OrgFacts, OrgInfo
from target_zuora360_cleanup.facts.relationships import Relationship, read_relationships
from target_zuora360_cleanup.settings.selection import selected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings

_ORGANIZATION: Final = "SELECT Id, Name, IsSandbox, OrganizationType FROM Organization"
Describes = dict[str, dict[str, Any]]


def read_org(salesforce: Salesforce) -> OrgInfo:
    """Which org it is."""
    row = salesforce.rest.query(_ORGANIZATION)[0]
    return OrgInfo(row["Id"], row["Name"], bool(row["IsSandbox"]), row["OrganizationType"] or "")


def read_facts(salesforce: Salesforce, settings: Settings) -> OrgFacts:
    """Everything that a plan of these settings rests on.

    Raises:
        ApiError: Salesforce refuses to answer.
        requests.RequestException: No answer came.
    """
    info = read_org(salesforce)
    shown = salesforce.rest.object_names()
    kinds = [kind for kind in selected(settings) if kind.api_name in shown]
    if not kinds:
        return OrgFacts(info, ())
    describes = salesforce.rest.describe_all([kind.api_name for kind in kinds])
    kinds = [kind for kind in kinds if _tells_own_rows(kind, describes[kind.api_name])]
    if not kinds:
        return OrgFacts(info, ())
    kinds += _discover(salesforce, kinds, describes, settings)
    relationships = tuple(
        relationship
        for kind in kinds
        for relationship in read_relationships(kind.api_name, describes[kind.api_name])
        if relationship.child in shown
    )
    objects = count_objects(salesforce, kinds, describes)
    rows = count_linked_rows(salesforce, objects, relationships)
    holders = read_holders(salesforce, objects, rows)
    keeps = settings.keep_quoted_products
    kept = read_kept(salesforce, objects, rows, relationships) if keeps else {}
    conditions = read_conditions(salesforce, shown)
    unseen = tuple(_unseen(selected(settings), kinds))
    return OrgFacts(info, objects, relationships, rows, holders, kept, conditions, unseen)


def _unseen(wanted: Iterable[ObjectType], kinds: Iterable[ObjectType]) -> Iterator[str]:
    """Object types that are not shown, of packages of which others are."""
    names = {kind.api_name for kind in kinds}
    packages = {name.split("__")[0] for name in names}
    for kind in wanted:
        if kind.api_name not in names and kind.api_name.split("__")[0] in packages:
            yield kind.api_name


def _tells_own_rows(kind: ObjectType, describe: Mapping[str, Any]) -> bool:
    """Whether Zuora's rows can be told from others: an org without Quotes has a plain Product2."""
    fields = {each["name"] for each in describe["fields"]}
    return not kind.where or kind.external_ids[0] in fields


def _discover(
    salesforce: Salesforce, kinds: Sequence[ObjectType], describes: Describes, settings: Settings
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
            kind = _unknown_kind(parent, describes[relationship.child])
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


def _unknown_kind(parent: ObjectType, describe: Mapping[str, Any]) -> ObjectType:
    name = describe["name"]
    stream = name.split("__")[1]
    keys = tuple(each["name"] for each in describe["fields"] if each.get("externalId"))
    return ObjectType(name, describe["label"], parent.group, keys, (stream,))
