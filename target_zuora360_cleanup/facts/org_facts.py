"""What is known of an org before anything is planned: plain data, no I/O."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from target_zuora360_cleanup.catalog.objects import ObjectType  # noqa: TC001 - the same

OnDelete = Literal["cascade", "restrict", "clear"]

SYSTEM_SUFFIXES: Final = ("Feed", "History", "Share", "ChangeEvent", "__Tag")
"""Rows that Salesforce itself keeps about a record; they go and come with it."""
COMPANIONS: Final = frozenset({
    "ActivityHistory", "AttachedContentDocument", "Attachment", "CollaborationGroupRecord",
    "CombinedAttachment", "ContentDistribution", "ContentDocumentLink", "ContentVersion",
    "DuplicateRecordItem", "EmailMessage", "EntitySubscription", "Event", "FeedComment",
    "FeedItem", "FlowRecordRelation", "NetworkActivityAudit", "Note", "NoteAndAttachment",
    "OpenActivity", "ProcessException", "ProcessInstance", "ProcessInstanceHistory", "RecordAction",
    "RecordActionHistory", "Task", "TopicAssignment",
})  # fmt: skip
"""Notes, files and activities that users hang on records of any object."""


@dataclass(frozen=True)
class OrgInfo:
    """Which org it is.

    Attributes:
        id: 18 characters.
        kind: Salesforce's `OrganizationType`, such as `Enterprise Edition`.
    """

    id: str
    name: str
    is_sandbox: bool
    kind: str = ""


@dataclass(frozen=True)
class Relationship:
    """A reference field, from the parent's describe.

    Attributes:
        on_delete: What deleting the parent does to the child row: `cascade` deletes it, `restrict`
            forbids it, `clear` blanks the field.
    """

    child: str
    field: str
    parent: str
    on_delete: OnDelete


@dataclass(frozen=True)
class ObjectFacts:
    """One object type as the org has it.

    Attributes:
        external_id: API name of its external id field, blank if it has none.
        fields: API names of the fields that a query may select.
        found: Rows that are Zuora's.
        oldest: ISO date of the oldest sign of life: creation in Salesforce or a Zuora date.
        links: Number of links to itself by what they are called.
    """

    kind: ObjectType
    external_id: str = ""
    fields: tuple[str, ...] = ()
    deletable: bool = True
    queryable: bool = True
    found: int = 0
    oldest: str = ""
    links: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_reset(self) -> bool:
        """Whether bookmarks of the streams that feed it go.

        Streams such as Product feed reference data of one group and objects of the other. Where
        the org holds no such reference data, as without real-time sync, the other group's streams
        can stay incremental.
        """
        return bool(self.found) or not self.kind.reference


@dataclass(frozen=True)
class RunningSync:
    """A sync that seems to run: what tells it, its record and since when (UTC)."""

    what: str
    id: str
    since: str


@dataclass(frozen=True)
class Surroundings:
    """What else goes on in an org.

    Attributes:
        quotes_version: Such as `9.12`; blank where it isn't known.
        running_syncs: Syncs without an end.
        scheduled_syncs: Scheduled jobs of the packages, with the time of their next run.
        triggers: Active triggers for deletions that are not the packages', as (object, name).
        counted: Rows by object as Salesforce last counted them, whoever may see them.
        config_version: What the package's own settings say of the version of Quotes.
        may_hard_delete: Whether the user has the permission; None where it isn't known.
        may_modify_all: Whether no sharing rule hides a row from the user; None as above.
        unchecked_syncs: What could not be looked at for running syncs, and why.
        refused: What else Salesforce would not tell, and why.
        allowances: Maximum and what remains of daily allowances, by Salesforce's names; empty where
            the user may not know them.
    """

    quotes_version: str = ""
    running_syncs: tuple[RunningSync, ...] = ()
    scheduled_syncs: tuple[tuple[str, str], ...] = ()
    triggers: tuple[tuple[str, str], ...] = ()
    counted: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    allowances: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    config_version: str = ""
    may_hard_delete: bool | None = None
    may_modify_all: bool | None = None
    unchecked_syncs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    refused: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class OrgFacts:
    """Everything that a plan rests on.

    Attributes:
        objects: The object types to be cleaned, as far as the org has them.
        relationships: Into these objects, from any child.
        linked_rows: How many child rows use a relationship, for children outside of the cleanup.
        holders: The first ids of the rows that forbid a deletion, by relationship.
        kept: Ids that stay, by object.
        around: What else goes on in the org.
        unseen: Object types to be cleaned that the org doesn't have, or doesn't show to this user,
            although it shows others of the same package.
    """

    org: OrgInfo
    objects: tuple[ObjectFacts, ...]
    relationships: tuple[Relationship, ...] = ()
    linked_rows: Mapping[Relationship, int] = field(default_factory=lambda: MappingProxyType({}))
    holders: Mapping[Relationship, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    kept: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    around: Surroundings = field(default_factory=Surroundings)
    unseen: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """API names of the objects to be cleaned."""
        return frozenset(each.kind.api_name for each in self.objects)

    @property
    def reset_names(self) -> frozenset[str]:
        """API names of those whose streams' bookmarks go."""
        return frozenset(each.kind.api_name for each in self.objects if each.is_reset)


def read_relationships(parent: str, describe: Mapping[str, Any]) -> tuple[Relationship, ...]:
    """The relationships into an object, from its describe.

    `cascadeDelete` and `restrictedDelete` of `childRelationships` say what a deletion does
    (ChildRelationship, sObject Describe). What Salesforce keeps about records itself is left out.
    """
    return tuple(
        Relationship(each["childSObject"], each["field"], parent, _on_delete(each))
        for each in describe["childRelationships"]
        if each.get("field") and not _is_system(each["childSObject"])
    )


def _on_delete(child: Mapping[str, Any]) -> OnDelete:
    if child.get("cascadeDelete"):
        return "cascade"
    return "restrict" if child.get("restrictedDelete") else "clear"


def _is_system(child: str) -> bool:
    return child in COMPANIONS or (child.endswith(SYSTEM_SUFFIXES) and not child.endswith("__c"))


def relationship_name(field: str) -> str:
    """The name by which SOQL follows a reference field: `Account__r`, `Account`."""
    return f"{field[:-1]}r" if field.endswith("__c") else field.removesuffix("Id")
