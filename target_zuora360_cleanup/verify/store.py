"""Rows of a backup and of the org in a database on the disk, so that any number takes no memory."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from target_zuora360_cleanup.output.database import RunDatabase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SCHEMA: Final = """
PRAGMA cache_size = -8000;
CREATE TABLE row (object INTEGER, place TEXT, is_now INTEGER, id TEXT, cells TEXT);
CREATE TABLE reason (id TEXT PRIMARY KEY, words TEXT) WITHOUT ROWID;
"""
_SAME: Final = """
SELECT COUNT(*), COALESCE(SUM(stayed), 0) FROM (
    SELECT MIN(id) = MAX(id) stayed FROM row WHERE object = ? GROUP BY place
    HAVING COUNT(*) = 2 AND SUM(is_now) = 1 AND MIN(cells) = MAX(cells)
)
"""
_BY_ID: Final = "CREATE INDEX IF NOT EXISTS by_id ON row (id)"
_KEYLESS: Final = "\0"
"""With which the place of a row begins that has no external id; its Salesforce id follows."""


class Row(NamedTuple):
    """A row of an object.

    Attributes:
        key: Its external id; blank where it has none.
        id: Its Salesforce id.
        cells: What of it is compared, as one text; blank where nothing is.
    """

    key: str
    id: str
    cells: str


Placed = tuple[str, int, str, str]
"""A place, 1 of a row as it is now and 0 as it was, its Salesforce id, its cells."""


def key_at(place: str) -> str:
    """The external id of the rows of a place; blank where they have none."""
    return "" if place.startswith(_KEYLESS) else place


class Store(RunDatabase):
    """Rows as they were and as they are. For one thread.

    Args:
        path: The database file, to be made.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Rows are taken in within, and can be read afterwards."""
        self._db.execute("BEGIN")
        yield
        self._db.execute("COMMIT")
        self._db.execute("CREATE INDEX by_object ON row (object)")

    def add_was(self, number: int, rows: Iterable[Row]) -> None:
        """Take in rows of a backup."""
        self._add(number, 0, rows)

    def add_now(self, number: int, rows: Iterable[Row]) -> None:
        """Take in rows of the org."""
        self._add(number, 1, rows)

    def _add(self, number: int, is_now: int, rows: Iterable[Row]) -> None:
        self._db.executemany(
            f"INSERT INTO row VALUES ({number}, ?, {is_now}, ?, ?)",
            ((key or _KEYLESS + id_, id_, cells) for key, id_, cells in rows),
        )

    def forget_now(self, number: int) -> None:
        """Begin to read an object anew."""
        self._db.execute("DELETE FROM row WHERE object = ? AND is_now", (number,))

    def same(self, number: int) -> tuple[int, int] | None:
        """Whether each row of an object is there once, as it was, and no other is.

        Returns:
            How many there are, and how many of them under the same Salesforce id; None where
            something is different.
        """
        places, stayed = self._db.execute(_SAME, (number,)).fetchone()
        sql = "SELECT COUNT(*) FROM row WHERE object = ?"
        (rows,) = self._db.execute(sql, (number,)).fetchone()
        return (places, stayed) if rows == 2 * places else None

    def side_by_side(self, number: int) -> Iterator[Placed]:
        """The rows of an object as they were and are, those of one place together.

        Rows of the same external id have the same place; one without has a place of its own.
        """
        sql = "SELECT place, is_now, id, cells FROM row WHERE object = ? ORDER BY place"
        return self._db.execute(sql, (number,))

    def add_reasons(self, reasons: Iterable[tuple[str, str]]) -> None:
        """Take in why rows are not back, by their Salesforce ids."""
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO reason VALUES (?, ?)", reasons)

    def reason(self, id_: str) -> str:
        """Why a row is not back; blank where nobody has told."""
        sql = "SELECT words FROM reason WHERE id = ?"
        found = self._db.execute(sql, (id_,)).fetchone()
        return str(found[0]) if found else ""

    def was(self, id_: str) -> Row | None:
        """A row of the backup by its Salesforce id; None where it has no such row."""
        return self._row(id_, 0)

    def now(self, id_: str) -> Row | None:
        """A row of the org by its Salesforce id; None where it has no such row that was read."""
        return self._row(id_, 1)

    def _row(self, id_: str, is_now: int) -> Row | None:
        # (needed where values are compared or rows are missing, and then often)
        self._db.execute(_BY_ID)
        sql = "SELECT place, id, cells FROM row WHERE id = ? AND is_now = ?"
        found = self._db.execute(sql, (id_, is_now)).fetchone()
        return Row(key_at(found[0]), *found[1:]) if found else None
