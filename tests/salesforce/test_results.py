"""A column of a job's results, whatever its values hold: it is read as any CSV reader reads it."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.salesforce.results import _is_whole

COLUMNS = ["sf__Id", "sf__Created", "Key__c", "Note__c"]
VALUES = st.text(st.sampled_from('ab ",\n\r\u00fc'), max_size=6)
ROWS = st.lists(st.lists(VALUES, min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=6)


def written(rows: list[list[str]], quoting: int, ending: str) -> str:
    text = io.StringIO(newline="")
    # (Python's own writer knows both ways, and doubles quotes as Salesforce does)
    csv.writer(text, quoting=quoting, lineterminator=ending).writerows([COLUMNS, *rows])  # type: ignore[arg-type]
    return text.getvalue()


def read(text: str, column: str) -> list[str] | None:
    """What is read of a column; None of a result that is not whole."""
    found: list[str] = []
    try:
        is_whole = _is_whole(iter(io.StringIO(text, newline="")), [column], found)
    except csv.Error:
        return None
    return found if is_whole else None


def slowly(text: str, column: str) -> list[str] | None:
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        return None
    is_whole = bool(rows) and column in rows[0] and {*map(len, rows)} == {len(rows[0])}
    return [row[rows[0].index(column)] for row in rows[1:]] if is_whole else None


@given(rows=ROWS, ending=st.sampled_from(["\n", "\r\n"]), column=st.sampled_from(COLUMNS))
def test_every_value_is_read_as_it_was_written(
    rows: list[list[str]], ending: str, column: str
) -> None:
    text = written(rows, csv.QUOTE_ALL, ending)
    assert read(text, column) == [row[COLUMNS.index(column)] for row in rows]


@given(
    rows=ROWS,
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    left=st.integers(0, 40),
    column=st.sampled_from(COLUMNS),
)
def test_a_result_that_was_cut_is_told_from_a_whole_one(
    rows: list[list[str]], quoting: int, left: int, column: str
) -> None:
    text = written(rows, quoting, "\n")
    assert read(text[: len(text) - left], column) == slowly(text[: len(text) - left], column)
