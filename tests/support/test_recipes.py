"""A recipe's test fails where a page shows what was not printed."""

from __future__ import annotations

import pytest

from tests.support.recipes import assert_printed

PRINTED = ["Logged in.", "Plan 12ab, saved.", "Done: 5 records.", "Report: x", "Done: 6 records."]


@pytest.mark.parametrize(
    "shown",
    ["Done: 5 records.", "Plan …, saved.\nDone: 5 records.", "Plan …, saved.\n…\nReport: x",
     "Done: 5 records.\n…\nDone: 6 records.\n", "…\nDone: 6 records."],
)  # fmt: skip
def test_lines_that_were_printed_in_this_order_are_found(shown: str) -> None:
    assert_printed(shown, PRINTED)


@pytest.mark.parametrize(
    "shown",
    ["Done: 7 records.", "Done: 5", "Logged in.\nDone: 5 records.", "Plan …, saved",
     "Done: 6 records.\n…\nDone: 5 records.", "Done: 6 records.\n…\nDone: 6 records."],
)  # fmt: skip
def test_lines_that_were_not_printed_so_are_missed(shown: str) -> None:
    with pytest.raises(AssertionError, match="Not printed"):
        assert_printed(shown, PRINTED)
