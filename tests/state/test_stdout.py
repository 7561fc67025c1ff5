"""The state of the tap on stdout: what is written when, and what is said of it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from target_zuora360_cleanup.catalog.streams import StreamNames
from target_zuora360_cleanup.singer.messages import FirstRecord, State
from target_zuora360_cleanup.state.outcome import ResetOutcome, StreamReset
from target_zuora360_cleanup.state.stdout import StateNotWritten, StreamState

ACCOUNT = "Zuora__CustomerAccount__c"
CLEANED = frozenset({ACCOUNT})
NAMES = StreamNames.of([(ACCOUNT, ("Account",))])
BEFORE = {"bookmarks": {"Account": {"at": 1}, "Other": {"at": 1}}}
AFTER = {"bookmarks": {"Other": {"at": 1}}}


def followed(out: io.StringIO) -> StreamState:
    state = StreamState(out, NAMES)
    state.state(State(BEFORE))
    state.record(FirstRecord("Account"))
    return state


def stream(outcome: ResetOutcome) -> StreamReset:
    assert outcome.paired == ()
    assert outcome.stream is not None
    return outcome.stream


def lines(out: io.StringIO) -> list[Any]:
    return [json.loads(each) for each in out.getvalue().splitlines()]


def test_a_reset_is_one_line_and_its_outcome() -> None:
    out = io.StringIO()
    state = followed(out)
    state.write(CLEANED)
    assert lines(out) == [AFTER]
    outcome = stream(state.outcome())
    assert outcome.written == AFTER
    assert outcome.reset is not None
    assert (outcome.reset.before, outcome.reset.dropped) == (BEFORE, ("Account",))


def test_before_it_is_written_there_is_nothing_to_say_of_it_but_in_a_plan() -> None:
    state = followed(io.StringIO())
    assert stream(state.outcome()) == StreamReset()
    planned = stream(state.outcome(CLEANED))
    assert planned.written is None
    assert planned.reset is not None
    assert planned.reset.dropped == ("Account",)


def test_after_the_deletion_the_line_has_what_came_meanwhile() -> None:
    out = io.StringIO()
    state = followed(out)
    state.write(CLEANED)
    first = state.outcome()
    state.state(State({"bookmarks": {**BEFORE["bookmarks"], "New": {"at": 2}}}))
    assert state.confirm(CLEANED) == ()
    assert lines(out) == [AFTER, {"bookmarks": {"Other": {"at": 1}, "New": {"at": 2}}}]
    assert stream(first).written == AFTER
    assert stream(state.outcome()).written == lines(out)[1]


def test_where_nobody_reads_stdout_nothing_may_be_deleted() -> None:
    out = io.StringIO()
    state = followed(out)
    out.close()
    with pytest.raises(StateNotWritten, match="no record may be deleted"):
        state.write(CLEANED)
    assert stream(state.outcome()).written is None


def test_where_stdout_is_closed_after_the_deletion_the_first_line_holds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    out = io.StringIO()
    state = followed(out)
    state.write(CLEANED)
    out.close()
    assert state.confirm(CLEANED) == ()
    assert "The reset that was written before the deletion holds." in caplog.text
    assert stream(state.outcome()).written == AFTER
