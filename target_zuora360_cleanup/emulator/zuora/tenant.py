"""The emulated Zuora as a whole: its records now, as they were when an export was asked for."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.zuora import zuora_objects
from target_zuora360_cleanup.emulator.zuora.changes import change_records
from target_zuora360_cleanup.emulator.zuora.query import TENANT_ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.zuora.changes import Changes
    from target_zuora360_cleanup.emulator.zuora.query import Export

__all__ = ["Tenant"]


class Tenant:
    """Zuora's records, which are in the file of the org that they belong to.

    Safe for several threads: counts and changes hold the org's lock, and an export reads by a
    connection of its own.
    """

    def __init__(self, org: Org) -> None:
        self._store, self._path, self._lock = org.store, org.path, org.lock
        self._seed = org.options.seed

    def counts(self, *, synced: bool = False) -> dict[str, int]:
        """Return the number of records by object.

        Args:
            synced: Only of those that the 360 holds after a sync, and of objects that it has.
        """
        items = [each for each in zuora_objects().values() if each.is_synced or not synced]
        where = "_deleted = 0" + " AND _synced = 1" * synced
        with self._lock:
            return {
                item.name: int(
                    self._store.value(f"SELECT count(*) FROM {quote(item.table)} WHERE {where}")
                )
                for item in items
            }

    @contextmanager
    def rows(self, export: Export) -> Iterator[sqlite3.Cursor]:
        """Yield the values of an export's lines, as they are now whatever happens meanwhile."""
        # A connection of its own reads one state of the database while others write the next.
        reader = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            reader.create_function("tenant_time", 1, _tenant_time, deterministic=True)
            yield reader.execute(export.sql, export.values)
        finally:
            reader.close()

    def change(self, records: int, seed: int) -> Changes:
        """Let time pass: some records change, some are new, a few are deleted.

        Returns:
            How many were `changed`, `added` and `deleted`, by object.
        """
        with self._lock, self._store.transaction():
            return change_records(self._store, self._seed, records, seed)

    def last_session(self, partner: str, project: str) -> int | None:
        """Return when a stateful AQuA session asked the time before, and note that it does now."""
        key = f"aqua {partner} {project}"
        with self._lock, self._store.transaction():
            last = self._store.get_meta(key)
            self._store.set_meta(key, str(int(time.time())))
        return None if last is None else int(last)


@lru_cache(maxsize=65_536)
def _tenant_time(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, TENANT_ZONE).strftime("%Y-%m-%dT%H:%M:%S%z")
