"""The database of what is kept.

All of a batch is one transaction, which ends before a state is passed on: what a state has passed
is in Salesforce or in here. A run that dies leaves the database as it was at its last state, and
the tap sends the rest again.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

_VERSION: Final = 1
_BUSY_SECONDS: Final = 5
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS about (org TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS form (
    id INTEGER PRIMARY KEY, object TEXT NOT NULL, headers TEXT NOT NULL, parents TEXT NOT NULL,
    UNIQUE (object, headers, parents));
CREATE TABLE IF NOT EXISTS waiting (
    seq INTEGER PRIMARY KEY, object TEXT NOT NULL, key TEXT NOT NULL, form INTEGER NOT NULL,
    cells TEXT NOT NULL, links TEXT NOT NULL, partial INTEGER NOT NULL,
    parent TEXT NOT NULL, parent_key TEXT NOT NULL, ready INTEGER NOT NULL DEFAULT 0,
    UNIQUE (object, key));
CREATE INDEX IF NOT EXISTS waiting_parent ON waiting (parent, parent_key);
CREATE INDEX IF NOT EXISTS waiting_ready ON waiting (object, seq) WHERE ready = 1;
CREATE TABLE IF NOT EXISTS blank (
    object TEXT NOT NULL, key TEXT NOT NULL, lookup TEXT NOT NULL,
    parent TEXT NOT NULL, parent_key TEXT NOT NULL, ready INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (object, key, lookup)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS blank_parent ON blank (parent, parent_key);
CREATE INDEX IF NOT EXISTS blank_ready ON blank (object) WHERE ready = 1;
CREATE TABLE IF NOT EXISTS outside (
    object TEXT NOT NULL, key TEXT NOT NULL, had_rows INTEGER NOT NULL,
    PRIMARY KEY (object, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owed (object TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stream (
    name TEXT PRIMARY KEY, fields TEXT NOT NULL, whole INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (
    stream TEXT NOT NULL, id TEXT NOT NULL, said TEXT NOT NULL,
    PRIMARY KEY (stream, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tie (
    stream TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (stream, field, value, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stale (
    object TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (object, id)) WITHOUT ROWID;
"""


class Store:
    """One open database.

    Args:
        path: Where it is; None for one that this run alone has, on the disk all the same.

    Attributes:
        db: The connection. Whoever changes something leaves the transaction open.
        lasts: Whether the next run will find it.
        is_new: Whether nothing was kept in it before.

    Raises:
        InputError: It can't be opened, or is another sync's.
    """

    def __init__(self, path: Path | None) -> None:
        self.path, self.lasts = path, path is not None
        self.is_new = True
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            # (the reading thread makes it, the main one closes it)
            self.db = sqlite3.connect(
                str(path) if path else "", timeout=_BUSY_SECONDS, check_same_thread=False,
                isolation_level=None,
            )  # fmt: skip
            with contextlib.ExitStack() as unless_begun:
                unless_begun.callback(self.db.close)
                self._begin()
                unless_begun.pop_all()
        except (OSError, sqlite3.Error) as exc:
            raise InputError(
                f"What waits for a later sync can't be kept in {path or 'a temporary file'}: "
                f"{exc}. Name another place in kept_file, or wait for the sync that has it open."
            ) from None

    def _begin(self) -> None:
        (version,) = self.db.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError(f"it is of version {version}, and this is {_VERSION}")
        # (with less than EXTRA a power failure may bring the journal back, and undo what was kept)
        self.db.execute(f"PRAGMA synchronous = {'EXTRA' if self.lasts else 'OFF'}")
        self.db.execute("PRAGMA temp_store = FILE")
        self.db.execute("BEGIN IMMEDIATE")
        for statement in _TABLES.split(";"):
            self.db.execute(statement)
        self.is_new = self.db.execute("SELECT 1 FROM about").fetchone() is None
        self.db.execute(f"PRAGMA user_version = {_VERSION}")

    def belongs_to(self, org: str) -> None:
        """Take note of whose rows these are.

        Raises:
            InputError: They are another org's.
        """
        found = self.db.execute("SELECT org FROM about").fetchone()
        if found is None:
            self.db.execute("INSERT INTO about VALUES (?)", (org,))
        elif found[0] != org:
            raise InputError(
                f"{self.path} keeps what waits for the org {found[0]}, and this is {org}. A "
                "refreshed sandbox has a new id: there clean up or reset, so that the next sync is "
                "a full one, and remove the file (docs/recipes.md, After a sandbox refresh). If it "
                "is none, check where the login leads, or name a file in kept_file for each org."
            )

    def keep(self) -> None:
        """End the transaction, so that what is in it lasts, and begin the next.

        Raises:
            OSError: There is no room.
        """
        try:
            self.db.execute("COMMIT")
            self.db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as exc:
            raise OSError(f"what waits can't be kept in {self.path}: {exc}") from None

    def close(self) -> None:
        """Let go of it; what was not kept is as it was."""
        with contextlib.suppress(sqlite3.Error):
            self.db.execute("ROLLBACK")
        self.db.close()
