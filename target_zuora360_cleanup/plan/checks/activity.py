"""What else is at work in the org: syncs and triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import rows_of
from target_zuora360_cleanup.plan.finding import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.facts.org_facts import RunningSync
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding

RUNNING: Final = Code(
    "sync-running",
    "blocks",
    "a 360 sync runs in the org",
    "stop it and wait for its end",
    setting="ignore_running_sync",
    otherwise=("warns",),
)
SCHEDULED: Final = Code(
    "sync-scheduled",
    "warns",
    "a 360 sync is scheduled in the org, with its next run",
    "stop it while the cleanup runs",
)
TRIGGERS: Final = Code(
    "delete-triggers",
    "tells",
    "triggers of your own that run at a deletion",
    "switch them off for the cleanup if you can",
)


@check(RUNNING)
def running_sync(weighed: Weighed) -> Iterator[Finding]:
    """A sync that runs."""
    running: list[RunningSync] = []
    for each in weighed.facts.conditions.running_syncs.values():
        match each:
            case Known(syncs):
                running += syncs
            case Unknown():
                pass  # (`sync-not-checked` tells it)
    if running:
        listed = ", ".join(f"{each.what} {each.id} since {each.since} UTC" for each in running)
        yield RUNNING.found(
            f"A 360 sync appears to run in the org: {listed}.",
            "Stop the sync and wait for its end. If the row is only a leftover, set "
            "ignore_running_sync.",
            severity="warns" if weighed.settings.ignore_running_sync else "blocks",
        )


@check(SCHEDULED)
def scheduled_sync(weighed: Weighed) -> Iterator[Finding]:
    """A sync that will run."""
    match weighed.facts.conditions.scheduled_syncs:
        case Known(jobs) if jobs:
            listed = ", ".join(f"{name} (next run {time} UTC)" for name, time in jobs)
            yield SCHEDULED.found(
                f"A 360 sync is scheduled in the org: {listed}.",
                "Stop it while the cleanup runs. What Zuora's own scheduled sync knows is kept in "
                "Zuora and can't be reset from here: its next run stays incremental.",
            )
        case Known() | Unknown():
            pass  # (`not-checked` tells what is unknown)


@check(TRIGGERS)
def triggers(weighed: Weighed) -> Iterator[Finding]:
    """Triggers that slow or veto deletions."""
    facts = weighed.facts
    rows = {each.kind.api_name: rows_of(each) for each in facts.objects}
    match facts.conditions.triggers:
        case Known(active):
            concerned = [(name, trigger) for name, trigger in active if rows.get(name)]
        case Unknown():
            concerned = []  # (`not-checked` tells it)
    if concerned:
        listed = ", ".join(f"{trigger} on {name}" for name, trigger in concerned)
        yield TRIGGERS.found(
            f"Triggers of your own run when records are deleted: {listed}.",
            "They slow the deletion down and may veto it; switch them off for the cleanup if you "
            "can.",
            tuple((name, rows[name]) for name, _ in concerned),
        )
