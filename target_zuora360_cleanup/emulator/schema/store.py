"""The rows, in SQLite: one table an object, an integer key each, references as integers.

Live rows and the recycle bin share a table: `IsDeleted` tells them apart, and the hidden column
`_deletion` holds the number of the deletion that took the row, so that an undelete finds what went
together; a row that is deleted without one can't come back. `_root` has the rows that deletions
named, `_blanked` where lookups led that one has blanked. Text has the collation that Salesforce
compares it with. The table `_object` says which key prefix is whose, `_hidden` which single rows
the user can't see.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.schema.ids import code
from target_zuora360_cleanup.emulator.schema.objects import INTEGER_TYPES, REAL_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject

__all__ = ["Store", "quote"]

_SYSTEM_REFERENCES: Final = frozenset({"OwnerId", "CreatedById", "LastModifiedById"})
_PARAMETERS: Final = 30_000
Row = tuple[Any, ...]


class Store:
    """One SQLite database. Not safe for threads by itself: the org's lock guards it.

    Args:
        path: The file.
        kept: Whether it outlives its org; a private one need not reach the disk.
    """

    def __init__(self, path: Path, *, kept: bool = True) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA cache_size = -64000")
        self._synchronous = "NORMAL" if kept else "OFF"
        self._db.execute(f"PRAGMA synchronous = {self._synchronous}")
        self._temporary = 0

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute one statement."""
        return self._db.execute(sql, parameters)

    def run_many(self, sql: str, rows: Iterable[Sequence[Any] | Mapping[str, Any]]) -> int:
        """Execute one statement for each row and return the number of rows changed."""
        return self._db.executemany(sql, rows).rowcount

    def function(self, name: str, arguments: int, function: Callable[..., Any]) -> None:
        """Let statements call a pure function."""
        self._db.create_function(name, arguments, function, deterministic=True)

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:  # noqa: ANN401 - SQLite's
        """Return the first column of the first row, or None."""
        row = self._db.execute(sql, parameters).fetchone()
        return row[0] if row else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or roll it back when an exception leaves."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def savepoint(self, name: str) -> Iterator[None]:
        """Like `transaction`, inside of one."""
        self._db.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._db.execute(f"ROLLBACK TO {name}")
            self._db.execute(f"RELEASE {name}")
            raise
        self._db.execute(f"RELEASE {name}")

    def temporary_name(self) -> str:
        """Return a name for a temporary table that nothing else uses."""
        self._temporary += 1
        return f"temp.t{self._temporary}"

    def create_tables(self, schema: Schema) -> None:
        """Create the tables of a schema, without their indexes."""
        with self.transaction():
            self.run("CREATE TABLE _meta (key TEXT PRIMARY KEY, value TEXT)")
            self.run("CREATE TABLE _sequence (object TEXT PRIMARY KEY, next INTEGER NOT NULL)")
            self.run("INSERT INTO _sequence VALUES ('_deletion', 1)")
            self.run("CREATE TABLE _object (code INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE)")
            self.run(
                "CREATE TABLE _hidden (object TEXT, id INTEGER, PRIMARY KEY (object, id))"
                " WITHOUT ROWID"
            )
            self.run(
                "CREATE TABLE _root (deletion INTEGER, object TEXT, id INTEGER,"
                " PRIMARY KEY (deletion, object, id)) WITHOUT ROWID"
            )
            self.run(
                "CREATE TABLE _blanked (object TEXT, field TEXT, id INTEGER, parent INTEGER,"
                " PRIMARY KEY (object, field, id)) WITHOUT ROWID"
            )
            self.run("CREATE INDEX _blanked_parent ON _blanked (object, field, parent)")
            for item in schema.objects.values():
                self._create_table(item)

    def _create_table(self, item: SObject) -> None:
        self.run(_table_sql(item))
        self.run("INSERT INTO _sequence VALUES (?, 1)", (item.name,))
        if item.key_prefix:
            self.run("INSERT INTO _object VALUES (?, ?)", (code(item.key_prefix), item.name))

    def create_indexes(self, schema: Schema) -> None:
        """Index references, external ids, unique fields and the recycle bin."""
        with self.transaction():
            for item in schema.objects.values():
                self._create_indexes_of(item)

    def _create_indexes_of(self, item: SObject) -> None:
        for sql in _indexes_sql(item):
            self.run(sql)

    def analyze(self) -> None:
        """Gather statistics.

        Without them SQLite would take the index on `IsDeleted` for a selective one.
        """
        self.run("PRAGMA analysis_limit = 1000")
        self.run("ANALYZE")

    def copy(self, other: Store) -> None:
        """Take over all that another database holds; this one is to be new."""
        other._db.backup(self._db)

    def adapt(self, item: SObject, before: SObject | None) -> None:
        """Give an object the blank table and the indexes that its fields ask for.

        Args:
            item: The object.
            before: The same with the fields that its table has; None where it has none.
        """
        with self.transaction():
            if before is None:
                self._create_table(item)
            elif _ddl(before) == _ddl(item):
                return
            else:
                self.run(f"DROP TABLE {quote(item.name)}")
                self.run(_table_sql(item))
            self._create_indexes_of(item)

    @contextmanager
    def without_indexes(self) -> Iterator[None]:
        """Have no indexes inside, and create them at the end: so many rows are loaded quickest."""
        sql = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        indexes = list(self.run(f"{sql} ORDER BY rowid"))
        with self.transaction():
            for name, _ in indexes:
                self.run(f"DROP INDEX {quote(name)}")
        yield
        with self.transaction():
            for _, statement in indexes:
                self.run(statement)

    def begin_loading(self) -> None:
        """Go without a journal while a new database is filled."""
        self.run("PRAGMA journal_mode = OFF")
        self.run("PRAGMA synchronous = OFF")

    def end_loading(self) -> None:
        """Use a write-ahead log, so that an export can read while others write."""
        self.run(f"PRAGMA synchronous = {self._synchronous}")
        self.run("PRAGMA journal_mode = WAL")

    def insert(self, object_name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert rows whose ids are given; `move_sequence` is to follow."""
        marks = ", ".join("?" * len(columns))
        names = ", ".join(map(quote, columns))
        table = quote(object_name)
        self.run_many(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)

    def move_sequence(self, object_name: str) -> None:
        """Make the next id one more than the largest."""
        table = quote(object_name)
        self.run(
            f"UPDATE _sequence SET next = max(next, 1 + (SELECT coalesce(max(Id), 0) FROM {table}))"
            " WHERE object = ?",
            (object_name,),
        )

    def take_ids(self, object_name: str, count: int) -> range:
        """Hand out ids that no row of the object has had before."""
        first: int = self.value("SELECT next FROM _sequence WHERE object = ?", (object_name,))
        self.run("UPDATE _sequence SET next = next + ? WHERE object = ?", (count, object_name))
        return range(first, first + count)

    def handed_out(self, object_name: str) -> int:
        """Return the largest id that a row of the object may have had."""
        return int(self.value("SELECT next FROM _sequence WHERE object = ?", (object_name,))) - 1

    def tables(self) -> set[str]:
        """Return the names of the tables that are there."""
        return {row[0] for row in self.run("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def get_meta(self, key: str) -> str | None:
        """Return a remembered fact about the database, None when it is unknown."""
        if "_meta" not in self.tables():
            return None
        found: str | None = self.value("SELECT value FROM _meta WHERE key = ?", (key,))
        return found

    def set_meta(self, key: str, value: str) -> None:
        """Remember a fact about the database."""
        self.run("INSERT OR REPLACE INTO _meta VALUES (?, ?)", (key, value))

    def count(self, object_name: str, *, deleted: bool = False) -> int:
        """Return the number of live rows, or of rows in the recycle bin."""
        condition = "IsDeleted = 1 AND _deletion IS NOT NULL" if deleted else "IsDeleted = 0"
        return int(self.value(f"SELECT count(*) FROM {quote(object_name)} WHERE {condition}"))

    def fetch_in(self, sql: str, keys: Sequence[Any]) -> Iterator[Row]:
        """Run a statement whose `{}` stands for a list of keys, in as many parts as it takes."""
        for at in range(0, len(keys), _PARAMETERS):
            part = keys[at : at + _PARAMETERS]
            yield from self._db.execute(sql.format(", ".join("?" * len(part))), part)


def quote(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _ddl(item: SObject) -> list[str]:
    return [_table_sql(item), *_indexes_sql(item)]


def _table_sql(item: SObject) -> str:
    columns = ", ".join(_column_sql(field) for field in item.fields.values())
    return f"CREATE TABLE {quote(item.name)} ({columns}, _deletion INTEGER)"


def _column_sql(field: Field) -> str:
    if field.name == "Id":
        return "Id INTEGER PRIMARY KEY"
    name = quote(field.name)
    if field.type in INTEGER_TYPES:
        default = " NOT NULL DEFAULT 0" if field.type == "boolean" else ""
        return f"{name} INTEGER{' DEFAULT 1' if field.name in _SYSTEM_REFERENCES else default}"
    if field.type in REAL_TYPES:
        return f"{name} REAL"
    return f"{name} TEXT COLLATE {'BINARY' if field.case_sensitive else 'NOCASE'}"


def _indexed(field: Field) -> bool:
    reference = field.type == "reference" and field.name not in _SYSTEM_REFERENCES
    return reference or field.external_id or field.unique


def _indexes_sql(item: SObject) -> Iterator[str]:
    yield _index_sql(item, "IsDeleted")
    yield from (_index_sql(item, field.name) for field in filter(_indexed, item.fields.values()))


def _index_sql(item: SObject, column: str) -> str:
    name = quote(f"{item.name}.{column}")
    return f"CREATE INDEX {name} ON {quote(item.name)} ({quote(column)})"
