"""What there is to say of the states that a cleanup resets, before, during and after it. Pure."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.plan.finding import After
from target_zuora360_cleanup.state import codes
from target_zuora360_cleanup.state.paired import is_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.meltano.others import Elsewhere
    from target_zuora360_cleanup.meltano.runs import PipelineRun
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.state.outcome import PairedState
    from target_zuora360_cleanup.state.reset import Reset

__all__ = [
    "elsewhere",
    "guards_differ",
    "limits_not_filled",
    "limits_not_told",
    "missing",
    "no_file",
    "no_state_sent",
    "not_confirmed",
    "not_named",
    "not_stored",
    "overwritten",
    "parents",
    "ran_meanwhile",
    "running",
    "runs_not_told",
    "same_pair",
    "still_running",
    "to_be_reset",
    "unreadable",
]


def not_named() -> Finding:
    """A cleanup that would reset nothing."""
    return codes.NO_STATE_NAMED.found(
        "No state is named whose bookmarks are to be reset. Records deleted while their bookmark "
        "stays would be lost: an incremental sync never sends them again.",
        "Set paired_state_ids to the state ids of the pipelines that load this org (`meltano state "
        "list` shows them), or give --state with the tap's state file.",
    )


def not_stored(*, is_invoked: bool) -> Finding:
    """A line of stdout that nobody is known to store."""
    if is_invoked:
        return codes.NOT_STORED.found(
            "`meltano invoke` stores no state, so the bookmark reset would be lost: the next sync "
            "would be incremental, and the deleted records would not come back.",
            "Run it with its tap: `meltano run <tap> <this loader>`, with "
            "TARGET_ZUORA360_CLEANUP_MODE set; or `zuora360 cleanup` with paired_state_ids.",
        )
    return codes.NOT_STORED.found(
        "Nobody is known to store what this target writes to stdout: without the bookmark reset "
        "the deleted records would not come back.",
        "Run it with `meltano run`; or, where whoever reads stdout stores the last line as the "
        "tap's state, set state_is_stored.",
    )


def no_state_sent(*, is_read: bool) -> Finding:
    """A tap that has not said what it was given."""
    where = (
        "What is stored is read from Meltano's state backend, and is what gets reset."
        if is_read
        else "If none comes, nothing is known of its bookmarks, and the reset forgets them all."
    )
    return codes.NO_STATE_SENT.found(
        "The tap had sent no STATE when this was decided.", f"{where} Check that it keeps a state."
    )


def same_pair(here: Sequence[str], elsewhere: Sequence[str]) -> Iterator[Finding]:
    """States of the same tap and loader that nobody has named."""
    if here:
        yield codes.SIBLINGS.found(
            f"The same tap and loader have other states in this environment: {', '.join(here)}. "
            "They keep their bookmarks.",
            "If they load this org, name them in paired_state_ids: what a cleanup deletes of their "
            "records does not come back otherwise.",
        )
    if elsewhere:
        yield codes.COUSINS.found(
            "The same tap and loader have states in other environments: "
            f"{', '.join(elsewhere)}. They keep their bookmarks.",
            "If they load this org, name them in paired_state_ids.",
        )


def elsewhere() -> Finding:
    """Runs that nobody here can see."""
    return codes.ELSEWHERE.found(
        "The states are kept where other machines may write them too. Syncs that run there with a "
        "system database of their own can't be seen from here.",
        "Stop them while a cleanup runs. `zuora360 status` tells afterwards if one has stored its "
        "bookmarks over the reset.",
    )


def parents(resets: Iterable[Reset]) -> Iterator[Finding]:
    """Streams that are reset for their children."""
    if names := sorted({name for each in resets for name in each.parents}):
        yield codes.PARENTS.found(
            f"A cleaned stream is synced as the child of {', '.join(names)}.",
            "Their bookmarks go too, so that all of its records come back.",
            after=After(
                f"A cleaned stream is synced as the child of {', '.join(names)}.",
                "Their bookmarks went too, so that all of its records come back.",
            ),
        )


def missing(names: Sequence[str], known: Iterable[str]) -> Iterator[Finding]:
    """State ids without a state, and patterns that fit none."""
    known = tuple(known)
    for name in names:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else "`meltano state list` shows those there are."
        created = "" if is_pattern(name) else " If it is right, set create_missing_states."
        yield codes.MISSING.found(
            f"There is no state {name}." if not is_pattern(name) else f"No state id fits {name}.",
            hint + created,
        )


def unreadable(error: Exception, what: str = "The stored states") -> Finding:
    """A state that can't be read, or can't be reset."""
    return codes.UNREADABLE.found(
        f"{what} can't be reset: {error}",
        "Without the reset nothing may be deleted.",
    )


def guards_differ(
    plugin: str, there: Mapping[str, str], here: Mapping[str, str], where: Elsewhere
) -> Finding:
    """Guards that another plugin of this package has otherwise."""
    listed = ", ".join(f"{name} {value} (here {here[name]})" for name, value in there.items())
    return codes.GUARDS_DIFFER.found(
        f"{plugin} has other guards {_environment(where)}: {listed}.",
        "What is in force here is in the first lines of the log. Write the guards once for both; "
        "docs/settings.md shows how.",
    )


def limits_not_filled(plugin: str, written: Mapping[str, str]) -> Iterator[Finding]:
    """Limits of this plugin, and states that it resets, in which a variable is missing."""
    if written:
        listed = ", ".join(f"{name}: {value}" for name, value in written.items())
        yield codes.LIMIT_NOT_FILLED.found(
            f"{plugin} has settings in meltano.yml in which a variable is not there or blank "
            f"({listed}): Meltano puts nothing in its place, and more would be deleted, or less be "
            "reset, than was meant.",
            "Fill the variable, or leave the setting out.",
        )


def limits_not_told(plugin: str, error: Exception) -> Finding:
    """Limits of this plugin, and states that it resets, that may be left out."""
    return codes.LIMIT_NOT_FILLED.found(
        f"Whether {plugin} has settings in meltano.yml in which a variable is not there or blank "
        f"can't be told: {error}",
        "Mend what Meltano says; more might be deleted, or less be reset, than was meant.",
    )


def _environment(where: Elsewhere) -> str:
    if not where.environment:
        return "outside of Meltano's environments"
    named = f"in Meltano's environment '{where.environment}'"
    return named if where.is_told else f"{named}, which it takes where none is named"


def running(runs: Sequence[PipelineRun]) -> Iterator[Finding]:
    """Pipelines at work, which would store their bookmarks over the reset."""
    if runs:
        yield codes.RUNNING.found(
            f"A pipeline on these states is running: {_listed(runs)}.",
            "Wait for its end or stop it. A run that was killed counts for five minutes more.",
        )


def to_be_reset(states: Sequence[PairedState]) -> Iterator[Finding]:
    """Which states are reset, and which bookmarks go."""
    if states and not any(each.reset.gone for each in states):
        names = ", ".join(each.state_id for each in states)
        yield codes.RESET.found(
            f"No bookmark is to be reset in {names}.",
            "Bookmarks of other streams are kept.",
            after=After("", ""),
        )
    elif states:
        listed = "; ".join(f"{each.state_id} ({_bookmarks(each.reset)})" for each in states)
        are = counted(len(states), "stored state is", "stored states are")
        yield codes.RESET.found(
            f"{are} to be reset: {listed}.",
            "Their next sync is a full one of these streams; other bookmarks are kept.",
            after=After("", ""),
        )


def overwritten(states: Sequence[PairedState]) -> Iterator[Finding]:
    """States that somebody wrote while records were deleted."""
    if states:
        names = ", ".join(each.state_id for each in states)
        yield codes.OVERWRITTEN.found(
            f"A sync has written its bookmarks during the cleanup: {names}. They are reset again.",
            "Stop syncs while a cleanup runs. What this one has loaded may be deleted; the next "
            "sync is a full one.",
        )


def no_file(path: str) -> Finding:
    """A state file that isn't there."""
    return codes.MISSING.found(
        f"There is no file {path}.", "If the tap has no state yet, set create_missing_states."
    )


def not_confirmed(state_id: str, error: Exception) -> Finding:
    """A state that nobody can vouch for after the deletion."""
    return codes.UNSETTLED.found(
        f"State {state_id} could not be looked at, or be reset, again after the deletion: {error}",
        "Reset it before its next sync, with `zuora360 reset`.",
    )


def runs_not_told(error: Exception | None) -> Iterator[Finding]:
    """Pipelines of which nobody can say, after the deletion, whether they run."""
    if error:
        yield codes.UNSETTLED.found(
            f"Whether a paired pipeline was started during the cleanup can't be told: {error} One "
            "that still runs will store its bookmarks over the reset.",
            "See to it that none runs, and reset them again with `zuora360 reset`.",
        )


def still_running(runs: Iterable[PipelineRun]) -> Iterator[Finding]:
    """Pipelines that will store their bookmarks over the reset."""
    if alive := [each for each in runs if each.is_running]:
        yield codes.STILL_RUNNING.found(
            f"A paired pipeline was started during the cleanup and still runs: {_listed(alive)}. "
            "It will store its bookmarks over the reset.",
            "Stop it, and reset them again with `zuora360 reset`.",
        )


def ran_meanwhile(runs: Iterable[PipelineRun]) -> Iterator[Finding]:
    """Pipelines that were started while records were deleted, and have ended."""
    if ended := [each for each in runs if not each.is_running]:
        yield codes.RAN.found(
            f"A paired pipeline was started during the cleanup: {_listed(ended)}.",
            "Stop syncs while a cleanup runs. What it has loaded may be deleted; its next sync is "
            "a full one.",
        )


def _listed(runs: Iterable[PipelineRun]) -> str:
    return ", ".join(f"{each.state_id} since {each.started_at[:16]} UTC" for each in runs)


def _bookmarks(reset: Reset) -> str:
    return f"bookmarks of {listed(reset.gone)}" if reset.gone else "no bookmark to reset"
