"""In which order object types are loaded: parents before children, as the lookups have it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from target_zuora360_cleanup.plan.order import Predecessors, reaches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.sync.org_objects import TargetObject

Edge = tuple[str, str, str]
"""Child, lookup, parent."""


@dataclass(frozen=True)
class LoadOrder:
    """The order, and the lookups that have to wait.

    Attributes:
        levels: Object types that may be loaded together, parents first.
        late: Lookups, as (object, lookup), that close a circle: they are set after all rows.
    """

    levels: tuple[tuple[str, ...], ...]
    late: frozenset[tuple[str, str]]

    @property
    def parents_first(self) -> tuple[str, ...]:
        """All object types."""
        return tuple(name for level in self.levels for name in level)


def load_order(maps: Iterable[FieldMap], objects: Mapping[str, TargetObject]) -> LoadOrder:
    """The order for these maps in an org.

    A lookup of an object to itself is always late, since a job's rows are worked on in any order.
    Of a circle of several objects those lookups are late without which a row may be created.

    Raises:
        CycleError: Objects own each other, which no package version has shown.
    """
    maps = [each for each in maps if each.object in objects]
    edges = sorted({edge for each in maps for edge in _edges(each, objects)})
    before: Predecessors = {name: set() for name in sorted({each.object for each in maps})}
    late = {edge for edge in edges if edge[0] == edge[2]}
    owning = {edge for edge in edges if objects[edge[0]].relationships[edge[1]].owning} - late
    for child, _, parent in owning:
        before[child].add(parent)
    for edge in (each for each in edges if each not in owning | late):
        child, _, parent = edge
        if reaches(before, child, parent):
            late.add(edge)
        else:
            before[child].add(parent)
    return LoadOrder(_levels(before), frozenset((child, lookup) for child, lookup, _ in late))


def _edges(each: FieldMap, objects: Mapping[str, TargetObject]) -> Iterable[Edge]:
    target = objects[each.object]
    own = [(parent.field, parent.parent) for parent in each.parents]
    made = [(parent.field, parent.parent) for parent in each.made if parent.parent]
    for lookup, parent in (*own, *made):
        if parent in objects and lookup in target.relationships:
            yield each.object, lookup, parent


def _levels(before: Predecessors) -> tuple[tuple[str, ...], ...]:
    sorter = TopologicalSorter(before)
    sorter.prepare()
    levels = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        levels.append(tuple(ready))
        sorter.done(*ready)
    return tuple(levels)
