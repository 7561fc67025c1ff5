"""Reads the facts of an org that a plan rests on, in few calls and without changing anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.objects import ObjectType, is_unlisted
from target_zuora360_cleanup.facts.conditions import read_surroundings
from target_zuora360_cleanup.facts.kept import read_kept
from target_zuora360_cleanup.facts.org_facts import (
    ObjectFacts,
    OrgFacts,
    OrgInfo,
    Relationship,
    read_relationships,
)
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.settings.selection import selected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings

_ORGANIZATION: Final = "SELECT Id, Name, IsSandbox, OrganizationType FROM Organization"
_UNREADABLE: Final = frozenset({"base64", "address", "location", "complexvalue"})
"""Field types that a Bulk query can't select."""
_NO_ACCESS: Final = frozenset({
    "INVALID_TYPE", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY",
})  # fmt: skip
HOLDERS_TOLD: Final = 10
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
    there = salesforce.rest.object_names()
    kinds = [kind for kind in selected(settings) if kind.api_name in there]
    if not kinds:
        return OrgFacts(info, ())
    describes = salesforce.rest.describe_all([kind.api_name for kind in kinds])
    kinds = [kind for kind in kinds if _tells_own_rows(kind, describes[kind.api_name])]
    if not kinds:
        return OrgFacts(info, ())
    kinds += _discover(salesforce, kinds, describes, settings)
    relationships = tuple(
        link
        for kind in kinds
        for link in read_relationships(kind.api_name, describes[kind.api_name])
        if link.child in there
    )
    objects = _count(salesforce, kinds, describes)
    rows = _linked_rows(salesforce, objects, relationships)
    holders = _holders(salesforce, objects, rows)
    keeps = settings.keep_quoted_products
    kept = read_kept(salesforce, objects, rows, relationships) if keeps else {}
    around = read_surroundings(salesforce, there)
    unseen = tuple(_unseen(selected(settings), kinds))
    return OrgFacts(info, objects, relationships, rows, holders, kept, around, unseen)


def _unseen(wanted: Iterable[ObjectType], kinds: Iterable[ObjectType]) -> Iterator[str]:
    """Object types that are not there, of packages that are."""
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
        for link in read_relationships(parent.api_name, describes[parent.api_name]):
            if not _goes_along(link, groups, settings):
                continue
            describes.update(salesforce.rest.describe_all([link.child]))
            kind = _unknown_kind(parent, describes[link.child])
            groups[link.child] = parent.group
            found.append(kind)
            todo.append(kind)
    return found


def _goes_along(link: Relationship, known: Mapping[str, object], settings: Settings) -> bool:
    return (
        link.on_delete == "cascade"
        and link.child not in known
        and link.child not in settings.exclude_objects
        and is_unlisted(link.child)
    )


def _unknown_kind(parent: ObjectType, describe: Mapping[str, Any]) -> ObjectType:
    name = describe["name"]
    stream = name.split("__")[1]
    keys = tuple(each["name"] for each in describe["fields"] if each.get("externalId"))
    return ObjectType(name, describe["label"], parent.group, keys, (stream,))


def _count(
    salesforce: Salesforce, kinds: Sequence[ObjectType], describes: Describes
) -> tuple[ObjectFacts, ...]:
    known = [_described(kind, describes[kind.api_name]) for kind in kinds]
    readable = [each for each in known if each.queryable]
    answers = salesforce.rest.query_each([_count_soql(each) for each in readable])
    counted = {
        each.kind.api_name: _counted(salesforce, each, answer)
        for each, answer in zip(readable, answers, strict=True)
    }
    return tuple(counted.get(each.kind.api_name, each) for each in known)


def _described(kind: ObjectType, describe: Mapping[str, Any]) -> ObjectFacts:
    fields = tuple(
        each["name"] for each in describe["fields"] if each.get("type") not in _UNREADABLE
    )
    return ObjectFacts(
        kind,
        external_id=next((name for name in kind.external_ids if name in fields), ""),
        fields=fields,
        deletable=bool(describe.get("deletable")),
        queryable=bool(describe.get("queryable")),
    )


def _count_soql(each: ObjectFacts) -> str:
    dates = ["CreatedDate", *(name for name in each.kind.dates if name in each.fields)]
    links = [name for name, _ in each.kind.links if name in each.fields]
    columns = ["COUNT(Id) n"]
    columns += [f"MIN({name}) d{index}" for index, name in enumerate(dates)]
    columns += [f"COUNT({name}) l{index}" for index, name in enumerate(links)]
    where = f" WHERE {each.kind.where}" if each.kind.where else ""
    return f"SELECT {', '.join(columns)} FROM {each.kind.api_name}{where}"


def _counted(
    salesforce: Salesforce, each: ObjectFacts, answer: list[dict[str, Any]] | ApiError
) -> ObjectFacts:
    if isinstance(answer, ApiError):
        if answer.code in _NO_ACCESS:
            return replace(each, queryable=False)
        where = f" WHERE {each.kind.where}" if each.kind.where else ""
        soql = f"SELECT Id FROM {each.kind.api_name}{where}"
        return replace(each, found=_slow_count(salesforce, soql, answer))
    row = answer[0]
    dates = sorted(str(value)[:10] for name, value in row.items() if name[:1] == "d" and value)
    labels = [label for name, label in each.kind.links if name in each.fields]
    links = {label: int(row[f"l{index}"]) for index, label in enumerate(labels)}
    return replace(each, found=int(row["n"]), oldest="".join(dates[:1]), links=links)


def _slow_count(salesforce: Salesforce, soql: str, refusal: ApiError) -> int:
    """Rows by a Bulk query job, which may take longer than the two minutes of a query.

    Raises:
        ApiError: The refusal, where it was for another reason than time.
    """
    if refusal.code != "QUERY_TIMEOUT":
        raise refusal
    job_id = salesforce.bulk.create_query(soql)
    return salesforce.bulk.wait("query", job_id).processed


def _linked_rows(
    salesforce: Salesforce,
    objects: Sequence[ObjectFacts],
    relationships: Iterable[Relationship],
) -> dict[Relationship, int]:
    """Rows outside of the cleanup that point into it, by relationship."""
    names = {each.kind.api_name: each for each in objects}
    links = [link for link in relationships if link.child not in names and names[link.parent].found]
    froms = [_linked_from(link, names[link.parent]) for link in links]
    answers = salesforce.rest.query_each([f"SELECT COUNT(Id) n {each}" for each in froms])
    return {
        link: _slow_count(salesforce, f"SELECT Id {rows}", answer)
        if isinstance(answer, ApiError)
        else int(answer[0]["n"])
        for link, rows, answer in zip(links, froms, answers, strict=True)
    }


def _holders(
    salesforce: Salesforce, objects: Sequence[ObjectFacts], linked_rows: Mapping[Relationship, int]
) -> dict[Relationship, tuple[str, ...]]:
    """The first ids of the rows whose lookup forbids the deletion of its parent."""
    names = {each.kind.api_name: each for each in objects}
    links = [link for link, rows in linked_rows.items() if rows and link.on_delete == "restrict"]
    froms = [_linked_from(link, names[link.parent]) for link in links]
    answers = salesforce.rest.query_each(
        [f"SELECT Id {rows} ORDER BY Id LIMIT {HOLDERS_TOLD}" for rows in froms]
    )
    return {
        link: tuple(row["Id"] for row in answer)
        for link, answer in zip(links, answers, strict=True)
        # (The count blocks in any case; without the ids it is only harder to act upon.)
        if not isinstance(answer, ApiError)
    }


def _linked_from(link: Relationship, parent: ObjectFacts) -> str:
    where = parent.kind.where
    inside = f"SELECT Id FROM {link.parent} WHERE {where}" if where else ""
    condition = f"{link.field} IN ({inside})" if inside else f"{link.field} != null"
    return f"FROM {link.child} WHERE {condition}"
