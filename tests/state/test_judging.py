"""A state is judged as tap-zuora itself would take it: forty of them, held against its own code."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.state.judging import judged
from tests.support.paths import TESTS

if TYPE_CHECKING:
    from pathlib import Path

STREAMS = ("Account", "Product", "Subscription")
DATE_3 = "2023-01-01T00:00:00.000000Z"
OLD = "2024-01-01T00:00:00.000000Z"
SET: dict[str, Any] = {"version": 1, "UpdatedDate": OLD}
ALL: dict[str, Any] = dict.fromkeys(STREAMS, SET)
FULL, INCR, SKIP, PART, FAIL = "full", "incremental", "skipped", "partial", "fails"


def account(entry: Any) -> dict[str, Any]:
    return {"bookmarks": {**ALL, "Account": entry}}


TABLE: list[tuple[Any, tuple[str, str, str]]] = [
    ({}, (FULL, FULL, FULL)),
    ({"bookmarks": {}}, (FULL, FULL, FULL)),
    ({"bookmarks": {}, "current_stream": None}, (FULL, FULL, FULL)),
    ({"bookmarks": {}, "current_stream": ""}, (FULL, FULL, FULL)),
    ({"bookmarks": {}, "other": 1}, (FULL, FULL, FULL)),
    ({"other": 1}, (FULL, FULL, FULL)),
    ({"current_stream": None}, (FULL, FULL, FULL)),
    ({"bookmarks": {"Unknown": SET}}, (FULL, FULL, FULL)),
    ({"bookmarks": {"account": SET}}, (FULL, FULL, FULL)),
    ({"bookmarks": ALL}, (INCR, INCR, INCR)),
    ({"bookmarks": ALL, "current_stream": None}, (INCR, INCR, INCR)),
    ({"bookmarks": ALL, "currently_syncing": "Product"}, (INCR, INCR, INCR)),
    ({"bookmarks": ALL, "current_stream": "Account"}, (INCR, INCR, INCR)),
    ({"bookmarks": ALL, "current_stream": "Product"}, (SKIP, INCR, INCR)),
    ({"bookmarks": ALL, "current_stream": "Subscription"}, (SKIP, SKIP, INCR)),
    ({"bookmarks": ALL, "current_stream": "Nope"}, (SKIP, SKIP, SKIP)),
    ({"bookmarks": {}, "current_stream": "Product"}, (SKIP, FULL, FULL)),
    ({"bookmarks": {}, "current_stream": "Nope"}, (SKIP, SKIP, SKIP)),
    ({"current_stream": "Product"}, (SKIP, FULL, FULL)),
    ({"bookmarks": {"Product": SET}}, (FULL, INCR, FULL)),
    ({"bookmarks": {"Product": SET, "Subscription": SET}}, (FULL, INCR, INCR)),
    ({"bookmarks": {"Product": SET}, "current_stream": "Subscription"}, (SKIP, SKIP, FULL)),
    (account({}), (FULL, INCR, INCR)),
    (account({"version": 1}), (FULL, INCR, INCR)),
    (account({"UpdatedDate": None}), (FULL, INCR, INCR)),
    (account({"version": 1, "UpdatedDate": None, "file_ids": None}), (FULL, INCR, INCR)),
    (account({"version": 1, "UpdatedDate": None, "file_ids": []}), (FULL, INCR, INCR)),
    (account({"UpdatedDate": None, "window_length": 60}), (FULL, INCR, INCR)),
    (account({**SET, "file_ids": None}), (INCR, INCR, INCR)),
    (account({**SET, "more": {"a": 1}}), (INCR, INCR, INCR)),
    (account({"UpdatedDate": "2024-01-01 00:00:00"}), (INCR, INCR, INCR)),
    (account({"UpdatedDate": None, "file_ids": ["Account"]}), (PART, INCR, INCR)),
    (account({"file_ids": ["Account"]}), (PART, INCR, INCR)),
    (account({"UpdatedDate": None, "current_window_end": DATE_3}), (PART, INCR, INCR)),
    (account({"UpdatedDate": ""}), (FAIL, SKIP, SKIP)),
    (account({"UpdatedDate": "yesterday"}), (FAIL, SKIP, SKIP)),
    (account({"UpdatedDate": 5}), (FAIL, SKIP, SKIP)),
    (account(None), (FAIL, FAIL, FAIL)),
    (account("2024"), (FAIL, FAIL, FAIL)),
    (account([]), (FAIL, FAIL, FAIL)),
    ({"bookmarks": None}, (FAIL, FAIL, FAIL)),
    ({"bookmarks": []}, (FAIL, FAIL, FAIL)),
    ({"Account": "2024-01-01T00:00:00Z"}, (FAIL, FAIL, FAIL)),
    ({"Account": None}, (FAIL, FAIL, FAIL)),
]
"""States, and what the tap makes of Account, Product and Subscription."""
ROWS = {FULL: {4}, INCR: {1}, SKIP: {0}, PART: {1, 2, 3}, FAIL: {0}}
"""How many of its four records a stream sends."""


@pytest.mark.parametrize(("state", "fates"), TABLE, ids=[json.dumps(each) for each, _ in TABLE])
def test_a_state_is_judged_stream_by_stream(state: Any, fates: tuple[str, str, str]) -> None:
    found = judged(state, STREAMS)
    assert tuple(found.streams[name] for name in STREAMS) == fates


@pytest.mark.slow
def test_the_tap_itself_makes_the_same_of_each_state(real_tap: Path) -> None:
    python = real_tap.parent / ".meltano/extractors/tap-zuora/venv/bin/python"
    done = subprocess.run(
        [python, TESTS / "recorded/judged_by_tap.py"],
        input=json.dumps([state for state, _ in TABLE]),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    wrong = [
        (state, fates, ran)
        for (state, fates), ran in zip(TABLE, json.loads(done.stdout), strict=True)
        if ran["fails"] != (FAIL in fates)
        or any(
            ran["rows"][name] not in ROWS[each] for name, each in zip(STREAMS, fates, strict=True)
        )
    ]
    assert len(TABLE) >= 40
    assert wrong == []


def test_the_worst_that_happens_to_a_stream_is_what_is_said_of_all() -> None:
    assert judged({"bookmarks": {}}).kind == "full"
    assert judged(None).kind == "full"
    assert judged({"bookmarks": {"Account": {}}}).kind == "full"
    assert judged({"bookmarks": {"Account": SET, "Product": {}}}).kind == "incremental"
    assert judged({"bookmarks": None}).kind == "fails"
    assert judged({"bookmarks": {"Account": None}}).kind == "fails"


def test_where_the_taps_order_is_not_known_any_stream_may_come_before_a_leftover_one() -> None:
    assert judged({"bookmarks": {}, "current_stream": "Product"}).kind == "skipped"
    assert judged({"bookmarks": {"Product": SET}, "current_stream": "Product"}).kind == "skipped"
