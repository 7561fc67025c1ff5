"""Values on their way from Zuora into fields of 360 objects."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.sync.field_values import (
    NULL,
    Cut,
    Field,
    Unfit,
    column_writer,
    writer,
)

TYPES = ("string", "textarea", "picklist", "currency", "double", "int", "date", "datetime", "email")


def of(value: object, kind: str, length: int = 0) -> str:
    return writer(Field("F", kind, length))(value)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_empty_in_zuora_clears_the_field(kind: str, value: object) -> None:
    assert of(value, kind) == NULL


@pytest.mark.parametrize("value", [None, "", False, "false", "False", 0])
def test_a_checkbox_is_false_where_zuora_says_nothing(value: object) -> None:
    assert of(value, "boolean") == "false"


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("boolean", True, "true"),
        ("currency", 49.0, "49.0"),
        ("currency", 1e-7, "0.0000001"),
        ("double", "12.50", "12.50"),
        ("double", Decimal("1E+3"), "1000"),
        ("int", 3, "3"),
        ("int", "3.00", "3"),
        ("date", "2026-10-01T00:00:00.000000Z", "2026-10-01"),
        ("date", "2026-10-01T23:30:00-08:00", "2026-10-01"),
        ("date", "2026-10-01", "2026-10-01"),
        ("datetime", "2026-10-01T01:02:03.456789Z", "2026-10-01T01:02:03.456Z"),
        ("datetime", "2026-10-01T01:02:03+02:00", "2026-10-01T01:02:03.000+02:00"),
        ("datetime", "2026-10-01 01:02:03.5", "2026-10-01T01:02:03.500Z"),
        ("datetime", "2026-10-01", "2026-10-01T00:00:00.000Z"),
        ("string", True, "true"),
        ("string", "a\0b", "ab"),
        ("string", "\0", NULL),
        ("string", {"a": [1, "ü"]}, '{"a":[1,"ü"]}'),
        ("picklist", "Monatsgebühr, 'x'\n", "Monatsgebühr, 'x'\n"),
    ],
)
def test_values_are_spelled_as_salesforce_reads_them(kind: str, value: object, text: str) -> None:
    assert of(value, kind) == text


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", "maybe"), ("currency", "12,50"), ("currency", "NaN"), ("double", True),
        ("int", 1.5), ("date", "01.10.2026"), ("date", 20261001), ("datetime", "noon"),
        ("string", NULL),
    ],
)  # fmt: skip
def test_what_a_field_can_not_take_is_refused_without_repeating_it(
    kind: str, value: object
) -> None:
    with pytest.raises(Unfit) as caught:
        of(value, kind)
    assert kind == "boolean" or str(value) not in str(caught.value)


@given(
    st.text(st.characters(exclude_characters="\0"), min_size=1).filter(lambda text: text != NULL),
    st.integers(1, 50),
)
def test_a_text_is_cut_to_its_field_and_says_so(text: str, length: int) -> None:
    got = writer(Field("F", "string", length))(text)
    assert (got, isinstance(got, Cut)) == (text[:length], len(text) > length)


@pytest.mark.parametrize("kind", ["picklist", "email", "url", "reference"])
def test_what_means_nothing_without_its_end_is_not_cut(kind: str) -> None:
    assert of("x" * 10, kind, 10) == "x" * 10
    with pytest.raises(Unfit, match="has 11 characters, of 10"):
        of("x" * 11, kind, 10)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_value_and_has_no_exponent(number: Decimal) -> None:
    text = of(number, "currency")
    assert Decimal(text) == number
    assert "e" not in text.lower()


VALUES = st.none() | st.integers(-9, 9).map(str) | st.text(max_size=4) | st.booleans()


@given(
    st.sampled_from(TYPES),
    st.lists(VALUES) | st.builds(lambda value, times: [value] * times, VALUES, st.integers(1, 5)),
)
def test_many_values_are_written_as_each_of_them_is(kind: str, values: list[object]) -> None:
    field = Field("F", kind, 3)
    try:
        expected = [writer(field)(each) for each in values]
    except Unfit:
        with pytest.raises(Unfit):
            column_writer(field)(values)
    else:
        assert column_writer(field)(values) == expected
