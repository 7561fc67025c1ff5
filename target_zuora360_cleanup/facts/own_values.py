"""Counts the values that people have filled on the records of each object type to be cleaned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.own_fields import CREATOR, OWNER, OwnField, own_fields
from target_zuora360_cleanup.facts.known import Fact, Known, refusal
from target_zuora360_cleanup.facts.org_facts import OwnValues
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.facts.counting import Rows
    from target_zuora360_cleanup.facts.org_facts import ObjectFacts
    from target_zuora360_cleanup.salesforce.client import Salesforce


def count_own_values(
    salesforce: Salesforce,
    objects: Iterable[ObjectFacts],
    describes: Mapping[str, Mapping[str, Any]],
) -> dict[str, OwnValues]:
    """What people have filled, by the API names of objects that have rows and such fields."""
    found = {
        each.kind.api_name: (each, own_fields(each.kind.api_name, describes[each.kind.api_name]))
        for each in objects
        if each.found != Known(0)
    }
    asked = {name: list(_queries(each, fields)) for name, (each, fields) in found.items()}
    answers = iter(salesforce.rest.query_each([query for each in asked.values() for query in each]))
    return {
        name: _values(fields, [next(answers) for _ in asked[name]])
        for name, (_, fields) in found.items()
        if fields
    }


def _counted(fields: Iterable[OwnField]) -> list[OwnField]:
    """Those that one query counts together."""
    return [
        each for each in fields if each.is_counted and each.name != OWNER and not each.is_boolean
    ]


def _booleans(fields: Iterable[OwnField]) -> list[OwnField]:
    return [each for each in fields if each.is_boolean and each.is_filterable]


def _queries(of: ObjectFacts, fields: tuple[OwnField, ...]) -> Iterable[str]:
    """One for the owner and what can be counted together, and one for each boolean."""
    where = f" WHERE {of.kind.where}" if of.kind.where else ""
    name, counted = of.kind.api_name, _counted(fields)
    has_owner = any(each.name == OWNER for each in fields)
    columns = [f"COUNT({each.name}) c{at}" for at, each in enumerate(counted)]
    if columns or has_owner:
        owner, by = "", ""
        if has_owner:
            owner, by = f"{OWNER} o, {CREATOR} b, ", f" GROUP BY {OWNER}, {CREATOR}"
        yield f"SELECT {owner}{', '.join(['COUNT(Id) n', *columns])} FROM {name}{where}{by}"
    for each in _booleans(fields):
        more = f"{of.kind.where} AND {each.has_value}" if of.kind.where else each.has_value
        yield f"SELECT COUNT(Id) n FROM {name} WHERE {more}"


def _values(fields: tuple[OwnField, ...], answers: list[Rows | ApiError]) -> OwnValues:
    rows: dict[str, Fact[int]] = {}
    creators, booleans = tuple[str, ...](), _booleans(fields)
    if len(answers) > len(booleans):
        together, *answers = answers
        has_owner = any(each.name == OWNER for each in fields)
        rows, creators = _together(_counted(fields), together, has_owner=has_owner)
    for each, answer in zip(booleans, answers, strict=True):
        if isinstance(answer, ApiError):
            rows[each.name] = refusal(answer)
        else:
            rows[each.name] = Known(int(answer[0]["n"]))
    return OwnValues(fields, rows, creators)


def _together(
    counted: list[OwnField], answer: Rows | ApiError, *, has_owner: bool
) -> tuple[dict[str, Fact[int]], tuple[str, ...]]:
    """The counts of one query, and who owns nothing but what they have created."""
    names = [*(each.name for each in counted), *([OWNER] if has_owner else [])]
    if isinstance(answer, ApiError):
        return dict.fromkeys(names, refusal(answer)), ()
    rows: dict[str, Fact[int]] = {
        each.name: Known(sum(int(row[f"c{at}"]) for row in answer))
        for at, each in enumerate(counted)
    }
    if not has_owner:
        return rows, ()
    given = {str(row["o"]) for row in answer if row["o"] != row["b"]}
    rows[OWNER] = Known(sum(int(row["n"]) for row in answer if row["o"] != row["b"]))
    return rows, tuple(sorted({str(row["o"]) for row in answer} - given))
