"""The rows of an undo in a database on the disk, so that any number of them takes no memory.

Each goes from no result to one of `RESULTS`, by way of `bin` while it is to come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from target_zuora360_cleanup.output.database import UndoableDatabase
from target_zuora360_cleanup.rows.errors import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from target_zuora360_cleanup.rows.errors import RowError

RESULTS: Final = ("back", "conflict", "gone", "failed", "unknown")
_SCHEMA: Final = """
CREATE TABLE row (
    object INTEGER, id TEXT, result TEXT DEFAULT '', other TEXT DEFAULT '',
    code TEXT DEFAULT '', message TEXT DEFAULT '', verdict TEXT DEFAULT '',
    PRIMARY KEY (object, id)
) WITHOUT ROWID;
CREATE INDEX by_result ON row (object, result, id);
CREATE TABLE key (
    object INTEGER, field INTEGER, value TEXT, id TEXT, live INTEGER,
    PRIMARY KEY (object, field, value, live, id)
) WITHOUT ROWID;
"""
_CONFLICT: Final = """
UPDATE row SET result = 'conflict', other = found.id FROM (
    SELECT own.id AS own, MIN(there.id) AS id FROM key AS own JOIN key AS there
    ON there.object = own.object AND there.field = own.field AND there.value = own.value
    AND there.live = 1 WHERE own.object = :object AND own.live = 0 GROUP BY own.id
) AS found WHERE object = :object AND row.id = found.own AND result = 'bin'
"""
_SETTLE: Final = f"""
UPDATE row SET result = CASE code WHEN 'DUPLICATE_VALUE' THEN 'conflict'
WHEN 'UNDELETE_FAILED' THEN 'gone' WHEN 'ENTITY_IS_DELETED' THEN 'gone' ELSE 'failed' END
WHERE object = :object AND result = 'bin'
AND (:final OR (code != '' AND verdict != '{Verdict.TRY_AGAIN.name}'))
"""


class NotBack(NamedTuple):
    """A row that is not back.

    Attributes:
        number: Of its object.
        result: Why.
        other: A live record with the same external id.
        code: Salesforce's or our own.
        message: What goes with it.
    """

    number: int
    id: str
    result: str
    other: str
    code: str
    message: str


class RowStore(UndoableDatabase):
    """Rows by the number of their object. For one thread.

    Args:
        path: The database file, to be made.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)

    def add(self, number: int, ids: Iterable[str]) -> None:
        """Take in rows of an object; one that comes twice is there once."""
        self._db.executemany(
            "INSERT OR IGNORE INTO row (object, id) VALUES (?, ?)", ((number, each) for each in ids)
        )

    def forget_seen(self, number: int) -> None:
        """Begin to look at an object anew."""
        self._db.execute("DELETE FROM key WHERE object = ?", (number,))
        self._db.execute("UPDATE row SET result = '' WHERE object = ?", (number,))

    def count(self, number: int) -> int:
        """How many rows an object has."""
        return int(self._one("SELECT COUNT(*) FROM row WHERE object = ?", number))

    def ids(self, number: int, most: int) -> list[str]:
        """The ids of an object's rows, in order, up to one more than `most`."""
        sql = "SELECT id FROM row WHERE object = ? ORDER BY id LIMIT ?"
        return [row[0] for row in self._db.execute(sql, (number, most + 1))]

    def keys(self, number: int) -> dict[int, list[str]]:
        """The values of keys that rows in the bin have, by the number of the key."""
        sql = "SELECT DISTINCT field, value FROM key WHERE object = ? AND live = 0"
        found: dict[int, list[str]] = {}
        for field, value in self._db.execute(sql, (number,)):
            found.setdefault(field, []).append(value)
        return found

    def saw(self, number: int, rows: Sequence[tuple[str, bool, Sequence[str]]]) -> None:
        """Take in rows of the org as (id, whether it is deleted, keys in the form compared)."""
        self._db.executemany(
            "UPDATE row SET result = ? WHERE object = ? AND id = ?",
            (("bin" if is_deleted else "back", number, id_) for id_, is_deleted, _ in rows),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO key SELECT ?1, ?2, ?3, ?4, ?5 WHERE ?5 OR EXISTS"
            " (SELECT 1 FROM row WHERE object = ?1 AND id = ?4)",
            (
                (number, field, value, id_, int(not is_deleted))
                for id_, is_deleted, keys in rows
                for field, value in enumerate(keys)
                if value
            ),
        )

    def compare(self, number: int) -> None:
        """Find what follows from what was seen; `bin` is what may come back."""
        self._db.execute(
            "UPDATE row SET result = 'gone', code = '', message = '' WHERE object = ?"
            " AND result = ''",
            (number,),
        )
        self._db.execute(_CONFLICT, {"object": number})

    def in_bin(self, number: int) -> int:
        """How many rows may come back."""
        sql = "SELECT COUNT(*) FROM row WHERE object = ? AND result = 'bin'"
        return int(self._one(sql, number))

    def begin(self, number: int) -> None:
        """An attempt at what is in the bin begins."""
        self._db.execute(
            "UPDATE row SET code = '', message = '', verdict = '' WHERE object = ?"
            " AND result = 'bin'",
            (number,),
        )

    def to_send(self, number: int, after: str, most: int) -> list[str]:
        """The next ids that may come back."""
        sql = (
            "SELECT id FROM row WHERE object = ? AND result = 'bin' AND id > ? ORDER BY id LIMIT ?"
        )
        return [row[0] for row in self._db.execute(sql, (number, after, most))]

    def note(self, number: int, errors: Iterable[RowError]) -> None:
        """Take in why rows did not come back."""
        self._db.executemany(
            "UPDATE row SET code = ?, message = ?, verdict = ? WHERE object = ? AND id = ?",
            ((each.code, each.message, each.verdict.name, number, each.id) for each in errors),
        )

    def settle(self, number: int, code: str, why: str, *, final: bool) -> None:
        """End what is still in the bin after an attempt, unless another one is worth while.

        Args:
            number: Of the object.
            code: For rows of which Salesforce said nothing.
            why: The same in words.
            final: Whether there is no other attempt.
        """
        if final:
            self._db.execute(
                "UPDATE row SET code = ?, message = ? WHERE object = ? AND result = 'bin'"
                " AND code = ''",
                (code, why, number),
            )
        self._db.execute(_SETTLE, {"object": number, "final": final})

    def unknown(self, number: int, code: str, why: str) -> None:
        """Nobody can say what became of an object's rows."""
        self._db.execute(
            "UPDATE row SET result = 'unknown', code = ?, message = ? WHERE object = ?",
            (code, why, number),
        )

    def give_up(self, why: str) -> None:
        """What has no result yet is not known: the run broke off."""
        self._db.execute(
            "UPDATE row SET code = 'BROKEN_OFF', message = ?, result = 'unknown'"
            " WHERE result IN ('', 'bin')",
            (why,),
        )

    def counts(self, number: int) -> dict[str, int]:
        """Rows by result."""
        sql = (
            "SELECT CASE result WHEN '' THEN 'unknown' ELSE result END name, COUNT(*) FROM row"
            " WHERE object = ? GROUP BY name"
        )
        return dict(self._db.execute(sql, (number,)))

    def not_back(self) -> Iterator[NotBack]:
        """Every row that is not back, in order."""
        sql = (
            "SELECT object, id, result, other, code, message FROM row WHERE result != 'back'"
            " ORDER BY object, id"
        )
        for row in self._db.execute(sql):
            yield NotBack(*row)

    def _one(self, sql: str, *values: object) -> int:
        return int(self._db.execute(sql, values).fetchone()[0])
