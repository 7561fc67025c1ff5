"""Counts what becomes of the records of a sync, object type by object type."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.rows.errors import RowError
from target_zuora360_cleanup.rows.failures import Failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from target_zuora360_cleanup.output.folder import FailureFile, OutputFolder

NO_ACCOUNT: Final = "NO_SALESFORCE_ACCOUNT"
"""A billing account without a Salesforce Account, which the 360 sync leaves out too."""
OTHER_ACCOUNT: Final = "CRM_ID_IS_NO_ACCOUNT"
"""One whose `CrmId` is something else than an Account's id: nobody can tell whether it shall go."""
NO_PARENT: Final = "PARENT_NOT_IN_SALESFORCE"
"""A record below one that is not in Salesforce, such as an invoice of such an account."""
NOT_THERE: Final = "NOT_IN_SALESFORCE"
"""Nothing to remove."""
PUT_OFF: Final = "COMES_WITH_THE_NEXT_SYNC"
"""A record that is back, and whose children the tap sends again only then."""
UNFIT: Final = "VALUE_DOES_NOT_FIT"
"""A record that became no row, as its stream was read."""
_BLOCK: Final = 1_000


@dataclass
class Counts:
    """What became of one object type's records. Their sum is `received` and `caught_up`.

    Attributes:
        received: Records of the tap that belong here.
        upserted: Rows that Salesforce has taken.
        deleted: Rows that were removed.
        merged: Records that a later one of the same batch overtook.
        skipped: Records that have no place in Salesforce, by reason.
        failed: Records that could not be loaded.
        cut: Texts that were cut to the length of their field, by field.
        blank_links: Lookups that stay blank since their parent is not there, by lookup.
        unknown: Records of a batch that broke off: some may be in Salesforce, some not.
        caught_up: Records that an earlier run had kept for a parent which has come now. They are
            counted as upserted, or skipped again, too, but not as received.
        links_set: Lookups that were left blank before, and whose parent has come.
        refilled: Rows that were filled anew from what other records say.
        taken_along: Rows of other objects that went with those deleted, by API name.
    """

    received: int = 0
    upserted: int = 0
    deleted: int = 0
    merged: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    cut: Counter[str] = field(default_factory=Counter)
    blank_links: Counter[str] = field(default_factory=Counter)
    unknown: int = 0
    caught_up: int = 0
    links_set: int = 0
    refilled: int = 0
    taken_along: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """As the report has it."""
        return {
            "received": self.received,
            "upserted": self.upserted,
            "deleted": self.deleted,
            "merged": self.merged,
            "skipped": sum(self.skipped.values()),
            "failed": self.failed,
            "unknown": self.unknown,
            "skipped_why": dict(self.skipped),
            "cut": dict(self.cut),
            "blank_links": dict(self.blank_links),
            "caught_up": self.caught_up,
            "links_set": self.links_set,
            "refilled": self.refilled,
            "taken_along": dict(self.taken_along),
        }


class Tally:
    """The counts of all object types, and the files that name the records.

    Args:
        folder: Where `failures.csv` and `skipped.csv` go.
    """

    def __init__(self, folder: OutputFolder) -> None:
        self._counts: dict[str, Counts] = {}
        self._failures = folder.failures()
        self._skipped = folder.skipped()
        self._rows: dict[FailureFile, list[tuple[str, str, str, str]]] = {}
        self.failures = Failures()
        # (the reading thread and the one that loads a batch both tell)
        self._lock = threading.Lock()
        self._unfit = 0

    def of(self, object_name: str) -> Counts:
        """The counts of an object type."""
        counts = self._counts.get(object_name)
        return counts if counts is not None else self._counts.setdefault(object_name, Counts())

    def took_along(self, object_name: str, rows: Mapping[str, int]) -> None:
        """Rows of other objects went with rows of one that were removed."""
        self.of(object_name).taken_along.update(rows)

    @property
    def counts(self) -> dict[str, Counts]:
        """All of them, by API name."""
        return self._counts

    @property
    def failed(self) -> int:
        """Records that could not be loaded."""
        return sum(each.failed for each in self._counts.values())

    @contextmanager
    def sending(self, records: Mapping[str, int]) -> Iterator[Callable[..., None]]:
        """Send records; what becomes of those of which nothing is told is unknown.

        Args:
            records: How many, by API name.

        Yields:
            What is told that it is known of one record of an object type, or of more.
        """
        left = Counter(records)

        def told(object_name: str, count: int = 1) -> None:
            left[object_name] -= count

        try:
            yield told
        finally:
            for name, count in left.items():
                self.of(name).unknown += count

    @property
    def refused(self) -> int:
        """Those of them that Salesforce has refused; the others never got as far."""
        return self.failed - self._unfit

    def fail(self, object_name: str, key: str, code: str, message: str) -> None:
        """A record could not be loaded."""
        with self._lock:
            self.of(object_name).failed += 1
            self._unfit += code == UNFIT
            self.failures.add(object_name, RowError(key, code, message))
            self._write(self._failures, (object_name, key, code, message))

    def skip(self, object_name: str, key: str, reason: str, detail: str) -> None:
        """A record has no place in Salesforce."""
        with self._lock:
            self.of(object_name).skipped[reason] += 1
            if reason != NOT_THERE:
                self._write(self._skipped, (object_name, key, reason, detail))

    def _write(self, file: FailureFile, row: tuple[str, str, str, str]) -> None:
        rows = self._rows.setdefault(file, [])
        rows.append(row)
        if len(rows) >= _BLOCK:
            self._flush()

    def flush(self) -> None:
        """Put the files on the disk.

        Raises:
            OSError: There is no room.
        """
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        for file, rows in self._rows.items():
            for name in dict.fromkeys(row[0] for row in rows):
                file.add(name, [row[1:] for row in rows if row[0] == name])
        self._rows = {}
