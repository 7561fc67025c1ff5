"""The CSV of Bulk API 2.0: strict about what it reads, streamed in both directions."""

from __future__ import annotations

import csv
from itertools import islice
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.resources.bulk.csv_records import (
    ending_of,
    read_records,
    split_records,
)
from target_zuora360_cleanup.emulator.resources.bulk.jobs import BATCH_ROWS, Job, JobFailed

if TYPE_CHECKING:
    import io
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["DELIMITERS", "LINE_ENDINGS", "CsvUpload", "csv_line", "stream_file", "unprocessed_rows"]

DELIMITERS = {
    "BACKQUOTE": "`",
    "CARET": "^",
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}

_MAX_HEADER = 32_000
_CHUNK = 1 << 18
_RECORDS = 1000
"""In one part of a result, so that it is not sent row by row."""


class CsvUpload:
    """The rows that a client sent for a job, batch by batch.

    Raises:
        JobFailed: The file isn't what the job says it is.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._delimiter = DELIMITERS[job.delimiter]
        self.columns = self._read_header()

    def batches(self) -> Iterator[list[list[str]]]:
        """Lists of up to 10,000 rows, each a list as long as the header.

        Raises:
            JobFailed: A row has more or fewer values than the header, or isn't CSV.
        """
        rows = self.rows()
        while batch := list(islice(rows, BATCH_ROWS)):
            yield batch

    def rows(self) -> Iterator[list[str]]:
        """Every row but the header; blank lines are no rows."""
        if not self._job.upload.exists():
            return
        with self._job.upload.open(encoding="utf-8-sig", newline="") as file:
            records = map(self._ended, split_records(file))
            filled = (row for row in _checked(read_records(records, self._delimiter)) if row)
            yield from map(self._fit, islice(filled, 1, None))

    def _ended(self, record: str) -> str:
        """The record, if it ends as the job says."""
        if ending_of(record) not in {"", LINE_ENDINGS[self._job.line_ending]}:
            raise JobFailed(
                "ClientInputError : LineEnding is invalid on user data. "
                f"Current LineEnding setting is {self._job.line_ending}"
            )
        return record

    def _fit(self, row: list[str]) -> list[str]:
        if len(row) != len(self.columns):
            text = f"a row has {len(row)} values where the header has {len(self.columns)}"
            raise JobFailed(f"InvalidBatch : {text}")
        return row

    def _read_header(self) -> tuple[str, ...]:
        if not self._job.upload.exists():
            return ()
        with self._job.upload.open(encoding="utf-8-sig", newline="") as file:
            line = _checked_line(file)
        self._ended(line)
        if len(line) > _MAX_HEADER:
            raise JobFailed(f"InvalidBatch : The header has more than {_MAX_HEADER} characters")
        row = next(_checked(csv.reader([line], delimiter=self._delimiter, strict=True)), [])
        return tuple(row)


def csv_line(values: Iterable[str], delimiter: str, ending: str) -> str:
    """One row with every value in quotes, as Salesforce writes its results."""
    return delimiter.join(['"' + value.replace('"', '""') + '"' for value in values]) + ending


def stream_file(path: Path, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes of a file from ``start`` up to ``end``, in parts."""
    with path.open("rb") as file:
        file.seek(start)
        left = (path.stat().st_size if end is None else end) - start
        while left > 0 and (part := file.read(min(_CHUNK, left))):
            left -= len(part)
            yield part


def unprocessed_rows(job: Job) -> Iterator[bytes]:
    """The header and the rows after the last that was done, as the client wrote them."""
    if not job.upload.exists():
        return
    with job.upload.open(encoding="utf-8-sig", newline="", errors="surrogateescape") as file:
        yield file.readline().encode(errors="surrogateescape")
        rows = (record for record in split_records(file) if record.strip("\r\n"))
        left = islice(rows, job.processed, None)
        while some := list(islice(left, _RECORDS)):
            yield "".join(some).encode(errors="surrogateescape")


def _checked_line(file: io.TextIOWrapper) -> str:
    try:
        return file.readline()
    except UnicodeDecodeError as error:
        raise JobFailed("InvalidBatch : The data is not UTF-8") from error


def _checked(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise JobFailed(f"InvalidBatch : Failed to parse CSV: {error}") from error
    except UnicodeDecodeError as error:
        raise JobFailed("InvalidBatch : The data is not UTF-8") from error
