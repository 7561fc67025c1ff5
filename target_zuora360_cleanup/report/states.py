"""The part of a report that says which bookmarks go and which are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.state.outcome import StreamReset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from target_zuora360_cleanup.state.coverage import Feed
    from target_zuora360_cleanup.state.form import TapState
    from target_zuora360_cleanup.state.outcome import PairedState, ResetOutcome
    from target_zuora360_cleanup.state.reset import Reset


@dataclass(frozen=True)
class States:
    """What became of the bookmarks.

    Attributes:
        is_planned: Whether a plan tells what a cleanup would do.
        feeds: What brings back the rows of each object type that has some to delete.
    """

    outcome: ResetOutcome
    is_planned: bool = False
    feeds: tuple[Feed, ...] = ()

    @property
    def _stream(self) -> StreamReset:
        return self.outcome.stream or StreamReset()

    def as_json(self) -> dict[str, Any]:
        """The key `state`."""
        stream = self._stream
        paired = [_paired(each) for each in self.outcome.paired]
        feeds = [each.as_json() for each in self.feeds]
        return state_json(stream.state_id, stream.written, stream.reset, paired, feeds)

    def lines(self) -> Iterator[RenderableType]:
        """A sentence for each state, and what is to be known of its bookmarks."""
        yield from (Text(each) for each in (*self._of_paired(), *self._of_stream()))

    def _of_paired(self) -> Iterator[str]:
        for each in self.outcome.paired:
            if each.written is not None:
                yield _fate(each.state_id, each.reset, is_read_back=each.verified)

    def _of_stream(self) -> Iterator[str]:
        reset = self._stream.reset
        if reset is None:
            return
        if self._stream.written is not None:
            yield from self._reset(reset)
        elif self.is_planned and not self._stream.state_id:
            # (of a stored one a finding has told it)
            yield (
                "A cleanup would reset the state of whatever runs the target: bookmarks of "
                f"{listed(reset.gone) or 'none yet'}."
            )

    def _reset(self, reset: Reset) -> Iterator[str]:
        stream = self._stream
        if stream.state_id:
            yield _fate(stream.state_id, reset, is_read_back=stream.verified)
        else:
            yield (
                "State: a reset was written to stdout; if it is stored, the next sync is "
                f"{_extent(reset)}."
            )
        if reset.dropped_unsafe:
            yield (
                "WARN The tap sent no STATE before the first record of "
                f"{', '.join(reset.dropped_unsafe)}, so it is not known what was loaded before: "
                "its bookmark is dropped too and its next sync is full."
            )
        if reset.tangled:
            names = ", ".join(reset.tangled)
            yield f"WARN The bookmark of {names} was mixed up with a cleaned stream's: dropped too."


def state_json(
    state_id: str,
    written: TapState | None,
    reset: Reset | None = None,
    paired: list[dict[str, Any]] | None = None,
    by_object: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The key `state` of every mode that has one."""
    return {
        "state": {
            "state_id": state_id or None,
            "before": _plain(reset.before if reset else None),
            "written": _plain(written),
            "bookmarks_reset": list(reset.gone) if reset else [],
            "bookmarks_kept": list(reset.kept) if reset else [],
            "by_object": by_object or [],
            "paired": paired or [],
        }
    }


def _fate(state_id: str, reset: Reset, *, is_read_back: bool) -> str:
    if not is_read_back:
        return f"State {state_id}: reset, but not sure to hold: look at it before the next sync."
    return f"State {state_id}: reset and read back; the next sync is {_extent(reset)}."


def _extent(reset: Reset) -> str:
    """What is known of the next sync: bookmarks that are kept go on where they were."""
    if not reset.kept:
        return "a full one"
    return f"a full one, but for bookmarks that are kept: {', '.join(reset.kept)}"


def _paired(state: PairedState) -> dict[str, Any]:
    return {
        "state_id": state.state_id,
        "before": _plain(state.before),
        "written": _plain(state.written),
        "verified": state.verified,
        "overwritten": state.overwritten,
    }


def _plain(state: TapState | None) -> TapState | None:
    """A state for the report, whose decimals may be rounded; what is stored has every digit."""
    plain: TapState | None = json.loads(json.dumps(state, default=float))
    return plain
