"""Counts an org's rows: of each object type to be cleaned, and of what points into them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.facts.conditions import refusal
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.facts.org_facts import ObjectFacts
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_zuora360_cleanup.catalog.objects import ObjectType
    from target_zuora360_cleanup.facts.relationships import Relationship
    from target_zuora360_cleanup.salesforce.client import Salesforce

_UNSELECTABLE: Final = frozenset({"base64", "address", "location", "complexvalue"})
"""Field types that a Bulk query can't select."""
_NO_ACCESS: Final = frozenset({
    "INVALID_TYPE", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY",
})  # fmt: skip
_NOT_COUNTED: Final = Unknown("it was not counted")
_NOT_QUERYABLE: Final = Unknown("its describe says that this user may not query it")
_TOO_MANY: Final = Unknown("there were too many rows to ask in the time of a query")
HOLDERS_TOLD: Final = 10


def count_objects(
    salesforce: Salesforce,
    kinds: Sequence[ObjectType],
    describes: Mapping[str, Mapping[str, Any]],
) -> tuple[ObjectFacts, ...]:
    """The object types as the org has them, with their rows.

    Raises:
        ApiError: Salesforce refuses a count for another reason than the user's rights.
    """
    known = [_described(kind, describes[kind.api_name]) for kind in kinds]
    readable = [each for each in known if each.found is _NOT_COUNTED]
    answers = salesforce.rest.query_each([_count_soql(each) for each in readable])
    counted = {
        each.kind.api_name: _counted(salesforce, each, answer)
        for each, answer in zip(readable, answers, strict=True)
    }
    return tuple(counted.get(each.kind.api_name, each) for each in known)


def _described(kind: ObjectType, describe: Mapping[str, Any]) -> ObjectFacts:
    fields = tuple(
        each["name"] for each in describe["fields"] if each.get("type") not in _UNSELECTABLE
    )
    return ObjectFacts(
        kind,
        external_id=next((name for name in kind.external_ids if name in fields), ""),
        fields=fields,
        deletable=bool(describe.get("deletable")),
        found=_NOT_COUNTED if describe.get("queryable") else _NOT_QUERYABLE,
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
            return replace(each, found=refusal(answer))
        where = f" WHERE {each.kind.where}" if each.kind.where else ""
        soql = f"SELECT Id FROM {each.kind.api_name}{where}"
        found = Known(_slow_count(salesforce, soql, answer))
        return replace(each, found=found, oldest=_TOO_MANY, links=_TOO_MANY)
    row = answer[0]
    dates = sorted(str(value)[:10] for name, value in row.items() if name[:1] == "d" and value)
    labels = [label for name, label in each.kind.links if name in each.fields]
    links = {label: int(row[f"l{index}"]) for index, label in enumerate(labels)}
    oldest = Known(dates[0]) if dates else Unknown("there is no row with a date")
    return replace(each, found=Known(int(row["n"])), oldest=oldest, links=Known(links))


def _slow_count(salesforce: Salesforce, soql: str, error: ApiError) -> int:
    """Rows by a Bulk query job, which may take longer than the two minutes of a query.

    Raises:
        ApiError: The refusal, where it was for another reason than time.
    """
    if error.code != "QUERY_TIMEOUT":
        raise error
    job_id = salesforce.bulk.create_query(soql)
    return salesforce.bulk.wait("query", job_id).processed


def count_linked_rows(
    salesforce: Salesforce,
    objects: Sequence[ObjectFacts],
    relationships: Iterable[Relationship],
) -> dict[Relationship, Fact[int]]:
    """Rows outside of the cleanup that point into it, by relationship.

    Raises:
        ApiError: Salesforce refuses a count.
    """
    parents = {each.kind.api_name: each for each in objects}
    from_outside = [each for each in relationships if each.child not in parents]
    unknown: dict[Relationship, Fact[int]] = {}
    to_count = []
    for each in from_outside:
        match parents[each.parent].found:
            case Unknown() as why:
                unknown[each] = why
            case Known(rows) if rows:
                to_count.append(each)
    froms = [_linked_from(each, parents[each.parent]) for each in to_count]
    answers = salesforce.rest.query_each([f"SELECT COUNT(Id) n {each}" for each in froms])
    counted = {
        each: Known(
            _slow_count(salesforce, f"SELECT Id {rows}", answer)
            if isinstance(answer, ApiError)
            else int(answer[0]["n"])
        )
        for each, rows, answer in zip(to_count, froms, answers, strict=True)
    }
    return {**unknown, **counted}


def read_holders(
    salesforce: Salesforce,
    objects: Sequence[ObjectFacts],
    linked_rows: Mapping[Relationship, Fact[int]],
) -> dict[Relationship, Fact[tuple[str, ...]]]:
    """The first ids of the rows whose lookup forbids the deletion of its parent."""
    parents = {each.kind.api_name: each for each in objects}
    # (Where the rows are unknown, the parents can't be read either, which blocks by itself.)
    holding = [
        each
        for each, rows in linked_rows.items()
        if each.on_delete == "restrict" and rows.or_else(0)
    ]
    answers = salesforce.rest.query_each(
        [
            f"SELECT Id {_linked_from(each, parents[each.parent])} ORDER BY Id LIMIT {HOLDERS_TOLD}"
            for each in holding
        ]
    )
    return {
        each: refusal(answer)
        if isinstance(answer, ApiError)
        else Known(tuple(row["Id"] for row in answer))
        for each, answer in zip(holding, answers, strict=True)
    }


def _linked_from(each: Relationship, parent: ObjectFacts) -> str:
    where = parent.kind.where
    inside = f"SELECT Id FROM {each.parent} WHERE {where}" if where else ""
    condition = f"{each.field} IN ({inside})" if inside else f"{each.field} != null"
    return f"FROM {each.child} WHERE {condition}"
