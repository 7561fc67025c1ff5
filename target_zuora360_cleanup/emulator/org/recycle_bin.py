"""What leaves the recycle bin for good: below a deletion, or since somebody empties it.

A detail that was deleted before its master leaves the bin for good when its master goes: queries
show it for a while, and nothing brings it back (help 000386040, "Unable to Restore a Deleted
Salesforce Record"). So do rows whose lookup had forbidden the deletion ("Lookup Relationships" of
the help).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.org.refusals import UNKNOWN
from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.emulator.schema.objects import ChildRelationship, Field, Schema
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["NOT_IN_BIN", "empty_recycle_bin", "kept_as", "lose_below"]

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
        f" {kept_as(schema, parent, field, 'p.id')}"
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
        f" {kept_as(schema, parent, field, 'p.id')}"
        " WHERE p.object = ? AND p.generation = ? AND c.IsDeleted = 1"
        f" AND c._deletion IS NOT NULL AND ({int(field.master_detail)} OR"
        " c._deletion = p.deletion)"
    )
    return store.run(sql, (child, generation, parent, generation - 1)).rowcount > 0


def kept_as(schema: Schema, parent: str, field: Field, number: str) -> str:
    """The SQL of a parent's number as a lookup keeps it."""
    tag = ids.code(schema.get(parent).key_prefix) << ids.TAG_BITS if field.polymorphic else 0
    return f"({number} + {tag})" if tag else number


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
