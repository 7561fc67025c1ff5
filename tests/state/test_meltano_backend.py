"""Meltano's failures are the store's: the same sentence, and nothing is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.catalog.streams import StreamNames
from target_zuora360_cleanup.meltano.command import Meltano, MeltanoFailed
from target_zuora360_cleanup.meltano.conversation import Conversation
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.state.meltano_backend import MeltanoStates
from target_zuora360_cleanup.state.store import StoreFailed
from target_zuora360_cleanup.state.stored import StoredStates
from target_zuora360_cleanup.state.watch import RunWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from target_zuora360_cleanup.meltano.runs import PipelineRun

CALLS: list[Callable[[MeltanoStates], object]] = [
    MeltanoStates.known,
    lambda states: states.read("a"),
    lambda states: states.write("a", {"bookmarks": {}}),
]


@pytest.mark.parametrize("call", CALLS, ids=["known", "read", "write"])
def test_what_meltano_says_is_what_the_store_failed_with(
    call: Callable[[MeltanoStates], object],
) -> None:
    with pytest.raises(StoreFailed, match="Meltano could not be started"):
        call(MeltanoStates(Conversation(Meltano(("/not/there", "meltano"), {}, "."), Pipeline())))


class NoRecords:
    def since(self, state_ids: Sequence[str], moment: datetime) -> tuple[PipelineRun, ...]:
        raise MeltanoFailed(f"No records of {state_ids} since {moment:%Y}.")


class Empty:
    is_shared = False

    def close(self) -> None:
        """Nothing is held open."""

    def __init__(self) -> None:
        self.states: dict[str, object] = {}

    def known(self) -> tuple[str, ...]:
        return tuple(self.states)

    def read(self, state_id: str) -> Any:
        return self.states.get(state_id)

    def write(self, state_id: str, state: object) -> None:
        self.states[state_id] = state


def test_runs_that_nobody_can_tell_block_a_cleanup() -> None:
    watch = RunWatch(NoRecords())
    states = StoredStates(Empty(), ["a"], StreamNames.of([]), lambda _: True, watch=watch)
    (finding,) = states.look(frozenset())
    assert (finding.code, finding.severity) == ("paired-state-unreadable", "blocks")
    assert "No records of ('a',) since " in finding.message
