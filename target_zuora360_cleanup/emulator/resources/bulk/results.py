"""A query job's result on disk: the rows as CSV and, beside it, where each row begins.

So any page can be sent at once however many rows there are, and stays the same when the
records change.
"""

from __future__ import annotations

import struct
from array import array
from contextlib import ExitStack
from itertools import chain
from typing import IO, TYPE_CHECKING, Self

from target_zuora360_cleanup.emulator.resources.bulk.csv import csv_line, stream_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["ResultWriter", "read_page"]

_OFFSET = struct.Struct("=Q")


class ResultWriter:
    """Writes a result; use it in a ``with`` statement."""

    def __init__(self, folder: Path, columns: Iterable[str], delimiter: str, ending: str) -> None:
        self._folder, self._delimiter, self._ending = folder, delimiter, ending
        self._header = csv_line(columns, delimiter, ending)
        self._stack = ExitStack()
        self._size = 0

    def __enter__(self) -> Self:
        (self._folder / "header.csv").write_text(self._header, encoding="utf-8", newline="")
        self._rows = self._stack.enter_context((self._folder / "rows.csv").open("wb"))
        self._index = self._stack.enter_context((self._folder / "rows.idx").open("wb"))
        self._index.write(_OFFSET.pack(0))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, rows: Iterable[Iterable[str]]) -> None:
        """Append some rows."""
        ends = array("Q")
        lines = []
        for row in rows:
            line = csv_line(row, self._delimiter, self._ending).encode()
            self._size += len(line)
            ends.append(self._size)
            lines.append(line)
        self._rows.write(b"".join(lines))
        self._index.write(ends.tobytes())


def read_page(folder: Path, first: int, count: int) -> Iterator[bytes]:
    """The header and ``count`` rows from number ``first`` on; the rows must be there."""
    header = (folder / "header.csv").read_bytes()
    with (folder / "rows.idx").open("rb") as index:
        start, end = _place(index, first), _place(index, first + count)
    return chain((header,), stream_file(folder / "rows.csv", start, end))


def _place(index: IO[bytes], row: int) -> int:
    """Where a row begins."""
    index.seek(row * _OFFSET.size)
    place: int = _OFFSET.unpack(index.read(_OFFSET.size))[0]
    return place
