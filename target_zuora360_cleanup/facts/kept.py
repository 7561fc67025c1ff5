"""Reads which catalogue rows quotes use, and so which stay.

Holds the references within the catalogue in memory: a catalogue is small against the accounts. Each
object is read once, with all the references that matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import QUOTE_PREFIX
from target_zuora360_cleanup.facts.quotes import PLACEHOLDER_MASTER, Edge, is_whole_part, reachable
from target_zuora360_cleanup.reach import Path
from target_zuora360_cleanup.salesforce.rows import Selection, read_tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.facts.known import Fact
    from target_zuora360_cleanup.facts.org_facts import Beside, ObjectFacts
    from target_zuora360_cleanup.reach import Relationship
    from target_zuora360_cleanup.salesforce.client import Salesforce

Table = list[list[str]]


def read_kept(
    salesforce: Salesforce,
    objects: Sequence[ObjectFacts],
    reach: Mapping[Path, Fact[int]],
    relationships: Iterable[Relationship],
    beside: Beside,
) -> dict[str, frozenset[str]]:
    """Ids of the catalogue rows to keep, by object."""
    # (What could not be counted blocks the cleanup: `rows-not-counted`.)
    counts = {path: rows.or_else(0) for path, rows in reach.items()}
    used = {path: rows for path, rows in counts.items() if rows} | quote_lookups(beside)
    selections = quote_selections([*objects, *beside.objects], used)
    tables = read_tables(salesforce, selections)
    return keep_quoted(salesforce, objects, ids_in(tables), relationships, beside)


def quote_lookups(beside: Beside) -> dict[Path, int]:
    """The lookups of quotes to what is not cleaned; by few rows or many, nobody has counted."""
    return {
        Path((each,)): 1 for each in beside.relationships if each.child.startswith(QUOTE_PREFIX)
    }


def keep_quoted(
    salesforce: Salesforce,
    objects: Sequence[ObjectFacts],
    quoted: Collection[str],
    relationships: Iterable[Relationship],
    beside: Beside,
) -> dict[str, frozenset[str]]:
    """Ids of the catalogue rows to keep where quotes use these, by object that is cleaned."""
    if not quoted:
        return {}
    catalog = _catalog([*objects, *beside.objects])
    every = (*relationships, *beside.relationships)
    inside = [each for each in every if each.child in catalog and each.parent in catalog]
    fields = {name: _fields(facts, inside) for name, facts in catalog.items()}
    # (What can't be read can't be deleted either: `may-not-read` blocks the cleanup.)
    rows = {name: facts.found.or_else(0) for name, facts in catalog.items()}
    read = [name for name in catalog if rows[name]]
    selections = [
        Selection(name, fields[name], catalog[name].kind.where, rows[name]) for name in read
    ]
    tables = dict(zip(read, read_tables(salesforce, selections), strict=True))
    keep = reachable(quoted, _edges(inside, fields, tables, catalog))
    cleaned = {each.kind.api_name for each in objects}
    own = {
        name: frozenset(row[0] for row in table) & keep
        for name, table in tables.items()
        if name in cleaned
    }
    return {name: ids for name, ids in own.items() if ids}


def _catalog(objects: Iterable[ObjectFacts]) -> dict[str, ObjectFacts]:
    return {each.kind.api_name: each for each in objects if each.kind.group == "product_catalog"}


def quote_selections(objects: Iterable[ObjectFacts], reach: Mapping[Path, int]) -> list[Selection]:
    """What reads the ids that lookups of quotes to the catalogue hold.

    Args:
        objects: The object types to be cleaned.
        reach: About how many rows each path leads to; others than quotes' are left out.
    """
    catalog, lookups = _catalog(objects), dict[str, dict[str, int]]()
    for each, rows in reach.items():
        is_quoting = each.child.startswith(QUOTE_PREFIX) and each.parent in catalog
        if is_quoting and len(each.links) == 1:
            lookups.setdefault(each.child, {})[each.field] = rows
    return [
        Selection(
            name,
            tuple(fields),
            " OR ".join(f"{field} != null" for field in fields),
            sum(fields.values()),
        )
        for name, fields in lookups.items()
    ]


def ids_in(tables: Iterable[Iterable[Iterable[str]]]) -> frozenset[str]:
    """The ids in these tables."""
    return frozenset(cell for table in tables for row in table for cell in row if cell)


def _fields(facts: ObjectFacts, inside: Iterable[Relationship]) -> tuple[str, ...]:
    name = facts.kind.api_name
    references = [each.field for each in inside if each.child == name]
    key = [facts.external_id] if name == PLACEHOLDER_MASTER and facts.external_id else []
    return ("Id", *references, *key)


def _edges(
    inside: Iterable[Relationship],
    fields: Mapping[str, tuple[str, ...]],
    tables: Mapping[str, Table],
    catalog: Mapping[str, ObjectFacts],
) -> Iterator[Edge]:
    fillers = _fillers(fields, tables, catalog)
    for each in inside:
        column = fields[each.child].index(each.field)
        for row in tables.get(each.child, ()):
            if parent := row[column]:
                is_filler = each.parent == PLACEHOLDER_MASTER and parent in fillers
                whole = is_whole_part(each.parent, parent_is_placeholder=is_filler)
                yield Edge(row[0], parent, whole)


def _fillers(
    fields: Mapping[str, tuple[str, ...]],
    tables: Mapping[str, Table],
    catalog: Mapping[str, ObjectFacts],
) -> set[str]:
    """Ids of ZProducts without a Zuora id."""
    key = catalog[PLACEHOLDER_MASTER].external_id if PLACEHOLDER_MASTER in catalog else ""
    if not key:
        return set()
    column = fields[PLACEHOLDER_MASTER].index(key)
    return {row[0] for row in tables.get(PLACEHOLDER_MASTER, ()) if not row[column]}
