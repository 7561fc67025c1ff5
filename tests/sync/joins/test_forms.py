"""What is made of values that were found for a field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from target_zuora360_cleanup.catalog.field_maps import FORMS
from target_zuora360_cleanup.sync.joins.forms import NotKnown, made_of


@pytest.mark.parametrize(
    ("form", "found", "value"),
    [
        ("", [["x"]], "x"),
        ("", [[None]], None),
        ("text", [["Ann"], ["Lee"]], "Ann Lee"),
        ("text", [[None], ["Lee"]], "Lee"),
        ("text", [[""], [None]], None),
        ("term", [[12], ["Month"]], "12 Months"),
        ("term", [["1"], ["Year"]], "1 Year"),
        ("term", [[12], [None]], 12),
        ("term", [[None], ["Month"]], None),
        ("extended", [["49.50"], ["Annual"]], Decimal(594)),
        ("extended", [[None], ["Annual"]], None),
        ("sum", [["1.5", None, 2]], Decimal("3.5")),
        ("sum", [[None]], None),
        ("min", [["2026-02-01", None, "2026-01-01"]], "2026-01-01"),
        ("first", [[5, 5]], 5),
        ("first", [[None]], None),
        ("is_me", [["me"]], True),
        ("is_me", [["you"]], False),
        ("apply_type", [["ONETIMERECURRINGUSAGE"]], 7),
        ("apply_type", [[5]], 5),
        ("apply_type", [[None]], None),
        ("onetime", [["ONETIMEUSAGE"]], True),
        ("recurring", [["ONETIMEUSAGE"]], False),
        ("usage", [["4"]], True),
        ("usage", [[None]], False),
    ],
)
def test_each_form_makes_what_the_pages_say(
    form: str, found: list[list[Any]], value: object
) -> None:
    made = made_of(form, found, "me")
    assert (made, type(made) is bool) == (value, type(value) is bool)


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ("extended", [["49.50"], ["Specific Months"]]),
        ("extended", [["much"], ["Annual"]]),
        ("sum", [["much"]]),
        ("sum", [["NaN"]]),
        ("first", [[5, 6]]),
        ("apply_type", [["ELSE"]]),
        ("apply_type", [[9]]),
    ],
)
def test_what_can_not_be_told_is_not_known(form: str, found: list[list[Any]]) -> None:
    with pytest.raises(NotKnown):
        made_of(form, found, "me")


def test_every_form_of_the_table_can_be_made() -> None:
    for form in FORMS - {"is_me", "term", "extended"}:
        made_of(form, [[None]], "")
