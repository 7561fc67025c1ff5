"""The list behind SELECT: fields, FIELDS(…) and aggregates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from target_zuora360_cleanup.emulator.schema.objects import REAL_TYPES, Field
from target_zuora360_cleanup.emulator.soql.dialect import malformed
from target_zuora360_cleanup.emulator.soql.scope import names_of
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_zuora360_cleanup.emulator.soql.scope import Resolved, Scope

__all__ = ["Selected", "aggregate", "aggregate_items", "field_items", "is_aggregate", "is_count"]

_AGGREGATES: Final = frozenset({"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"})
_FIELDS_LIMIT: Final = 200


@dataclass(frozen=True)
class Selected:
    """One selected value: its header, where it goes in a REST record, and its SQL."""

    header: str
    names: tuple[str, ...]
    found: Resolved


def is_count(item: exp.Expr) -> bool:
    """Whether it is `COUNT()`, which counts rows and yields none."""
    return isinstance(item, exp.Anonymous) and item.name.upper() == "COUNT" and not item.expressions


def is_aggregate(item: exp.Expr) -> bool:
    """Whether it is an aggregate of a field, with or without an alias."""
    node = item.this if isinstance(item, exp.Alias) else item
    return isinstance(node, exp.Anonymous) and node.name.upper() in _AGGREGATES


def field_items(scope: Scope, items: Sequence[exp.Expr], limit: int | None) -> list[Selected]:
    """Return the fields selected by a query without aggregates.

    Raises:
        SalesforceError: An item is no field, or one is selected twice.
    """
    selected = [each for item in items for each in _fields(scope, item, limit)]
    seen: set[str] = set()
    for each in selected:
        if each.found.sql in seen:
            raise SalesforceError("INVALID_FIELD", f"duplicate field selected: {each.header}")
        seen.add(each.found.sql)
    return selected


def aggregate_items(
    scope: Scope, items: Sequence[exp.Expr], grouped: Sequence[exp.Expr]
) -> list[Selected]:
    """Return what a query with aggregates or GROUP BY selects.

    Raises:
        SalesforceError: A field is neither grouped nor aggregated.
    """
    by = {scope.resolve(item).sql for item in grouped}
    selected: list[Selected] = []
    unnamed = 0
    for item in items:
        node = item.this if isinstance(item, exp.Alias) else item
        if isinstance(node, exp.Anonymous):
            header = item.alias or f"expr{unnamed}"
            unnamed += not item.alias
            selected.append(Selected(header, (header,), aggregate(scope, node)))
        else:
            selected.append(_grouped_item(scope, node, item.alias, by))
    return selected


def aggregate(scope: Scope, node: exp.Expr) -> Resolved:
    """Return the SQL and the type of an aggregate.

    Raises:
        SalesforceError: `MALFORMED_QUERY`, for another function.
    """
    name = node.name.upper()
    if name not in _AGGREGATES or len(node.expressions) != 1:
        raise malformed(f"unexpected token: '{node.name}'")
    found = scope.resolve(node.expressions[0])
    _check_aggregate(name, found)
    inner = f"DISTINCT {found.sql}" if name == "COUNT_DISTINCT" else found.sql
    sql = f"{name.removesuffix('_DISTINCT').lower()}({inner})"
    if name in {"MIN", "MAX"}:
        return replace(found, sql=sql)
    kind = "int" if name.startswith("COUNT") else "double"
    return replace(found, sql=sql, field=Field(found.field.name, found.field.label, kind))


def _check_aggregate(name: str, found: Resolved) -> None:
    field = found.field
    numeric = field.type in REAL_TYPES | {"int"}
    if (name in {"SUM", "AVG"} and not numeric) or not field.aggregatable:
        raise malformed(f"field {field.name} does not support aggregate operator {name}")


def _fields(scope: Scope, item: exp.Expr, limit: int | None) -> Iterator[Selected]:
    if isinstance(item, exp.Alias):
        raise malformed("only aggregate expressions use field aliasing")
    if isinstance(item, exp.Anonymous) and item.name.upper() == "FIELDS":
        for name in _fields_function(scope, item, limit):
            yield Selected(name, (name,), scope.own_field(name))
        return
    found = scope.resolve(item)
    header = ".".join(identifier.name for identifier in names_of(item))
    yield Selected(header, found.names, found)


def _fields_function(scope: Scope, item: exp.Anonymous, limit: int | None) -> Iterator[str]:
    kind = item.expressions[0].name.upper() if len(item.expressions) == 1 else ""
    if kind not in {"ALL", "STANDARD", "CUSTOM"}:
        raise malformed(f"unexpected token: '{item.name}'")
    if kind != "STANDARD" and (limit is None or limit > _FIELDS_LIMIT):
        raise malformed("The SOQL FIELDS function must have a LIMIT of at most 200")
    for field in scope.sobject.fields.values():
        if kind == "ALL" or field.custom == (kind == "CUSTOM"):
            yield field.name


def _grouped_item(scope: Scope, node: exp.Expr, alias: str, by: set[str]) -> Selected:
    found = scope.resolve(node)
    if found.sql not in by:
        detail = f"Field must be grouped or aggregated: {found.field.name}"
        raise scope.place(next(names_of(node))).error("MALFORMED_QUERY", detail)
    header = alias or found.field.name
    return Selected(header, (header,), found)
