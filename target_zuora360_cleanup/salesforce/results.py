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
from typing import IO, TYPE_CHECKING, Final

from target_zuora360_cleanup.salesforce.asking import ask_until_read
from target_zuora360_cleanup.salesforce.csv_file import CHUNK_BYTES
from target_zuora360_cleanup.salesforce.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import requests

    from target_zuora360_cleanup.salesforce.session import OrgSession

_BEGINNING: Final = 1 << 14
LONGEST_VALUE: Final = 1 << 27
"""Characters of a value; an upload, whose columns come back with its failed rows, is smaller."""
# (Python has one limit for the whole process, below a long text area with marks in it.)
csv.field_size_limit(LONGEST_VALUE)


def read_rows(session: OrgSession, url: str, columns: Collection[str]) -> Iterator[dict[str, str]]:
    """The rows of a result.

    Args:
        session: Asks for it.
        url: Where it is.
        columns: Which it must have.

    Raises:
        Unreadable: It can't be read, however often it is asked for.
        ApiError, requests.RequestException: Salesforce does not tell.
    """
    with _whole(session, url, columns) as text:
        yield from csv.DictReader(text, strict=True)


def read_column(session: OrgSession, url: str, column: str) -> Iterator[str]:
    """What is in one column of the rows of a result; see `read_rows`, which makes more of each."""
    with _whole(session, url, (column,)) as text:
        rows = csv.reader(text, strict=True)
        at = next(rows).index(column)
        yield from (row[at] for row in rows if row)


@contextmanager
def _whole(session: OrgSession, url: str, columns: Collection[str]) -> Iterator[IO[str]]:
    """The text of a result that has come whole."""

    def read(response: requests.Response) -> IO[bytes]:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever reads the rows closes it
        try:
            for chunk in response.iter_content(CHUNK_BYTES):
                file.write(chunk)
            _check(response, file, columns, session.secrets)
        except BaseException:
            file.close()
            raise
        return file

    with (
        ask_until_read(session, "GET", url, read, repeatable=True, stream=True) as file,
        _text(file) as text,
    ):
        yield text


def _check(
    response: requests.Response, file: IO[bytes], columns: Collection[str], secrets: Collection[str]
) -> None:
    """Read all of it once.

    Raises:
        Unreadable: That fails.
    """
    try:
        with _text(file) as text:
            is_whole = _is_whole(csv.reader(text, strict=True), columns)
    except (UnicodeDecodeError, csv.Error):
        is_whole = False
    if not is_whole:
        file.seek(0)
        begins = file.read(_BEGINNING)
        raise Unreadable.of_answer(response, "the failed rows of a job", begins, secrets=secrets)


def _is_whole(rows: Iterator[list[str]], columns: Collection[str]) -> bool:
    header = next(rows, [])
    has_all = all(each in header for each in columns)
    return has_all and set(map(len, rows)) <= {0, len(header)}


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
