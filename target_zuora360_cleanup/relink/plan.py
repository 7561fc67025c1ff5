"""How each lookup of a snapshot is set again, from the org's describes. Pure: no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.relink.snapshot import Lookup


@dataclass(frozen=True)
class Way:
    """How one lookup is set again.

    Attributes:
        lookup: Which one.
        key: The parent's external id field; blank where the parents have none.
        column: The column of the CSV that sets it, such as `Subscription__r.Zuora__External_Id__c`.
        path: The same value in a query; blank where a query can't follow the lookup.
        folds: Whether the external ids are the same in upper and lower case.
        prefix: The first three characters of the parents' Salesforce ids, where the snapshot does
            not tell these from external ids; else blank.
        obstacle: Why it can't be set; blank where it can.
    """

    lookup: Lookup
    key: str = ""
    column: str = ""
    path: str = ""
    folds: bool = False
    prefix: str = ""
    obstacle: str = ""

    def wanted(self, external_id: str) -> str:
        """The form in which external ids are compared."""
        return external_id.casefold() if self.folds else external_id

    def is_lost(self, external_id: str) -> bool:
        """Whether no sync brings the parent back: it had no external id, or only a Salesforce id.

        (`#N/A` is how Bulk API writes "blank".)
        """
        is_id = bool(self.prefix) and len(external_id) == 18 and external_id.startswith(self.prefix)  # noqa: PLR2004 - characters of an id
        return not self.key or external_id.strip() in ("", "#N/A") or is_id


def find_way(lookup: Lookup, recorded: str | None, describes: Mapping[str, Any]) -> Way:
    """How a lookup is set again, or why it can't be.

    Args:
        lookup: Which one.
        recorded: The external id field as the snapshot has it, blank where the parents had none,
            None where it doesn't say.
        describes: Of the objects that there are and that the user may see, by API name.
    """
    child, parent = describes.get(lookup.object), describes.get(lookup.parent)
    if child is None or parent is None:
        name = lookup.object if child is None else lookup.parent
        return Way(lookup, obstacle=f"the org has no object {name}, or does not show it")
    field = _field(child, lookup.field)
    if obstacle := _child_obstacle(lookup, child, field):
        return Way(lookup, obstacle=obstacle)
    key = external_id_field(lookup.parent, parent) if recorded is None else recorded
    prefix = str(parent.get("keyPrefix") or "") if recorded is None else ""
    if not key:
        return Way(lookup, prefix=prefix)
    described = _field(parent, key)
    if not described.get("externalId"):
        return Way(
            lookup,
            obstacle=f"{lookup.parent}.{key} is no external id field, or is not shown",
        )
    return _way(lookup, field, described, prefix)


def _way(lookup: Lookup, field: Mapping[str, Any], key: Mapping[str, Any], prefix: str) -> Way:
    """The column names the parent's object where a lookup leads to several (Bulk API)."""
    path = f"{field['relationshipName']}.{key['name']}"
    is_single = len(field["referenceTo"]) == 1
    return Way(
        lookup,
        key["name"],
        path if is_single else f"{lookup.parent}:{path}",
        path if is_single else "",
        folds=not key.get("caseSensitive"),
        prefix=prefix,
    )


def external_id_field(name: str, describe: Mapping[str, Any]) -> str:
    """The external id field that a cleanup takes for an object; blank where it has none."""
    fields = describe["fields"]
    if name in BY_NAME:
        there = {each["name"] for each in fields}
        return next((key for key in BY_NAME[name].external_ids if key in there), "")
    return next((each["name"] for each in fields if each.get("externalId")), "")


def by_object(ways: Iterable[Way]) -> dict[str, list[int]]:
    """The numbers of the ways that can be gone, by the object that has the lookup."""
    found: dict[str, list[int]] = {}
    for number, way in enumerate(ways):
        if not way.obstacle:
            found.setdefault(way.lookup.object, []).append(number)
    return found


def by_parent(ways: Iterable[Way]) -> dict[tuple[str, str], list[int]]:
    """The numbers of the ways to each parent object and external id field."""
    found: dict[tuple[str, str], list[int]] = {}
    for number, way in enumerate(ways):
        if not way.obstacle and way.key:
            found.setdefault((way.lookup.parent, way.key), []).append(number)
    return found


def _child_obstacle(lookup: Lookup, child: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    if not (child.get("queryable") and child.get("updateable")):
        return f"the user may not read or change {lookup.object}"
    if not field:
        return f"{lookup.object} has no field {lookup.field} any more, or does not show it"
    if lookup.parent not in field.get("referenceTo", ()) or not field.get("relationshipName"):
        return f"{lookup.name} is no lookup to {lookup.parent} any more"
    if not field.get("updateable"):
        return f"the user may not change {lookup.name}"
    return ""


def _field(describe: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next((each for each in describe["fields"] if each["name"] == name), {})
