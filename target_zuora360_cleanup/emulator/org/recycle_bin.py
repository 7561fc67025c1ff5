"""What the recycle bin keeps of a deletion, what leaves it for good, and what comes back of it.

- A row comes back with the rows that its deletion took along, and these never without it (SOAP API
  Developer Guide, `undelete()`; help 000386040, "Unable to Restore a Deleted Salesforce Record").
- A detail that was deleted before its master leaves the bin for good when its master goes: queries
  show it for a while, and nothing brings it back (the same article). So do rows whose lookup had
  forbidden the deletion ("Lookup Relationships" of the help).
- Lookups that a deletion has blanked lead where they did again, unless somebody has set them since
  (Apex Developer Guide, "Referential Integrity When Deleting and Restoring Records").
- A unique value that a live row has by then refuses the row.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.org.refusals import NO_ACCESS, UNKNOWN
from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_zuora360_cleanup.emulator.org.refusals import RowHook
    from target_zuora360_cleanup.emulator.schema.objects import (
        ChildRelationship,
        Field,
        Schema,
        SObject,
    )
    from target_zuora360_cleanup.emulator.schema.store import Store

    Row = tuple[str, int]
    """An object and the number of one of its rows."""

__all__ = ["Undeletion", "empty_recycle_bin", "lose_below"]

NOT_IN_BIN: Final = RowError("UNDELETE_FAILED", "Entity is not in the recycle bin")


def lose_below(schema: Schema, store: Store, gone: Sequence[str]) -> None:
    """Have what is in the bin below rows that go now leave it for good.

    Args:
        schema: All objects.
        store: With the rows that go in `temp.closure`.
        gone: The objects of these.
    """
    store.run(
        "CREATE TEMP TABLE IF NOT EXISTS lost (object TEXT, id INTEGER, deletion INTEGER,"
        " generation INTEGER, PRIMARY KEY (object, id)) WITHOUT ROWID"
    )
    store.run("DELETE FROM temp.lost")
    frontier = {
        related.child
        for name in gone
        for related in schema.children_of(name)
        if (related.field.master_detail or related.field.on_delete == "restrict")
        and _lose(schema, store, name, related.child, related.field)
    }
    generation, all_lost = 1, set(frontier)
    while frontier:
        frontier = {
            related.child
            for name in sorted(frontier)
            for related in schema.children_of(name)
            if related.field.on_delete == "cascade"
            and _lose_further(schema, store, name, related, generation)
        }
        generation, all_lost = generation + 1, all_lost | frontier
    for name in sorted(all_lost):
        sql = f"UPDATE {quote(name)} SET _deletion = NULL WHERE Id IN"
        store.run(f"{sql} (SELECT id FROM temp.lost WHERE object = ?)", (name,))


def _lose(schema: Schema, store: Store, parent: str, child: str, field: Field) -> bool:
    """Note the rows of the bin that lead to what goes now; whether there are any."""
    sql = (
        f"INSERT OR IGNORE INTO temp.lost SELECT ?, c.Id, c._deletion, 0 FROM temp.closure AS p"
        f" CROSS JOIN {quote(child)} AS c ON c.{quote(field.name)} ="
        f" {_kept(schema, parent, field, 'p.id')}"
        " WHERE p.object = ? AND c.IsDeleted = 1 AND c._deletion IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM temp.closure AS o WHERE o.object = ? AND o.id = c.Id)"
    )
    return store.run(sql, (child, parent, child)).rowcount > 0


def _lose_further(
    schema: Schema, store: Store, parent: str, related: ChildRelationship, generation: int
) -> bool:
    """The same of rows that hang on those: details, and what their deletion took along."""
    child, field = related.child, related.field
    sql = (
        f"INSERT OR IGNORE INTO temp.lost SELECT ?, c.Id, c._deletion, ? FROM temp.lost AS p"
        f" CROSS JOIN {quote(child)} AS c ON c.{quote(field.name)} ="
        f" {_kept(schema, parent, field, 'p.id')}"
        " WHERE p.object = ? AND p.generation = ? AND c.IsDeleted = 1"
        f" AND c._deletion IS NOT NULL AND ({int(field.master_detail)} OR"
        " c._deletion = p.deletion)"
    )
    return store.run(sql, (child, generation, parent, generation - 1)).rowcount > 0


def _kept(schema: Schema, parent: str, field: Field, number: str) -> str:
    """The SQL of a parent's number as a lookup keeps it."""
    tag = ids.code(schema.get(parent).key_prefix) << ids.TAG_BITS if field.polymorphic else 0
    return f"({number} + {tag})" if tag else number


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
                    f" {_kept(self._schema, name, field, '?')} AND +IsDeleted = 1"
                    " AND _deletion = ?"
                )
                for (child,) in self._store.run(sql, (number, deletion)):
                    yield related.child, child

    def _is_used(self, parent: str, child: str, field: Field) -> bool:
        """Whether any row of the child leads to one of the parent: most relationships have none."""
        key = (parent, child, field.name)
        if key not in self._used:
            first = _kept(self._schema, parent, field, "0")
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
            stored = self._store.value(f"SELECT {_kept(self._schema, parent, field, '?')}",
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


def empty_recycle_bin(schema: Schema, store: Store, texts: Sequence[str]) -> list[RowResult]:
    """Remove rows of the recycle bin for good, with the rows that their deletion took along."""
    found = [_deletion_of(schema, store, text) for text in texts]
    deletions = sorted({each for each in found if isinstance(each, int)})
    marks = ", ".join("?" * len(deletions))
    for name in schema.objects if deletions else ():
        where = f" WHERE IsDeleted = 1 AND _deletion IN ({marks})"
        store.run(f"DELETE FROM {quote(name)}{where}", deletions)
    return [
        RowResult(text, error=each if isinstance(each, RowError) else None)
        for text, each in zip(texts, found, strict=True)
    ]


def _deletion_of(schema: Schema, store: Store, text: str) -> int | RowError:
    try:
        prefix, number = ids.parse(text)
    except ids.MalformedIdError:
        return RowError("MALFORMED_ID", f"bad id {text}")
    sobject = schema.by_prefix(prefix)
    if sobject is None:
        return UNKNOWN
    sql = f"SELECT _deletion FROM {quote(sobject.name)} WHERE Id = ?"
    deletion: int | None = store.value(sql, (number,))
    return NOT_IN_BIN if deletion is None else deletion
