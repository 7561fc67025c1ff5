"""What `zuora360 status` says of a stored state, and of a reset that a late sync has undone."""

from __future__ import annotations

from typing import Any

import pytest

from target_zuora360_cleanup.catalog.objects import OBJECTS
from target_zuora360_cleanup.catalog.streams import StreamNames
from target_zuora360_cleanup.meltano.runs import PipelineRun
from target_zuora360_cleanup.state import KeptState
from target_zuora360_cleanup.state.outcome import PairedState
from target_zuora360_cleanup.state.paired import reset_of
from target_zuora360_cleanup.status.states import lost, state_found, words_of

NAMES = StreamNames.of((kind.api_name, kind.streams) for kind in OBJECTS)
CLEANED = NAMES.cleaned([kind.api_name for kind in OBJECTS])
SET = {"version": 1, "UpdatedDate": "2026-01-01T00:00:00Z"}
BEFORE = {"bookmarks": {"Account": SET, "Amendment": SET}}
WRITTEN = {"bookmarks": {"Amendment": SET}}
REPORT: dict[str, Any] = {
    "finished_at": "2026-05-04T08:00:00+00:00",
    "state": {
        "state_id": None,
        "paired": [{"state_id": "a", "before": BEFORE, "written": WRITTEN}],
    },
}


def a_state(stored: Any) -> PairedState:
    return PairedState("a", stored, reset_of(stored, CLEANED, CLEANED.strictly))


def said(stored: Any) -> str:
    return " ".join(words_of(state_found(a_state(stored), NAMES)))


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (None, "State a: next sync full."),
        (WRITTEN, "State a: next sync full."),
        (BEFORE, "State a: next sync incremental: bookmarks of Account."),
        ({"bookmarks": {"Account": {}}}, "State a: next sync full."),
        ({"bookmarks": {"zuora_account": SET}}, "incremental: bookmarks of zuora_account."),
        ({"bookmarks": {"acct": SET}}, "full, but for bookmarks that nobody knows: acct."),
        ({"bookmarks": None}, "State a: next sync fails: `bookmarks` holds no object."),
        (
            {"bookmarks": {"Account": None}},
            "next sync fails: the bookmark of Account is no object.",
        ),
        ({"bookmarks": {}, "current_stream": "Product"}, "skips streams without a word"),
        ({"bookmarks": {"Account": {"file_ids": ["x"]}}}, "leaves rows out without a word"),
    ],
)
def test_a_state_is_told_as_the_tap_would_take_it(stored: Any, words: str) -> None:
    assert words in said(stored)


def test_streams_that_the_settings_leave_alone_are_not_told_as_full() -> None:
    history = NAMES.cleaned(["Zuora__ZInvoice__c"])
    stored = {"bookmarks": {"Account": SET, "Contact": SET, "Amendment": SET}}
    state = PairedState("a", stored, reset_of(stored, history, history.strictly))
    (line,) = words_of(state_found(state, NAMES))
    assert line == (
        "State a: next sync full of what the settings name; bookmarks of other object types stay: "
        "Account, Contact."
    )
    chosen = StreamNames(NAMES.known, {"Account": "other", "Contact": "other"})
    assert list(words_of(state_found(state, chosen))) == ["State a: next sync full."]


def a_run(started_at: str) -> PipelineRun:
    return PipelineRun("a", "1", started_at, is_running=False)


def test_a_reset_that_a_late_sync_has_undone_is_found() -> None:
    late = a_run("2026-05-04T07:59:00+00:00")
    assert lost(a_state(BEFORE), REPORT, [late]) == ["Account"]
    assert lost(a_state(BEFORE), REPORT, []) == ["Account"]
    found = state_found(a_state(BEFORE), NAMES) | {"reset_lost": ["Account"]}
    assert "the reset of the last cleanup was lost" in " ".join(words_of(found))


def test_a_sync_that_has_begun_since_is_a_full_one_and_nothing_is_lost() -> None:
    assert lost(a_state(BEFORE), REPORT, [a_run("2026-05-04T08:01:00+00:00")]) == []
    assert lost(a_state(WRITTEN), REPORT, []) == []
    assert lost(a_state(BEFORE), {**REPORT, "state": {}}, []) == []


def test_a_state_that_an_undo_has_put_back_is_not_lost() -> None:
    put_back = KeptState("meltano", "a", BEFORE, BEFORE)
    assert lost(a_state(BEFORE), REPORT, [], [put_back]) == []
    other = KeptState("meltano", "b", BEFORE, BEFORE)
    assert lost(a_state(BEFORE), REPORT, [], [other]) == ["Account"]
    assert lost(a_state(BEFORE), REPORT, [], [KeptState("meltano", "a", BEFORE, WRITTEN)]) == [
        "Account"
    ]
