"""A database on the disk for one run, so that any number of rows takes no memory."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class RunDatabase:
    """Gone with the run, so it need not outlast a crash. For one thread.

    Args:
        path: The file, to be made.
        schema: SQL that makes its tables.

    Attributes:
        path: The same.
    """

    _journal: ClassVar = "OFF"

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        pragmas = f"PRAGMA journal_mode = {self._journal}; PRAGMA synchronous = OFF;"
        self._db.executescript(pragmas + schema)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class UndoableDatabase(RunDatabase):
    """One whose changes can be taken back, which costs a journal."""

    _journal = "TRUNCATE"

    @contextmanager
    def whole(self) -> Iterator[None]:
        """All changes within, or none."""
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
