"""Makes the plan of a cleanup: facts in, ordered steps and findings out. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from target_zuora360_cleanup.facts.known import Unknown
from target_zuora360_cleanup.plan.allowances import needs_of
from target_zuora360_cleanup.plan.check import Approval, Weighed
from target_zuora360_cleanup.plan.checks import find_all
from target_zuora360_cleanup.plan.counts import (
    blank_links,
    detached_links,
    linked,
    strong_links,
)
from target_zuora360_cleanup.plan.order import deletion_order, flat
from target_zuora360_cleanup.plan.plan import Plan, Reached, Step
from target_zuora360_cleanup.plan.saved import SavedPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.facts.known import Fact
    from target_zuora360_cleanup.facts.org_facts import ObjectFacts, OrgConditions, OrgFacts
    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.reach import Path, Relationship
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
        blank_links=tuple(blank_links(facts)),
        strong_links=tuple(strong_links(facts)),
        detached=tuple(detached_links(facts)),
        own_values=facts.own_values,
        not_counted=tuple(_not_counted(facts)),
        user=facts.conditions.user.or_else(""),
        permissions=_permissions(facts.conditions),
        viewed=facts.conditions.viewed_objects.or_else(frozenset()),
        lookups=facts.lookups,
        beside=facts.beside,
        accounts=facts.accounts,
        needs=needs_of(facts, settings),
    )
    approval = Approval(saved, SavedPlan.of(plan, settings)) if saved else None
    return replace(plan, findings=find_all(Weighed(facts, settings, pipeline, approval)))


def _steps(facts: OrgFacts) -> tuple[Step, ...]:
    by_name = {each.kind.api_name: each for each in facts.objects}
    last = frozenset(name for name, each in by_name.items() if each.kind.reference)
    ways = [*facts.relationships, *(each.as_one for each in facts.through)]
    circles = {*facts.circles, *facts.idle}
    ways += [replace(each, on_delete="cascade") for each in facts.stand_ins]
    before = deletion_order(by_name, [each for each in ways if each not in circles], last)
    into: dict[str, list[Relationship]] = {name: [] for name in by_name}
    for each in facts.relationships:
        into[each.parent].append(each)
    return tuple(
        _step(by_name[name], frozenset(before[name]), into[name], facts) for name in flat(before)
    )


def _step(
    each: ObjectFacts, after: frozenset[str], into: list[Relationship], facts: OrgFacts
) -> Step:
    name, names = each.kind.api_name, facts.names
    return Step(
        each,
        facts.kept.get(name, frozenset()),
        after,
        parent_field(name, facts.relationships),
        below=tuple(
            link
            for link in into
            if link.child in names and (link.on_delete == "cascade" or link in facts.stand_ins)
        ),
        held_by_itself=tuple(
            link.field for link in into if link.on_delete == "restrict" and link.child == name
        ),
        reach=tuple(Reached(path, rows) for path, rows in linked(facts) if path.root == name),
        through=tuple(path for path in facts.through if path.root == name),
        seen=tuple(into),
    )


def _not_counted(facts: OrgFacts) -> Iterator[Path]:
    return (path for path in sorted(facts.reach) if isinstance(facts.reach[path], Unknown))


def _permissions(conditions: OrgConditions) -> dict[str, bool | None]:
    """What the user may do, as far as a plan rests on it; None where nobody could say."""
    rights: dict[str, Fact[bool]] = {
        "Bulk API Hard Delete": conditions.may_hard_delete,
        "Modify All Data": conditions.may_modify_all,
        "View All Data": conditions.may_view_all,
    }
    return {name: right.or_else(None) for name, right in rights.items()}


def parent_field(name: str, relationships: Iterable[Relationship]) -> str:
    """The master-detail field of an object type, else another lookup that leads into the plan."""
    own = [each for each in relationships if each.child == name and each.parent != name]
    strong = [each.field for each in own if each.on_delete == "cascade"]
    return next(iter((*strong, *(each.field for each in own))), "")
