"""How links are set again, by relationship and key, from the org's describes. Pure: no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.catalog.own_fields import CREATOR, OWNER
from target_zuora360_cleanup.rows.forms import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.catalog.own_fields import OwnField
    from target_zuora360_cleanup.reach import Relationship
    from target_zuora360_cleanup.relink.junction_files import JunctionFile


@dataclass(frozen=True)
class Restoration:
    """How the links of one relationship are set again whose parents have the same key.

    Attributes:
        relationship: Which one.
        key: The parents' external id field; blank where nothing leads back to them.
        column: The column of the CSV that sets it: by the parent's key, such as
            `Subscription__r.Zuora__External_Id__c`, or the field itself, by the parent's id.
        path: The same key in a query; blank where a query can't follow the lookup, which then is
            set by the parent's id.
        folds: Whether the external ids are the same in upper and lower case.
        prefix: The first three characters of the parents' Salesforce ids, where the snapshot does
            not tell these from external ids; else blank.
        obstacle: Why it can't be set; blank where it can.
        own: Of a value that people had filled: the field. The relationship then leads nowhere, and
            what is wanted is the value itself.
        joined: Of rows that are made again: the file that tells them. Then nothing is set.
    """

    relationship: Relationship
    key: str = ""
    column: str = ""
    path: str = ""
    folds: bool = False
    prefix: str = ""
    obstacle: str = ""
    own: OwnField | None = None
    joined: JunctionFile | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a query that tell what is in the field now."""
        more = CREATOR if self.own and self.own.name == OWNER else ""
        return tuple(filter(None, (self.relationship.field, self.path, more)))

    def seen(self, row: Mapping[str, str]) -> tuple[str, str]:
        """What is in the field now, blank where nobody has filled it, and its form compared.

        Args:
            row: The values of `columns`.
        """
        now = row[self.relationship.field]
        if self.own is None:
            return now, self.wanted(row[self.path]) if self.path else ""
        left = row.get(CREATOR, self.own.default) if self.own.name == OWNER else self.own.default
        return ("" if now == left else now), self.wanted(now)

    def wanted(self, external_id: str) -> str:
        """The form in which external ids, or values, are compared."""
        if self.own:
            return plain(self.own.type, external_id)
        return external_id.casefold() if self.folds else external_id

    def is_lost(self, external_id: str) -> bool:
        """Whether no sync brings the parent back: it had no external id, or only a Salesforce id.

        (`#N/A` is how Bulk API writes "blank".)
        """
        is_id = bool(self.prefix) and len(external_id) == 18 and external_id.startswith(self.prefix)  # noqa: PLR2004 - characters of an id
        if self.own:
            return False
        return not self.key or external_id.strip() in ("", "#N/A") or is_id


def find_restoration(
    relationship: Relationship, recorded: str | None, describes: Mapping[str, Any]
) -> Restoration:
    """How links of a relationship are set again, or why they can't be.

    Where nothing leads back to the parents, the org need only show where the lookups lead.

    Args:
        relationship: Which one.
        recorded: The external id field as the snapshot has it, blank where nothing leads back to
            the parents, None where it doesn't say.
        describes: Of the objects that there are and that the user may see, by API name.
    """
    child, parent = describes.get(relationship.child), describes.get(relationship.parent)
    if child is None:
        return Restoration(relationship, obstacle=_not_there(relationship.child))
    field = _field(child, relationship.field)
    if obstacle := _not_read(relationship, child, field):
        return Restoration(relationship, obstacle=obstacle)
    if recorded == "":
        return Restoration(relationship)
    if parent is None:
        return Restoration(relationship, obstacle=_not_there(relationship.parent))
    if obstacle := _not_set(relationship, child, field):
        return Restoration(relationship, obstacle=obstacle)
    return _by_key(relationship, field, recorded, parent)


def _by_key(
    relationship: Relationship,
    field: Mapping[str, Any],
    recorded: str | None,
    parent: Mapping[str, Any],
) -> Restoration:
    key = external_id_field(relationship.parent, parent) if recorded is None else recorded
    prefix = str(parent.get("keyPrefix") or "") if recorded is None else ""
    if not key:
        return Restoration(relationship, prefix=prefix)
    described = _field(parent, key)
    if not described.get("externalId"):
        return Restoration(
            relationship,
            obstacle=f"{relationship.parent}.{key} is no external id field, or is not shown",
        )
    return _restoration(relationship, field, described, prefix)


def _restoration(
    relationship: Relationship, field: Mapping[str, Any], key: Mapping[str, Any], prefix: str
) -> Restoration:
    """By its key where a query can follow the lookup; one that leads to several objects by id."""
    path = f"{field['relationshipName']}.{key['name']}"
    is_single = len(field["referenceTo"]) == 1
    return Restoration(
        relationship,
        key["name"],
        path if is_single else relationship.field,
        path if is_single else "",
        folds=not key.get("caseSensitive"),
        prefix=prefix,
    )


def external_id_field(name: str, describe: Mapping[str, Any]) -> str:
    """The external id field that a cleanup takes for an object; blank where it has none."""
    fields = describe["fields"]
    if name in BY_NAME:
        names = {each["name"] for each in fields}
        return next((key for key in BY_NAME[name].external_ids if key in names), "")
    return next((each["name"] for each in fields if each.get("externalId")), "")


def by_object(restorations: Iterable[Restoration]) -> dict[str, list[int]]:
    """The numbers of those that can be set, by the object that has the field."""
    found: dict[str, list[int]] = {}
    for number, each in enumerate(restorations):
        if not (each.obstacle or each.joined):
            found.setdefault(each.relationship.child, []).append(number)
    return found


def by_parent(restorations: Iterable[Restoration]) -> dict[tuple[str, str], list[int]]:
    """The numbers of those that can be set, by parent object and external id field."""
    found: dict[tuple[str, str], list[int]] = {}
    for number, each in enumerate(restorations):
        if not (each.obstacle or each.joined) and each.key:
            found.setdefault((each.relationship.parent, each.key), []).append(number)
    return found


def _not_there(name: str) -> str:
    return f"the org has no object {name}, or does not show it"


def _not_read(
    relationship: Relationship, child: Mapping[str, Any], field: Mapping[str, Any]
) -> str:
    """Why nobody can tell where the lookups lead."""
    if not child.get("queryable"):
        return f"the user may not read {relationship.child}"
    if not field:
        return (
            f"{relationship.child} has no field {relationship.field} any more, or does not show it"
        )
    return ""


def _not_set(relationship: Relationship, child: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    """Why the lookups can't be set."""
    if not child.get("updateable"):
        return f"the user may not change {relationship.child}"
    if relationship.parent not in field.get("referenceTo", ()) or not field.get("relationshipName"):
        return f"{relationship.name} is no lookup to {relationship.parent} any more"
    if not field.get("updateable"):
        return f"the user may not change {relationship.name}"
    return ""


def _field(describe: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next((each for each in describe["fields"] if each["name"] == name), {})
