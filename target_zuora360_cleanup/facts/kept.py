"""Reads which catalogue rows quotes use, and so which stay.

Holds the references within the catalogue in memory: a catalogue is small against the accounts. Each
object is read once, with all the references that matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import QUOTE_PREFIX
from target_zuora360_cleanup.facts.quotes import PLACEHOLDER_MASTER, Edge, is_whole_part, reachable
from target_zuora360_cleanup.salesforce.rows import Selection, read_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.facts.known import Fact
    from target_zuora360_cleanup.facts.org_facts import ObjectFacts
    from target_zuora360_cleanup.reach import Path, Relationship
    from target_zuora360_cleanup.salesforce.client import Salesforce

Table = list[list[str]]


def read_kept(
    salesforce: Salesforce,
    objects: Sequence[ObjectFacts],
    reach: Mapping[Path, Fact[int]],
    relationships: Iterable[Relationship],
) -> dict[str, frozenset[str]]:
    """Ids of the catalogue rows to keep, by object."""
    catalog = {each.kind.api_name: each for each in objects if each.kind.group == "product_catalog"}
    quoted = _quoted(salesforce, catalog, reach)
    if not quoted:
        return {}
    inside = [each for each in relationships if each.child in catalog and each.parent in catalog]
    fields = {name: _fields(facts, inside) for name, facts in catalog.items()}
    # (What can't be read can't be deleted either: `may-not-read` blocks the cleanup.)
    rows = {name: facts.found.or_else(0) for name, facts in catalog.items()}
    read = [name for name in catalog if rows[name]]
    selections = [
        Selection(name, fields[name], catalog[name].kind.where, rows[name]) for name in read
    ]
    tables = dict(zip(read, read_tables(salesforce, selections), strict=True))
    keep = reachable(quoted, _edges(inside, fields, tables, catalog))
    own = {name: frozenset(row[0] for row in table) & keep for name, table in tables.items()}
    return {name: ids for name, ids in own.items() if ids}


def _quoted(
    salesforce: Salesforce,
    catalog: Mapping[str, ObjectFacts],
    reach: Mapping[Path, Fact[int]],
) -> set[str]:
    """Ids that any quote object's lookups hold."""
    lookups: dict[str, dict[str, int]] = {}
    for each, counted in reach.items():
        # (What could not be counted of quotes blocks the cleanup always: `rows-not-counted`.)
        rows = counted.or_else(0)
        is_quoting = each.child.startswith(QUOTE_PREFIX) and each.parent in catalog
        if rows and is_quoting and len(each.links) == 1:
            lookups.setdefault(each.child, {})[each.field] = rows
    selections = [
        Selection(
            name,
            tuple(fields),
            " OR ".join(f"{field} != null" for field in fields),
            sum(fields.values()),
        )
        for name, fields in lookups.items()
    ]
    tables = read_tables(salesforce, selections)
    return {cell for table in tables for row in table for cell in row if cell}


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
