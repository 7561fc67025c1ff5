"""Rows that a Bulk job holds while others run: who comes second can't have them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.schema.ids import encode
from target_zuora360_cleanup.emulator.wire.errors import RowError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.emulator.org.locking import Key
    from target_zuora360_cleanup.emulator.schema.objects import Schema

__all__ = ["RowLocks"]


class RowLocks:
    """Which job holds which rows. Safe from several threads."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._guard = threading.Lock()
        self._held: dict[Key, str] = {}

    def take(self, job_id: str, wanted: Sequence[frozenset[Key]]) -> dict[int, RowError]:
        """Lock what each row of a batch needs; the errors of rows that can't have it, by place."""
        errors: dict[int, RowError] = {}
        with self._guard:
            for place, keys in enumerate(wanted):
                foreign = sorted(key for key in keys if self._held.get(key, job_id) != job_id)
                if foreign:
                    errors[place] = self._locked(foreign[0])
                else:
                    self._held.update(dict.fromkeys(keys, job_id))
        return errors

    def release(self, job_id: str) -> None:
        """Unlock what a job holds."""
        with self._guard:
            self._held = {key: owner for key, owner in self._held.items() if owner != job_id}

    def _locked(self, key: Key) -> RowError:
        name, number = key
        record = encode(self._schema.get(name).key_prefix, number)
        text = f"unable to obtain exclusive access to this record or 1 records: {record}"
        return RowError("UNABLE_TO_LOCK_ROW", text)
