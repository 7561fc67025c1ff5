"""What the user's rights keep out of describes, looked for in the org's metadata.

A describe leaves out objects that the user may not read and fields that field-level security hides.
`RelationshipDomain` (Tooling API Reference) lists the relationships into an object as metadata, and
`FieldDefinition` its fields, as the Metadata API has them; their pages name no right of objects or
fields that would narrow them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.objects import of_package
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
_FIELDS: Final = (
    "SELECT EntityDefinition.QualifiedApiName, QualifiedApiName, IsCalculated "
    "FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName IN ({names})"
)

_NOT_TOLD = "(not told)"
_ACTIVITIES: Final = frozenset({"Task", "Event"})


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
        rows = _read(salesforce, _DOMAINS, sorted(parents))
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


def read_hidden_fields(
    salesforce: Salesforce, describes: Mapping[str, Mapping[str, Any]]
) -> Fact[tuple[str, ...]]:
    """Fields that people may have filled and no describe shows, as `Object.Field`.

    The packages' own come back with a sync, and nobody fills a formula.

    Args:
        salesforce: Where.
        describes: Of the objects whose rows are deleted or go along.
    """
    if not describes:
        return Known(())
    try:
        rows = _read(salesforce, _FIELDS, sorted(describes))
    except ApiError as exc:
        return refusal(exc)
    computed = {
        (_name(row.get("EntityDefinition")), row["QualifiedApiName"]): row["IsCalculated"] is True
        for row in rows
    }
    own = {each for each in computed if _may_be_filled(each[1])}
    shown = {(name, each["name"]) for name in describes for each in describes[name]["fields"]}
    # (standard objects that nobody can add fields to need not be in it)
    custom = [name for name in sorted(describes) if name.endswith("__c")]
    silent = [name for name in custom if name not in {each[0] for each in computed}]
    # (fields that people have added to tasks and events are those of Activity)
    own_shown = {each for each in shown if _may_be_filled(each[1]) and each[0] not in _ACTIVITIES}
    missing = sorted(own_shown - own)
    if left_out := [*silent, *(f"{name}.{field}" for name, field in missing)]:
        return Unknown(f"it leaves out what describes show, such as {left_out[0]}")
    hidden = sorted(each for each in own - shown if not computed[each])
    return Known(tuple(f"{name}.{field}" for name, field in hidden))


def _may_be_filled(field: str) -> bool:
    """Whether it is a field that people have added."""
    return field.endswith("__c") and not of_package(field)


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


def _read(salesforce: Salesforce, soql: str, objects: Sequence[str]) -> list[dict[str, Any]]:
    """Of as many objects at once as one answer holds: metadata does not come in several.

    Raises:
        ApiError: Salesforce refuses to tell.
    """
    names = ", ".join(f"'{each}'" for each in objects)
    half = len(objects) // 2
    try:
        return salesforce.rest.tooling_query(soql.format(names=names))
    except ApiError as exc:
        if exc.code != _TOO_MANY or not half:
            raise
    return _read(salesforce, soql, objects[:half]) + _read(salesforce, soql, objects[half:])


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
