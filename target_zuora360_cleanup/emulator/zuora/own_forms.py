"""What the emulated 360 makes of Zuora's values, as SQL: forms, and values of a field's type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.zuora.paths import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_zuora360_cleanup.emulator.schema.objects import Field

__all__ = ["GATHERED", "formed", "stand_in", "typed"]

GATHERED: Final = frozenset({"sum", "min", "first"})
"""Forms that paths know: of many records."""
_MONTHS: Final = {"Month": 1, "Quarter": 3, "Semi-Annual": 6, "Annual": 12}
_TARGETS: Final = {"ONETIME": 1, "RECURRING": 2, "USAGE": 4}
"""Their sum is the number that stands for several of them."""
_NUMBERS: Final = frozenset({"decimal", "integer"})


def formed(form: str, found: Sequence[Value]) -> Value:
    """Return what a form makes of the values at the ends of its paths."""
    first = found[0].sql
    if form.startswith("applies "):
        return Value(f"coalesce({first}, '') LIKE '%{form.removeprefix('applies ')}%'", "boolean")
    make = _FORMS.get(form)
    return make([each.sql for each in found]) if make else found[0]


def _joined(parts: Sequence[str], between: str = " ") -> Value:
    each = f" || '{between}' || ".join(f"coalesce({part}, '')" for part in parts)
    return Value(f"nullif(trim({each}), '')", "text")


def _term(parts: Sequence[str]) -> Value:
    number, unit = parts
    plural = f"CASE {number} WHEN 1 THEN '' ELSE 's' END"
    return Value(f"coalesce({number} || ' ' || {unit} || {plural}, {number})", "text")


def _months(parts: Sequence[str]) -> Value:
    amount, period = parts
    cases = " ".join(f"WHEN '{name}' THEN {months}" for name, months in _MONTHS.items())
    return Value(f"round({amount} * CASE {period} {cases} END, 2)", "decimal")


def _apply_type(parts: Sequence[str]) -> Value:
    each = (f"({parts[0]} LIKE '%{name}%') * {value}" for name, value in _TARGETS.items())
    return Value(" + ".join(each), "integer")


def _unit(parts: Sequence[str]) -> Value:
    table = f'SELECT Id FROM "zuora_UnitOfMeasure" WHERE UomName = {parts[0]}'
    return Value(f"({table})", "text")


_FORMS: Final[dict[str, Callable[[Sequence[str]], Value]]] = {
    "joined": _joined,
    "concatenated": lambda parts: Value(" || ".join(parts), "text"),
    "term": _term,
    "months": _months,
    "me": lambda parts: Value(f"{parts[0]} = z.Id", "boolean"),
    "apply type": _apply_type,
    "unit": _unit,
    "id": lambda parts: Value(f"zuora_id('names', {parts[0]})", "text"),
}  # fmt: skip


def typed(value: Value, field: Field) -> str:
    """Return SQL for a value as a field of that type holds it; no reference."""
    sql, source, _ = value
    if field.type == "boolean":
        return f"coalesce({sql}, 0)"
    if field.type == "date":
        return f"date({sql}, 'unixepoch')" if source == "datetime" else sql
    if field.type == "datetime":
        return sql if source == "datetime" else f"CAST(strftime('%s', {sql}) AS INTEGER)"
    return _text(value, field.length) if field.textual else sql


def _text(value: Value, length: int) -> str:
    sql, source, _ = value
    if source == "boolean":
        return f"CASE {sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
    if source in _NUMBERS:
        whole = f"CAST({sql} AS INTEGER)"
        return f"CAST(CASE {sql} WHEN {whole} THEN {whole} ELSE {sql} END AS TEXT)"
    return f"substr({sql}, 1, {length})" if length else sql


def stand_in(field: Field) -> str:
    """Return SQL for what Zuora's own sync writes in a form that is not known."""
    if field.picklist:
        return f"'{field.picklist[0]}'"
    return "'of the 360 alone'" if field.textual else "1"
