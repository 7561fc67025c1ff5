"""In which order object types come back, and by which keys a row may have come back. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.facts.counts import masters
from target_zuora360_cleanup.plan.order import deletion_order, flat
from target_zuora360_cleanup.reach import in_circles, read_relationships

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Returning:
    """One object type whose rows come back.

    Attributes:
        name: API name.
        keys: Fields by which another record may be the same one, and whether upper and lower case
            are the same there.
        obstacle: Why nothing of it can be asked for; blank where it can.
        is_undeletable: Whether `undelete()` takes its rows; others come with their parents.
        has_bin: Whether a query tells which of its rows are deleted; of others it has live ones.
        leads_to: API names of the objects that its lookups may lead to.
        is_detail: Whether its rows are details of rows of others of these: those that were deleted
            before their masters are destroyed, which no query shows.
    """

    name: str
    keys: tuple[tuple[str, bool], ...] = ()
    obstacle: str = ""
    is_undeletable: bool = True
    is_detail: bool = False
    has_bin: bool = True
    leads_to: frozenset[str] = frozenset()

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns to read."""
        marks = ("IsDeleted",) if self.has_bin else ()
        return ("Id", *(name for name, _ in self.keys), *marks)

    def compared(self, values: Iterable[str]) -> list[str]:
        """The values of keys in the form in which they are compared."""
        return [
            value.casefold() if folds else value
            for value, (_, folds) in zip(values, self.keys, strict=True)
        ]


def returning(
    names: Iterable[str], describes: Mapping[str, Mapping[str, Any]]
) -> tuple[Returning, ...]:
    """The object types in the order in which they come back: parents before children.

    Args:
        names: API names.
        describes: By name; those that the org does not show are missing.
    """
    wanted = sorted(names)
    ways = [
        each
        for name in wanted
        for each in read_relationships(name, describes.get(name, {"childRelationships": ()}))
    ]
    circles = set(in_circles(wanted, ways))
    before = deletion_order(wanted, [each for each in ways if each not in circles])
    among = frozenset(wanted)
    return tuple(_one(name, describes.get(name), among) for name in reversed(flat(before)))


def unfinished(objects: Iterable[Returning], missing: frozenset[str]) -> frozenset[str]:
    """API names of the object types whose streams have to send their records again.

    A lookup that led to a record that is not back is blank, and no incremental sync sets it again.

    Args:
        objects: The object types that come back.
        missing: API names of those of which rows are not back.
    """
    return missing | {each.name for each in objects if each.leads_to & missing}


def _one(name: str, describe: Mapping[str, Any] | None, among: frozenset[str]) -> Returning:
    if describe is None:
        return Returning(name, obstacle="the org has no such object, or hides it from the user")
    if not describe.get("queryable", True):
        return Returning(name, obstacle="Salesforce lets nobody query it")
    own = BY_NAME[name].external_ids if name in BY_NAME else ()
    keys = tuple(
        (each["name"], not each.get("caseSensitive"))
        for each in describe["fields"]
        if each.get("type") == "string"
        and (each.get("unique") or each["name"] in own)
        and each["name"] != "Id"
    )
    references = {each["name"]: frozenset(each["referenceTo"] or ()) for each in describe["fields"]}
    details_of = frozenset().union(*(references[each] for each in masters(describe)))
    return Returning(
        name,
        keys,
        is_undeletable=bool(describe.get("undeletable", True)),
        is_detail=bool(details_of & among),
        leads_to=frozenset().union(*references.values()),
        has_bin=any(each["name"] == "IsDeleted" for each in describe["fields"]),
    )
