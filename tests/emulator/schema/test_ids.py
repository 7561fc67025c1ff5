"""Record ids: 15 and 18 characters, checked, in the order of their numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.emulator.schema import ids

numbers = st.integers(min_value=1, max_value=ids.MAX_NUMBER)


@given(numbers)
def test_an_id_is_read_back_from_15_and_from_18_characters(number: int) -> None:
    text = ids.encode("a0X", number)

    assert len(text) == 18
    assert ids.parse(text) == ids.parse(text[:15]) == ("a0X", number)


@given(numbers, numbers)
def test_ids_sort_like_their_numbers(one: int, other: int) -> None:
    assert (ids.encode("001", one) < ids.encode("001", other)) == (one < other)


@given(numbers, numbers)
def test_ids_differ_even_where_case_is_lost(one: int, other: int) -> None:
    same = ids.encode("001", one).lower() == ids.encode("001", other).lower()

    assert same == (one == other)


def test_the_last_three_characters_say_where_upper_case_is() -> None:
    # Five characters make one: K, Z and D are the bits 0, 1 and 2, which is H, the eighth letter.
    assert "0013000000KZDd6" + ids.checksum("0013000000KZDd6") == "0013000000KZDd6AAH"


@pytest.mark.parametrize(
    "text", ["", "x", "0015g00000000", "0015g000000000é", "0015g0000000001AAB", "0015g00000000 1"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ids.MalformedIdError):
        ids.parse(text)


def test_an_id_of_another_org_has_a_number_that_no_record_has() -> None:
    assert ids.parse("0013000000KZDd6") == ("001", -1)
