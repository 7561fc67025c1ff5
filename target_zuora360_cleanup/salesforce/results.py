"""The rows of an ingest job's result, read from the disk once all of it has come and can be read.

Nothing is handed on of a result that was cut off, is no UTF-8 or no CSV: who reads it half would
count rows that failed as done. A mark of the byte order at its beginning is left out; a value may
be as long as an upload.
"""

from __future__ import annotations

import csv
import io
import tempfile
from contextlib import contextmanager
from itertools import chain
from typing import IO, TYPE_CHECKING, Final

from target_zuora360_cleanup.salesforce.asking import ask_until_read
from target_zuora360_cleanup.salesforce.csv_file import CHUNK_BYTES
from target_zuora360_cleanup.salesforce.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import requests

    from target_zuora360_cleanup.salesforce.session import OrgSession

_BEGINNING: Final = 1 << 14
_BETWEEN: Final = '","'
LONGEST_VALUE: Final = 1 << 27
"""Characters of a value; an upload, whose columns come back with its failed rows, is smaller."""
# (Python has one limit for the whole process, below a long text area with marks in it.)
csv.field_size_limit(LONGEST_VALUE)


def read_rows(session: OrgSession, url: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """The rows of a result.

    Args:
        session: Asks for it.
        url: Where it is.
        columns: Which it must have.

    Raises:
        Unreadable: It can't be read, however often it is asked for.
        ApiError, requests.RequestException: Salesforce does not tell.
    """

    def read(response: requests.Response) -> IO[bytes]:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever reads the rows closes it
        try:
            _take(response, file)
            _check(response, file, columns, session.secrets)
        except BaseException:
            file.close()
            raise
        return file

    with (
        ask_until_read(session, "GET", url, read, repeatable=True, stream=True) as file,
        _text(file) as text,
    ):
        yield from csv.DictReader(text, strict=True)


def read_column(session: OrgSession, url: str, column: str) -> list[str]:
    """What is in one column of a result, in memory; see `read_rows`."""

    def read(response: requests.Response) -> list[str]:
        with tempfile.TemporaryFile() as file:
            _take(response, file)
            found: list[str] = []
            _check(response, file, (column,), session.secrets, found)
            return found

    return ask_until_read(session, "GET", url, read, repeatable=True, stream=True)


def _take(response: requests.Response, file: IO[bytes]) -> None:
    for chunk in response.iter_content(CHUNK_BYTES):
        file.write(chunk)


def _check(
    response: requests.Response,
    file: IO[bytes],
    columns: Sequence[str],
    secrets: Collection[str],
    found: list[str] | None = None,
) -> None:
    """Read all of it once.

    Args:
        response: The answer.
        file: Has what came.
        columns: Which it must have.
        secrets: What no error repeats.
        found: Is given what is in the first of them; None where nobody asks.

    Raises:
        Unreadable: That fails.
    """
    try:
        with _text(file) as text:
            is_whole = _is_whole(iter(text), columns, found)
    except (UnicodeDecodeError, csv.Error):
        is_whole = False
    if not is_whole:
        file.seek(0)
        begins = file.read(_BEGINNING)
        raise Unreadable.of_answer(response, "the failed rows of a job", begins, secrets=secrets)


def _is_whole(lines: Iterator[str], columns: Sequence[str], found: list[str] | None) -> bool:
    header = next(csv.reader(lines, strict=True), [])
    if not all(each in header for each in columns):
        return False
    at, width = header.index(columns[0]), len(header)
    for line in lines:
        inner = line.rstrip("\r\n")[1:-1]
        if _is_plain(line, inner, width):
            value = inner.split(_BETWEEN, at + 1)[at]
        else:
            row = next(csv.reader(chain([line], lines), strict=True), [])
            if len(row) not in (0, width):
                return False
            if not row:
                continue
            value = row[at]
        if found is not None:
            found.append(value)
    return True


def _is_plain(line: str, inner: str, width: int) -> bool:
    """Whether a line is a row of so many values, each in quotes and without one in it.

    Salesforce writes such rows, and to tell one is many times as fast as to read it: all quotes but
    the first and the last are those between two values.

    Args:
        line: The line.
        inner: The same without its end, and without its first and its last character.
        width: How many values.
    """
    return (
        inner.count(_BETWEEN) == width - 1
        and inner.count('"') == 2 * (width - 1)
        and line.startswith('"')
        and line.startswith('"', len(inner) + 1)
    )


@contextmanager
def _text(file: IO[bytes]) -> Iterator[io.TextIOWrapper]:
    """The text of a file from its beginning; the file stays open."""
    file.seek(0)
    # (a value may hold line breaks, which stay as they are)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        text.detach()
