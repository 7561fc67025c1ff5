"""Stored states that a cleanup resets: which are meant, what becomes of them, whose runs count.

Pure: where they are kept, and who else is at work on them, is found out elsewhere.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from target_zuora360_cleanup.state.reset import Reset, StateTracker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_zuora360_cleanup.meltano.runs import PipelineRun
    from target_zuora360_cleanup.state.form import TapState

__all__ = ["expanded", "is_pattern", "matches", "others", "reset_of"]


def reset_of(stored: TapState | None, cleaned: Callable[[str], bool]) -> Reset:
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
    stored = sorted(known)
    ids: dict[str, None] = {}
    unmatched = []
    for each in wanted:
        found = [name for name in stored if fnmatchcase(name, each)] if is_pattern(each) else [each]
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
