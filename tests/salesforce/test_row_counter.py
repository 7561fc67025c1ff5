"""Rows are counted in whatever blocks they come: quotes that open and close, line by line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.salesforce.whole import RowCounter

BLOCKS = st.lists(st.text('"\n,a', max_size=9).map(str.encode), max_size=5)


def counted(text: bytes) -> tuple[int, bool]:
    """The rows but the header, and whether the last of them has ended, character by character."""
    ends, is_quoted = 0, False
    for each in text.decode():
        is_quoted ^= each == '"'
        ends += each == "\n" and not is_quoted
    is_open = bool(text) and not text.endswith(b"\n") and not is_quoted
    return max(0, ends + is_open - 1), text.endswith(b"\n") and not is_quoted


@given(BLOCKS)
def test_rows_are_those_that_end_outside_of_quotes(blocks: list[bytes]) -> None:
    counter = RowCounter()
    for each in blocks:
        counter.add(each)
    assert (counter.rows, counter.has_end) == counted(b"".join(blocks))
