"""The order of deletion, from an org's own relationships."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.reach import Relationship

Predecessors = dict[str, set[str]]
"""For each object, the objects that must be done before it."""


def deletion_order(
    names: Iterable[str], relationships: Iterable[Relationship], last: frozenset[str] = frozenset()
) -> Predecessors:
    """What must be deleted before what.

    Children go before the parents that would take them along or be held by them. Where it makes no
    circle, rows with a plain lookup go first too: Salesforce would otherwise have to blank it row
    by row. So do all others before reference data.

    Args:
        names: The objects to be deleted.
        relationships: Between any objects; others are ignored.
        last: Objects that go after all others, as far as the relationships let them.
    """
    before: Predecessors = {name: set() for name in sorted(names)}
    inside = [
        each
        for each in relationships
        if each.child in before and each.parent in before and each.child != each.parent
    ]
    for each in inside:
        if each.on_delete != "clear":
            before[each.parent].add(each.child)
    soft = [(each.child, each.parent) for each in inside if each.on_delete == "clear"]
    later = [(name, parent) for parent in sorted(last & set(before)) for name in before]
    for child, parent in sorted(soft) + [pair for pair in later if pair[0] not in last]:
        if not reaches(before, parent, child):
            before[parent].add(child)
    return before


def reaches(before: Mapping[str, set[str]], needed: str, start: str) -> bool:
    """Whether `needed` has to be done, directly or not, before `start`."""
    seen, todo = set[str](), [start]
    while todo:
        name = todo.pop()
        if name == needed:
            return True
        if name not in seen:
            seen.add(name)
            todo.extend(before[name])
    return False


def flat(before: Predecessors) -> tuple[str, ...]:
    """One order that fits, the same each time.

    Raises:
        CycleError: Objects hold each other; see `Code` `objects-hold-each-other`.
    """
    sorter = TopologicalSorter(before)
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(ready)
        sorter.done(*ready)
    return tuple(order)
