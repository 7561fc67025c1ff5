"""The part of a report that says which bookmarks go and which are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from target_zuora360_cleanup.state.outcome import StreamReset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from target_zuora360_cleanup.state.form import TapState
    from target_zuora360_cleanup.state.outcome import PairedState, ResetOutcome
    from target_zuora360_cleanup.state.reset import Reset


@dataclass(frozen=True)
class States:
    """What became of the bookmarks.

    Attributes:
        state_id: Meltano's id of the stream's state; blank where it is not known.
        is_planned: Whether a plan tells what a cleanup would do.
    """

    outcome: ResetOutcome
    state_id: str = ""
    is_planned: bool = False

    @property
    def _stream(self) -> StreamReset:
        return self.outcome.stream or StreamReset()

    def as_json(self) -> dict[str, Any]:
        """The key `state`."""
        stream = self._stream
        paired = [_paired(each) for each in self.outcome.paired]
        return state_json(self.state_id, stream.written, stream.reset, paired)

    def lines(self) -> Iterator[RenderableType]:
        """A sentence for each state, and what is to be known of its bookmarks."""
        yield from (Text(each) for each in (*self._of_paired(), *self._of_stream()))

    def _of_paired(self) -> Iterator[str]:
        for each in self.outcome.paired:
            if each.written is not None:
                checked = "reset and read back" if each.verified else "reset, but not sure to hold"
                yield (
                    f"State {each.state_id}: {checked}; the next sync is a full one. Bookmarks "
                    f"kept: {_listed(each.reset)}."
                )

    def _of_stream(self) -> Iterator[str]:
        reset = self._stream.reset
        if reset is None:
            return
        if self._stream.written is not None:
            yield from self._reset(reset)
        elif self.is_planned:
            yield self._to_be_reset(reset)

    def _to_be_reset(self, reset: Reset) -> str:
        """Which state a cleanup would reset: that decides whether data comes back."""
        dropped = ", ".join((*reset.dropped, *reset.dropped_unsafe, *reset.tangled)) or "none yet"
        where = f"state {self.state_id}" if self.state_id else "state of whatever runs the target"
        return f"A cleanup would reset the {where}: bookmarks of {dropped}."

    def _reset(self, reset: Reset) -> Iterator[str]:
        where = f" of {self.state_id}" if self.state_id else ""
        yield (
            f"State{where}: reset; the next sync is a full one. Bookmarks kept: {_listed(reset)}."
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
) -> dict[str, Any]:
    """The key `state` of every mode that has one."""
    return {
        "state": {
            "state_id": state_id or None,
            "before": reset.before if reset else None,
            "written": written,
            "bookmarks_reset": list(reset.dropped) if reset else [],
            "bookmarks_kept": list(reset.kept) if reset else [],
            "paired": paired or [],
        }
    }


def _listed(reset: Reset) -> str:
    return ", ".join(reset.kept) or "none"


def _paired(state: PairedState) -> dict[str, Any]:
    return {
        "state_id": state.state_id,
        "before": state.before,
        "written": state.written,
        "verified": state.verified,
        "overwritten": state.overwritten,
    }
