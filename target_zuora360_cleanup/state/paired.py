"""Stored states that a cleanup resets: which are meant, what becomes of them, what is in the way.

Pure: where they are kept, and who else is at work on them, is found out elsewhere.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from target_zuora360_cleanup.plan.finding import Finding
from target_zuora360_cleanup.state.reset import Reset, StateTracker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_zuora360_cleanup.meltano.runs import PipelineRun
    from target_zuora360_cleanup.state.form import State

__all__ = [
    "PairedState",
    "expanded",
    "is_pattern",
    "matches",
    "missing",
    "not_named",
    "not_settled",
    "others",
    "overwritten",
    "ran_meanwhile",
    "reset_of",
    "running",
    "still_running",
    "told",
    "unread",
]


@dataclass
class PairedState:
    """A stored state and what a run has done to it.

    Attributes:
        state_id: Meltano's state id, or the path of a file.
        before: The state as it was found; None where there was none.
        reset: What is to be stored instead.
        written: What was stored, once it was.
        verified: Whether it was read back and is the same.
        overwritten: Whether somebody wrote it during the run, so that it was reset again.
    """

    state_id: str
    before: State | None
    reset: Reset
    written: State | None = None
    verified: bool = False
    overwritten: bool = False


def reset_of(stored: State | None, cleaned: Callable[[str], bool]) -> Reset:
    """What to store in place of a stored state, whose tap isn't running.

    Raises:
        InputError: It can't be written again.
        Refused: It has another form than `bookmarks`.
    """
    tracker = StateTracker()
    if stored is not None:
        tracker.state(stored)
    return tracker.reset(cleaned)


def is_pattern(name: str) -> bool:
    """Whether it may stand for several state ids."""
    return any(character in name for character in "*?[")


def matches(state_id: str, wanted: Iterable[str]) -> bool:
    """Whether one of the ids and patterns means this state id."""
    return any(each == state_id or fnmatchcase(state_id, each) for each in wanted)


def expanded(
    wanted: Iterable[str], known: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The state ids that are meant, each once, and the patterns that fit none.

    Args:
        wanted: Ids and patterns.
        known: The ids that have a state; only patterns are looked up in it.
    """
    there = sorted(known)
    ids: dict[str, None] = {}
    unmatched = []
    for each in wanted:
        found = [name for name in there if fnmatchcase(name, each)] if is_pattern(each) else [each]
        ids.update(dict.fromkeys(found))
        if not found:
            unmatched.append(each)
    return tuple(ids), tuple(unmatched)


def others(
    runs: Iterable[PipelineRun], own_state_id: str = "", own_run_id: str = ""
) -> tuple[PipelineRun, ...]:
    """The runs that are not the one that this process belongs to.

    Where its id is not known, it is the newest of those of its state id: Meltano has recorded it
    just before it started this process.
    """
    runs = tuple(runs)
    own = [each for each in runs if each.state_id == own_state_id and each.is_running]
    newest = max(own, key=lambda each: each.started_at, default=None)
    own_run_id = own_run_id or (newest.run_id if newest else "")
    return tuple(each for each in runs if each.run_id != own_run_id)


def not_named() -> Finding:
    """A cleanup that would reset nothing."""
    return Finding(
        "no-state-named",
        "blocks",
        "No state is named whose bookmarks are to be reset. Records deleted while their bookmark "
        "stays would be lost: an incremental sync never sends them again.",
        "Set paired_state_ids to the state ids of the pipelines that load this org (`meltano state "
        "list` shows them), or give --state with the tap's state file.",
    )


def missing(names: Sequence[str], known: Iterable[str]) -> Iterator[Finding]:
    """State ids without a state, and patterns that fit none."""
    known = tuple(known)
    for name in names:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else "`meltano state list` shows those there are."
        created = "" if is_pattern(name) else " If it is right, set create_missing_states."
        yield Finding(
            "paired-state-missing",
            "blocks",
            f"There is no state {name}." if not is_pattern(name) else f"No state id fits {name}.",
            hint + created,
        )


def unread(error: Exception, what: str = "The paired states") -> Finding:
    """A state that can't be read, or can't be reset."""
    return Finding(
        "paired-state-unreadable",
        "blocks",
        f"{what} can't be reset: {error}",
        "Without the reset nothing may be deleted.",
    )


def running(runs: Sequence[PipelineRun]) -> Iterator[Finding]:
    """Pipelines at work, which would store their bookmarks over the reset."""
    if runs:
        yield Finding(
            "paired-pipeline-running",
            "blocks",
            f"A paired pipeline is running: {_listed(runs)}.",
            "Wait for its end or stop it. A run that was killed counts for five minutes more.",
        )


def told(states: Sequence[PairedState]) -> Iterator[Finding]:
    """Which states are reset, and which bookmarks go."""
    if states:
        listed = "; ".join(f"{each.state_id} ({_bookmarks(each.reset)})" for each in states)
        yield Finding(
            "paired-states",
            "tells",
            f"A cleanup resets {len(states)} paired state{'s' * (len(states) > 1)}: {listed}.",
            "Their next sync is a full one.",
        )


def overwritten(states: Sequence[PairedState]) -> Iterator[Finding]:
    """States that somebody wrote while records were deleted."""
    if states:
        names = ", ".join(each.state_id for each in states)
        yield Finding(
            "paired-state-overwritten",
            "warns",
            f"A sync has written its bookmarks during the cleanup: {names}. They are reset again.",
            "Stop syncs while a cleanup runs. What this one has loaded may be deleted; the next "
            "sync is a full one.",
        )


def not_settled(state_id: str, error: Exception) -> Finding:
    """A state that nobody can vouch for after the deletion."""
    return Finding(
        "paired-state-unsettled",
        "blocks",
        f"State {state_id} could not be looked at, or be reset, again after the deletion: {error}",
        "Reset it before its next sync, with `zuora360 reset`.",
    )


def still_running(runs: Iterable[PipelineRun]) -> Iterator[Finding]:
    """Pipelines that will store their bookmarks over the reset."""
    if alive := [each for each in runs if each.is_running]:
        yield Finding(
            "paired-pipeline-still-running",
            "blocks",
            f"A paired pipeline was started during the cleanup and still runs: {_listed(alive)}. "
            "It will store its bookmarks over the reset.",
            "Stop it, and reset them again with `zuora360 reset`.",
        )


def ran_meanwhile(runs: Iterable[PipelineRun]) -> Iterator[Finding]:
    """Pipelines that were started while records were deleted, and have ended."""
    if ended := [each for each in runs if not each.is_running]:
        yield Finding(
            "paired-pipeline-ran",
            "warns",
            f"A paired pipeline was started during the cleanup: {_listed(ended)}.",
            "Stop syncs while a cleanup runs. What it has loaded may be deleted; its next sync is "
            "a full one.",
        )


def _listed(runs: Iterable[PipelineRun]) -> str:
    return ", ".join(f"{each.state_id} since {each.started_at[:16]} UTC" for each in runs)


def _bookmarks(reset: Reset) -> str:
    gone = (*reset.dropped, *reset.dropped_unsafe, *reset.dropped_new, *reset.tangled)
    return f"bookmarks of {', '.join(gone)}" if gone else "no bookmark to reset"
