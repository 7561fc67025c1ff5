"""The shapes of all rows of a run, numbered so that rows on the disk can name theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, overload

from typing_extensions import override

if TYPE_CHECKING:
    from target_zuora360_cleanup.sync.rows import RowShape


class Shapes(Sequence["RowShape"]):
    """Each shape is followed by one with the same lookups, but no plain column but the key."""

    def __init__(self) -> None:
        self._shapes: list[RowShape] = []

    def add(self, shape: RowShape) -> int:
        """The number of a new shape."""
        self._shapes += [shape, replace(shape, columns=shape.columns[:1])]
        return len(self._shapes) - 2

    def late(self, number: int) -> int:
        """The number of the shape with the same lookups and nothing else."""
        return number | 1

    @overload
    def __getitem__(self, number: int) -> RowShape: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[RowShape]: ...
    @override
    def __getitem__(self, number: int | slice) -> RowShape | Sequence[RowShape]:
        return self._shapes[number]

    @override
    def __len__(self) -> int:
        return len(self._shapes)
