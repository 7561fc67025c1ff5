"""The plan of a cleanup: ordered steps and findings. What is shown, is done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.facts.org_facts import Beside
from target_zuora360_cleanup.plan.counts import rows_of
from target_zuora360_cleanup.plan.finding import by_severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.catalog.objects import ObjectType
    from target_zuora360_cleanup.facts.org_facts import Accounts, ObjectFacts, OrgInfo, OwnValues
    from target_zuora360_cleanup.plan.allowances import Need
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.reach import Lookups, Path, Relationship

_ID_BYTES: Final = 27
_FIELD_BYTES: Final = 2
_ROW_BYTES: Final = _ID_BYTES + 20 * _FIELD_BYTES
"""Of a whole row of an object that nobody has described yet, of some twenty fields."""


@dataclass(frozen=True)
class Reached:
    """Rows that are not to be deleted, and that a deletion concerns.

    Attributes:
        path: How they are reached, and what happens to them.
        rows: How many they are; where some records stay, lookups that go blank are at most so many.
    """

    path: Path
    rows: int


@dataclass(frozen=True)
class Step:
    """The deletion of one object type.

    Attributes:
        facts: What is known of the object type.
        kept: Ids of the rows that stay.
        after: API names of the object types that must be done first.
        parent_field: The lookup whose parent a deletion locks, blank if there is none.
        below: Cascades by which rows of the plan's object types, its own included, go with these.
        held_by_itself: Its lookups to itself that forbid the deletion of what they lead to.
        reach: What else its deletion concerns, as it was counted.
        through: Ways to rows of the plan's other object types over rows that are not deleted.
        seen: All relationships into it when the plan was made, and it saw their objects.
    """

    facts: ObjectFacts
    kept: frozenset[str]
    after: frozenset[str]
    parent_field: str = ""
    below: tuple[Relationship, ...] = ()
    held_by_itself: tuple[str, ...] = ()
    reach: tuple[Reached, ...] = ()
    through: tuple[Path, ...] = ()
    seen: tuple[Relationship, ...] = ()

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

    def found_now(self, rows: int) -> Step:
        """The same step with so many rows."""
        return replace(self, facts=replace(self.facts, found=Known(rows)))

    @property
    def links(self) -> Mapping[str, int | None]:
        """Number of links to itself by what they are called; None where it is not known."""
        match self.facts.links:
            case Known(links):
                return links
            case Unknown():
                return {label: None for _, label in self.kind.links}

    @property
    def to_delete(self) -> int:
        """Rows to delete."""
        return self.found - len(self.kept)


@dataclass(frozen=True)
class Plan:
    """What a cleanup of an org does, in order, and what must be weighed before it.

    Attributes:
        blank_links: Lookups that will go blank and that no sync fills again, with the number of
            rows; where some of the parents stay, of at most so many rows.
        strong_links: The same of rows that a deletion takes along, or that forbid it.
        detached: Lookups that are blanked before the deletion, so that their rows don't go with
            it; where some of the parents stay, of at most so many rows.
        not_counted: Ways to rows that could not be counted; they block or are told.
        user: Name of the user who looked, blank where it is not known.
        permissions: What this user may do, by Salesforce's names; None where it is not known.
        viewed: Objects of which this user sees every row, where that is not so of all.
        lookups: The reference fields of all objects that were looked at.
        own_values: What people have filled on the records of each object type.
        beside: The rest of the catalogue, where only a part of it is cleaned.
        accounts: The billing accounts below which alone rows are deleted; None for all of Zuora's.
        needs: What it costs of the org's daily allowances, as far as they are known.
    """

    org: OrgInfo
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    blank_links: tuple[tuple[Path, int], ...] = ()
    strong_links: tuple[tuple[Path, int], ...] = ()
    needs: tuple[Need, ...] = ()
    not_counted: tuple[Path, ...] = ()
    user: str = ""
    permissions: Mapping[str, bool | None] = field(default_factory=lambda: MappingProxyType({}))
    lookups: Lookups = field(default_factory=lambda: MappingProxyType({}))
    detached: tuple[tuple[Path, int], ...] = ()
    own_values: Mapping[str, OwnValues] = field(default_factory=lambda: MappingProxyType({}))
    beside: Beside = field(default_factory=Beside)
    accounts: Accounts | None = None
    viewed: frozenset[str] = frozenset()

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that refuse the cleanup."""
        return tuple(each for each in self.findings if each.severity == "blocks")

    @property
    def chooses_none(self) -> bool:
        """Whether it is limited to some billing accounts, and there is none of them."""
        return self.accounts is not None and not self.accounts.chosen

    @property
    def to_delete(self) -> int:
        """Rows to delete, over all object types."""
        return sum(step.to_delete for step in self.steps)

    @property
    def taken_along(self) -> int:
        """Rows of other objects that go with their parents."""
        return sum(rows for path, rows in self.strong_links if path.on_delete == "cascade")

    def weighing(self, more: Iterable[Finding]) -> Plan:
        """The same plan with more findings."""
        return replace(self, findings=by_severity((*self.findings, *more)))


def backup_bytes(plan: Plan, backup: str) -> int:
    """About the least room that the backups of a plan take, in bytes.

    A row's ids take some 27 bytes compressed, since Zuora's are random; what all its fields take
    depends on what is in them. Rows of others that go along, or are
    detached, are always written whole.
    """
    fields = {"none": 0, "ids": 0, "full": _FIELD_BYTES}[backup]
    ids = 0 if backup == "none" else _ID_BYTES
    own = sum(step.to_delete * (ids + fields * len(step.facts.fields)) for step in plan.steps)
    others = plan.taken_along + sum(rows for _, rows in plan.detached)
    return own + (others * _ROW_BYTES if ids else 0)
