"""Stored states are reset, read back, put back when something fails, and looked at again."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.catalog.streams import StreamNames
from target_zuora360_cleanup.errors import Refused
from target_zuora360_cleanup.meltano.command import MeltanoFailed
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.meltano.runs import OwnPair, PipelineRun
from target_zuora360_cleanup.state.holders import NoState, Resets
from target_zuora360_cleanup.state.outcome import ResetOutcome
from target_zuora360_cleanup.state.store import StoreFailed
from target_zuora360_cleanup.state.stored import Own, StoredStates
from target_zuora360_cleanup.state.watch import RunWatch
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from target_zuora360_cleanup.state.form import TapState

ACCOUNT = "Zuora__CustomerAccount__c"
CLEANED = frozenset({ACCOUNT})
NAMES = StreamNames.of([(ACCOUNT, ("Account",))])
BEFORE = {"bookmarks": {"Account": {"UpdatedDate": "2024"}, "Other": {"UpdatedDate": "2023"}}}
RESET = {"bookmarks": {"Other": {"UpdatedDate": "2023"}}}


@dataclass
class Memory:
    """A store in memory that can be made to fail."""

    states: dict[str, Any]
    refuses: frozenset[str] = frozenset()
    forgets: frozenset[str] = frozenset()
    unreadable: bool = False
    is_shared: bool = False

    def close(self) -> None:
        """Nothing is held open."""

    def known(self) -> tuple[str, ...]:
        return tuple(self.states)

    def read(self, state_id: str) -> TapState | None:
        if self.unreadable:
            raise StoreFailed("out of reach.")
        return deepcopy(self.states.get(state_id))

    def write(self, state_id: str, state: TapState) -> None:
        if state_id in self.refuses:
            raise StoreFailed("read-only.")
        if state_id not in self.forgets:
            self.states[state_id] = deepcopy(state)


@dataclass
class Records:
    """Run records that a test writes."""

    runs: list[PipelineRun] = field(default_factory=list)
    at_look: Callable[[int], None] | None = None
    looks: int = 0

    def since(self, state_ids: Sequence[str], moment: datetime) -> tuple[PipelineRun, ...]:
        assert moment.tzinfo
        self.looks += 1
        if self.at_look:
            self.at_look(self.looks)
        return tuple(each for each in self.runs if each.state_id in state_ids)


def store(**more: Any) -> Memory:
    return Memory({"a": deepcopy(BEFORE), "b": deepcopy(BEFORE)}, **more)


def stored(
    memory: Memory, *wanted: str, records: Records | None = None, own: Own | None = None
) -> StoredStates:
    watch = RunWatch(records) if records else None
    return StoredStates(memory, wanted or ("a", "b"), NAMES, lambda _: False, watch=watch, own=own)


def codes(findings: Sequence[Any]) -> list[str]:
    return [each.code for each in findings]


def test_a_look_changes_nothing_and_tells_what_would_be_reset() -> None:
    memory = store()
    (told,) = stored(memory).look(CLEANED)
    assert (told.code, told.severity) == ("paired-states", "tells")
    assert "a (bookmarks of Account)" in told.message
    assert "Their next sync is a full one" in told.remedy
    assert memory == store()


@pytest.mark.parametrize(
    ("wanted", "words"),
    [(("a",), "1 stored state is to be reset: a ("), (("a", "b"), "2 stored states are to be ")],
)
def test_what_is_to_be_reset_is_told_in_words_that_hold_in_every_mode(
    wanted: tuple[str, ...], words: str
) -> None:
    (told,) = stored(store(), *wanted).look(CLEANED)
    assert told.message.startswith(words)
    assert "cleanup" not in told.message


def test_where_no_bookmark_is_to_go_no_next_sync_is_told_as_full() -> None:
    (told,) = stored(Memory({"a": deepcopy(RESET), "b": {"bookmarks": {}}})).look(CLEANED)
    assert told.message == "No bookmark is to be reset in a, b."
    assert "full" not in told.remedy


def test_a_reset_is_written_and_read_back() -> None:
    memory = store()
    states = stored(memory)
    states.look(CLEANED)
    states.write(CLEANED)
    assert memory.states == {"a": RESET, "b": RESET}
    assert [(each.before, each.written, each.verified) for each in states.states] == [
        (BEFORE, RESET, True)
    ] * 2


def test_bookmarks_written_since_the_look_are_kept() -> None:
    memory = store()
    states = stored(memory, "a")
    states.look(CLEANED)
    memory.states["a"]["bookmarks"]["Other"] = {"UpdatedDate": "2025"}
    states.write(CLEANED)
    assert memory.states["a"] == {"bookmarks": {"Other": {"UpdatedDate": "2025"}}}


@pytest.mark.parametrize("fault", [{"refuses": frozenset("b")}, {"forgets": frozenset("b")}])
def test_when_one_state_can_not_be_reset_all_are_put_back(fault: dict[str, Any]) -> None:
    memory = store(**fault)
    states = stored(memory)
    resets = Resets([states])
    resets.look(CLEANED)
    with pytest.raises(Refused, match="state b could not be stored, so nothing was deleted"):
        resets.write(CLEANED)
    assert memory.states == {"a": BEFORE, "b": BEFORE}
    assert not resets.written
    assert {each.written is None for each in states.states[:1]} == {True}


def test_what_somebody_else_wrote_is_not_put_back() -> None:
    memory = store()
    states = stored(memory, "a")
    states.look(CLEANED)
    states.write(CLEANED)
    memory.states["a"] = {"bookmarks": {"New": {}}}
    states.undo()
    assert memory.states["a"] == {"bookmarks": {"New": {}}}


def test_a_store_out_of_reach_blocks() -> None:
    (finding,) = stored(store(unreadable=True)).look(CLEANED)
    assert (finding.code, finding.severity) == ("paired-state-unreadable", "blocks")
    assert "out of reach" in finding.message


def test_a_state_of_another_form_blocks_and_is_named() -> None:
    memory = Memory({"a": {"airbyte_state": []}})
    (finding,) = stored(memory, "a").look(CLEANED)
    assert finding.code == "paired-state-unreadable"
    assert "State a " in finding.message


def test_a_missing_state_blocks() -> None:
    assert codes(stored(store(), "c").look(CLEANED)) == ["paired-state-missing"]


def test_a_reset_that_still_holds_is_left_alone() -> None:
    memory = store()
    states = stored(memory)
    states.look(CLEANED)
    states.write(CLEANED)
    memory.refuses = frozenset("ab")
    assert states.confirm(CLEANED) == ()


def test_a_bookmark_written_during_the_deletion_is_overwritten_and_told() -> None:
    memory = store()
    states = stored(memory)
    states.look(CLEANED)
    states.write(CLEANED)
    memory.states["a"] = {
        "bookmarks": {"Account": {"UpdatedDate": "2026"}, "Other": {"UpdatedDate": "2026"}}
    }
    (finding,) = states.confirm(CLEANED)
    assert (finding.code, finding.severity) == ("paired-state-overwritten", "warns")
    assert memory.states["a"] == {"bookmarks": {"Other": {"UpdatedDate": "2026"}}}
    assert [each.overwritten for each in states.states] == [True, False]
    assert all(each.verified for each in states.states)


def test_a_state_that_can_not_be_looked_at_again_blocks_and_the_others_are_settled() -> None:
    memory = store()
    states = stored(memory)
    states.look(CLEANED)
    states.write(CLEANED)
    memory.states |= {"a": deepcopy(BEFORE), "b": deepcopy(BEFORE)}
    memory.refuses = frozenset("a")
    findings = states.confirm(CLEANED)
    assert codes(findings) == ["paired-state-unsettled", "paired-state-overwritten"]
    assert findings[0].severity == "blocks"
    assert memory.states["b"] == RESET


AROUND = Pipeline("tap", "target", "prod")
PAIR = OwnPair("run", "prod", "a", "1", is_recorded=True, handed=BEFORE, is_handed_known=True)


def an_own(state_id: str = "a", **facts: Any) -> Own:
    """The pair of this process, as Meltano tells it."""
    pair = replace(PAIR, **{"state_id": state_id, **facts})
    return Own(lambda: pair, AROUND, lambda: (None, frozenset()))


def a_run(state_id: str = "a", run_id: str = "1", *, running: bool = True) -> PipelineRun:
    return PipelineRun(state_id, run_id, "2026-01-01T00:00:00+00:00", running)


def test_a_running_pipeline_blocks() -> None:
    findings = stored(store(), records=Records([a_run()])).look(CLEANED)
    assert codes(findings) == ["paired-pipeline-running", "paired-states"]


def test_the_run_that_this_process_belongs_to_does_not_block() -> None:
    records = Records([a_run()])
    states = stored(store(), "b", records=records, own=an_own("a"))
    assert codes(states.look(CLEANED)) == ["paired-states"]
    # Another one of the same pipeline is somebody else's.
    records.runs.append(a_run(run_id="2"))
    with pytest.raises(Refused, match="running"):
        states.write(CLEANED)


def test_a_pipeline_that_begins_before_the_reset_is_stored_stops_the_cleanup() -> None:
    memory, records = store(), Records()
    resets = Resets([stored(memory, records=records)])
    resets.look(CLEANED)
    records.runs.append(a_run())
    with pytest.raises(Refused, match="a since 2026-01-01T00:00 UTC"):
        resets.write(CLEANED)
    assert memory.states == {"a": BEFORE, "b": BEFORE}


def test_a_pipeline_that_begins_during_the_deletion_is_noticed_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    records = Records()
    watch = RunWatch(records, seconds=0.01)
    assert list(watch.look(["a"])) == []
    watch.begin()
    records.runs.append(a_run())
    wait_until(lambda: "Pipeline a was started during the cleanup" in caplog.text)
    assert watch.end() == (a_run(),)
    assert caplog.text.count("was started") == 1


def test_a_pipeline_that_still_runs_after_the_deletion_blocks() -> None:
    records = Records()
    states = stored(store(), records=records)
    states.look(CLEANED)
    states.write(CLEANED)
    records.runs.append(a_run())
    (finding,) = states.confirm(CLEANED)
    assert (finding.code, finding.severity) == ("paired-pipeline-still-running", "blocks")


def test_runs_that_can_not_be_looked_at_after_the_deletion_block() -> None:
    """The states are as they were written; whether one will be overwritten nobody can say."""
    memory, records = store(), Records()
    states = stored(memory, records=records)
    states.look(CLEANED)
    states.write(CLEANED)

    def out_of_reach(_: int) -> None:
        raise MeltanoFailed("Meltano says: could not connect to server.")

    records.at_look = out_of_reach
    (finding,) = states.confirm(CLEANED)
    assert (finding.code, finding.severity) == ("paired-state-unsettled", "blocks")
    assert "could not connect to server" in finding.message
    assert memory.states == {"a": RESET, "b": RESET}


def test_a_bookmark_that_is_written_while_the_states_are_looked_at_again_is_found() -> None:
    memory, records = store(), Records()
    states = stored(memory, records=records)
    states.look(CLEANED)
    states.write(CLEANED)

    def sync_ends(_: int) -> None:
        records.at_look = None
        records.runs.append(a_run(running=False))
        memory.states["a"] = deepcopy(BEFORE)

    records.at_look = sync_ends
    assert codes(states.confirm(CLEANED)) == ["paired-pipeline-ran", "paired-state-overwritten"]
    assert memory.states["a"] == RESET


def test_the_outcome_is_frozen_and_stays_what_it_was_when_it_was_asked_for() -> None:
    memory = store()
    resets = Resets([stored(memory)])
    resets.look(CLEANED)
    found = resets.outcome()
    resets.write(CLEANED)
    assert [each.written for each in found.paired] == [None, None]
    assert not found.is_written
    written = resets.outcome()
    assert [each.written for each in written.paired] == [RESET, RESET]
    assert written.is_written
    memory.states["a"] = deepcopy(BEFORE)
    resets.confirm(CLEANED)
    assert [each.overwritten for each in written.paired] == [False, False]
    with pytest.raises(FrozenInstanceError):
        written.paired[0].verified = False  # type: ignore[misc]


def test_a_state_that_nobody_has_named_has_no_outcome() -> None:
    assert Resets([NoState()]).outcome() == ResetOutcome()


def test_the_pairs_own_state_is_reset_first_and_told_as_the_streams() -> None:
    memory = store()
    states = stored(memory, "b", own=an_own("a", streams=("Account",)))
    assert codes(states.look(CLEANED)) == ["paired-states"]
    assert states.agreed() is None
    states.write(CLEANED)
    assert memory.states == {"a": RESET, "b": RESET}
    assert states.agreed() == RESET
    found = states.outcome()
    assert found.stream is not None
    assert (found.stream.state_id, found.stream.written, found.stream.verified) == (
        "a",
        RESET,
        True,
    )
    assert [each.state_id for each in found.paired] == ["b"]
    assert found.streams == {"Account"}


def test_a_pair_that_is_named_as_well_is_reset_once() -> None:
    states = stored(store(), "a", "b", own=an_own("a"))
    states.look(CLEANED)
    assert [each.state_id for each in states.states] == ["a", "b"]


def test_a_pair_without_a_state_has_one_afterwards() -> None:
    memory = Memory({})
    states = StoredStates(memory, (), NAMES, lambda _: False, own=an_own("a", handed=None))
    assert codes(states.look(CLEANED)) == ["paired-states"]
    states.write(CLEANED)
    assert memory.states == {"a": {"bookmarks": {}}}


def test_a_pair_of_which_meltano_does_not_tell_blocks() -> None:
    def fails() -> OwnPair:
        raise MeltanoFailed("Meltano says: no.")

    states = stored(store(), own=Own(fails, AROUND, lambda: (None, frozenset())))
    (finding,) = states.look(CLEANED)
    assert (finding.code, finding.severity) == ("own-state-unknown", "blocks")
    assert "Meltano says: no:" not in finding.message


def test_a_state_that_is_not_the_one_the_tap_was_given_blocks() -> None:
    states = stored(store(), "b", own=an_own("a", handed={"bookmarks": {"Other": {}}}))
    assert codes(states.look(CLEANED)) == ["own-state-unknown", "paired-states"]


def test_a_pattern_means_a_pipeline_that_was_first_run_meanwhile_too() -> None:
    memory = Memory({"p:x": deepcopy(BEFORE)})
    states = stored(memory, "p:*")
    states.look(CLEANED)
    memory.states["p:y"] = deepcopy(BEFORE)
    states.write(CLEANED)
    assert memory.states == {"p:x": RESET, "p:y": RESET}
    memory.states["p:z"] = deepcopy(BEFORE)
    assert codes(states.confirm(CLEANED)) == ["paired-state-overwritten"]
    assert memory.states == {"p:x": RESET, "p:y": RESET, "p:z": RESET}


def test_an_id_with_characters_of_a_pattern_is_taken_as_it_is() -> None:
    memory = Memory({"dev[1]:a-to-b": deepcopy(BEFORE), "dev1:a-to-b": deepcopy(BEFORE)})
    states = stored(memory, "dev[1]:a-to-b")
    states.look(CLEANED)
    assert [each.state_id for each in states.states] == ["dev[1]:a-to-b"]


def test_other_states_of_the_same_pair_are_told() -> None:
    memory = Memory({f"p:t-to-l{more}": deepcopy(BEFORE) for more in ("", ":eu", ":us")})
    memory.states |= {"q:t-to-l": deepcopy(BEFORE), "p:t-to-other": deepcopy(BEFORE)}
    findings = stored(memory, "p:t-to-l", "p:t-to-l:us").look(CLEANED)
    assert codes(findings) == [
        "states-of-the-same-pair", "states-of-other-environments", "paired-states",
    ]  # fmt: skip
    assert "p:t-to-l:eu." in findings[0].message
    assert "q:t-to-l." in findings[1].message


def test_a_backend_that_other_machines_may_write_is_told() -> None:
    assert "runs-elsewhere-unseen" in codes(stored(store(is_shared=True)).look(CLEANED))
