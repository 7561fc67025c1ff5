"""The reference fields that lead into an object, as describes have them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

OnDelete = Literal["cascade", "restrict", "clear", "detach"]


@dataclass(frozen=True, order=True)
class Relationship:
    """A reference field, from the parent's describe.

    Attributes:
        on_delete: What deleting the parent does to the child row: `cascade` deletes it, `restrict`
            forbids it, `clear` blanks the field. `detach`: it would delete it, had this program
            not blanked the field before (`detaching`).
    """

    child: str
    field: str
    parent: str
    on_delete: OnDelete

    @property
    def name(self) -> str:
        """Of the field, such as `Contract.Subscription__c`."""
        return f"{self.child}.{self.field}"


@dataclass(frozen=True)
class Lookup:
    """The same reference field, from the child's describe.

    Attributes:
        relationship_name: By which SOQL follows it, such as `Account__r` or `What`; there need not
            be one, and no rule of spelling makes it (person accounts' end in `__pr`).
        parents: API names of the objects that it may lead to.
        may_be_blank: Whether this user may blank it; false where the describe does not say so.
    """

    relationship_name: str | None
    parents: tuple[str, ...]
    may_be_blank: bool = False

    @property
    def followed_as(self) -> str | None:
        """The name by which SOQL follows it to the fields of its one object; None if it can't."""
        return self.relationship_name if len(self.parents) == 1 else None


Lookups: TypeAlias = Mapping[tuple[str, str], Lookup]
"""By object and field."""


def read_relationships(parent: str, describe: Mapping[str, Any]) -> tuple[Relationship, ...]:
    """The relationships into an object, from its describe.

    `cascadeDelete` and `restrictedDelete` of `childRelationships` say what a deletion does
    (ChildRelationship, sObject Describe). Without a field there is nothing that leads there
    (junction lists).
    """
    return tuple(
        Relationship(each["childSObject"], each["field"], parent, _on_delete(each))
        for each in describe["childRelationships"]
        if each.get("field")
    )


def _on_delete(child: Mapping[str, Any]) -> OnDelete:
    if child.get("cascadeDelete"):
        return "cascade"
    return "restrict" if child.get("restrictedDelete") else "clear"


def read_lookups(name: str, describe: Mapping[str, Any]) -> dict[tuple[str, str], Lookup]:
    """The reference fields of an object, from its describe."""
    return {
        (name, each["name"]): Lookup(
            each.get("relationshipName"),
            tuple(each["referenceTo"]),
            bool(describe.get("updateable") and each.get("updateable") and each.get("nillable")),
        )
        for each in describe["fields"]
        if each.get("referenceTo")
    }
