"""Places boxes in columns, for a drawing of what goes before what. Pure: names in, numbers out.

Each box stands as far to the left as what goes before it allows (longest path). A line that passes
a column has a place of its own there, so that no line runs through a box. The order within a column
follows the neighbours' mean (barycentre); heights come from a least-squares fit that keeps it.
Sources: Sugiyama, Tagawa, Toda, "Methods for Visual Understanding of Hierarchical System
Structures" (1981); pool adjacent violators for the fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROW_GAP: Final = 10
_LINE_ROOM: Final = 6
"""Height that a passing line takes in a column."""
_SWEEPS: Final = 12

Place = tuple[str, int]
"""A name and a column: its box, or farther right its line on the way to a later column."""
Segment = tuple[Place, Place]


@dataclass(frozen=True)
class Layout:
    """Where boxes and lines are.

    Attributes:
        column: The column of each box, from 0.
        middle: The height of the middle of each place, in px; the top of all is 0.
    """

    column: Mapping[str, int]
    middle: Mapping[Place, float]

    def way(self, first: str, then: str) -> list[Place]:
        """The places from one box to another, column by column."""
        return _way(first, then, self.column)


def lay_out(
    after: Mapping[str, frozenset[str]], heights: Mapping[str, float], near: frozenset[str]
) -> Layout:
    """Place boxes so that all lines lead to the right.

    Args:
        after: For each name, in the order that is best kept, those that go directly before it.
        heights: Of the boxes, in px.
        near: Names that stand directly before the first that they lead to.

    Raises:
        CycleError: Names go before each other.
    """
    column = _columns(after, near)
    segments = _segments(after, column)
    columns = _ordered(list(after), column, segments)
    rooms = {
        place: heights[place[0]] if column[place[0]] == place[1] else _LINE_ROOM
        for each in columns
        for place in each
    }
    return Layout(column, _heights(columns, segments, rooms))


def _columns(after: Mapping[str, frozenset[str]], near: frozenset[str]) -> dict[str, int]:
    column: dict[str, int] = {}
    for name in TopologicalSorter(after).static_order():
        column[name] = max((column[each] + 1 for each in after[name]), default=0)
    for name in near:
        then = [column[each] for each, before in after.items() if name in before]
        if then:
            column[name] = min(then) - 1
    return column


def _segments(
    after: Mapping[str, frozenset[str]], column: Mapping[str, int]
) -> tuple[Segment, ...]:
    """The lines cut at each column; those of one box run together as long as they can.

    They are sorted, so that a report gives the same drawing in every process.
    """
    segments = {
        segment
        for then, before in after.items()
        for first in before
        for segment in pairwise(_way(first, then, column))
    }
    return tuple(sorted(segments))


def _way(first: str, then: str, column: Mapping[str, int]) -> list[Place]:
    passed: list[Place] = [(first, each) for each in range(column[first], column[then])]
    return [*passed, (then, column[then])]


def _ordered(
    names: Sequence[str], column: Mapping[str, int], segments: Sequence[Segment]
) -> list[list[Place]]:
    """The places of each column from top to bottom, with few crossings."""
    rank = {name: at for at, name in enumerate(names)}
    places = {(name, column[name]) for name in names}.union(*segments)
    columns: list[list[Place]] = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for place in sorted(places, key=lambda each: (rank[each[0]], each[1])):
        columns[place[1]].append(place)
    best, fewest = columns, _crossings(columns, segments)
    for sweep in range(_SWEEPS):
        leftwards = bool(sweep % 2)
        columns = _swept(columns, _neighbours(segments, leftwards=leftwards), leftwards=leftwards)
        if (count := _crossings(columns, segments)) < fewest:
            best, fewest = columns, count
    return best


def _neighbours(segments: Iterable[Segment], *, leftwards: bool) -> dict[Place, list[Place]]:
    found: dict[Place, list[Place]] = {}
    for left, right in segments:
        one, other = (left, right) if leftwards else (right, left)
        found.setdefault(one, []).append(other)
    return found


def _swept(
    columns: list[list[Place]], neighbours: Mapping[Place, list[Place]], *, leftwards: bool
) -> list[list[Place]]:
    """Each column in the order of its neighbours' mean position, one column after the other."""
    result = [list(each) for each in columns]
    for index in range(len(result))[:: -1 if leftwards else 1]:
        position = {
            place: at / max(len(each), 1) for each in result for at, place in enumerate(each)
        }

        def mean(place: Place, position: Mapping[Place, float] = position) -> float:
            near = neighbours.get(place)
            return sum(position[each] for each in near) / len(near) if near else position[place]

        result[index].sort(key=mean)
    return result


def _crossings(columns: list[list[Place]], segments: Iterable[Segment]) -> int:
    position = {place: at for each in columns for at, place in enumerate(each)}
    gaps: dict[int, list[tuple[int, int]]] = {}
    for left, right in segments:
        gaps.setdefault(left[1], []).append((position[left], position[right]))
    return sum(
        (one[0] - other[0]) * (one[1] - other[1]) < 0
        for gap in gaps.values()
        for one, other in combinations(gap, 2)
    )


def _heights(
    columns: list[list[Place]], segments: Sequence[Segment], rooms: Mapping[Place, float]
) -> dict[Place, float]:
    """The middle of each place: near to its neighbours', in order, without overlap."""
    middle: dict[Place, float] = {}
    for each in columns:
        middle.update(
            zip(each, _spread([0.0] * len(each), [rooms[place] for place in each]), strict=True)
        )
    for sweep in range(_SWEEPS):
        neighbours = _neighbours(segments, leftwards=bool(sweep % 2))
        for each in columns[:: -1 if sweep % 2 else 1]:
            wanted = [_mean(neighbours.get(place, [place]), middle) for place in each]
            middle.update(zip(each, _spread(wanted, [rooms[place] for place in each]), strict=True))
    top = min((value - rooms[place] / 2 for place, value in middle.items()), default=0)
    return {place: round(value - top, 1) for place, value in middle.items()}


def _mean(places: Sequence[Place], middle: Mapping[Place, float]) -> float:
    return sum(middle[each] for each in places) / len(places)


def _spread(wanted: Sequence[float], rooms: Sequence[float]) -> list[float]:
    """Middles as near to the wanted ones as can be, in order and `ROW_GAP` apart."""
    offsets = [0.0][: len(rooms)]
    for one, other in pairwise(rooms):
        offsets.append(offsets[-1] + (one + other) / 2 + ROW_GAP)
    pools: list[tuple[float, int]] = []
    for value, offset in zip(wanted, offsets, strict=True):
        pools.append((value - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (one, few), (other, more) = pools[-2:]
            pools[-2:] = [((one * few + other * more) / (few + more), few + more)]
    level = [value for value, count in pools for _ in range(count)]
    return [value + offset for value, offset in zip(level, offsets, strict=True)]
