"""The columns of a query, as the Salesforce CLI asks for them: `query?columns=true`.

A parent's fields are nested below its relationship. What a function makes is an aggregate, and so
is a child subquery, whose fields are nested below its relationship.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.emulator.schema.objects import Schema, SObject
    from target_zuora360_cleanup.emulator.soql.results import QueryResult

__all__ = ["described_columns"]

_NUMBERS: Final = frozenset({"int", "double", "currency", "percent"})


def described_columns(schema: Schema, result: QueryResult) -> dict[str, Any]:
    """Return what the resource answers."""
    sobject = schema.get(result.object_name)
    shown = _columns(schema, sobject, result.columns, aggregate=result.is_aggregate)
    below = [_child(schema, *child) for child in result.subqueries]
    return {
        "columnMetadata": [*shown, *below],
        "entityName": sobject.name,
        "groupBy": False,
        "idSelected": "id" in {name.lower() for name in result.columns},
        "keyPrefix": sobject.key_prefix,
    }


def _columns(
    schema: Schema, sobject: SObject, paths: Iterable[str], *, aggregate: bool = False
) -> list[dict[str, Any]]:
    return [
        _shown(path, "string", aggregate=True)
        if aggregate and "." not in path and sobject.find(path) is None
        else _column(schema, sobject, path)
        for path in paths
    ]


def _child(schema: Schema, name: str, object_name: str, paths: Iterable[str]) -> dict[str, Any]:
    fields = _columns(schema, schema.get(object_name), paths)
    return {**_shown(name, "string", aggregate=True), "joinColumns": fields}


def _column(schema: Schema, sobject: SObject, path: str) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    if not rest:
        return _field(sobject, first)
    reference = sobject.parent(first)
    if reference is None or reference.polymorphic:
        below = _shown(rest, "string")
    else:
        below = _column(schema, schema.get(reference.reference_to[0]), rest)
    name = first if reference is None else str(reference.relationship_name)
    return {**_shown(name, "string"), "foreignKeyName": name, "joinColumns": [below]}


def _field(sobject: SObject, name: str) -> dict[str, Any]:
    field = sobject.find(name)
    if field is None:
        return _shown(name, "string")
    writable = {"insertable": field.createable, "updatable": field.updateable}
    return {**_shown(field.name, field.type), **writable}


def _shown(name: str, kind: str, *, aggregate: bool = False) -> dict[str, Any]:
    return {
        "aggregate": aggregate,
        "apexType": "Id" if kind in {"id", "reference"} else kind.capitalize(),
        "booleanType": kind == "boolean",
        "columnName": name,
        "custom": name.endswith(("__c", "__r")),
        "displayName": name,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [],
        "numberType": kind in _NUMBERS,
        "textType": kind not in _NUMBERS | {"boolean"},
        "updatable": False,
    }
