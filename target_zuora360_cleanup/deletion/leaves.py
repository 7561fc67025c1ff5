"""Deletes rows that hold, or take along, others of their own type: leaf by leaf, level by level.

The lookups wait in a database on the disk, so that a chain of any length takes no memory. A row
goes when all rows below it are gone; what stays holds what is above it, and so do circles.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.rows.errors import HELD_BACK, RowError, Verdict
from target_zuora360_cleanup.salesforce.csv_file import IdFile
from target_zuora360_cleanup.salesforce.rows import Selection, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.deletion.sending import Failed, Sender
    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.rows.rounds import Round
    from target_zuora360_cleanup.salesforce.client import Salesforce

_BLOCK: Final = 1_000
_SCHEMA: Final = """
CREATE TABLE edge (child TEXT, parent TEXT, PRIMARY KEY (child, parent)) WITHOUT ROWID;
CREATE INDEX by_parent ON edge (parent);
CREATE TABLE node (id TEXT PRIMARY KEY, below INTEGER, state TEXT DEFAULT '') WITHOUT ROWID;
CREATE INDEX by_state ON node (state, below);
"""
_NODES: Final = """
INSERT INTO node (id, below)
SELECT id, (SELECT COUNT(*) FROM edge WHERE parent = id)
FROM (SELECT child id FROM edge UNION SELECT parent FROM edge)
"""
_FREED: Final = """
UPDATE node SET below = below - (
    SELECT COUNT(*) FROM edge JOIN node AS gone ON gone.id = edge.child
    WHERE edge.parent = node.id AND gone.state = 'sent'
)
WHERE id IN (
    SELECT edge.parent FROM node AS gone JOIN edge ON edge.child = gone.id
    WHERE gone.state = 'sent'
)
"""
_LEFT: Final = """
WITH RECURSIVE above (id) AS (
    SELECT edge.parent FROM node JOIN edge ON edge.child = node.id
    WHERE node.state IN ('', 'failed')
    UNION SELECT edge.parent FROM above JOIN edge ON edge.child = above.id
)
SELECT id, id IN above FROM node WHERE state = 'waiting' ORDER BY id
"""


class Leaves:
    """Rows of one type that look up each other. Safe for several threads.

    A row has no state until it is known that it may go; then it is `waiting`, `sent`, and either
    `gone` or `failed`.

    Args:
        path: The database file, to be made.
        name: API name of the object.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # It is gone with the step, so it need not outlast a crash.
        self._db.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;{_SCHEMA}")

    @classmethod
    @contextmanager
    def of(cls, salesforce: Salesforce, turn: Turn) -> Iterator[Leaves]:
        """The rows of a step that have a lookup of its hierarchy, and what these lead to.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce does not tell.
            OSError, sqlite3.Error: There is no room for a temporary file.
        """
        with TemporaryDirectory() as folder:
            made = cls(Path(folder) / "leaves.sqlite", turn.step.name)
            try:
                made.add(read_table(salesforce, _selection(turn)))
                yield made
            finally:
                made.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, rows: Iterable[list[str]]) -> None:
        """Take in all rows: the id of each, then what its lookups hold."""
        # (one that leads to itself waits for nobody; Salesforce says whether it may go)
        edges = ((row[0], each) for row in rows for each in row[1:] if each and each != row[0])
        with self._lock:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR IGNORE INTO edge VALUES (?, ?)", edges)
            self._db.execute(_NODES)
            self._db.execute("COMMIT")

    def set_aside(self, ids: list[bytes]) -> list[bytes]:
        """Of ids that may go, those that no lookup concerns; the others wait for their level."""
        with self._lock:
            return [each for each in ids if not self._waits(each.decode())]

    def _waits(self, row_id: str) -> bool:
        sql = "UPDATE node SET state = 'waiting' WHERE id = ?"
        return self._db.execute(sql, (row_id,)).rowcount > 0

    def next_level(self) -> int:
        """How many rows may go now, since all below them are gone; they count as sent."""
        with self._lock:
            self._db.execute(_FREED)
            self._db.execute("UPDATE node SET state = 'gone' WHERE state = 'sent'")
            sql = "UPDATE node SET state = 'sent' WHERE state = 'waiting' AND below = 0"
            return self._db.execute(sql).rowcount

    def pages(self, page_rows: int) -> Iterator[IdFile]:
        """The ids of this level, page by page."""
        size = min(_BLOCK, page_rows)
        blocks = self._blocks(size)
        while first := next(blocks, None):
            yield IdFile(chain([first], islice(blocks, page_rows // size - 1)))

    def _blocks(self, size: int) -> Iterator[list[bytes]]:
        sql = (
            "SELECT id FROM node WHERE state = 'sent' AND below = 0 AND id > ? ORDER BY id LIMIT ?"
        )
        last = ""
        while True:
            with self._lock:
                ids = [row[0] for row in self._db.execute(sql, (last, size))]
            if not ids:
                return
            yield [each.encode() for each in ids]
            last = ids[-1]

    def noting(self, failed: Failed) -> Failed:
        """What notes the rows that could not be deleted, and hands them on."""
        return lambda errors: failed(self._noted(errors))

    def _noted(self, errors: Iterable[RowError]) -> Iterator[RowError]:
        for each in errors:
            if each.verdict is not Verdict.GONE:
                with self._lock:
                    self._db.execute("UPDATE node SET state = 'failed' WHERE id = ?", (each.id,))
            yield each

    def hold(self, ids: Iterable[str]) -> None:
        """Take rows that are still there for failed, if they were sent."""
        sql = "UPDATE node SET state = 'failed' WHERE id = ? AND state = 'sent'"
        with self._lock:
            self._db.execute("BEGIN")
            self._db.executemany(sql, ((each,) for each in ids))
            self._db.execute("COMMIT")

    def left(self) -> Iterator[RowError]:
        """The rows that never had their turn: above what stays, or in a circle or above one."""
        below = f"rows of {self._name} below it are left"
        circle = f"rows of {self._name} hold each other in a circle, with it or below it"
        with self._lock:
            rows = self._db.execute(_LEFT)
        while True:
            with self._lock:
                block = rows.fetchmany(_BLOCK)
            if not block:
                return
            for row_id, is_held in block:
                yield RowError(row_id, HELD_BACK, below if is_held else circle)


def delete_by_levels(
    sender: Sender, turn: Turn, leaves: Leaves, each: Round, failed: Failed
) -> None:
    """Delete the rows that were set aside, leaves first; each level's jobs end before the next.

    Where a row would take along those below it, the org is asked which of them are still there: no
    job has to say so, and a cascade would go round what has refused them.

    Raises:
        ApiError, JobFailed, requests.RequestException: Salesforce refuses, or does not answer.
        Stopped, QuotaReached: The run is to end.
    """
    name, noting = turn.step.name, leaves.noting(failed)
    while rows := leaves.next_level():
        sender.go_on()
        sender.send(name, rows, each, leaves.pages(sender.page_rows(rows, each)), noting)
        if _takes_along(turn):
            leaves.hold(row[0] for row in read_table(sender.salesforce, _selection(turn)))
    failed(leaves.left())


def _takes_along(turn: Turn) -> bool:
    """Whether rows go with others of their own type, and are not only held by them."""
    step = turn.step
    return any(each.child == step.name and each.field in turn.hierarchy for each in step.below)


def _selection(turn: Turn) -> Selection:
    """The rows that have a lookup of the hierarchy."""
    step = turn.step
    used = " OR ".join(f"{field} != null" for field in turn.hierarchy)
    where = f"({used}) AND {step.kind.where}" if step.kind.where else used
    return Selection(step.name, ("Id", *turn.hierarchy), where, step.found)
