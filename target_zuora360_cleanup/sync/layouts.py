"""The layouts of all rows of a run, numbered so that rows on the disk can name theirs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, overload

from typing_extensions import override

from target_zuora360_cleanup.sync.changes import Change
from target_zuora360_cleanup.sync.rows import csv_line, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.sync.rows import RowLayout


class RowLayouts(Sequence["RowLayout"]):
    """Each layout is followed by one with the same lookups, but no plain column but the key."""

    def __init__(self) -> None:
        self._layouts: list[RowLayout] = []
        self._lock = threading.Lock()

    def add(self, layout: RowLayout) -> int:
        """The number of a new layout."""
        with self._lock:
            self._layouts += [layout, replace(layout, columns=layout.columns[:1])]
            return len(self._layouts) - 2

    def early(self, row: Change) -> Change:
        """The row without the lookups that are set late; one that is blank is cleared at once."""
        late = [at for at in self._layouts[row.layout].late if row.links[at]]
        return row.with_links(without(row.links, late)) if late else row

    def late_changes(self, rows: Iterable[Change], *, cleared: bool = True) -> list[Change]:
        """For each row that has late lookups a change of nothing else.

        Args:
            rows: The rows.
            cleared: Whether of those too of which all late lookups are blank.
        """
        return [change for row in rows for change in self._late(row, cleared=cleared)]

    def _late(self, row: Change, *, cleared: bool) -> Iterator[Change]:
        layout = self._layouts[row.layout]
        if any(row.links[at] or (cleared and row.links[at] is not None) for at in layout.late):
            pairs = zip(layout.parents, row.links, strict=True)
            links = tuple(key if column.late else None for column, key in pairs)
            # (the number of the layout with the same lookups and nothing else)
            number = row.layout | 1
            yield Change(row.key, number, csv_line([row.key]), links, is_partial=True)

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
