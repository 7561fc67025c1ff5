"""The emulated 360: fills a new org with what Zuora's own sync would have put there.

The generator fills the packages' fields with anything of their types; here they get what follows
from Zuora's records, by a table of Zuora's documentation (`own_table.py`). What neither that table
nor Zuora knows, such as what users have added to a product, stays as it was generated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.zuora.own_forms import GATHERED, formed, stand_in, typed
from target_zuora360_cleanup.emulator.zuora.own_rows import own_rows
from target_zuora360_cleanup.emulator.zuora.own_table import OWN, own_fields
from target_zuora360_cleanup.emulator.zuora.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store
    from target_zuora360_cleanup.emulator.zuora.own_rows import OwnRows
    from target_zuora360_cleanup.emulator.zuora.own_table import OwnField

__all__ = ["sync_own"]

_STAMPS: Final = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
_NOW: Final = 1_767_225_600
"""2026-01-01: the last of the generated records was updated before."""


def sync_own(store: Store, schema: Schema) -> None:
    """Write the rows and fields of all objects, after Zuora was filled."""
    store.function("row_number_of", 1, _number)
    known = {name: rows for name, rows in own_rows().items() if schema.find(name)}
    for name, rows in known.items():
        if rows.made:
            _make_rows(store, schema, schema.get(name), rows)
    for name, rows in known.items():
        store.run(_Writing(schema, schema.get(name), rows).update_sql())
    for name, rows in known.items():
        if rows.made:
            _forget_missing(store, schema, name)


def _number(record_id: str | None) -> int | None:
    return ids.parse(record_id)[1] if record_id else None


def _make_rows(store: Store, schema: Schema, sobject: SObject, rows: OwnRows) -> None:
    store.run(f"DELETE FROM {quote(sobject.name)}")
    store.run(_Writing(schema, sobject, rows).insert_sql())
    store.move_sequence(sobject.name)


def _forget_missing(store: Store, schema: Schema, name: str) -> None:
    """Blank what led to rows that are there no more."""
    for each in schema.children_of(name):
        child, field = quote(each.child), quote(each.field.name)
        there = f"SELECT Id FROM {quote(name)}"
        store.run(f"UPDATE {child} SET {field} = NULL WHERE {field} NOT IN ({there})")


class _Writing:
    """The statements that write one object's rows."""

    def __init__(self, schema: Schema, sobject: SObject, rows: OwnRows) -> None:
        self._schema, self._sobject, self._rows = schema, sobject, rows
        self._paths = Paths(rows.item)
        self._fields = [each for each in own_fields()[sobject.name] if each.name in sobject.fields]

    def insert_sql(self) -> str:
        """INSERT … SELECT of new rows, with what lookups find them by."""
        found = {field.name: self._value(field) for field in self._fields if self._is_key(field)}
        found |= dict.fromkeys(_STAMPS, str(_NOW))
        return (
            f"INSERT INTO {quote(self._sobject.name)} (Id, {', '.join(map(quote, found))})"
            f" {self._select(found.values())}"
        )

    def update_sql(self) -> str:
        """UPDATE … FROM of all rows."""
        found = [self._value(each) for each in self._fields]
        columns = [f"{value} AS c{at}" for at, value in enumerate(found)]
        marks = (f"{quote(each.name)} = v.c{at}" for at, each in enumerate(self._fields))
        return (
            f"UPDATE {quote(self._sobject.name)} SET {', '.join(marks)}"
            f" FROM ({self._select(columns)}) AS v WHERE v.number = {quote(self._sobject.name)}.Id"
        )

    def _select(self, columns: Iterable[str]) -> str:
        rows = self._rows
        return (
            f"SELECT {rows.number} AS number, {', '.join(columns)}"
            f" FROM {quote(rows.item.table)} AS z {self._paths.joins} WHERE {rows.where}"
        )

    def _is_key(self, own: OwnField) -> bool:
        return own.name == "Name" or self._sobject.fields[own.name].unique

    def _value(self, own: OwnField) -> str:
        field = self._sobject.fields[own.name]
        if own.form == OWN:
            return stand_in(field)
        gather = own.form if own.form in GATHERED else ""
        value = formed(own.form, [self._paths.value(each, gather) for each in own.paths])
        if field.type != "reference":
            return typed(value, field)
        return self._lookup(field, value.sql, by_name=own.form == "name")

    def _lookup(self, field: Field, value: str, *, by_name: bool) -> str:
        (target,) = field.reference_to
        if target == "Account":
            return f"row_number_of({value})"
        if self._schema.find(target) is None:
            return "NULL"
        key = "Name" if by_name else own_rows()[target].key
        return f"{self._paths.join(quote(target), key, value)}.Id"
