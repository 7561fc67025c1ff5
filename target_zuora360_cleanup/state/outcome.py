"""What became of the bookmarks in a run: frozen, for the report to take in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.state.form import TapState
    from target_zuora360_cleanup.state.reset import Reset

__all__ = ["KeptState", "PairedState", "Place", "ResetOutcome", "StreamReset"]

Place = Literal["meltano", "file", "stdout"]
"""Where a state is kept; of one that went to stdout nobody here knows."""


@dataclass(frozen=True)
class KeptState:
    """A state that is about to be reset, as it is written down.

    Attributes:
        place: Where it is kept.
        state_id: Meltano's state id, or the path of a file; blank where nobody knows.
        before: The state as it was found; None where there was none.
        written: What is stored in its place.
    """

    place: Place
    state_id: str
    before: TapState | None
    written: TapState


@dataclass(frozen=True)
class PairedState:
    """A stored state and what a run has done to it.

    Attributes:
        state_id: Meltano's state id, or the path of a file.
        before: The state as it was found; None where there was none.
        reset: What is to be stored instead.
        written: What was stored, once it was.
        verified: Whether it was read back and is the same.
        overwritten: Whether somebody wrote it during the run, so that it was reset once more.
    """

    state_id: str
    before: TapState | None
    reset: Reset
    written: TapState | None = None
    verified: bool = False
    overwritten: bool = False


@dataclass(frozen=True)
class StreamReset:
    """What became of the state of the tap whose stream is read.

    Attributes:
        reset: What was to be written; of a plan, what a cleanup would write. None where the run did
            not get as far.
        written: The last state that went out on stdout, or into the backend; None where none did.
        state_id: Meltano's id of the state, where it is known.
        verified: Whether it was read back from the backend and is the same.
    """

    reset: Reset | None = None
    written: TapState | None = None
    state_id: str = ""
    verified: bool = False


@dataclass(frozen=True)
class ResetOutcome:
    """What became of all bookmarks.

    Attributes:
        stream: Those of the tap whose stream is read; None where they are nobody's concern.
        paired: Those of stored states, in the order in which they are reset.
        streams: Streams that the tap is known to have, besides those of bookmarks.
    """

    stream: StreamReset | None = None
    paired: tuple[PairedState, ...] = ()
    streams: frozenset[str] = frozenset()

    @classmethod
    def joined(cls, outcomes: Iterable[ResetOutcome]) -> ResetOutcome:
        """Those of several holders as one; at most one of them is the stream's."""
        outcomes = tuple(outcomes)
        return cls(
            next((each.stream for each in outcomes if each.stream), None),
            tuple(state for each in outcomes for state in each.paired),
            frozenset().union(*(each.streams for each in outcomes)),
        )

    @property
    def resets(self) -> tuple[Reset, ...]:
        """The resets of all states."""
        stream = (self.stream.reset,) if self.stream and self.stream.reset else ()
        return (*stream, *(each.reset for each in self.paired))

    @property
    def is_written(self) -> bool:
        """Whether a state was written anywhere."""
        stream = self.stream is not None and self.stream.written is not None
        return stream or any(each.written is not None for each in self.paired)
