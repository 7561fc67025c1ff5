"""What comes back out of the recycle bin, and what refuses to.

- A row comes back with the rows that its deletion took along, and these never without it (SOAP API
  Developer Guide, `undelete()`; help 000386040, "Unable to Restore a Deleted Salesforce Record").
- Lookups that a deletion has blanked lead where they did again, unless somebody has set them since
  (Apex Developer Guide, "Referential Integrity When Deleting and Restoring Records").
- A unique value that a live row has by then refuses the row.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.org.recycle_bin import NOT_IN_BIN, kept_as
from target_zuora360_cleanup.emulator.org.refusals import NO_ACCESS, UNKNOWN
from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_zuora360_cleanup.emulator.org.refusals import RowHook
    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

    Row = tuple[str, int]
    """An object and the number of one of its rows."""

__all__ = ["Undeletion"]


class Undeletion:
    """One call of `undelete()`. Made inside of a transaction.

    Args:
        schema: All objects and fields.
        seen: The same as the user may see them.
        store: The rows.
        hook: Asked before a row comes back.
    """

    def __init__(self, schema: Schema, seen: Schema, store: Store, hook: RowHook | None) -> None:
        self._schema, self._seen, self._store, self._hook = schema, seen, store, hook
        self._used: dict[tuple[str, str, str], bool] = {}
        self._back: dict[str, list[int]] = {}

    def run(self, texts: Sequence[str]) -> list[RowResult]:
        """Bring rows back, one after the other, and say of each what became of it."""
        results = [self._one(text) for text in texts]
        self._mend_lookups()
        return results

    def _one(self, text: str) -> RowResult:
        try:
            prefix, number = ids.parse(text)
        except ids.MalformedIdError:
            return RowResult(text, error=RowError("MALFORMED_ID", f"bad id {text}"))
        sobject = self._schema.by_prefix(prefix)
        if sobject is None:
            return RowResult(text, error=UNKNOWN)
        record_id = ids.encode(prefix, number)
        return RowResult(record_id, error=self._refused(sobject, number, record_id))

    def _refused(self, sobject: SObject, number: int, record_id: str) -> RowError | None:
        """Bring one row back with what its deletion took along, or say why not."""
        if not self._seen.get(sobject.name).may_delete:
            return NO_ACCESS
        deletion = self._deletion_of(sobject, number)
        if deletion is None or self._lacks_master(sobject, number):
            return NOT_IN_BIN
        rows = list(self._together((sobject.name, number), deletion))
        for row in rows:
            if error := self._clash(*row):
                return error
        if self._hook and (error := self._hook("undelete", sobject.name, record_id)):
            return error
        self._bring_back(rows)
        return None

    def _deletion_of(self, sobject: SObject, number: int) -> int | None:
        """The number of the deletion that the row was the root of; None if it is not in the bin."""
        sql = f"SELECT _deletion FROM {quote(sobject.name)} WHERE Id = ? AND IsDeleted = 1"
        deletion: int | None = self._store.value(sql, (number,))
        sql = "SELECT 1 FROM _root WHERE deletion = ? AND object = ? AND id = ?"
        return deletion if self._store.value(sql, (deletion, sobject.name, number)) else None

    def _lacks_master(self, sobject: SObject, number: int) -> bool:
        masters = [field for field in sobject.references if field.master_detail]
        return any(self._leads_nowhere(sobject, number, field) for field in masters)

    def _leads_nowhere(self, sobject: SObject, number: int, field: Field) -> bool:
        """Whether a lookup leads to a row that is not live."""
        sql = f"SELECT {quote(field.name)} FROM {quote(sobject.name)} WHERE Id = ?"
        stored: int | None = self._store.value(sql, (number,))
        return stored is not None and not self._is_live(field, stored)

    def _is_live(self, field: Field, stored: int) -> bool:
        if field.polymorphic:
            prefix, stored = ids.untagged(stored)
            parent = self._schema.by_prefix(prefix)
        else:
            parent = self._schema.find(field.reference_to[0])
        if parent is None:
            return True
        sql = f"SELECT 1 FROM {quote(parent.name)} WHERE Id = ? AND IsDeleted = 0"
        return self._store.value(sql, (stored,)) is not None

    def _together(self, root: Row, deletion: int) -> Iterator[Row]:
        """The row, and those of the same deletion below it."""
        seen, todo = {root}, [root]
        while todo:
            row = todo.pop()
            yield row
            for child in self._children(*row, deletion):
                if child not in seen:
                    seen.add(child)
                    todo.append(child)

    def _children(self, name: str, number: int, deletion: int) -> Iterator[Row]:
        for related in self._schema.children_of(name):
            field = related.field
            if field.on_delete == "cascade" and self._is_used(name, related.child, field):
                sql = (
                    f"SELECT Id FROM {quote(related.child)} WHERE {quote(field.name)} ="
                    f" {kept_as(self._schema, name, field, '?')} AND +IsDeleted = 1"
                    " AND _deletion = ?"
                )
                for (child,) in self._store.run(sql, (number, deletion)):
                    yield related.child, child

    def _is_used(self, parent: str, child: str, field: Field) -> bool:
        """Whether any row of the child leads to one of the parent: most relationships have none."""
        key = (parent, child, field.name)
        if key not in self._used:
            first = kept_as(self._schema, parent, field, "0")
            sql = (
                f"SELECT EXISTS (SELECT 1 FROM {quote(child)} WHERE {quote(field.name)}"
                f" BETWEEN {first} AND {first} + {(1 << ids.TAG_BITS) - 1})"
            )
            self._used[key] = bool(self._store.value(sql))
        return self._used[key]

    def _clash(self, name: str, number: int) -> RowError | None:
        """The error where a live row has a unique value of this one."""
        sobject = self._schema.get(name)
        for field in sobject.fields.values():
            if not field.unique:
                continue
            column, table = quote(field.name), quote(name)
            sql = (
                f"SELECT o.Id FROM {table} AS t JOIN {table} AS o ON o.{column} = t.{column}"
                " WHERE t.Id = ? AND o.Id <> t.Id AND +o.IsDeleted = 0 LIMIT 1"
            )
            if (other := self._store.value(sql, (number,))) is not None:
                there = ids.encode(sobject.key_prefix, other)[:15]
                message = (
                    f"duplicate value found: {field.name} duplicates value on record with id: "
                    f"{there}"
                )
                return RowError("DUPLICATE_VALUE", message, (field.name,))
        return None

    def _bring_back(self, rows: Iterable[Row]) -> None:
        now = int(time.time())
        for name, number in rows:
            self._store.run(
                f"UPDATE {quote(name)} SET IsDeleted = 0, _deletion = NULL, SystemModstamp = ?"
                " WHERE Id = ?",
                (now, number),
            )
            self._back.setdefault(name, []).append(number)

    def _mend_lookups(self) -> None:
        """Have lookups to the rows that are back lead there, and theirs nowhere that is not."""
        for name, numbers in self._back.items():
            for related in self._schema.children_of(name):
                if related.field.on_delete in ("set_null", "cascade"):
                    self._lead_back(name, numbers, related.child, related.field)
        for name, numbers in self._back.items():
            sobject = self._schema.get(name)
            for field in sobject.references:
                if field.on_delete is not None and not field.master_detail:
                    self._blank(sobject, numbers, field)

    def _lead_back(self, parent: str, numbers: Sequence[int], child: str, field: Field) -> None:
        column, table = quote(field.name), quote(child)
        for number in numbers:
            stored = self._store.value(f"SELECT {kept_as(self._schema, parent, field, '?')}",
                                       (number,))  # fmt: skip
            led = (child, field.name, stored)
            self._store.run(
                f"UPDATE {table} SET {column} = ?, SystemModstamp = ? WHERE {column} IS NULL AND"
                " Id IN (SELECT id FROM _blanked WHERE object = ? AND field = ? AND parent = ?)",
                (stored, int(time.time()), *led),
            )
            self._store.run(
                "DELETE FROM _blanked WHERE object = ? AND field = ? AND parent = ?", led
            )

    def _blank(self, sobject: SObject, numbers: Sequence[int], field: Field) -> None:
        """Blank a lookup of rows that are back where it leads to none; it may come back with it."""
        column = quote(field.name)
        for number in numbers:
            if self._leads_nowhere(sobject, number, field):
                self._store.run(
                    "INSERT OR REPLACE INTO _blanked (object, field, id, parent)"
                    f" SELECT ?, ?, Id, {column} FROM {quote(sobject.name)} WHERE Id = ?",
                    (sobject.name, field.name, number),
                )
                self._store.run(
                    f"UPDATE {quote(sobject.name)} SET {column} = NULL WHERE Id = ?", (number,)
                )
