"""How many rows a cleanup concerns, and what points into them from outside. Pure.

Here it is decided what unknown counts come to: where this user may not read an object's rows,
nothing is counted for it, and nothing of it is deleted, since the check `may-not-read` blocks the
cleanup. The same holds for what points into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import QUOTE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.facts.org_facts import ObjectFacts, OrgFacts
    from target_zuora360_cleanup.facts.relationships import Relationship


def rows_of(each: ObjectFacts) -> int:
    """Rows that are Zuora's, none where they can't be read."""
    return each.found.or_else(0)


def to_delete(facts: OrgFacts) -> dict[str, int]:
    """Rows to delete, by object type."""
    return {
        each.kind.api_name: rows_of(each) - len(facts.kept.get(each.kind.api_name, ()))
        for each in facts.objects
    }


def named_rows(objects: Iterator[ObjectFacts]) -> tuple[tuple[str, int], ...]:
    """API names with their rows, as a finding has them."""
    return tuple((each.kind.api_name, rows_of(each)) for each in objects)


def linked(facts: OrgFacts) -> Iterator[tuple[Relationship, int]]:
    """Relationships into the cleanup by which rows hang on it, none where they can't be read."""
    for relationship, counted in facts.linked_rows.items():
        if rows := counted.or_else(0):
            yield relationship, rows


def strong_links(facts: OrgFacts) -> Iterator[tuple[Relationship, int]]:
    """Relationships of objects outside of the cleanup that a deletion does more to than blank."""
    for relationship, rows in linked(facts):
        if relationship.on_delete != "clear" and relationship.child not in facts.names:
            yield relationship, rows


def blank_links(facts: OrgFacts) -> Iterator[tuple[Relationship, int]]:
    """Plain lookups of objects outside of the cleanup that will go blank.

    Where catalogue rows are kept for quotes, no lookup of a quote is among them.
    """
    for relationship, rows in linked(facts):
        child = relationship.child
        quoted = child.startswith(QUOTE_PREFIX) and facts.kept
        if relationship.on_delete == "clear" and child not in facts.names and not quoted:
            yield relationship, rows
