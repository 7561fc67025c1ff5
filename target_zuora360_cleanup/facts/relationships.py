"""The reference fields that lead into an object, as its describe has them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

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


@dataclass(frozen=True, order=True)
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

    @property
    def name(self) -> str:
        """Of the field, such as `Contract.Subscription__c`."""
        return f"{self.child}.{self.field}"


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
