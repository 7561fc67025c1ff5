"""The drawing of what goes before what: boxes and lines with their places. Pure."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.report.layout import Layout, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BOX_WIDTH: Final = 172
COLUMN_GAP: Final = 40
LINE_HEIGHT: Final = 15
_PADDING: Final = 7
_LABEL_CHARACTERS: Final = 20
_NOTE_CHARACTERS: Final = 22
_MOST_LINES: Final = 3
_COLUMN: Final = BOX_WIDTH + COLUMN_GAP


@dataclass(frozen=True)
class Node:
    """One box to draw.

    Attributes:
        name: API name.
        note: What stands below the label, such as a count.
        step: Its number in the order of deletion, 0 for an object that is not to be deleted.
        after: Names of the nodes that go before it.
    """

    name: str
    label: str
    note: str
    step: int
    after: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Box:
    """A node with its place; coordinates in px from the top left.

    Attributes:
        lines: Label and note, broken into lines.
        label_lines: How many of them are the label.
    """

    node: Node
    x: float
    y: float
    lines: tuple[str, ...]
    label_lines: int

    @property
    def height(self) -> float:
        """Height of the box."""
        return LINE_HEIGHT * len(self.lines) + 2 * _PADDING


@dataclass(frozen=True)
class Edge:
    """A line from what goes first to what goes later; `path` is an SVG path."""

    first: Node
    then: Node
    path: str


@dataclass(frozen=True)
class Drawing:
    """Boxes and lines, and the room that they take in px."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


def reduced(after: Mapping[str, Iterable[str]], shown: Iterable[str]) -> dict[str, frozenset[str]]:
    """What goes directly before what among the shown; ways through others count too.

    What follows from two other pairs is left out (the transitive reduction).
    """
    above: dict[str, set[str]] = {}
    for name in TopologicalSorter(after).static_order():
        before = set(after.get(name, ()))
        above[name] = before.union(*(above[each] for each in before))
    drawn = set(shown)
    return {
        name: frozenset(
            each
            for each in above.get(name, set()) & drawn
            if not any(each in above[other] for other in above[name] & drawn)
        )
        for name in drawn
    }


def draw(nodes: Sequence[Node]) -> Drawing:
    """Place the nodes and their lines.

    Raises:
        CycleError: Nodes go before each other.
    """
    unplaced = {node.name: _box(node) for node in nodes}
    layout = lay_out(
        {node.name: node.after for node in nodes},
        {name: box.height for name, box in unplaced.items()},
        frozenset(node.name for node in nodes if not node.step),
    )
    boxes = tuple(_placed(box, layout) for box in unplaced.values())
    edges = tuple(
        Edge(unplaced[first].node, node, _path(first, node.name, layout))
        for node in nodes
        for first in sorted(node.after)
    )
    return Drawing(
        max((box.x + BOX_WIDTH for box in boxes), default=0),
        max((box.y + box.height for box in boxes), default=0),
        boxes,
        edges,
    )


def _box(node: Node) -> Box:
    label = _wrapped(node.label, _LABEL_CHARACTERS)
    return Box(node, 0, 0, (*label, *_wrapped(node.note, _NOTE_CHARACTERS)), len(label))


def _wrapped(text: str, characters: int) -> list[str]:
    return textwrap.wrap(text, characters, max_lines=_MOST_LINES, placeholder=" …")


def _placed(box: Box, layout: Layout) -> Box:
    column = layout.column[box.node.name]
    top = layout.middle[box.node.name, column] - box.height / 2
    return replace(box, x=column * _COLUMN, y=round(top, 1))


def _path(first: str, then: str, layout: Layout) -> str:
    """Curves in the gaps, level lines through the columns that are passed."""
    way = layout.way(first, then)
    x = way[0][1] * _COLUMN + BOX_WIDTH
    parts = [f"M{x:g} {layout.middle[way[0]]:g}"]
    for one, other in pairwise(way):
        start, end = layout.middle[one], layout.middle[other]
        half, x = x + COLUMN_GAP / 2, x + COLUMN_GAP
        parts.append(f"C{half:g} {start:g} {half:g} {end:g} {x:g} {end:g}")
        if other[0] == first:
            x += BOX_WIDTH
            parts.append(f"H{x:g}")
    return "".join(parts)
