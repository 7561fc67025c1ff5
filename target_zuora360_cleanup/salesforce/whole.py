"""Whether a result came whole: rows that came, compared with what Salesforce says there are.

A page waits on the disk until it is known to be whole, so that nobody works with half of one. What
is short is passing trouble: the result lies ready on the server, and may be asked for again.
"""

from __future__ import annotations

import logging
from functools import partial
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.salesforce.csv_file import CHUNK_BYTES
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import requests

    from target_zuora360_cleanup.salesforce.attempts import Attempt

logger = logging.getLogger(__name__)

_IN_MEMORY: Final = 1 << 20


class ShortResult(ApiError):
    """Fewer records came than Salesforce says there are, or it does not say how many there are.

    It counts as a gateway's bad answer (502): the request may succeed when it is sent again.
    """

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.BAD_GATEWAY, "SHORT_RESULT", message)


def compare(what: str, came: int, told: int) -> None:
    """Return if a result is whole; more than told is no loss.

    Raises:
        ShortResult: It is short.
    """
    if came < told:
        raise ShortResult(
            f"{what} came short: {came:,} of the {told:,} records that Salesforce says are in it"
        )


class RowCounter:
    """Counts the rows of CSV that comes in blocks; line breaks inside quotes end none."""

    def __init__(self) -> None:
        self._ends = 0
        self._is_quoted = 0
        self._last = b""

    def add(self, block: bytes) -> None:
        """Take a block in."""
        # A quote within quotes is doubled, so each one either opens or closes.
        *lines, rest = [line.count(b'"') % 2 for line in block.split(b"\n")]
        if self._is_quoted or any(lines):
            for odd in lines:
                self._is_quoted ^= odd
                self._ends += not self._is_quoted
        else:
            self._ends += len(lines)
        self._is_quoted ^= rest
        self._last = block[-1:] or self._last

    @property
    def rows(self) -> int:
        """How many came, the header left out; a last one that is cut within a value is none."""
        is_open = self._last not in (b"", b"\n") and not self._is_quoted
        return max(0, self._ends + is_open - 1)

    @property
    def has_end(self) -> bool:
        """Whether the CSV ends with a row's end."""
        return self._last == b"\n" and not self._is_quoted


class Page:
    """A page of a result, on the disk. Close it.

    Args:
        blocks: CSV with a header row.

    Attributes:
        rows: How many it has, the header left out.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - `close` closes it
        counter = RowCounter()
        try:
            for block in blocks:
                counter.add(block)
                self._file.write(block)
        except BaseException:
            self._file.close()
            raise
        self.rows, self._has_end = counter.rows, counter.has_end

    def check(self, told: str | None) -> None:
        """Return if the page is whole.

        Args:
            told: The header `Sforce-NumberOfRecords`: how many rows Salesforce says it has.

        Raises:
            ShortResult: It is not, or nobody can tell.
        """
        if told and told.strip().isdecimal():
            compare("a page of a query's result", self.rows, int(told))
        elif not self._has_end:
            raise ShortResult("a page of a query's result ends in the middle of a row")

    def __iter__(self) -> Iterator[bytes]:
        """Its CSV in chunks, from the beginning."""
        self._file.seek(0)
        return iter(partial(self._file.read, CHUNK_BYTES), b"")

    def close(self) -> None:
        """Give the room back."""
        self._file.close()


def read_whole(
    session: requests.Session, url: str, params: Mapping[str, str], attempts: Iterable[Attempt]
) -> tuple[Page, str]:
    """A page of the result of a query job, and the locator of the next; blank after the last.

    Args:
        session: To read it with.
        url: Of the results.
        params: Which page.
        attempts: At reading it, where it comes short or is cut.

    Raises:
        ShortResult: It stays short.
        ApiError, requests.RequestException: Salesforce does not tell.
    """
    for each in attempts:
        with each.outlive(partial(logger.info, "%s; reading it again.")):
            return _read(session, url, params)
    raise AssertionError("the last attempt returns or raises")


def _read(session: requests.Session, url: str, params: Mapping[str, str]) -> tuple[Page, str]:
    with session.get(url, params=params, stream=True) as response:
        page = Page(response.iter_content(CHUNK_BYTES))
    try:
        page.check(response.headers.get("Sforce-NumberOfRecords"))
    except ShortResult:
        page.close()
        raise
    locator = (response.headers.get("Sforce-Locator") or "").strip()
    return page, "" if locator == "null" else locator
