"""The 360 objects as an org's describe tells them, as far as loading them needs it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.sync.field_values import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    Describes = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class TargetRelationship:
    """A relationship of a 360 object to its parents, as its own describe has the reference field.

    Attributes:
        path: Its name in a column `Relationship__r.ExternalId__c`.
        parents: API names of what it may point to.
        owning: Whether a row has no place without this parent: it is required, or goes with it.
        insert_only: Whether it is set once and for all, as the parent of a detail row which may
            not be moved; an update that names it is refused.
        clearable: Whether it may be blank.
    """

    name: str
    path: str
    parents: tuple[str, ...]
    owning: bool
    insert_only: bool
    clearable: bool


@dataclass(frozen=True)
class TargetObject:
    """A 360 object.

    Attributes:
        external_id: The key by which rows are found, blank if the org has none of the known ones.
        fields: Fields that may be written, by API name.
        relationships: Reference fields that may be written, by API name.
        writable: Whether this user may create and edit rows.
    """

    name: str
    label: str
    external_id: str
    fields: Mapping[str, Field]
    relationships: Mapping[str, TargetRelationship]
    writable: bool = True

    @property
    def key(self) -> Field:
        """The field by which rows are found."""
        return self.fields[self.external_id]


def target_objects(describes: Describes) -> dict[str, TargetObject]:
    """The objects of the catalogue among those described, by API name."""
    taken_along = {
        (each["childSObject"], each["field"])
        for describe in describes.values()
        for each in describe["childRelationships"]
        if each.get("cascadeDelete")
    }
    return {
        name: _target_object(describe, taken_along)
        for name, describe in describes.items()
        if name in BY_NAME
    }


def _target_object(describe: Mapping[str, Any], taken_along: set[tuple[str, str]]) -> TargetObject:
    name = describe["name"]
    fields = {each["name"]: _field(each) for each in describe["fields"] if _is_writable(each)}
    relationships = {
        each["name"]: _relationship(each, (name, each["name"]) in taken_along)
        for each in describe["fields"]
        if each["type"] == "reference" and each.get("createable")
    }
    keys = (key for key in BY_NAME[name].external_ids if key in fields)
    writable = bool(describe.get("createable") and describe.get("updateable"))
    return TargetObject(name, describe["label"], next(keys, ""), fields, relationships, writable)


def _is_writable(field: Mapping[str, Any]) -> bool:
    return bool(field.get("createable") and field.get("updateable"))


def _field(each: Mapping[str, Any]) -> Field:
    return Field(each["name"], each["type"], int(each.get("length") or 0))


def _relationship(each: Mapping[str, Any], goes_along: bool) -> TargetRelationship:  # noqa: FBT001 - a fact
    nillable = bool(each.get("nillable"))
    updateable = bool(each.get("updateable"))
    return TargetRelationship(
        each["name"],
        each.get("relationshipName") or "",
        tuple(each.get("referenceTo") or ()),
        owning=goes_along or not nillable,
        insert_only=not updateable,
        clearable=nillable and updateable,
    )
