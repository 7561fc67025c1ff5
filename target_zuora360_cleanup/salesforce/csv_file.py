"""CSV on its way to an ingest job: on the disk, so that no job's rows take memory."""

from __future__ import annotations

import csv
import io
import tempfile
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

T = TypeVar("T")

CHUNK_BYTES: Final = 1 << 17
MOST_BYTES: Final = 100_000_000
"""Of one upload: Salesforce takes 150 MB, counted when they are encoded as base64 (Bulk API 2.0
Developer Guide, "Upload Job Data")."""


class CsvFile:
    """CSV in a temporary file.

    Iterating gives it from its beginning each time, so that it can be sent again when the session
    had to be renewed.

    Args:
        header: The header row, without its line end.
        rows: Rows without line ends, block by block.

    Attributes:
        rows: How many there are.

    Raises:
        OSError: There is no room for a temporary file.
    """

    def __init__(self, header: bytes, rows: Iterable[Sequence[bytes]]) -> None:
        self.rows = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        try:
            self._file.write(header + b"\n")
            for block in rows:
                self._file.write(b"\n".join([*block, b""]))
                self.rows += len(block)
            self._size = self._file.tell()
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        """Bytes of the CSV."""
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        """The CSV in chunks."""
        self._file.seek(0)
        return iter(partial(self._file.read, CHUNK_BYTES), b"")

    def column(self, name: str) -> list[str]:
        """What is in a column, where there are few rows."""
        return [
            row[name] for row in csv.DictReader(io.StringIO(b"".join(self).decode(), newline=""))
        ]

    def close(self) -> None:
        """Give the room on the disk back."""
        self._file.close()


def fitting(
    items: Iterable[T], size_of: Callable[[T], int], most_items: int, most_bytes: int = MOST_BYTES
) -> Iterator[list[T]]:
    """Items in as many parts as it takes so that the CSV of each fits into one upload.

    Args:
        items: Become a row each.
        size_of: Bytes of an item's row at most, its line end and its share of the header included.
        most_items: How many a part has at most.
        most_bytes: How large a part is at most; a larger item is a part of its own.
    """
    part: list[T] = []
    size = 0
    for each in items:
        needs = size_of(each)
        if part and (len(part) >= most_items or size + needs > most_bytes):
            yield part
            part, size = [], 0
        part.append(each)
        size += needs
    if part:
        yield part


class IdFile(CsvFile):
    """Ids for a delete job, block by block."""

    def __init__(self, ids: Iterable[Sequence[bytes]]) -> None:
        super().__init__(b"Id", ids)

    def ids(self) -> list[str]:
        """All ids, where there are few."""
        return b"".join(self).decode().splitlines()[1:]
