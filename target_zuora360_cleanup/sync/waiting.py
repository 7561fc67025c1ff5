"""What waits for a parent: whole rows, and lookups that were left blank.

A row is kept as its CSV with its columns' names, so that a later run can load it whatever streams
the tap sends then. What waits for a parent becomes ready when that parent's row has been loaded.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence  # noqa: TC003 - public shape
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.field_maps import field_maps
from target_zuora360_cleanup.sync.changes import Change
from target_zuora360_cleanup.sync.columns import Column, ParentColumn
from target_zuora360_cleanup.sync.field_values import Field
from target_zuora360_cleanup.sync.rows import RowLayout, csv_line

if TYPE_CHECKING:
    from target_zuora360_cleanup.kept.store import Store
    from target_zuora360_cleanup.sync.layouts import RowLayouts
    from target_zuora360_cleanup.sync.org_objects import TargetObject

_PART: Final = 500


class WaitingRows:
    """What waits, in one store.

    Args:
        store: Where it is kept.
        layouts: The layouts that changes name by number.
        objects: The org's, by API name.
    """

    def __init__(
        self, store: Store, layouts: RowLayouts, objects: Mapping[str, TargetObject]
    ) -> None:
        self._db, self._layouts, self._objects = store.db, layouts, objects
        self._forms: dict[int, int] = {}
        self._numbers: dict[int, tuple[int, tuple[int, ...] | None, tuple[int, ...]]] = {}
        self._has_outside = self._db.execute("SELECT 1 FROM outside").fetchone() is not None
        self._parents = self._read(
            "SELECT DISTINCT parent FROM waiting UNION SELECT parent FROM blank"
        )
        self._held = self._read(
            "SELECT DISTINCT object FROM waiting UNION SELECT object FROM blank"
        )

    def _read(self, sql: str) -> set[str]:
        return {name for (name,) in self._db.execute(sql)}

    def wait(self, name: str, change: Change, parent: str, parent_key: str) -> None:
        """Have a row wait for a parent; it takes the place of what waited of the same row."""
        if not change.is_partial:
            self._db.execute("DELETE FROM waiting WHERE object = ? AND key = ?", (name, change.key))
        self._held.add(name)
        self._parents.add(parent)
        self._db.execute(
            "INSERT INTO waiting (object, key, form, cells, links, partial, parent, parent_key)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (name, change.key, self._form(change.layout), change.cells, json.dumps(change.links),
             change.is_partial, parent, parent_key),
        )  # fmt: skip

    def blank(self, name: str, key: str, lookup: str, parent: str, parent_key: str) -> None:
        """Take note of a lookup that was left blank for a parent."""
        self._held.add(name)
        self._parents.add(parent)
        self._db.execute(
            "INSERT OR REPLACE INTO blank VALUES (?, ?, ?, ?, ?, 0)",
            (name, key, lookup, parent, parent_key),
        )

    def is_waiting(self, name: str, keys: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Which of these rows wait already, and for which parent."""
        if name not in self._held:
            return {}
        sql = (
            "SELECT key, parent, parent_key FROM waiting"
            " WHERE object = ? AND key IN ({}) ORDER BY seq"
        )
        return {
            key: (parent, parent_key)
            for part in _parts(keys)
            for key, parent, parent_key in self._db.execute(sql.format(_marks(part)), (name, *part))
        }

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
            for part in _parts(keys):
                self._db.execute(
                    f"UPDATE {table} SET ready = 1 WHERE parent = ? AND parent_key IN"
                    f" ({_marks(part)})",
                    (name, *part),
                )

    def gone(self, name: str, keys: Iterable[str]) -> None:
        """Forget what waited of rows that are deleted in Zuora."""
        named = [(name, key) for key in keys]
        for table in ("waiting", "blank", "outside"):
            self._db.executemany(f"DELETE FROM {table} WHERE object = ? AND key = ?", named)

    def put_outside(self, name: str, rows: Mapping[str, bool]) -> None:
        """Take note of rows that have no place in Salesforce, and whether they had one before."""
        if not rows:
            return
        self._has_outside = True
        self.gone(name, rows)
        self._db.executemany(
            "INSERT OR REPLACE INTO outside VALUES (?, ?, ?)",
            ((name, key, had) for key, had in rows.items()),
        )

    def returned(self, name: str, keys: Iterable[str]) -> set[str]:
        """Which of these had a row that was removed, so that what hung on it may be gone too."""
        if not self._has_outside:
            return set()
        sql = "SELECT key FROM outside WHERE object = ? AND had_rows = 1 AND key IN ({})"
        return {
            key
            for part in _parts(keys)
            for (key,) in self._db.execute(sql.format(_marks(part)), (name, *part))
        }

    def ready_rows(self, name: str, size: int) -> list[Change]:
        """The next rows whose parent has come; they wait no more."""
        found = self._db.execute(
            "SELECT seq, key, form, cells, links, partial FROM waiting"
            " WHERE object = ? AND ready = 1 ORDER BY seq LIMIT ?", (name, size),
        ).fetchall()  # fmt: skip
        self._db.executemany("DELETE FROM waiting WHERE seq = ?", ((row[0],) for row in found))
        return [self._change(*row[1:]) for row in found]

    def ready_links(self, name: str, size: int) -> list[tuple[str, str, str]]:
        """The next blank lookups whose parent has come, as (key, lookup, the parent's key)."""
        found = self._db.execute(
            "SELECT key, lookup, parent_key FROM blank WHERE object = ? AND ready = 1 LIMIT ?",
            (name, size),
        ).fetchall()
        self._db.executemany(
            "DELETE FROM blank WHERE object = ? AND key = ? AND lookup = ?",
            ((name, key, lookup) for key, lookup, _ in found),
        )
        return found

    def _form(self, number: int) -> int:
        if number not in self._forms:
            layout = self._layouts[number]
            said = (
                layout.object,
                json.dumps([each.header for each in layout.columns]),
                json.dumps([each.relationship.name for each in layout.parents]),
            )
            self._db.execute(
                "INSERT OR IGNORE INTO form (object, headers, parents) VALUES (?, ?, ?)", said
            )
            (found,) = self._db.execute(
                "SELECT id FROM form WHERE object = ? AND headers = ? AND parents = ?", said
            ).fetchone()
            self._forms[number] = found
        return self._forms[number]

    def _change(self, key: str, form: int, cells: str, links: str, partial: int) -> Change:
        number, columns, parents = self._number(form)
        if columns is not None:
            (texts,) = csv.reader([cells], strict=True) if "\n" not in cells else _read(cells)
            cells = csv_line([texts[at] for at in columns])
        said = json.loads(links)
        return Change(
            key, number, cells, tuple(said[at] for at in parents), is_partial=bool(partial)
        )

    def _number(self, form: int) -> tuple[int, tuple[int, ...] | None, tuple[int, ...]]:
        """The number of a layout for a form, and what of the form the org still has."""
        if form not in self._numbers:
            name, headers, parents = self._db.execute(
                "SELECT object, headers, parents FROM form WHERE id = ?", (form,)
            ).fetchone()
            self._numbers[form] = self._laid_out(name, json.loads(headers), json.loads(parents))
        return self._numbers[form]

    def _laid_out(
        self, name: str, headers: list[str], lookups: list[str]
    ) -> tuple[int, tuple[int, ...] | None, tuple[int, ...]]:
        target = self._objects[name]
        there = [
            at for at, header in enumerate(headers) if "." in header or header in target.fields
        ]
        columns = [Column("", headers[at], Field(headers[at], "string")) for at in there]
        found = [(at, self.parent_column(name, lookup)) for at, lookup in enumerate(lookups)]
        parents = [(at, column) for at, column in found if column]
        layout = RowLayout(name, tuple(columns), tuple(column for _, column in parents))
        kept = None if len(there) == len(headers) else tuple(there)
        return self._layouts.add(layout), kept, tuple(at for at, _ in parents)

    def key_column(self, name: str) -> Column:
        """The column by which the rows of an object are found."""
        target = self._objects[name]
        return Column("", target.external_id, Field(target.external_id, "reference"))

    def parent_column(self, name: str, lookup: str) -> ParentColumn | None:
        """The column of a lookup; None where the org has it no more."""
        own = self._objects[name].relationships.get(lookup)
        if own and (name, lookup) in _owners():
            own = replace(own, owning=True)
        parents = [
            self._objects[each] for each in (own.parents if own else ()) if each in self._objects
        ]
        if own is None or not parents or not parents[0].external_id:
            return None
        parent = parents[0]
        key = Field(parent.external_id, "reference", parent.key.length)
        header = f"{own.path}.{parent.external_id}"
        return ParentColumn("", header, parent.name, key, own, late=parent.name == name)


@cache
def _owners() -> frozenset[tuple[str, str]]:
    """Lookups without which a row has no place, whatever the org says."""
    return frozenset(
        (made_by.object, each.field)
        for made_by in field_maps()
        for each in made_by.parents
        if each.owns
    )


def _read(cells: str) -> list[list[str]]:
    return list(csv.reader(cells.splitlines(keepends=True), strict=True))


def _parts(keys: Iterable[str]) -> Iterator[list[str]]:
    each = iter(keys)
    while part := list(islice(each, _PART)):
        yield part


def _marks(part: Sequence[str]) -> str:
    return ", ".join("?" * len(part))
