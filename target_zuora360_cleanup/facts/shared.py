"""Counts rows that belong to a chosen billing account and, by another lookup, to one that is not.

They would go with the chosen one, and the other would lose them.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import CHOSEN
from target_zuora360_cleanup.facts.counting import number_of
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed
from target_zuora360_cleanup.salesforce.rows import Selection, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.catalog.objects import ObjectType
    from target_zuora360_cleanup.facts.org_facts import ObjectFacts
    from target_zuora360_cleanup.salesforce.client import Salesforce

_BLOCK: Final = 10_000


def count_shared(salesforce: Salesforce, objects: Iterable[ObjectFacts]) -> dict[str, Fact[int]]:
    """How many such rows there are, by the API names of the object types that have some.

    Where it takes several queries to name the accounts, each of them finds too many at first: it
    takes those that another query names for not chosen.
    """
    kinds = [each.kind for each in objects if each.found != Known(0) and _has_several(each.kind)]
    queries = [f"SELECT COUNT(Id) n FROM {each.api_name} WHERE {_where(each)}" for each in kinds]
    found: dict[str, Fact[int]] = {}
    answers = salesforce.rest.query_each(queries)
    for kind, query, answer in zip(kinds, queries, answers, strict=True):
        rows = number_of(salesforce, answer, "n", query.replace("COUNT(Id) n", "Id", 1))
        found[kind.api_name] = rows.then(partial(_looked_at, salesforce, kind))
    return {name: rows for name, rows in found.items() if rows != Known(0)}


def _has_several(kind: ObjectType) -> bool:
    return kind.is_chosen and kind.rows is not None and len(kind.rows.fields) > 1


def _where(kind: ObjectType) -> str:
    fields = kind.rows.fields if kind.rows else ()
    others = " OR ".join(f"({each} != null AND {each} NOT IN {CHOSEN})" for each in fields)
    return f"{kind.where} AND ({others})"


def _looked_at(salesforce: Salesforce, kind: ObjectType, most: int) -> Fact[int]:
    """How many of these rows are those: mostly there are none to look at."""
    chosen, fields = salesforce.rest.chosen, kind.rows.fields if kind.rows else ()
    if not (most and chosen):
        return Known(0)
    rows = 0
    try:
        table = read_table(
            salesforce, Selection(kind.api_name, ("Id", *fields), _where(kind), most)
        )
        while block := list(islice(table, _BLOCK)):
            of_chosen = chosen.among({cell for row in block for cell in row[1:] if cell})
            rows += sum(any(cell and cell not in of_chosen for cell in row[1:]) for row in block)
    except (ApiError, JobFailed) as exc:
        return Unknown(f"they could not be read ({exc})")
    return Known(rows)
