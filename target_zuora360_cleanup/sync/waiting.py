"""What waits for a parent: whole rows, and lookups that were left blank.

A row is kept as its CSV with its columns' names, so that a later run can load it whatever streams
the tap sends then. What waits for a parent becomes ready when that parent's row has been loaded.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence  # noqa: TC003 - public shape
from typing import TYPE_CHECKING

from target_zuora360_cleanup.kept.parts import marks, parts
from target_zuora360_cleanup.sync.kept_rows import KeptRows

if TYPE_CHECKING:
    from target_zuora360_cleanup.kept.store import Store
    from target_zuora360_cleanup.sync.changes import Change
    from target_zuora360_cleanup.sync.layouts import RowLayouts
    from target_zuora360_cleanup.sync.org_objects import TargetObject


class WaitingRows:
    """What waits, in one store.

    Args:
        store: Where it is kept.
        layouts: The layouts that changes name by number.
        objects: The org's, by API name.

    Attributes:
        rows: Writes and reads them.
        lasts: Whether a later run finds what is kept.
        owed: Object types of which the tap has to send everything again, since a row is back with
            which theirs had gone, or their lookups had.
    """

    def __init__(
        self, store: Store, layouts: RowLayouts, objects: Mapping[str, TargetObject]
    ) -> None:
        self._store, self._db, self._layouts = store, store.db, layouts
        self.lasts = store.lasts
        self.rows = KeptRows(store, layouts, objects)
        self._has_outside = self._db.execute("SELECT 1 FROM outside").fetchone() is not None
        self.owed = self._read("SELECT object FROM owed")
        self._parents = self._read(
            "SELECT DISTINCT parent FROM waiting UNION SELECT parent FROM blank"
        )
        self._held = self._read(
            "SELECT DISTINCT object FROM waiting UNION SELECT object FROM blank"
        )

    def _read(self, sql: str) -> set[str]:
        return {name for (name,) in self._db.execute(sql)}

    def wait(
        self, name: str, change: Change, parent: str, parent_key: str, *, ready: bool = False
    ) -> None:
        """Have a row wait for a parent, joined with what waits of the same row.

        Args:
            name: API name.
            change: What is newer than what waits.
            parent: API name of the parent.
            parent_key: Its external id.
            ready: Whether to try it with the next that are ready, all the same.
        """
        form = self.rows.form(change.layout)
        if name in self._held and (before := self._before(name, change, form)):
            change = self.rows.joined(before, change)
            form = self.rows.form(change.layout)
        self._held.add(name)
        self._parents.add(parent)
        self._db.execute(
            "INSERT OR REPLACE INTO waiting"
            " (object, key, form, cells, links, partial, parent, parent_key, ready)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (name, change.key, form, change.cells, json.dumps(change.links), change.is_partial,
             parent, parent_key, ready),
        )  # fmt: skip

    def _before(self, name: str, change: Change, form: int) -> Change | None:
        """What waits of the same row and says what this does not; None if there is no such."""
        found = self._db.execute(
            "SELECT form, cells, links, partial FROM waiting WHERE object = ? AND key = ?",
            (name, change.key),
        ).fetchone()
        if found is None or (found[0] == form and not change.is_partial):
            return None
        return self.rows.change(change.key, *found)

    def blank(self, name: str, key: str, lookup: str, parent: str, parent_key: str) -> None:
        """Take note of a lookup that was left blank for a parent."""
        self._held.add(name)
        self._parents.add(parent)
        self._db.execute(
            "INSERT OR REPLACE INTO blank VALUES (?, ?, ?, ?, ?, 0)",
            (name, key, lookup, parent, parent_key),
        )

    def join(self, name: str, rows: Sequence[Change]) -> list[Change]:
        """Join rows with what waits of them where they leave fields as they are; the others."""
        if name not in self._held:
            return list(rows)
        sql = "SELECT key, form, parent, parent_key FROM waiting WHERE object = ? AND key IN ({})"
        waiting = {
            key: (form, parent, parent_key)
            for part in parts(row.key for row in rows)
            for key, form, parent, parent_key in self._db.execute(
                sql.format(marks(part)), (name, *part)
            )
        }
        free = []
        for row in rows:
            form, *parent = waiting.get(row.key, (0, "", ""))
            if form and (row.is_partial or self.rows.form(row.layout) != form):
                self.wait(name, row, *parent, ready=True)
            else:
                free.append(row)
        return free

    def settled(self, name: str, changes: Iterable[Change]) -> None:
        """Forget what waited of rows that have been loaded, and make ready what waited for them."""
        rows = list(changes)
        if name in self._held:
            self._db.executemany(
                "DELETE FROM waiting WHERE object = ? AND key = ?",
                ((name, row.key) for row in rows),
            )
            self.links_set(name, rows)
        if self._has_outside:
            self._db.executemany(
                "DELETE FROM outside WHERE object = ? AND key = ?",
                ((name, row.key) for row in rows),
            )
        self._release(name, [row.key for row in rows])

    def links_set(self, name: str, rows: Iterable[Change]) -> None:
        """Forget which lookups were left blank before, of those that have been set or cleared."""
        if name in self._held:
            self._db.executemany(
                "DELETE FROM blank WHERE object = ? AND key = ? AND lookup = ?",
                self._set(name, rows),
            )

    def _set(self, name: str, rows: Iterable[Change]) -> Iterator[tuple[str, str, str]]:
        for row in rows:
            columns = self._layouts[row.layout].parents
            for column, link in zip(columns, row.links, strict=True):
                if link is not None:
                    yield name, row.key, column.relationship.name

    def _release(self, name: str, keys: Sequence[str]) -> None:
        if name not in self._parents:
            return
        for table in ("waiting", "blank"):
            for part in parts(keys):
                self._db.execute(
                    f"UPDATE {table} SET ready = 1 WHERE parent = ? AND parent_key IN"
                    f" ({marks(part)})",
                    (name, *part),
                )

    def gone(self, name: str, keys: Iterable[str]) -> None:
        """Forget what waited of rows that are deleted in Zuora."""
        named = [(name, key) for key in keys]
        for table in ("waiting", "blank", "outside"):
            self._db.executemany(f"DELETE FROM {table} WHERE object = ? AND key = ?", named)

    def put_outside(self, name: str, rows: Mapping[str, bool]) -> None:
        """Take note of rows that have no place in Salesforce, and whether they had one before.

        Args:
            name: API name.
            rows: By their keys, whether they may have had one, as far as this run can tell; what
                earlier ones know counts too.
        """
        if not rows:
            return
        before = self._had_rows(name, rows)
        rows = {key: before.get(key, False) or had for key, had in rows.items()}
        self._has_outside = True
        self.gone(name, rows)
        self._db.executemany(
            "INSERT OR REPLACE INTO outside VALUES (?, ?, ?)",
            ((name, key, had) for key, had in rows.items()),
        )

    def intend(self, name: str, keys: Iterable[str]) -> None:
        """Have it last that rows go out which have one, before they do.

        Raises:
            OSError: There is no room.
        """
        self.put_outside(name, dict.fromkeys(keys, True))
        self._store.keep()

    def returned(self, name: str, keys: Iterable[str]) -> set[str]:
        """Which of these had a row that was removed, so that what hung on it may be gone too."""
        return {key for key, had in self._had_rows(name, keys).items() if had}

    def is_outside(self, name: str, keys: Iterable[str]) -> Container[str]:
        """Which of these are known to have no place in Salesforce."""
        return self._had_rows(name, keys)

    def _had_rows(self, name: str, keys: Iterable[str]) -> dict[str, bool]:
        if not self._has_outside:
            return {}
        sql = "SELECT key, had_rows FROM outside WHERE object = ? AND key IN ({})"
        return {
            key: bool(had)
            for part in parts(keys)
            for key, had in self._db.execute(sql.format(marks(part)), (name, *part))
        }

    def owe(self, objects: Iterable[str]) -> None:
        """Have the tap send everything of object types again, in whichever run."""
        new = set(objects) - self.owed
        self.owed |= new
        self._db.executemany("INSERT OR IGNORE INTO owed VALUES (?)", ((name,) for name in new))

    def ready_rows(self, name: str, size: int) -> list[Change]:
        """The next rows whose parent has come; they wait no more."""
        found = self._db.execute(
            "SELECT seq, key, form, cells, links, partial FROM waiting"
            " WHERE object = ? AND ready = 1 ORDER BY seq LIMIT ?", (name, size),
        ).fetchall()  # fmt: skip
        self._db.executemany("DELETE FROM waiting WHERE seq = ?", ((row[0],) for row in found))
        return [self.rows.change(*row[1:]) for row in found]

    def ready_links(self, name: str, size: int) -> list[tuple[str, str, str]]:
        """The next blank lookups whose parent has come, as (key, lookup, the parent's key).

        One that the org does not show waits on: it may only be hidden from this user.
        """
        lookups = [each for each in self._lookups(name) if self.rows.parent_column(name, each)]
        found = self._db.execute(
            "SELECT key, lookup, parent_key FROM blank WHERE object = ? AND ready = 1"
            f" AND lookup IN ({marks(lookups)}) LIMIT ?",
            (name, *lookups, size),
        ).fetchall()
        self._db.executemany(
            "DELETE FROM blank WHERE object = ? AND key = ? AND lookup = ?",
            ((name, key, lookup) for key, lookup, _ in found),
        )
        return found

    def _lookups(self, name: str) -> list[str]:
        """The lookups of an object that are ready."""
        sql = "SELECT DISTINCT lookup FROM blank WHERE object = ? AND ready = 1"
        return [lookup for (lookup,) in self._db.execute(sql, (name,))]
