"""Rows of backups and of the org in a database on the disk, so that any number takes no memory."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SCHEMA: Final = """
CREATE TABLE was (id TEXT PRIMARY KEY, object INTEGER, key TEXT, cells TEXT) WITHOUT ROWID;
CREATE TABLE now (id TEXT PRIMARY KEY, object INTEGER, key TEXT, cells TEXT) WITHOUT ROWID;
"""
_INDEXES: Final = """
CREATE INDEX was_by_key ON was (object, key);
CREATE INDEX now_by_key ON now (object, key);
"""
_STAYED: Final = "EXISTS (SELECT 1 FROM now WHERE now.id = was.id)"
_CAME: Final = "NOT EXISTS (SELECT 1 FROM was x WHERE x.id = now.id)"
# (of several rows with one external id, as many are back as have come)
_BACK: Final = (
    f"(SELECT COUNT(*) FROM now WHERE now.object = was.object AND now.key = was.key AND {_CAME}) "
    ">= (SELECT COUNT(*) FROM was w WHERE w.object = was.object AND w.key = was.key "
    "AND w.id <= was.id AND NOT EXISTS (SELECT 1 FROM now WHERE now.id = w.id))"
)
_FATE: Final = (
    f"CASE WHEN {_STAYED} THEN 'stayed' WHEN was.key = '' THEN 'no_key' "
    f"WHEN {_BACK} THEN 'back' ELSE 'not_back' END"
)


_ALONE: Final = (
    "was.object = ? AND was.key != '' AND 1 = "
    "(SELECT COUNT(*) FROM was w WHERE w.object = was.object AND w.key = was.key) AND 2 > "
    "(SELECT COUNT(*) FROM now n WHERE n.object = was.object AND n.key = was.key)"
)


class Pair(NamedTuple):
    """A row as it was and as it is.

    Attributes:
        key: Its external id.
        id_was: Its Salesforce id before.
        id_now: The one that it has now.
        was: Its cells before.
        now: Its cells now.
    """

    key: str
    id_was: str
    id_now: str
    was: str
    now: str


class Row(NamedTuple):
    """A row of an object.

    Attributes:
        id: Its Salesforce id.
        key: Its external id; blank where it has none.
        cells: What of it is compared, as one text; blank where nothing is.
    """

    id: str
    key: str
    cells: str


class Store:
    """Rows as they were and as they are. For one thread.

    Args:
        path: The database file, to be made.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        # It is gone with the run, so it need not outlast a crash.
        self._db.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;{_SCHEMA}")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Rows are taken in within; the indexes are made at the end."""
        self._db.execute("BEGIN")
        yield
        self._db.execute("COMMIT")
        self._db.executescript(_INDEXES)

    def add_was(self, number: int, rows: Iterable[Row]) -> None:
        """Take in rows of a backup; a later one of the same record takes an earlier's place."""
        self._add("was", number, rows)

    def add_now(self, number: int, rows: Iterable[Row]) -> None:
        """Take in rows of the org."""
        self._add("now", number, rows)

    def _add(self, table: str, number: int, rows: Iterable[Row]) -> None:
        self._db.executemany(
            f"INSERT OR REPLACE INTO {table} (object, id, key, cells) VALUES ({number}, ?, ?, ?)",
            rows,
        )

    def forget_now(self, number: int) -> None:
        """Begin to read an object anew."""
        self._db.execute("DELETE FROM now WHERE object = ?", (number,))

    def fates(self, number: int) -> dict[str, int]:
        """Rows of a backup by what became of them: `stayed`, `back`, `not_back`, `no_key`."""
        sql = f"SELECT {_FATE} fate, COUNT(*) FROM was WHERE object = ? GROUP BY fate"
        return dict(self._db.execute(sql, (number,)))

    def not_back(self, number: int) -> Iterator[tuple[str, str, str]]:
        """Id, key and fate of each row that is neither there nor back."""
        sql = (
            f"SELECT id, key, {_FATE} fate FROM was "
            "WHERE object = ? AND fate IN ('not_back', 'no_key') ORDER BY id"
        )
        yield from self._db.execute(sql, (number,))

    def new_since(self, number: int) -> int:
        """Rows of the org that no backup has."""
        sql = (
            f"SELECT COUNT(*) FROM now WHERE object = ? AND {_CAME} AND (key = '' OR NOT EXISTS "
            "(SELECT 1 FROM was WHERE was.object = now.object AND was.key = now.key))"
        )
        return int(self._db.execute(sql, (number,)).fetchone()[0])

    def twice(self, number: int) -> Iterator[tuple[str, int]]:
        """External ids of the backup that several rows of the org have now, and how many."""
        sql = (
            "SELECT key, COUNT(*) rows FROM now WHERE object = ? AND key != '' GROUP BY key "
            "HAVING rows > 1 AND rows > (SELECT COUNT(*) FROM was "
            "WHERE was.object = now.object AND was.key = now.key) "
            "AND EXISTS (SELECT 1 FROM was WHERE was.object = now.object AND was.key = now.key)"
        )
        yield from self._db.execute(sql, (number,))

    def pairs(self, number: int) -> Iterator[Pair]:
        """Each row that is back and not the same, where no other row has its external id."""
        sql = (
            "SELECT was.key, was.id, now.id, was.cells, now.cells FROM was JOIN now "
            f"ON now.object = was.object AND now.key = was.key WHERE {_ALONE} "
            f"AND was.cells != now.cells AND {_CAME} ORDER BY was.id"
        )
        yield from map(Pair._make, self._db.execute(sql, (number,)))

    def not_paired(self, number: int) -> int:
        """Rows of a backup that share their external id, so that nobody can tell which is which."""
        sql = f"SELECT COUNT(*) FROM was WHERE object = ? AND key != '' AND NOT ({_ALONE})"
        return int(self._db.execute(sql, (number, number)).fetchone()[0])

    def key_was(self, id_: str) -> str | None:
        """The external id of a row of the backup; None where it has no such row."""
        return self._key("was", id_)

    def key_now(self, id_: str) -> str | None:
        """The external id of a row of the org; None where it has no such row that was read."""
        return self._key("now", id_)

    def _key(self, table: str, id_: str) -> str | None:
        found = self._db.execute(f"SELECT key FROM {table} WHERE id = ?", (id_,)).fetchone()
        return str(found[0]) if found else None
