"""The plan of a cleanup: ordered steps and findings. What is shown, is done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.plan.counts import rows_of
from target_zuora360_cleanup.plan.finding import by_severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.catalog.objects import ObjectType
    from target_zuora360_cleanup.facts.org_facts import ObjectFacts, OrgInfo
    from target_zuora360_cleanup.facts.relationships import Relationship
    from target_zuora360_cleanup.plan.allowances import Need
    from target_zuora360_cleanup.plan.finding import Finding

_ID_BYTES: Final = 27
_FIELD_BYTES: Final = 2


@dataclass(frozen=True)
class Step:
    """The deletion of one object type.

    Attributes:
        facts: What is known of the object type.
        kept: Ids of the rows that stay.
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
    def found(self) -> int:
        """Rows that are Zuora's, none where they can't be read; that blocks the cleanup."""
        return rows_of(self.facts)

    @property
    def links(self) -> Mapping[str, int]:
        """Number of links to itself by what they are called, as far as they could be counted."""
        return self.facts.links.or_else({})

    @property
    def to_delete(self) -> int:
        """Rows to delete."""
        return self.found - len(self.kept)


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


def backup_bytes(plan: Plan, backup: str) -> int:
    """About the least room that the backups of a plan take, in bytes.

    A row's ids take some 27 bytes compressed, since Zuora's are random; what all its fields take
    depends on what is in them.
    """
    fields = {"none": 0, "ids": 0, "full": _FIELD_BYTES}[backup]
    ids = 0 if backup == "none" else _ID_BYTES
    return sum(step.to_delete * (ids + fields * len(step.facts.fields)) for step in plan.steps)
