"""Streams whose records come under other names."""

from __future__ import annotations

from typing import Any

import pytest

from target_zuora360_cleanup.sync.renamed import Renamed


@pytest.mark.parametrize(
    ("maps", "names"),
    [
        ({}, {"x"}),
        ({"x": {"Name": "name"}}, {"x"}),
        ({"x": {"__alias__": "y"}}, {"y"}),
        ({"x": {"__alias__": "'y'"}}, {"y"}),
        ({"y": {"__source__": "x"}}, {"x", "y"}),
        ({"y": {"__source__": "x"}, "x": {"__alias__": "z"}}, {"y", "z"}),
        ({"x": None, "z": {"__alias__": "x"}}, {"x"}),
        ({"x*": {"__alias__": "y"}}, {"y"}),
        ({"*": {"Name": "name"}}, {"x"}),
        ({"*": {"__alias__": "'p_' + __stream_name__"}}, {"p_x"}),
        ({"x": {"__alias__": "__stream_name__.upper()"}}, {"X"}),
        ({"x*": {"__alias__": "y"}, "x": {"__alias__": "z"}}, {"z"}),
        ({"y": {"__source__": "[wx]"}}, {"x", "y"}),
        ({"y": {"__source__": "x"}, "__else__": None}, {"x", "y"}),
        ({"X": {"__alias__": "y"}}, {"x"}),
    ],
)
def test_the_settings_say_what_a_streams_records_come_as(
    maps: dict[str, Any], names: set[str]
) -> None:
    assert Renamed.of(maps).names("x") == names


def test_what_has_come_counts_more_than_what_the_settings_say() -> None:
    renamed = Renamed.of({"x*": {"__alias__": "'p_' + __stream_name__"}})
    renamed.came("x1", "p_x1")
    assert renamed.names("x1") == {"p_x1"}
    assert renamed.sources("p_x1") == {"x1"}
    assert renamed.sources("x1") == set()
