"""The layouts of all rows of a run, numbered so that rows on the disk can name theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, overload

from typing_extensions import override

if TYPE_CHECKING:
    from target_zuora360_cleanup.sync.rows import RowLayout


class RowLayouts(Sequence["RowLayout"]):
    """Each layout is followed by one with the same lookups, but no plain column but the key."""

    def __init__(self) -> None:
        self._layouts: list[RowLayout] = []

    def add(self, layout: RowLayout) -> int:
        """The number of a new layout."""
        self._layouts += [layout, replace(layout, columns=layout.columns[:1])]
        return len(self._layouts) - 2

    def late(self, number: int) -> int:
        """The number of the layout with the same lookups and nothing else."""
        return number | 1

    @overload
    def __getitem__(self, number: int) -> RowLayout: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[RowLayout]: ...
    @override
    def __getitem__(self, number: int | slice) -> RowLayout | Sequence[RowLayout]:
        return self._layouts[number]

    @override
    def __len__(self) -> int:
        return len(self._layouts)
