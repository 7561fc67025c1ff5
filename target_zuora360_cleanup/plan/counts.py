"""How many rows a cleanup concerns, and what it reaches beside them. Pure.

Here it is decided what unknown counts come to: where this user may not read an object's rows,
nothing is counted for it, and nothing of it is deleted, since the check `may-not-read` blocks the
cleanup. What is reached and could not be counted blocks it too (`rows-not-counted`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import QUOTE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.facts.org_facts import ObjectFacts, OrgFacts
    from target_zuora360_cleanup.reach import Path


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


def linked(facts: OrgFacts) -> Iterator[tuple[Path, int]]:
    """Paths by which rows hang on the cleanup, in their order; those not counted are left out."""
    for path in sorted(facts.reach):
        if rows := facts.reach[path].or_else(0):
            yield path, rows


def strong_links(facts: OrgFacts) -> Iterator[tuple[Path, int]]:
    """Rows that a deletion does more to than to blank their lookup, or that forbid it."""
    strong = ("cascade", "restrict")
    return ((path, rows) for path, rows in linked(facts) if path.on_delete in strong)


def detached_links(facts: OrgFacts) -> Iterator[tuple[Path, int]]:
    """Lookups that are blanked before the deletion, so that their rows don't go with it."""
    return ((path, rows) for path, rows in linked(facts) if path.on_delete == "detach")


def taken_along(facts: OrgFacts) -> int:
    """Rows that go with their parents, those named in the settings included."""
    return sum(rows for path, rows in linked(facts) if path.on_delete == "cascade")


def blank_links(facts: OrgFacts) -> Iterator[tuple[Path, int]]:
    """Plain lookups that will go blank, and that no sync fills again.

    Where catalogue rows are kept for quotes, no lookup of a quote to the catalogue is among them.
    """
    for path, rows in linked(facts):
        quoted = path.child.startswith(QUOTE_PREFIX) and bool(facts.kept.get(path.parent))
        if path.on_delete == "clear" and not quoted:
            yield path, rows


def some_stay(facts: OrgFacts, ways: Iterable[tuple[Path, int]]) -> bool:
    """Whether records stay to which these ways lead, so that their rows are the most there are."""
    return any(facts.kept.get(path.root) for path, _ in ways)
