"""What must be weighed before a cleanup: all checks over the facts, each with its remedy.

All findings are gathered before anything is refused, so that a user sees the whole list at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.plan import checks_data, checks_org

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.facts.org_facts import OrgFacts
    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.settings.declared import Settings


def find_all(facts: OrgFacts, settings: Settings, pipeline: Pipeline) -> tuple[Finding, ...]:
    """Every finding, those that block first."""
    found = [
        *checks_org.package(facts),
        *checks_org.production(facts, settings),
        *checks_data.records(facts, settings),
        *checks_org.access(facts),
        *checks_org.hard_delete(facts, settings),
        *checks_data.taken_along(facts, settings),
        *checks_data.lookups(facts, settings),
        *checks_org.running_sync(facts, settings),
        *checks_org.scheduled_sync(facts),
        *checks_data.quotes(facts, settings),
        *checks_org.hidden_rows(facts),
        *checks_org.triggers(facts),
        *checks_org.unseen(facts),
        *checks_org.unchecked_syncs(facts, settings),
        *checks_org.refused(facts),
        *checks_org.recycle_bin(facts, settings),
        *checks_org.allowances(facts, settings),
        *checks_org.state(pipeline),
        *checks_data.start_date(facts, pipeline),
    ]
    return by_severity(found)


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The same, those that block first."""
    rank = {"blocks": 0, "warns": 1, "tells": 2}
    return tuple(sorted(findings, key=lambda each: rank[each.severity]))
