"""Makes the plan of a cleanup: facts in, ordered steps and findings out. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from target_zuora360_cleanup.plan.allowances import needs_of
from target_zuora360_cleanup.plan.check import Approval, Weighed
from target_zuora360_cleanup.plan.checks import find_all
from target_zuora360_cleanup.plan.counts import blank_links, strong_links
from target_zuora360_cleanup.plan.order import deletion_order, flat
from target_zuora360_cleanup.plan.plan import Plan, Step
from target_zuora360_cleanup.plan.saved import SavedPlan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.facts.org_facts import OrgFacts
    from target_zuora360_cleanup.facts.relationships import Relationship
    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.settings.declared import Settings


def make_plan(
    facts: OrgFacts, settings: Settings, pipeline: Pipeline, saved: SavedPlan | None = None
) -> Plan:
    """Order the deletion of the object types and gather all findings.

    Args:
        facts: What is known of the org.
        settings: What the user set.
        pipeline: The Meltano run around the cleanup.
        saved: The plan that the cleanup is held to.
    """
    plan = Plan(
        facts.org,
        _steps(facts),
        findings=(),
        blank_links=_sorted(blank_links(facts)),
        strong_links=_sorted(strong_links(facts)),
        needs=needs_of(facts, settings),
    )
    approval = Approval(saved, SavedPlan.of(plan, settings)) if saved else None
    return replace(plan, findings=find_all(Weighed(facts, settings, pipeline, approval)))


def _steps(facts: OrgFacts) -> tuple[Step, ...]:
    by_name = {each.kind.api_name: each for each in facts.objects}
    last = frozenset(name for name, each in by_name.items() if each.kind.reference)
    before = deletion_order(by_name, facts.relationships, last)
    return tuple(
        Step(
            by_name[name],
            facts.kept.get(name, frozenset()),
            frozenset(before[name]),
            parent_field(name, facts.relationships),
        )
        for name in flat(before)
    )


def _sorted(
    links: Iterable[tuple[Relationship, int]],
) -> tuple[tuple[Relationship, int], ...]:
    return tuple(sorted(links, key=lambda pair: (pair[0].child, pair[0].field)))


def parent_field(name: str, relationships: Iterable[Relationship]) -> str:
    """The master-detail field of an object type, else another lookup that leads into the plan."""
    own = [each for each in relationships if each.child == name and each.parent != name]
    strong = [each.field for each in own if each.on_delete == "cascade"]
    return next(iter((*strong, *(each.field for each in own))), "")
