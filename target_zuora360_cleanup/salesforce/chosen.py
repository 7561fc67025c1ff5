"""The billing accounts that a run is limited to, and the queries that name them.

A query is written with `:only_accounts` in place of their ids. Sent are as many queries as it takes
to name them all, each as long as Salesforce takes it, and their answers are put together. The ids
are on the disk, so that any number of them takes no memory.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.objects import CHOSEN
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

REST_SOQL: Final = 8_000
"""A longer query does not fit into the URL of a request (16,384 bytes when escaped)."""
BULK_SOQL: Final = 100_000
"""The longest query that there is ("SOQL SELECT Statement Limits")."""
_ID_LENGTH: Final = len("'000000000000000000', ")
_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -4000;
CREATE TABLE account (id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_SLICE: Final = "SELECT id FROM account WHERE id > ? ORDER BY id LIMIT ?"
Rows = list[dict[str, Any]]


class Chosen:
    """Salesforce ids of billing accounts, or of their contacts. Safe for several threads."""

    def __init__(self) -> None:
        # (without a name it is a file of SQLite's own that goes with the connection)
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_SCHEMA)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many there are."""
        return int(self._rows("SELECT COUNT(*) FROM account")[0][0])

    def add(self, ids: Iterable[str]) -> None:
        """Take these in; one that is there already stays so."""
        with self._lock:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR IGNORE INTO account VALUES (?)", ((i,) for i in ids))
            self._db.execute("COMMIT")

    def among(self, ids: Collection[str]) -> set[str]:
        """Those of some ids that are chosen."""
        ordered, found = list(ids), set[str]()
        for at in range(0, len(ordered), 500):
            part = ordered[at : at + 500]
            marks = ", ".join("?" * len(part))
            sql = f"SELECT id FROM account WHERE id IN ({marks})"
            found.update(row[0] for row in self._rows(sql, part))
        return found

    def slices(self, size: int) -> Iterator[list[str]]:
        """All of them in their order, so many at a time."""
        last = ""
        while ids := [row[0] for row in self._rows(_SLICE, (last, size))]:
            yield ids
            last = ids[-1]

    @property
    def digest(self) -> str:
        """A hash that tells these accounts from any others."""
        found = hashlib.sha256()
        for ids in self.slices(10_000):
            found.update("".join(ids).encode())
        return found.hexdigest()

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


def parts_of(soql: str, chosen: Chosen | None, longest: int) -> Iterator[str]:
    """The queries that a query stands for; itself where it names no chosen accounts.

    Of a query that names them twice each part names the same ones in both places.

    Args:
        soql: The query.
        chosen: The accounts.
        longest: Characters that a query may have.
    """
    if not (places := soql.count(CHOSEN)):
        yield soql
        return
    if chosen is None:
        raise AssertionError("a query names chosen accounts, and none are")
    room = longest - len(soql)
    for ids in chosen.slices(max(1, room // (places * _ID_LENGTH))):
        listed = ", ".join(f"'{each}'" for each in ids)
        yield soql.replace(CHOSEN, f"({listed})")


def together(soql: str, one: Rows, other: Rows) -> Rows:
    """The answer to a query from those to two of its parts.

    Counts are added, and of dates the earliest is taken; groups stay side by side.
    """
    if not soql.startswith(("SELECT COUNT(", "SELECT MIN(")) or " GROUP BY " in soql:
        limit = soql.rpartition(" LIMIT ")[2]
        return [*one, *other][: int(limit) if limit.isdecimal() else None]
    if not (one and other):
        return one or other
    return [{name: _both(one[0][name], other[0].get(name)) for name in one[0]}]


def joined(soql: str, before: Rows | ApiError, more: Rows | ApiError) -> Rows | ApiError:
    """The answer to a query with that to one more of its parts; what one is refused, all are."""
    if isinstance(before, ApiError) or isinstance(more, ApiError):
        return before if isinstance(before, ApiError) else more
    return together(soql, before, more)


def _both(one: Any, other: Any) -> Any:  # noqa: ANN401 - a cell of an answer
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one + other
    return min((each for each in (one, other) if isinstance(each, str)), default=None)
