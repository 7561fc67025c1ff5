"""The report of a plan, a cleanup or a reset, put together from what came of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.deletion.bodies import BodyCount
from target_zuora360_cleanup.deletion.links_lost import LinksLost
from target_zuora360_cleanup.report.costs import Costs
from target_zuora360_cleanup.report.detached import Detached
from target_zuora360_cleanup.report.document import Report
from target_zuora360_cleanup.report.failures import Failures
from target_zuora360_cleanup.report.findings import Findings, Happened
from target_zuora360_cleanup.report.headline import headline
from target_zuora360_cleanup.report.objects import Objects
from target_zuora360_cleanup.report.part import (
    Approved,
    ChosenAccounts,
    Headline,
    RecordsRead,
    Times,
)
from target_zuora360_cleanup.report.states import States
from target_zuora360_cleanup.report.taken_along import TakenAlong
from target_zuora360_cleanup.report.way_back import WayBack
from target_zuora360_cleanup.state.outcome import ResetOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.output.timeline import Span
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.plan.saved import SavedPlan
    from target_zuora360_cleanup.reach import Path
    from target_zuora360_cleanup.report.header import Header
    from target_zuora360_cleanup.rows.failures import FailureGroup
    from target_zuora360_cleanup.state.coverage import Feed


def cleanup_report(  # noqa: PLR0913 - what a run leaves, each by its name
    header: Header,
    *,
    plan: Plan | None = None,
    saved: SavedPlan | None = None,
    outcomes: tuple[Outcome, ...] = (),
    along: Mapping[Path, int | None] | None = None,
    detached: Mapping[Path, int | None] | None = None,
    bodies: BodyCount | None = None,
    links: LinksLost | None = None,
    left: Mapping[str, int | None] | None = None,
    timeline: tuple[Span, ...] = (),
    failures: tuple[FailureGroup, ...] = (),
    findings: tuple[Finding, ...] = (),
    states: ResetOutcome | None = None,
    feeds: tuple[Feed, ...] = (),
    records: Mapping[str, int] | None = None,
    is_scheduled: bool = False,
) -> Report:
    """The report of mode `plan`, `cleanup` or `reset`; whatever is missing stays empty.

    Args:
        header: Which run it was and how it ended; its org is the plan's, and None without a plan.
        plan: The plan, once it is made.
        saved: The plan that was saved, or that the cleanup was held to.
        outcomes: What became of its steps, in its order; none where the deletion never began.
        along: How many rows of other objects went along, by the way to them; None of a way where
            nobody could count them.
        detached: How many rows of other objects were detached, by the way to them; None of a way
            where nobody could count them.
        bodies: What became of the bodies of rows that went along.
        links: What became of the plan's lookups, once that was counted.
        left: What was left of the daily allowances after a deletion; None where nobody could tell.
        timeline: When each object type was worked on.
        failures: Rows that could not be deleted, by reason.
        findings: What was found besides the plan's findings.
        states: What became of the bookmarks.
        feeds: What brings back the rows of each object type that has some to delete.
        records: RECORD messages that the tap sent, by stream.
        is_scheduled: Whether a schedule has run it.
    """
    states = states or ResetOutcome()
    if plan and outcomes:
        links = links or LinksLost.of(plan, outcomes)
    taken_along = TakenAlong(plan, along or {}, bodies or BodyCount())
    is_reset = states.is_written
    return Report(
        header,
        (
            Headline(
                headline(header, plan, outcomes, taken_along.words, is_reset=is_reset),
                # (a line for each of what refuses it follows)
                header.error if header.status == "refused" and plan and plan.blocking else "",
            ),
            Approved(saved, is_new=header.mode == "plan", user=plan.user if plan else ""),
            ChosenAccounts(plan.accounts if plan else None),
            Findings(
                plan.findings if plan else (),
                tuple(findings),
                Happened(
                    {**(along or {}), **(detached or {}), **(links.blank if links else {})},
                    {each.name: each.deleted for each in outcomes},
                )
                if outcomes
                else None,
            ),
            Objects(plan, outcomes, links),
            taken_along,
            Detached(plan, detached or {}),
            Times(timeline),
            Costs(plan, links, left or {}),
            WayBack(header, plan, is_begun=bool(outcomes)),
            Failures(failures, tuple((each.name, each.error) for each in outcomes if each.error)),
            States(states, is_planned=header.mode == "plan", feeds=feeds),
            RecordsRead(records or {}, unloaded_by=header.mode, is_scheduled=is_scheduled),
        ),
    )
