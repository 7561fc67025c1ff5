"""Rows of a query as CSV, by the cheaper of REST and Bulk API, in constant memory.

Up to 2,000 rows come in one REST answer; a Bulk query job costs at least three calls, and brings
any number.
"""

from __future__ import annotations

import csv
import io
import logging
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.salesforce.chosen import BULK_SOQL, REST_SOQL, parts_of
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed
from target_zuora360_cleanup.salesforce.limited import is_limited, read_in_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

REST_ROWS: Final = 2_000
"""Rows that one REST answer holds."""
PAGE_ROWS: Final = 250_000


@dataclass(frozen=True)
class Selection:
    """Rows to read.

    Attributes:
        object_name: API name.
        fields: API names of the columns.
        where: SOQL condition, or blank.
        rows: About how many rows there are.
        order_by: The field that they are sorted by, or blank.
        all_rows: Whether deleted and archived rows are asked for too.
        most: At most so many; all for 0.
    """

    object_name: str
    fields: tuple[str, ...]
    where: str
    rows: int
    order_by: str = ""
    all_rows: bool = False
    most: int = 0

    @property
    def soql(self) -> str:
        """The query."""
        condition = f" WHERE {self.where}" if self.where else ""
        order = f" ORDER BY {self.order_by}" if self.order_by else ""
        limit = f" LIMIT {self.most}" if self.most else ""
        return f"SELECT {', '.join(self.fields)} FROM {self.object_name}{condition}{order}{limit}"

    @property
    def fits_rest(self) -> bool:
        """Whether one REST answer holds the rows, and a URL the query."""
        return self.rows <= REST_ROWS and len(self.soql) <= REST_SOQL


def read_pages(
    salesforce: Salesforce, selection: Selection, page_rows: int
) -> Iterator[Iterator[bytes]]:
    """CSV of the rows in whole pages, each in blocks of whole lines, the first with the header row.

    No request is open while the caller has a page, however long that takes. The job is left to
    Salesforce, which forgets it after a week: to remove it would be a call for nothing.

    Raises:
        ShortResult: Fewer rows came than Salesforce says there are, again and again.
        ApiError, JobFailed, requests.RequestException: Salesforce does not tell.
    """
    try:
        if selection.fits_rest:
            try:
                records = _records(salesforce, selection)
            except ApiError as exc:
                # (a query job may take longer than the two minutes of a query)
                if not exc.meaning.is_slow:
                    raise
            else:
                yield _as_csv(records, selection.fields)
                return
        pages = _by_job(salesforce, selection, page_rows)
        first = next(pages, iter(()))
    except (ApiError, JobFailed) as exc:
        if not is_limited(selection.object_name, exc):
            raise
        yield from _in_parts(salesforce, selection)
    else:
        yield first
        yield from pages


def _in_parts(salesforce: Salesforce, selection: Selection) -> Iterator[Iterator[bytes]]:
    columns = tuple(dict.fromkeys(("Id", *selection.fields)))
    rows = read_in_parts(salesforce, replace(selection, fields=columns, order_by="", most=0).soql)
    block = list(islice(rows, REST_ROWS))
    yield _as_csv(block, selection.fields)
    while block := list(islice(rows, REST_ROWS)):
        yield _as_csv(block, selection.fields)


def _by_job(
    salesforce: Salesforce, selection: Selection, page_rows: int
) -> Iterator[Iterator[bytes]]:
    for soql in parts_of(selection.soql, salesforce.rest.chosen, BULK_SOQL):
        job_id = salesforce.bulk.create_query(soql, all_rows=selection.all_rows)
        job = salesforce.bulk.wait("query", job_id, selection.rows)
        rows = job.processed if job.is_counted else None
        for page in salesforce.bulk.pages(job_id, page_rows, rows):
            yield whole_lines(page)


def read_tables(salesforce: Salesforce, selections: Sequence[Selection]) -> list[list[list[str]]]:
    """The rows of several small results, as `read_table`; those that REST holds in few calls."""
    small = [each for each in selections if each.fits_rest]
    every = {each.soql for each in small if each.all_rows}
    answers = dict(
        zip(
            small,
            salesforce.rest.query_each([each.soql for each in small], all_rows=every),
            strict=True,
        )
    )
    return [read_answer(salesforce, each, answers.get(each)) for each in selections]


def read_answer(
    salesforce: Salesforce, selection: Selection, answer: list[dict[str, Any]] | ApiError | None
) -> list[list[str]]:
    """The rows of a small result that was asked for with others; read where there is no answer.

    Raises:
        ApiError: The answer was a refusal.
    """
    if answer is None:
        return list(read_table(salesforce, selection))
    if isinstance(answer, ApiError):
        if is_limited(selection.object_name, answer):
            return list(_table(_in_parts(salesforce, selection)))
        if not answer.meaning.is_slow:
            raise answer
        return list(_table(_by_job(salesforce, selection, PAGE_ROWS)))
    return [[str(_plain(record, name)) for name in selection.fields] for record in answer]


def split_header(page: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The header row of a page, and its other rows."""
    first = next(page, b"")
    header, _, rest = first.partition(b"\n")
    return header + b"\n", chain([rest] if rest else [], page)


def read_table(salesforce: Salesforce, selection: Selection) -> Iterator[list[str]]:
    """The rows as lists of text, for results that are read as a whole."""
    return _table(read_pages(salesforce, selection, PAGE_ROWS))


def _table(pages: Iterator[Iterator[bytes]]) -> Iterator[list[str]]:
    for page in pages:
        _, rows = split_header(page)
        lines = (line for block in rows for line in io.StringIO(block.decode(), newline=""))
        yield from csv.reader(lines)


def _as_csv(records: Iterable[Mapping[str, Any]], fields: Sequence[str]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(fields)
    for record in records:
        writer.writerow([_plain(record, name) for name in fields])
    yield text.getvalue().encode()


def _records(salesforce: Salesforce, selection: Selection) -> list[dict[str, Any]]:
    for each in salesforce.attempts():
        with each.outlive(partial(logger.info, "%s; asking again.")):
            return salesforce.rest.query(selection.soql, all_rows=selection.all_rows)
    raise AssertionError("the last attempt returns or raises")


def _plain(record: Mapping[str, Any], path: str) -> object:
    value: Any = record
    for name in path.split("."):
        value = value and value.get(name)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value


def whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut after line ends only; a last line without one gets it."""
    rest = b""
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if not cut:
            rest += block
            continue
        yield rest + block[:cut]
        rest = block[cut:]
    if rest:
        yield rest + b"\n"


def soql_text(value: str) -> str:
    """A string literal of SOQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
