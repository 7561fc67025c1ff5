"""Counts an org's rows of each object type to be cleaned, and of those that have no key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.facts.counting import counted_by_job
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.facts.org_facts import Keyless, ObjectFacts
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_zuora360_cleanup.catalog.objects import ObjectType
    from target_zuora360_cleanup.salesforce.client import Salesforce

_UNSELECTABLE: Final = frozenset({"base64", "address", "location", "complexvalue"})
"""Field types that a Bulk query can't select."""
_NOT_COUNTED: Final = Unknown("it was not counted")
_NOT_QUERYABLE: Final = Unknown("its describe says that this user may not query it")
_TOO_MANY: Final = Unknown("there were too many rows to ask in the time of a query")
IDS_TOLD: Final = 10


def count_objects(
    salesforce: Salesforce,
    kinds: Sequence[ObjectType],
    describes: Mapping[str, Mapping[str, Any]],
) -> tuple[ObjectFacts, ...]:
    """The object types as the org has them, with their rows; unknown where a count is refused."""
    known = [_described(kind, describes[kind.api_name]) for kind in kinds]
    readable = [each for each in known if each.found is _NOT_COUNTED]
    answers = salesforce.rest.query_each([_count_soql(each) for each in readable])
    counted = {
        each.kind.api_name: _counted(salesforce, each, answer)
        for each, answer in zip(readable, answers, strict=True)
    }
    keyless = _keyless(salesforce, [each for each in counted.values() if _may_be_keyless(each)])
    return tuple(
        keyless.get(name) or counted.get(name, each)
        for each in known
        for name in [each.kind.api_name]
    )


def selectable(describe: Mapping[str, Any]) -> tuple[str, ...]:
    """API names of the fields that a query may select, from an object's describe."""
    return tuple(
        each["name"] for each in describe["fields"] if each.get("type") not in _UNSELECTABLE
    )


def _described(kind: ObjectType, describe: Mapping[str, Any]) -> ObjectFacts:
    fields = selectable(describe)
    return ObjectFacts(
        kind,
        keys=tuple(name for name in kind.external_ids if name in fields),
        key_prefix=describe.get("keyPrefix") or "",
        fields=fields,
        deletable=bool(describe.get("deletable")),
        found=_NOT_COUNTED if describe.get("queryable") else _NOT_QUERYABLE,
        masters=masters(describe),
    )


def masters(describe: Mapping[str, Any]) -> tuple[str, ...]:
    """API names of the fields that lead to a master, from an object's describe."""
    return tuple(
        each["name"] for each in describe["fields"] if each.get("relationshipOrder") is not None
    )


def _count_soql(each: ObjectFacts) -> str:
    dates = ["CreatedDate", *(name for name in each.kind.dates if name in each.fields)]
    links = [name for name, _ in each.kind.links if name in each.fields]
    columns = ["COUNT(Id) n"]
    columns += [f"MIN({name}) d{index}" for index, name in enumerate(dates)]
    columns += [f"COUNT({name}) l{index}" for index, name in enumerate(links)]
    columns += [f"COUNT({name}) k{index}" for index, name in enumerate(each.keys)]
    return f"SELECT {', '.join(columns)} {_rows(each)}"


def _rows(each: ObjectFacts, *conditions: str) -> str:
    where = " AND ".join([*([each.kind.where] if each.kind.where else []), *conditions])
    return f"FROM {each.kind.api_name}" + (f" WHERE {where}" if where else "")


def _counted(
    salesforce: Salesforce, each: ObjectFacts, answer: list[dict[str, Any]] | ApiError
) -> ObjectFacts:
    if isinstance(answer, ApiError):
        found = counted_by_job(salesforce, f"SELECT Id {_rows(each)}", answer)
        return replace(
            each, found=found, oldest=_TOO_MANY, links=_TOO_MANY, keyless=Keyless(_TOO_MANY)
        )
    row = answer[0]
    dates = sorted(str(value)[:10] for name, value in row.items() if name[:1] == "d" and value)
    oldest = Known(dates[0]) if dates else Unknown("there is no row with a date")
    found = Known(int(row["n"]))
    most = max((int(row[f"k{index}"]) for index in range(len(each.keys))), default=0)
    keyless = Keyless(Known(found.value - most))
    return replace(each, found=found, oldest=oldest, links=_links(each, row), keyless=keyless)


def _links(each: ObjectFacts, row: Mapping[str, Any]) -> Fact[Mapping[str, int]]:
    """Links to itself; what a field holds that this user may not read is not none."""
    if hidden := [name for name, _ in each.kind.links if name not in each.fields]:
        return Unknown(f"this user can't read {', '.join(hidden)}")
    return Known({label: int(row[f"l{at}"]) for at, (_, label) in enumerate(each.kind.links)})


def _may_be_keyless(each: ObjectFacts) -> bool:
    return bool(each.keyless.rows.or_else(0))


def _keyless(salesforce: Salesforce, objects: Sequence[ObjectFacts]) -> dict[str, ObjectFacts]:
    """The same object types with their rows that have no key, and the first of them.

    Where an object type has two key fields, a row may have one or the other.
    """
    blank = [_rows(each, *(f"{key} = null" for key in each.keys)) for each in objects]
    counts = salesforce.rest.query_each([f"SELECT COUNT(Id) n {each}" for each in blank])
    firsts = salesforce.rest.query_each(
        [f"SELECT Id {each} ORDER BY Id LIMIT {IDS_TOLD}" for each in blank]
    )
    return {
        each.kind.api_name: replace(each, keyless=_keyless_rows(salesforce, where, count, first))
        for each, where, count, first in zip(objects, blank, counts, firsts, strict=True)
    }


def _keyless_rows(
    salesforce: Salesforce,
    where: str,
    count: list[dict[str, Any]] | ApiError,
    first: list[dict[str, Any]] | ApiError,
) -> Keyless:
    rows: Fact[int]
    if isinstance(count, ApiError):
        rows = counted_by_job(salesforce, f"SELECT Id {where}", count)
    else:
        rows = Known(int(count[0]["n"]))
    ids = () if isinstance(first, ApiError) else tuple(row["Id"] for row in first)
    return Keyless(rows, ids)
