"""What a plan, a cleanup or a reset did, in one sentence or two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.report.numbers import known_sum

if TYPE_CHECKING:
    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.report.header import Header

_GO_ON: Final = "The bookmarks are reset; run the cleanup again to go on."


def headline(
    header: Header,
    plan: Plan | None,
    outcomes: tuple[Outcome, ...],
    along: str = "",
    *,
    is_reset: bool,
) -> str:
    """What happened.

    Args:
        header: How the run ended.
        plan: What was, or was to be, carried out.
        outcomes: What became of its steps.
        along: How many rows of other objects went along, to follow on the place; blank if none.
        is_reset: Whether a stored state was written.
    """
    if header.mode == "plan" and plan and header.status in ("done", "refused"):
        return _planned(header, plan)
    if header.mode == "reset" and header.status == "done":
        return "Done: the bookmarks are reset. Nothing was deleted."
    if header.status == "done" and plan and plan.chooses_none:
        return "Done: no billing account is chosen; nothing was deleted and no state was written."
    deleted = known_sum(each.deleted for each in outcomes)
    gone = f" deleted from {header.place}{along}"
    no_state = "" if is_reset else " and no state was written"
    partly = _partly(_whose(plan), gone, deleted, outcomes)
    sentences = {
        "done": f"Done: {counted(deleted, 'record')}{_whose(plan)}{gone}.",
        "refused": f"Refused: nothing was deleted{no_state}. {header.error}",
        "partial": f"Partial: {partly} {_next(header, outcomes)}",
        "failed": f"Failed: {header.error}",
    }
    return sentences[header.status].rstrip()


def _planned(header: Header, plan: Plan) -> str:
    verb = "would delete" if header.status == "done" else "would be refused; it would delete"
    gone = f"{counted(plan.to_delete, 'record')}{_whose(plan)}"
    return f"Plan: a cleanup of {header.place} {verb} {gone}."


def _whose(plan: Plan | None) -> str:
    """Of which billing accounts, to follow on "records"; blank where all of Zuora's are meant."""
    if not plan or not plan.accounts:
        return ""
    return f" of {counted(plan.accounts.chosen, 'billing account')}"


def _partly(whose: str, gone: str, deleted: int, outcomes: tuple[Outcome, ...]) -> str:
    """How much was deleted; what is not known is said, and is no 0."""
    unknown = sum(each.deleted is None for each in outcomes)
    if not unknown:
        left = known_sum(each.failed for each in outcomes)
        return f"{counted(deleted, 'record')}{whose}{gone}, {counted(left, 'is', 'are')} left."
    types = counted(unknown, "object type")
    if not deleted:
        return f"of {types} it is not known how many records{whose} were{gone}."
    return (
        f"at least {counted(deleted, 'record')}{whose}{gone}; of {types} it is not known how many."
    )


def _next(header: Header, outcomes: tuple[Outcome, ...]) -> str:
    """Where everything is deleted, what is partial is something else, which the error says."""
    is_deleted = all(each.ended == "done" and not each.failed for each in outcomes)
    return header.error if outcomes and is_deleted else _GO_ON
