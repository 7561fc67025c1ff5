"""The condition under which rows are reached, within the rules of SOQL. Pure.

"Relationship Queries" (SOQL and SOSL Reference) allows five levels from a child upwards;
"Comparison Operators" has the rules of semi-joins: not nested, not on the object of the outer
query, no path of relationships on their left side, and some objects never inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_zuora360_cleanup.catalog.objects import Condition
    from target_zuora360_cleanup.reach.paths import Path
    from target_zuora360_cleanup.reach.relationships import Lookups, Relationship

LEVELS: Final = 5
STAMP: Final = "SystemModstamp"
_NOT_INSIDE: Final = frozenset({
    "ActivityHistory", "Attachment", "Event", "EventAttendee", "Note", "OpenActivity", "Task",
})  # fmt: skip
"""Objects that a subquery may not be on."""
BY_ID_ONLY: Final = frozenset({"ContentDocumentLink"})
"""Objects that a query must ask for by the record's id ("SOQL Object Limits")."""
OWN_FIELDS_ONLY: Final = frozenset({"EntitySubscription"})
"""Objects whose conditions may name no field over a relationship (Object Reference)."""
WITH_ARCHIVED: Final = frozenset({"Task", "Event"})
"""Objects with rows that only `queryAll` gives: activities are archived after a year."""
FOLLOWS: Final = {"Event": "IsChild"}
"""The field of rows that nobody can change, since they follow another: events of invitees (Object
Reference, Event)."""
_ONLY: Final = {"FeedItem": "Type != 'TrackedChange'"}
"""What of an object's rows people have written."""


def condition(path: Path, lookups: Lookups, where: Condition | None = None) -> str | None:
    """The WHERE that finds the rows at the end of a path; None where no query can.

    Args:
        path: The way to them.
        lookups: Of all objects on the way, as far as they are known.
        where: What tells the records that are deleted from others of the object.
    """
    found = _reached(path, lookups, where)
    if found is None and where and len(path.links) > 1:
        # (too deep for one way upwards: the rows above are selected by a query of their own)
        found = _inside((), path, len(path.links) - 1, lookups, where)
    return None if found is None else " AND ".join([found, *own_conditions(path.child)])


def at_most(path: Path, lookups: Lookups) -> str | None:
    """A WHERE that finds all of these rows and maybe others; None where no query can.

    What it finds none of is not there, even where `condition` can't be had.
    """
    link = path.links[-1]
    lookup = lookups.get((link.child, link.field))
    if lookup is None or lookup.relationship_name is None or path.child in BY_ID_ONLY:
        return None
    if path.child in OWN_FIELDS_ONLY and not lookup.followed_as:
        return None
    of_type = f"{lookup.relationship_name}.Type = '{link.parent}'"
    single = f"{link.field} != null"
    return " AND ".join([single if lookup.followed_as else of_type, *own_conditions(path.child)])


def root_id(path: Path, lookups: Lookups) -> str | None:
    """The column that names the record at the root of a path; None where there is none."""
    names = _names(path.links[1:], lookups)
    return None if names is None else ".".join((*names, path.links[0].field))


def stamps(path: Path, lookups: Lookups) -> tuple[str, ...]:
    """The columns that tell when the rows at the end of a path, and all above them, were changed.

    Empty where a query can't follow the path up to the record at its root. (System Fields, Object
    Reference: a user or an automated process changes nothing without this stamp.)
    """
    names = _names(path.links, lookups)
    if names is None:
        return ()
    return tuple(".".join((*names[:at], STAMP)) for at in range(len(names) + 1))


def own_stamps(where: Condition | None) -> tuple[str, ...]:
    """The columns that tell when rows came to meet a condition, or were changed since.

    A field over relationships changes with any record between, and with none of the rows.
    """
    names = [field.split(".")[:-1] for field in (where.fields if where else ())]
    ways = [each[:at] for each in names for at in range(1, len(each) + 1)]
    return tuple(dict.fromkeys([STAMP, *(".".join((*each, STAMP)) for each in ways)]))


def since(columns: Iterable[str], moment: str) -> str:
    """The condition of what was changed since a moment, in the form of SOQL."""
    return f"({' OR '.join(f'{each} >= {moment}' for each in columns)})"


def count_by_type(child: str, field: str, lookups: Lookups, parents: Iterable[str]) -> str | None:
    """A query that counts rows by the type of what they hang on, as `t` and `n`; None if none can.

    Where a condition may not name the type, all types are counted.

    Args:
        child: Object whose rows are counted.
        field: Its lookup, which may lead to several objects.
        lookups: Its lookups are among them.
        parents: API names of the objects that matter.
    """
    lookup = lookups.get((child, field))
    if lookup is None or not lookup.relationship_name or child in BY_ID_ONLY:
        return None
    kind = f"{lookup.relationship_name}.Type"
    named = ", ".join(f"'{each}'" for each in parents)
    of_types = [] if child in OWN_FIELDS_ONLY else [f"{kind} IN ({named})"]
    conditions = " AND ".join([*of_types, *own_conditions(child)])
    where = f" WHERE {conditions}" if conditions else ""
    return f"SELECT {kind} t, COUNT(Id) n FROM {child}{where} GROUP BY {kind}"


def own_conditions(child: str) -> list[str]:
    """What of an object's rows counts at all."""
    live = ["IsDeleted = false"] if child in WITH_ARCHIVED else []
    return [*live, *([_ONLY[child]] if child in _ONLY else [])]


def _reached(path: Path, lookups: Lookups, where: Condition | None) -> str | None:
    names: list[str] = []
    for at in range(len(path.links) - 1, 0, -1):
        link = path.links[at]
        lookup = lookups.get((link.child, link.field))
        if lookup is None or lookup.followed_as is None:
            return _inside(names, path, at, lookups, where)
        names.append(lookup.followed_as)
    return _at_root(names, path, lookups, where) if len(names) <= LEVELS else None


def _at_root(
    names: Sequence[str], path: Path, lookups: Lookups, where: Condition | None
) -> str | None:
    """The last step upwards, into the record that is deleted."""
    link = path.links[0]
    lookup = lookups.get((link.child, link.field))
    field = ".".join((*names, link.field))
    if lookup and lookup.followed_as:
        if where is None:
            return f"{field} != null"
        seen = where.seen_from(".".join((*names, lookup.followed_as)), field)
        if seen.levels <= LEVELS:
            return str(seen)
    if not names:
        return _semi_join(link.field, link.parent, str(where or ""), path.child)
    if where or not (lookup and lookup.relationship_name) or len(names) == LEVELS:
        return None
    return ".".join((*names, f"{lookup.relationship_name}.Type = '{link.parent}'"))


def _inside(
    names: Sequence[str], path: Path, at: int, lookups: Lookups, where: Condition | None
) -> str | None:
    """Where one lookup can't be followed, a query of its own selects the rows above it."""
    link = path.links[at]
    above = condition(type(path)(path.links[:at]), lookups, where)
    if above is None or "SELECT" in above or names:
        return None
    return _semi_join(link.field, link.parent, above, path.child)


def _semi_join(field: str, inner: str, where: str, outer: str) -> str | None:
    """Its left side is a field of the object itself: SOQL takes no path there."""
    if inner == outer or inner in _NOT_INSIDE:
        return None
    condition = f" WHERE {where}" if where else ""
    return f"{field} IN (SELECT Id FROM {inner}{condition})"


def _names(links: Iterable[Relationship], lookups: Lookups) -> list[str] | None:
    """Relationship names from the last link up to the first; None where one can't be followed."""
    names: list[str] = []
    for link in links:
        lookup = lookups.get((link.child, link.field))
        if lookup is None or lookup.followed_as is None:
            return None
        names.insert(0, lookup.followed_as)
    return names if len(names) <= LEVELS else None
