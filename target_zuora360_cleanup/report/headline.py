"""What a run did, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.deletion.outcome import total
from target_zuora360_cleanup.report.sync_summary import headline as sync_headline

if TYPE_CHECKING:
    from target_zuora360_cleanup.report.document import Report

_GO_ON: Final = "The bookmarks are reset; run the cleanup again to go on."


def headline(report: Report) -> str:
    """What happened, in one sentence."""
    if report.mode == "sync":
        return sync_headline(report)
    deleted = _words(total(each.deleted for each in report.outcomes))
    failed = _words(total(each.failed for each in report.outcomes))
    org = f"{report.plan.org.name} ({report.plan.org.id})" if report.plan else "Salesforce"
    if report.mode == "plan" and report.plan and report.status in ("done", "refused"):
        verb = "would delete" if report.status == "done" else "would be refused; it would delete"
        return f"Plan: a cleanup of {org} {verb} {report.plan.to_delete:,} records."
    sentences = {
        "done": f"Done: {deleted} records deleted from {org}.",
        "refused": f"Refused: nothing was deleted{_and_no_state(report)}. {report.error}",
        "partial": f"Partial: {deleted} records deleted from {org}, {failed} are left. "
        + (report.error if _is_done(report) else _GO_ON),
        "failed": f"Failed: {report.error}",
    }
    if report.mode == "reset" and report.status == "done":
        return "Done: the bookmarks are reset; the next sync is a full one. Nothing was deleted."
    return sentences[report.status].rstrip()


def _words(number: int | None) -> str:
    return "an unknown number of" if number is None else f"{number:,}"


def _and_no_state(report: Report) -> str:
    return "" if any(each.written for each in report.paired) else " and no state was written"


def _is_done(report: Report) -> bool:
    """Whether everything is deleted, so that what is partial is something else."""
    return bool(report.outcomes) and all(
        each.ended == "done" and not each.failed for each in report.outcomes
    )
