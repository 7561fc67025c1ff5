"""What an org really holds, whatever its user may see of it."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.describe import BASE
from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.values import reader
from target_zuora360_cleanup.emulator.soql.object_limits import METADATA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.emulator.schema.objects import Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["Holdings", "as_record"]


class Holdings:
    """An org's rows. Safe for several threads: every public method takes `lock` itself.

    Attributes:
        whole: All objects and fields.
        store: The rows, and what a later room keeps beside them. Only to be used under `lock`.
        lock: Held while rows are read or changed.
    """

    def __init__(self, whole: Schema, store: Store) -> None:
        self.whole, self.store = whole, store
        self.lock = threading.RLock()

    def counts(self) -> dict[str, int]:
        """Return the number of live rows, by object; what tells of the org itself has none."""
        with self.lock:
            return {
                name: 0 if name in METADATA else self.store.count(name)
                for name in self.whole.objects
            }

    def record_counts(self) -> dict[str, int]:
        """Return the number of live rows that are not archived, by object."""
        counts = self.counts()
        archived = [item.name for item in self.whole.objects.values()
                    if "IsArchived" in item.fields and counts[item.name]]  # fmt: skip
        with self.lock:
            for name in archived:
                sql = f"SELECT count(*) FROM {quote(name)} WHERE IsDeleted = 0 AND IsArchived = 1"
                counts[name] -= self.store.value(sql)
        return counts

    def recycle_bin_counts(self) -> dict[str, int]:
        """Return the number of rows in the recycle bin, by object."""
        with self.lock:
            return {name: self.store.count(name, deleted=True) for name in self.whole.objects}

    def fingerprint(self, object_name: str) -> str:
        """Return a hash over all live rows and all their columns, in the order of their ids.

        What tells of the org itself is written when it is first asked for: it has none.
        """
        sobject = self.whole.get(object_name)
        digest = hashlib.sha256()
        if sobject.name in METADATA:
            return digest.hexdigest()
        with self.lock:
            for row in self.store.run(
                f"SELECT * FROM {quote(sobject.name)} WHERE IsDeleted = 0 ORDER BY Id"
            ):
                digest.update(repr(row).encode())
        return digest.hexdigest()

    def all_rows(self, object_name: str) -> list[dict[str, Any]]:
        """Return every live row with all its fields, whatever the user may see.

        Raises:
            SalesforceError: There is no such object.
        """
        sobject = self.whole.get(object_name)
        sql = f"SELECT * FROM {quote(sobject.name)} WHERE IsDeleted = 0 ORDER BY Id"
        with self.lock:
            rows = self.store.run(sql).fetchall()
        return [as_record(self.whole, sobject, row) for row in rows]

    def is_live(self, record_id: str) -> bool:
        """Whether a row is there and not in the recycle bin, whatever the user may see."""
        prefix, number = ids.parse(record_id)
        sobject = self.whole.by_prefix(prefix)
        if sobject is None:
            return False
        sql = f"SELECT 1 FROM {quote(sobject.name)} WHERE Id = ? AND IsDeleted = 0"
        with self.lock:
            return self.store.value(sql, (number,)) is not None


def as_record(schema: Schema, sobject: SObject, row: Sequence[Any]) -> dict[str, Any]:
    """Return a row with these fields as REST shows it."""
    record: dict[str, Any] = {}
    for field, value in zip(sobject.fields.values(), row, strict=False):
        read = reader(schema, field, sobject.name)
        record[field.name] = read(value) if read else value
    url = f"{BASE}/sobjects/{sobject.name}/{record['Id']}"
    return {"attributes": {"type": sobject.name, "url": url}, **record}
