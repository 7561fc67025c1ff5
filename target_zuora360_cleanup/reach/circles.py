"""Objects whose rows hold or take along each other in a circle. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from target_zuora360_cleanup.reach.relationships import Relationship


def in_circles(
    names: Collection[str], relationships: Iterable[Relationship]
) -> tuple[Relationship, ...]:
    """The strong relationships that lead from one object round to itself, over others.

    Args:
        names: API names of the objects that matter.
        relationships: Between any objects; one of an object to itself is no circle.
    """
    strong = sorted(
        each
        for each in relationships
        if each.on_delete != "clear"
        and each.child in names
        and each.parent in names
        and each.child != each.parent
    )
    below: dict[str, set[str]] = {}
    for each in strong:
        below.setdefault(each.parent, set()).add(each.child)
    return tuple(each for each in strong if each.parent in _below(each.child, below))


def _below(start: str, below: Mapping[str, Collection[str]]) -> set[str]:
    seen, todo = set[str](), [start]
    while todo:
        for name in below.get(todo.pop(), ()):
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return seen
