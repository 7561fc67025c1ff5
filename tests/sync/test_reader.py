"""Two readers of JSON are one to whoever reads the stream: what the quick one reads is the same."""

from __future__ import annotations

import json
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.sync.reader import _DECODE, _QUICK

NUMBERS: Final = st.from_regex(
    r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
)
TEXTS: Final = st.text(max_size=8).map(json.dumps) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), max_size=8
).map('"{}"'.format)
VALUES: Final = st.recursive(
    NUMBERS | TEXTS | st.sampled_from(["true", "false", "null", '"\\ud83d\\ude00\\u0000\\/"']),
    lambda each: (
        st.lists(each, max_size=3).map(lambda some: f"[{', '.join(some)}]")
        | st.lists(st.tuples(TEXTS, each), max_size=3).map(
            lambda some: "{" + ",".join(f"{name}: {value}" for name, value in some) + "}"
        )
    ),
    max_leaves=8,
)


@given(VALUES)
def test_what_the_quick_reader_reads_is_what_the_other_reads(text: str) -> None:
    assert repr(_QUICK(text)) == repr(_DECODE(text))


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": -Infinity}', '{"a": "\\ud800"}', '{"a": 1'])
def test_what_only_the_other_may_read_is_left_to_it(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        _QUICK(text)
