"""Which rows Salesforce locks while it writes or deletes a row: its own, and certain parents.

A master is locked, and what a lookup leads to that cascades or forbids the parent's deletion; a
lookup that would only be cleared locks nothing ("Record Locking Cheat Sheet").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["Key", "lock_keys"]

Key = tuple[str, int]
"""An object and a row's number."""


def lock_keys(
    schema: Schema,
    store: Store,
    sobject: SObject,
    rows: Sequence[Mapping[str, Any]],
    key: Field | None = None,
) -> list[frozenset[Key]]:
    """Return what each row of a batch locks; nothing for one that is not there yet.

    Args:
        schema: The org's schema.
        store: Its rows.
        sobject: The rows' object.
        rows: Values by field.
        key: The external id that finds them; None: their Id.
    """
    locking = [each for each in sobject.references
               if each.master_detail or each.on_delete in {"cascade", "restrict"}]  # fmt: skip
    column = "Id" if key is None else key.name
    values = [_wanted(sobject, column, row) for row in rows]
    columns = ", ".join(quote(name) for name in (column, "Id", *(each.name for each in locking)))
    sql = f"SELECT {columns} FROM {quote(sobject.name)} WHERE {quote(column)} IN ({{}})"
    known = [value for value in values if value is not None]
    found = {row[0]: row[1:] for row in store.fetch_in(sql, known)}
    return [
        frozenset(_keys(schema, sobject, locking, found[value])) if value in found else frozenset()
        for value in values
    ]


def _wanted(sobject: SObject, column: str, row: Mapping[str, Any]) -> int | str | None:
    text = next((str(value) for name, value in row.items() if name.lower() == column.lower()), "")
    if column != "Id":
        return text or None
    try:
        prefix, number = ids.parse(text)
    except ids.MalformedIdError:
        return None
    return number if prefix == sobject.key_prefix else None


def _keys(
    schema: Schema, sobject: SObject, locking: Sequence[Field], values: Sequence[Any]
) -> Iterable[Key]:
    number, *parents = values
    yield sobject.name, number
    for field, parent in zip(locking, parents, strict=True):
        if parent is None:
            continue
        if not field.polymorphic:
            yield field.reference_to[0], parent
            continue
        prefix, row = ids.untagged(parent)
        above = schema.by_prefix(prefix)
        if above is not None:
            yield above.name, row
