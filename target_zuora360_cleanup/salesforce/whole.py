"""Whether a result came whole: rows that came, compared with what Salesforce says there are.

A page waits on the disk until it is known to be whole, so that nobody works with half of one. What
is short is passing trouble: the result lies ready on the server, and may be asked for again.
"""

from __future__ import annotations

import codecs
import logging
from functools import partial
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.salesforce.asking import ask_until_read
from target_zuora360_cleanup.salesforce.csv_file import CHUNK_BYTES
from target_zuora360_cleanup.salesforce.errors import ApiError, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import requests

    from target_zuora360_cleanup.salesforce.attempts import Attempt
    from target_zuora360_cleanup.salesforce.session import OrgSession

logger = logging.getLogger(__name__)

_IN_MEMORY: Final = 1 << 20
_BEGINNING: Final = 1 << 14
_NO_MARKS: Final = bytes(set(range(256)) - set(b'"\n'))


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
        records = counted(told, "record")
        raise ShortResult(
            f"{what} came short: {came:,} of the {records} that Salesforce says it has"
        )


def compare_all(came: int, told: int | None, *, is_end: bool) -> None:
    """Return if the pages of a result are all of it.

    Args:
        came: Rows of all of them.
        told: How many the job says that it has read; None where it does not.
        is_end: Whether the last answer said that there is no other page.

    Raises:
        ShortResult: They are not, or nobody can tell.
    """
    if told is None and not is_end:
        raise ShortResult("a query's result says neither its length nor whether there is more")
    compare("a query's result", came, told or 0)


class RowCounter:
    """Counts the rows of CSV that comes in blocks; line breaks inside quotes end none."""

    def __init__(self) -> None:
        self._ends = 0
        self._is_quoted = 0
        self._last = b""

    def add(self, block: bytes) -> None:
        """Take a block in."""
        # A quote within quotes is doubled, so each one either opens or closes, and two side by side
        # change nothing.
        parts = block.translate(None, _NO_MARKS).replace(b'""', b"").split(b'"')
        self._ends += sum(map(len, parts[self._is_quoted :: 2]))
        self._is_quoted ^= (len(parts) - 1) % 2
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


class _Text:
    """Watches blocks of a text go by."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_utf8 = True
        self._has_begun = False
        self.beginning = b""

    def checked(self, block: bytes) -> bytes:
        """The block, without the mark of the byte order that a text may begin with."""
        try:
            self._decoder.decode(block)
        except UnicodeDecodeError:
            self._is_utf8 = False
            self._decoder.reset()
        if self._has_begun:
            return block
        self._has_begun, self.beginning = True, block[:_BEGINNING]
        return block.removeprefix(codecs.BOM_UTF8)

    @property
    def is_csv(self) -> bool:
        """Whether what came is UTF-8, and no web page or JSON."""
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        return self._is_utf8 and self.beginning.lstrip()[:1] not in (b"<", b"{", b"[")


class Page:
    """A page of a result, on the disk. Close it.

    Args:
        blocks: CSV with a header row.

    Attributes:
        rows: How many it has, the header left out.
        is_csv: Whether it is UTF-8 and begins as a table does, not as a web page or JSON.
        beginning: Its first bytes.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - `close` closes it
        counter, text = RowCounter(), _Text()
        try:
            for block in map(text.checked, blocks):
                counter.add(block)
                self._file.write(block)
        except BaseException:
            self._file.close()
            raise
        self.rows, self._has_end = counter.rows, counter.has_end
        self.is_csv, self.beginning = text.is_csv, text.beginning

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
    session: OrgSession, url: str, params: Mapping[str, str], attempts: Iterable[Attempt]
) -> tuple[Page, str | None]:
    """A page of the result of a query job, and the locator of the next.

    That is blank after the last, and None where the answer does not say.

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


def _read(session: OrgSession, url: str, params: Mapping[str, str]) -> tuple[Page, str | None]:
    read = partial(_page, session.secrets)
    return ask_until_read(session, "GET", url, read, repeatable=True, params=params, stream=True)


def _page(secrets: tuple[str, ...], response: requests.Response) -> tuple[Page, str | None]:
    page = Page(response.iter_content(CHUNK_BYTES))
    try:
        if not page.is_csv:
            what = "a page of a query's result"
            raise Unreadable.of_answer(response, what, page.beginning, secrets=secrets)
        page.check(response.headers.get("Sforce-NumberOfRecords"))
    except ApiError:
        page.close()
        raise
    told = response.headers.get("Sforce-Locator")
    locator = told and told.strip()
    return page, "" if locator == "null" else locator
