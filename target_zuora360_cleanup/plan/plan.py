"""The plan of a cleanup: facts in, ordered steps and findings out. What is shown, is done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.plan.checks_data import blank_links, strong_links
from target_zuora360_cleanup.plan.checks_org import needs_of
from target_zuora360_cleanup.plan.findings import by_severity, find_all
from target_zuora360_cleanup.plan.order import deletion_order, flat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.catalog.objects import ObjectType
    from target_zuora360_cleanup.facts.org_facts import ObjectFacts, OrgFacts, OrgInfo, Relationship
    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.plan.allowances import Need
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.settings.declared import Settings

_ID_BYTES: Final = 27
_FIELD_BYTES: Final = 2


@dataclass(frozen=True)
class Step:
    """The deletion of one object type.

    Attributes:
        found: Rows that are Zuora's.
        kept: Ids of those that stay.
        after: API names of the object types that must be done first.
        parent_field: The lookup whose parent a deletion locks, blank if there is none.
    """

    facts: ObjectFacts
    kept: frozenset[str]
    after: frozenset[str]
    parent_field: str = ""

    @property
    def kind(self) -> ObjectType:
        """The object type."""
        return self.facts.kind

    @property
    def name(self) -> str:
        """The API name."""
        return self.facts.kind.api_name

    @property
    def to_delete(self) -> int:
        """Rows to delete."""
        return self.facts.found - len(self.kept)


@dataclass(frozen=True)
class Plan:
    """What a cleanup of an org does, in order, and what must be weighed before it.

    Attributes:
        blank_links: Lookups of other objects that will go blank, with the number of rows; where
            some of the parents stay, of at most so many rows.
        strong_links: The same of relationships whose rows a deletion takes along, or that forbid
            it.
        needs: What it costs of the org's daily allowances, as far as they are known.
    """

    org: OrgInfo
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    blank_links: tuple[tuple[Relationship, int], ...] = ()
    strong_links: tuple[tuple[Relationship, int], ...] = ()
    needs: tuple[Need, ...] = ()

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that refuse the cleanup."""
        return tuple(each for each in self.findings if each.severity == "blocks")

    @property
    def to_delete(self) -> int:
        """Rows to delete, over all object types."""
        return sum(step.to_delete for step in self.steps)

    def weighing(self, more: Iterable[Finding]) -> Plan:
        """The same plan with more findings."""
        return replace(self, findings=by_severity((*self.findings, *more)))


def make_plan(facts: OrgFacts, settings: Settings, pipeline: Pipeline) -> Plan:
    """Order the deletion of the object types and gather all findings."""
    by_name = {each.kind.api_name: each for each in facts.objects}
    last = frozenset(name for name, each in by_name.items() if each.kind.reference)
    before = deletion_order(by_name, facts.relationships, last)
    steps = tuple(
        Step(
            by_name[name],
            facts.kept.get(name, frozenset()),
            frozenset(before[name]),
            parent_field(name, facts.relationships),
        )
        for name in flat(before)
    )
    return Plan(
        facts.org,
        steps,
        find_all(facts, settings, pipeline),
        _sorted(blank_links(facts)),
        _sorted(strong_links(facts)),
        needs_of(facts, settings),
    )


def _sorted(
    links: Iterable[tuple[Relationship, int]],
) -> tuple[tuple[Relationship, int], ...]:
    return tuple(sorted(links, key=lambda pair: (pair[0].child, pair[0].field)))


def parent_field(name: str, relationships: Iterable[Relationship]) -> str:
    """The master-detail field of an object type, else another lookup that leads into the plan."""
    links = [link for link in relationships if link.child == name and link.parent != name]
    strong = [link.field for link in links if link.on_delete == "cascade"]
    return next(iter((*strong, *(link.field for link in links))), "")


def backup_bytes(plan: Plan, backup: str) -> int:
    """About the least room that the backups of a plan take, in bytes.

    A row's ids take some 27 bytes compressed, since Zuora's are random; what all its fields take
    depends on what is in them.
    """
    fields = {"none": 0, "ids": 0, "full": _FIELD_BYTES}[backup]
    ids = 0 if backup == "none" else _ID_BYTES
    return sum(step.to_delete * (ids + fields * len(step.facts.fields)) for step in plan.steps)
