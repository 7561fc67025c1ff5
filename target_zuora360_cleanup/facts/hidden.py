"""Relationships that the user's rights keep out of describes, looked for in the org's metadata.

A describe leaves out objects that the user may not read and lookups that field-level security
hides. `RelationshipDomain` (Tooling API Reference) lists the relationships into an object as
metadata; its page names no right of objects or fields that would narrow it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.facts.known import Fact, Known, Unknown, refusal
from target_zuora360_cleanup.reach import Relationship, is_kept_by_salesforce, nature_of
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from target_zuora360_cleanup.reach import OnDelete
    from target_zuora360_cleanup.salesforce.client import Salesforce

_TOO_MANY: Final = "EXCEEDED_ID_LIMIT"
_DOMAINS: Final = (
    "SELECT ParentSobject.QualifiedApiName, ChildSobject.QualifiedApiName, "
    "Field.QualifiedApiName, IsCascadeDelete, IsRestrictedDelete FROM RelationshipDomain "
    "WHERE ParentSobject.QualifiedApiName IN ({names})"
)


_NOT_TOLD = "(not told)"


def read_hidden(
    salesforce: Salesforce,
    parents: Collection[str],
    seen: Iterable[Relationship],
    shown: Mapping[str, Mapping[str, Any]],
    *,
    sees_all: bool = False,
) -> Fact[tuple[Relationship, ...]]:
    """Relationships into these objects that the org has and no describe shows.

    Args:
        salesforce: Where.
        parents: API names of the objects whose rows are deleted or go along.
        seen: The relationships that describes show.
        shown: The global describe.
        sees_all: Whether the user may read all objects: a standard object that is not shown then is
            none that the API serves to anybody.
    """
    if not parents:
        return Known(())
    try:
        rows = _read(salesforce, sorted(parents))
    except ApiError as exc:
        return refusal(exc)
    known = {(each.child, each.field, each.parent) for each in seen}
    there = {_relationship(row) for row in rows}
    if missing := _missing(known, there):
        return Unknown(f"it leaves out what describes show, such as {missing[0]}")
    return Known(
        tuple(
            sorted(
                each
                for each in there
                if not _is_seen(each, known, there)
                and not is_kept_by_salesforce(each.child, shown.get(each.child))
                and nature_of(each.child) != "mark"
                and not (sees_all and each.child not in shown and "__" not in each.child)
            )
        )
    )


def _is_seen(
    each: Relationship, known: Collection[tuple[str, str, str]], there: Iterable[Relationship]
) -> bool:
    """Whether describes show it.

    One whose field is not told may be any that they show between both and the metadata has no name
    for; where there is none, it is another.
    """
    if each.field != _NOT_TOLD:
        return (each.child, each.field, each.parent) in known
    named = {(other.child, other.field, other.parent) for other in there}
    shown = {key for key in known if (key[0], key[2]) == (each.child, each.parent)}
    return bool(shown - named)


def _read(salesforce: Salesforce, parents: Sequence[str]) -> list[dict[str, Any]]:
    """Of as many parents at once as one answer holds: metadata does not come in several.

    Raises:
        ApiError: Salesforce refuses to tell.
    """
    names = ", ".join(f"'{each}'" for each in parents)
    half = len(parents) // 2
    try:
        return salesforce.rest.tooling_query(_DOMAINS.format(names=names))
    except ApiError as exc:
        if exc.code != _TOO_MANY or not half:
            raise
    return _read(salesforce, parents[:half]) + _read(salesforce, parents[half:])


def _missing(known: Iterable[tuple[str, str, str]], there: Iterable[Relationship]) -> list[str]:
    """Custom fields that lead here and that the metadata does not have: then it tells too little.

    Standard fields that lead to any object are not looked for.
    """
    told = {(each.child, each.field, each.parent) for each in there}
    left_out = (each for each in known if each not in told and each[1].endswith("__c"))
    return sorted(f"{child}.{field}" for child, field, _ in left_out)


def _relationship(row: Mapping[str, Any]) -> Relationship:
    return Relationship(
        _name(row.get("ChildSobject")),
        _name(row.get("Field")),
        row["ParentSobject"]["QualifiedApiName"],
        _on_delete(row),
    )


def _name(of: Mapping[str, Any] | None) -> str:
    """What can't be named may be hidden all the same."""
    return str(of["QualifiedApiName"]) if of else _NOT_TOLD


def _on_delete(row: Mapping[str, Any]) -> OnDelete:
    # (what is not told may be the worst)
    if row["IsCascadeDelete"] is not False:
        return "cascade"
    return "restrict" if row["IsRestrictedDelete"] else "clear"
