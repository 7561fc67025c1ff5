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

__all__ = ["expanded", "is_pattern", "matches", "others", "reset_of", "same_pair"]


def reset_of(
    stored: TapState | None,
    cleaned: Callable[[str], bool],
    inner: Callable[[str], bool] | None = None,
) -> Reset:
    """What to store in place of a stored state, whose tap isn't running.

    Raises:
        InputError: It can't be written again.
        Refused: It has another form than `bookmarks`.
    """
    tracker = StateTracker()
    if stored is not None:
        tracker.state(stored)
    return tracker.reset(cleaned, inner)


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
        wanted: Ids and patterns; an id that is there is taken as it is, whatever characters it has.
        known: The ids that have a state; only patterns are looked up in it.
    """
    stored = sorted(known)
    ids: dict[str, None] = {}
    unmatched = []
    for each in wanted:
        is_id = each in stored or not is_pattern(each)
        found = [each] if is_id else [name for name in stored if fnmatchcase(name, each)]
        ids.update(dict.fromkeys(found))
        if not found:
            unmatched.append(each)
    return tuple(ids), tuple(unmatched)


def others(runs: Iterable[PipelineRun], own_run_id: str = "") -> tuple[PipelineRun, ...]:
    """The runs that are not the one that this process belongs to."""
    return tuple(each for each in runs if not own_run_id or each.run_id != own_run_id)


def same_pair(state_id: str, known: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Other states of the same tap and loader: in the same environment, and in others.

    A state id is `<environment>:<tap>-to-<loader>[:<suffix>]`; of one that `meltano el` was given
    nobody knows the pair.
    """
    environment, _, pair = state_id.partition(":")
    name = pair.partition(":")[0]
    alike = [
        each
        for each in sorted(known)
        if each != state_id and name and each.partition(":")[2].partition(":")[0] == name
    ]
    here = tuple(each for each in alike if each.partition(":")[0] == environment)
    return here, tuple(each for each in alike if each not in here)
