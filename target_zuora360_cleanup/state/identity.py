"""Whether the state that was found is the one that the tap of this run was given. Pure.

Which state it is, Meltano's own code works out from its own command line. Here that is held against
three things that it can't have made up: its record of this run, the file that it gave to the tap,
and what the tap said first. Where one of them contradicts, nothing is guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.state import codes
from target_zuora360_cleanup.state.form import bookmarks_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.meltano.runs import OwnPair
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.state.form import TapState

__all__ = ["doubts"]


def doubts(
    own: OwnPair,
    around: Pipeline,
    stored: TapState | None,
    first: TapState | None = None,
    moved: Collection[str] = (),
) -> Iterator[Finding]:
    """What speaks against resetting the state that was found.

    Args:
        own: What Meltano's own code says of this run.
        around: What it has told this process in variables.
        stored: The state that is stored under the id.
        first: The tap's first STATE, if one has come.
        moved: Streams that had sent a RECORD before it.
    """
    if own.state_file:
        yield codes.WOULD_NOT_HOLD.found(
            f"The tap is started with the state in {own.state_file} each time, whatever is stored.",
            "Run it without that file (`--state`, or the extra `_state` of the tap).",
        )
    elif why := _not_known(own, around) or _contradiction(own, stored, first, moved):
        yield unknown(why)


def unknown(why: str) -> Finding:
    """Nobody can say for sure which state is this pipeline's own."""
    return codes.OWN_UNKNOWN.found(
        f"Which state is this pipeline's own is not known for sure: {why}.",
        "Reset it from outside, with `zuora360 cleanup` and its id in paired_state_ids (`meltano "
        "state list` shows the ids).",
    )


def _not_known(own: OwnPair, around: Pipeline) -> str:
    if own.command and own.environment != around.environment:
        return f"the run's environment is '{own.environment}', the plugin's '{around.environment}'"
    if own.command in ("el", "elt") and not own.state_id:
        return f"`meltano {own.command}` without --state-id stores it where no later run finds it"
    if not own.state_id:
        return (
            "the process that runs this one is not known to be a Meltano that runs a pipeline, and "
            "of the runs that it has recorded not exactly one fits"
        )
    if not own.is_recorded and not own.no_state_update:
        return f"Meltano has no record of a run at work on {own.state_id}"
    return ""


def _contradiction(
    own: OwnPair, stored: TapState | None, first: TapState | None, moved: Collection[str]
) -> str:
    if own.full_refresh or own.no_state_update:
        return ""
    if not own.is_handed_known:
        return "what Meltano gave to the tap could not be looked at"
    if (own.handed or None) != (stored or None):
        return f"the state that Meltano gave to the tap is not the one stored as {own.state_id}"
    if _is_another(stored, first, moved):
        return f"the tap's first STATE holds other bookmarks than {own.state_id}"
    return ""


def _is_another(stored: TapState | None, first: TapState | None, moved: Collection[str]) -> bool:
    """Whether all bookmarks that both have are others; a tap may add some, and leave some out."""
    ours, theirs = bookmarks_of(stored), bookmarks_of(first)
    both = [name for name in ours if name in theirs and name not in moved]
    return bool(both) and all(ours[name] != theirs[name] for name in both)
