"""A backend that can't be written, dies or does not answer: nothing is deleted, or it is told.

The conversation is with a program that plays Meltano's part, and keeps states in a file.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.catalog.streams import StreamNames
from target_zuora360_cleanup.errors import CleanupError, Refused
from target_zuora360_cleanup.meltano import conversation as module
from target_zuora360_cleanup.meltano.command import Meltano
from target_zuora360_cleanup.meltano.conversation import Conversation
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.state.holders import Resets
from target_zuora360_cleanup.state.meltano_backend import MeltanoStates
from target_zuora360_cleanup.state.stdout import StreamState
from target_zuora360_cleanup.state.stored import StoredStates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Play = Callable[[dict[str, Any]], None]

CLEANED = frozenset({"Zuora__CustomerAccount__c"})
NAMES = StreamNames.of([("Zuora__CustomerAccount__c", ("Account",))])
BEFORE = {"bookmarks": {"Account": {"UpdatedDate": "2026-01-01"}}}
RESET: dict[str, Any] = {"bookmarks": {}}
DENIED = "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied"
GONE = "could not connect to server: postgresql://meltano:secret@db/meltano"

# Faults by question, as `write b`: a sentence that it fails with, `die`, or `silent`.
PLAYED = """\
import json, pathlib, sys, time
states, faults = (pathlib.Path(name) for name in ("states.json", "faults.json"))
print(json.dumps({"answer": "ready"}), flush=True)
next(sys.stdin)
for line in sys.stdin:
    asked = json.loads(line)
    kept = json.loads(states.read_text())
    fault = json.loads(faults.read_text()).get(f"{asked['ask']} {asked.get('id', '')}".strip())
    if fault == "die":
        sys.exit("the server closed the connection unexpectedly")
    if fault == "silent":
        time.sleep(60)
    if fault:
        told = {"error": fault}
    elif asked["ask"] == "write":
        states.write_text(json.dumps({**kept, asked["id"]: asked["state"]}))
        told = {"answer": None}
    else:
        answers = {"known": list(kept), "backend": "systemdb", "pipelines": []}
        told = {"answer": answers.get(asked["ask"], {"state": kept.get(asked.get("id"))})}
    print(json.dumps(told), flush=True)
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Conversation]:
    script = tmp_path / "answers.py"
    script.write_text(PLAYED)
    monkeypatch.setattr(module, "_SCRIPT", script)
    (tmp_path / "states.json").write_text(json.dumps({"a": BEFORE, "b": BEFORE}))
    (tmp_path / "faults.json").write_text("{}")
    made = Conversation(Meltano((sys.executable, "meltano"), {}, str(tmp_path)), Pipeline())
    yield made
    made.end()


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Sets the faults from now on."""

    def set_faults(faults: dict[str, Any]) -> None:
        (tmp_path / "faults.json").write_text(json.dumps(faults))

    return set_faults


@pytest.fixture
def stored(asked: Conversation) -> StoredStates:
    states = StoredStates(MeltanoStates(asked), ("a", "b"), NAMES, lambda _: False)
    assert [each.severity for each in states.look(CLEANED)] == ["tells"]
    return states


def kept(folder: Path) -> Any:
    return json.loads((folder / "states.json").read_text())


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"write b": DENIED}, "AccessDenied"),
        ({"write b": "die"}, "closed the connection unexpectedly"),
        ({"write b": GONE}, "postgresql://meltano:…@db"),
    ],
    ids=["no write permission", "dies", "database out of reach"],
)
def test_where_one_state_can_not_be_written_nothing_may_be_deleted_and_all_are_put_back(
    stored: StoredStates, play: Play, tmp_path: Path, faults: dict[str, Any], said: str
) -> None:
    play(faults)
    resets = Resets([stored])
    with pytest.raises(Refused, match="state b could not be stored, so nothing was deleted") as exc:
        resets.write(CLEANED)
    assert said in str(exc.value)
    assert not resets.written
    assert kept(tmp_path) == {"a": BEFORE, "b": BEFORE}


def test_a_backend_that_does_not_answer_is_not_waited_for_without_end(
    stored: StoredStates, play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.5)
    play({"write a": "silent"})
    with pytest.raises(Refused, match="did not answer within"):
        Resets([stored]).write(CLEANED)
    assert kept(tmp_path) == {"a": BEFORE, "b": BEFORE}


def test_what_can_not_be_read_back_does_not_count_and_what_stays_reset_is_told(
    stored: StoredStates, play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored.write(CLEANED)
    play({"read b": GONE})
    with caplog.at_level(logging.WARNING), pytest.raises(Refused, match="state b could not"):
        Resets([stored]).write(CLEANED)
    assert "State b stays reset" in caplog.text
    assert kept(tmp_path)["b"] == RESET


def test_a_meltano_that_reads_no_more_lines_has_the_states_put_back(
    stored: StoredStates, tmp_path: Path
) -> None:
    pipe = io.StringIO()
    pipe.close()  # (as a pipe whose reader has ended)
    resets = Resets([stored, StreamState(pipe, NAMES, lambda: RESET)])
    with pytest.raises(CleanupError, match="could not be written to stdout"):
        resets.write(CLEANED)
    assert not resets.written
    assert kept(tmp_path) == {"a": BEFORE, "b": BEFORE}


@pytest.mark.parametrize("fault", [GONE, "die"])
def test_a_backend_that_dies_during_the_deletion_is_told_and_the_run_is_no_success(
    stored: StoredStates, play: Play, tmp_path: Path, fault: str
) -> None:
    stored.write(CLEANED)
    play({"read a": fault})
    (finding,) = stored.confirm(CLEANED)
    assert (finding.code, finding.severity) == ("paired-state-unsettled", "blocks")
    assert "secret" not in finding.message
    assert [each.verified for each in stored.states] == [False, True]
    assert kept(tmp_path) == {"a": RESET, "b": RESET}


def test_a_backend_that_is_back_before_the_next_question_is_asked_again(
    stored: StoredStates, play: Play, tmp_path: Path
) -> None:
    play({"write a": "die"})
    with pytest.raises(Refused):
        Resets([stored]).write(CLEANED)
    play({})
    stored.look(CLEANED)
    stored.write(CLEANED)
    assert kept(tmp_path) == {"a": RESET, "b": RESET}
