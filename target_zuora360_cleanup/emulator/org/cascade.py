"""What a deletion takes along, what forbids it and which lookups it clears, as sets.

Rows of a batch are done in their order, as Salesforce does them, but not one by one: the closure of
every root over master-detail and cascade lookups is built in a temporary table, a generation at a
time, and only roots that others forbid or take along are looked at singly. What the user may see
has no say in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.org.recycle_bin import lose_below
from target_zuora360_cleanup.emulator.schema.ids import TAG_BITS, code
from target_zuora360_cleanup.emulator.schema.store import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_zuora360_cleanup.emulator.schema.objects import ChildRelationship, Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["Cascade", "Verdicts"]

_CREATE: Final = (
    "CREATE TEMP TABLE IF NOT EXISTS closure (object TEXT NOT NULL, id INTEGER NOT NULL,"
    " root INTEGER NOT NULL, generation INTEGER NOT NULL, PRIMARY KEY (object, id, root))"
    " WITHOUT ROWID"
)
_NAMES_SHOWN: Final = 5


@lru_cache(maxsize=512)
def _below(schema: Schema, name: str) -> tuple[str, ...]:
    """The objects whose rows may go along with an object's, at any depth."""
    found: dict[str, None] = {}
    wanted = [name]
    while wanted:
        for related in schema.children_of(wanted.pop()):
            if related.field.on_delete == "cascade" and related.child not in found:
                found[related.child] = None
                wanted.append(related.child)
    return tuple(found)


@dataclass
class Verdicts:
    """Roots, by their place in the batch, that are not deleted, and why."""

    swallowed: set[int] = field(default_factory=set)
    too_large: set[int] = field(default_factory=set)
    blocked: dict[int, list[tuple[str, int]]] = field(default_factory=dict)

    @property
    def failed(self) -> set[int]:
        """Every root that stays, or went with another."""
        return self.swallowed | self.too_large | self.blocked.keys()


class Cascade:
    """One batch's closure. Made inside of a transaction; rows are (place in the batch, id)."""

    def __init__(
        self, schema: Schema, store: Store, sobject: SObject, *, include_deleted: bool
    ) -> None:
        self._schema = schema
        self._store = store
        self._sobject = sobject
        self._live = "" if include_deleted else " AND +c.IsDeleted = 0"
        self._objects: list[str] = []

    def build(self, roots: Sequence[tuple[int, int]]) -> None:
        """Fill the closure with the roots and everything that goes with them."""
        self._store.run(_CREATE)
        self._store.run("DELETE FROM temp.closure")
        name = self._sobject.name
        rows = ((name, number, place) for place, number in roots)
        self._store.run_many("INSERT INTO temp.closure VALUES (?, ?, ?, 0)", rows)
        frontier, generation = {name}, 0
        while frontier:
            self._objects.extend(sorted(frontier - set(self._objects)))
            generation += 1
            frontier = {
                related.child
                for parent in sorted(frontier)
                for related in self._related(parent, "cascade")
                if self._descend(parent, related, generation)
            }

    def size(self) -> int:
        """Rows in the closure, the roots among them."""
        return int(self._store.value("SELECT count(*) FROM temp.closure"))

    def buried(self, most: int) -> int:
        """Rows in the recycle bin of objects that may go along, up to so many."""
        found = 0
        for name in _below(self._schema, self._sobject.name):
            sql = f"SELECT count(*) FROM (SELECT 1 FROM {quote(name)} WHERE IsDeleted = 1 LIMIT ?)"
            found += int(self._store.value(sql, (most - found,)))
            if found >= most:
                break
        return found

    def _descend(self, parent: str, related: ChildRelationship, generation: int) -> bool:
        sql = (
            f"INSERT OR IGNORE INTO temp.closure SELECT ?, c.Id, p.root, ?"
            f" FROM temp.closure AS p CROSS JOIN {quote(related.child)} AS c"
            f" ON c.{quote(related.field.name)} = {self._kept(parent, related, 'p.id')}"
            f" WHERE p.object = ? AND p.generation = ?{self._live}"
        )
        values = (related.child, generation, parent, generation - 1)
        return self._store.run(sql, values).rowcount > 0

    def judge(self, too_large: set[int]) -> Verdicts:
        """Decide which roots are deleted, in the order of the batch.

        Args:
            too_large: Roots of which it is known that they stay.
        """
        verdicts = Verdicts(too_large=too_large)
        blockers = self._blockers()
        owners = self._owners({blocker for found in blockers.values() for blocker in found})
        swallowers = self._swallowers()
        failed = set(verdicts.too_large)
        for place in sorted(blockers.keys() | swallowers.keys()):
            if any(other < place and other not in failed for other in swallowers.get(place, ())):
                verdicts.swallowed.add(place)
                failed.add(place)
                continue
            left = [
                blocker
                for blocker in blockers.get(place, ())
                if not any(other < place and other not in failed for other in owners[blocker])
            ]
            if left and place not in failed:
                verdicts.blocked[place] = left[:_NAMES_SHOWN]
                failed.add(place)
        return verdicts

    def too_large(self, max_children: int) -> set[int]:
        """Roots that would take more rows along than so many."""
        if self.size() <= max_children:
            return set()
        sql = "SELECT root FROM temp.closure GROUP BY root HAVING count(*) - 1 > ?"
        return {row[0] for row in self._store.run(sql, (max_children,))}

    def _blockers(self) -> dict[int, list[tuple[str, int]]]:
        """Return, by root, the live rows outside its closure whose lookup forbids its deletion."""
        found: dict[int, list[tuple[str, int]]] = {}
        for parent in self._objects:
            for related in self._related(parent, "restrict"):
                for root, number in self._restricting(parent, related):
                    found.setdefault(root, []).append((related.child, number))
        return found

    def _restricting(self, parent: str, related: ChildRelationship) -> Iterator[tuple[int, int]]:
        sql = (
            "SELECT p.root, c.Id FROM temp.closure AS p"
            f" CROSS JOIN {quote(related.child)} AS c"
            f" ON c.{quote(related.field.name)} = {self._kept(parent, related, 'p.id')}"
            " WHERE p.object = ? AND +c.IsDeleted = 0 AND NOT EXISTS"
            " (SELECT 1 FROM temp.closure AS own"
            " WHERE own.object = ? AND own.id = c.Id AND own.root = p.root)"
        )
        yield from self._store.run(sql, (parent, related.child))

    def _owners(self, rows: set[tuple[str, int]]) -> dict[tuple[str, int], list[int]]:
        sql = "SELECT root FROM temp.closure WHERE object = ? AND id = ?"
        return {row: [owner for (owner,) in self._store.run(sql, row)] for row in rows}

    def _swallowers(self) -> dict[int, list[int]]:
        """Return, by root, the other roots whose closure it is in."""
        found: dict[int, list[int]] = {}
        sql = (
            "SELECT r.root, o.root FROM temp.closure AS r JOIN temp.closure AS o"
            " ON o.object = r.object AND o.id = r.id AND o.root <> r.root"
            " WHERE r.object = ? AND r.generation = 0"
        )
        for root, other in self._store.run(sql, (self._sobject.name,)):
            found.setdefault(root, []).append(other)
        return found

    def drop(self, places: set[int]) -> None:
        """Leave the closure of these roots out of what is deleted."""
        rows = ((place,) for place in places)
        self._store.run("CREATE TEMP TABLE IF NOT EXISTS dropped (root INTEGER PRIMARY KEY)")
        self._store.run("DELETE FROM temp.dropped")
        self._store.run_many("INSERT INTO temp.dropped VALUES (?)", rows)
        self._store.run("DELETE FROM temp.closure WHERE root IN (SELECT root FROM temp.dropped)")

    def clear_lookups(self, now: int, *, remembered: bool) -> None:
        """Blank the plain lookups of the rows that stay and pointed to a row that goes.

        Args:
            now: When, in seconds since 1970.
            remembered: Whether they may lead there again.
        """
        for parent in self._objects:
            for related in self._related(parent, "set_null"):
                column, kept = quote(related.field.name), self._kept(parent, related, "id")
                where = (
                    f" WHERE {column} IN (SELECT {kept} FROM temp.closure WHERE object = ?)"
                    " AND +IsDeleted = 0 AND Id NOT IN"
                    " (SELECT id FROM temp.closure WHERE object = ?)"
                )
                if remembered:
                    self._store.run(
                        "INSERT OR REPLACE INTO _blanked (object, field, id, parent)"
                        f" SELECT ?, ?, Id, {column} FROM {quote(related.child)}{where}",
                        (related.child, related.field.name, parent, related.child),
                    )
                self._store.run(
                    f"UPDATE {quote(related.child)} SET {column} = NULL, SystemModstamp = ?{where}",
                    (now, parent, related.child),
                )

    def lose_below(self) -> None:
        """Have rows of the recycle bin that can't come back without what goes leave it."""
        lose_below(self._schema, self._store, self._objects)

    def bury(self, now: int, first_deletion: int) -> None:
        """Put the closure into the recycle bin, each root's share under a number of its own."""
        self._store.run(
            "INSERT OR IGNORE INTO _root SELECT ? + root, object, id FROM temp.closure"
            " WHERE generation = 0",
            (first_deletion,),
        )
        for name in self._objects:
            self._store.run(
                f"UPDATE {quote(name)} AS t SET IsDeleted = 1, SystemModstamp = ?, _deletion = ? +"
                " (SELECT min(root) FROM temp.closure WHERE object = ? AND id = t.Id)"
                " WHERE +IsDeleted = 0"
                " AND Id IN (SELECT id FROM temp.closure WHERE object = ?)",
                (now, first_deletion, name, name),
            )

    def destroy(self) -> None:
        """Remove the closure for good."""
        for name in self._objects:
            self._store.run(
                f"DELETE FROM {quote(name)} WHERE Id IN"
                " (SELECT id FROM temp.closure WHERE object = ?)",
                (name,),
            )

    def _related(self, parent: str, outcome: str) -> list[ChildRelationship]:
        """The relationships of that outcome by which any row is a child of some row of the parent.

        Most have none, and to look for each row's children takes longer than to ask once.
        """
        return [
            related
            for related in self._schema.children_of(parent)
            if related.field.on_delete == outcome and self._is_used(parent, related)
        ]

    def _is_used(self, parent: str, related: ChildRelationship) -> bool:
        column = quote(related.field.name)
        tag = self._tag(parent, related)
        return bool(
            self._store.value(
                f"SELECT EXISTS (SELECT 1 FROM {quote(related.child)}"
                f" WHERE {column} BETWEEN {tag} AND {tag + (1 << TAG_BITS) - 1})"
            )
        )

    def _kept(self, parent: str, related: ChildRelationship, number: str) -> str:
        """The SQL of a parent's number as the lookup keeps it."""
        return f"({number} + {tag})" if (tag := self._tag(parent, related)) else number

    def _tag(self, parent: str, related: ChildRelationship) -> int:
        if not related.field.polymorphic:
            return 0
        return code(self._schema.get(parent).key_prefix) << TAG_BITS
