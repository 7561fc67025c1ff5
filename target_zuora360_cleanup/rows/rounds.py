"""Rounds: what a first attempt left is found by a query and tried again, with more care each time.

Locks come from parents that several batches touch at once, so later rounds send smaller jobs, one
at a time, with rows of one parent side by side (Bulk API Developer Guide, "General Guidelines").
"""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator  # noqa: TC003 - part of the public shape
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.output.folder import FailureFile
from target_zuora360_cleanup.rows.failures import GONE, Failures

if TYPE_CHECKING:
    from target_zuora360_cleanup.rows.failures import Row

ROUNDS: Final = 3
_SMALLER: Final = 10
_SMALLEST: Final = 200
"""Rows that Salesforce works on in one transaction."""
TRY_AGAIN: Final = frozenset({
    "UNABLE_TO_LOCK_ROW", "DELETE_OPERATION_TOO_LARGE", "REQUEST_RUNNING_TOO_LONG",
    "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION",
})  # fmt: skip
"""Row errors that may not come back. A veto of a trigger or of a lookup will."""
_BLOCK: Final = 1_000


@dataclass(frozen=True)
class Round:
    """One attempt at an object type.

    Attributes:
        number: 1, 2, …
        job_size: Rows a job.
    """

    number: int
    job_size: int

    @property
    def is_first(self) -> bool:
        """Whether nothing was tried before."""
        return self.number == 1

    @property
    def is_last(self) -> bool:
        """Whether what fails now has failed for good."""
        return self.number == ROUNDS


def rounds(job_size: int) -> Iterator[Round]:
    """All rounds there may be."""
    for number in range(1, ROUNDS + 1):
        smaller = job_size // _SMALLER ** (number - 1)
        yield Round(number, max(smaller, min(job_size, _SMALLEST)))


@dataclass
class RoundFailures:
    """Rows that failed in one round. Safe for several threads.

    They wait on the disk until it is known which round counts.

    Attributes:
        again: Whether there are some that are worth another round.
        count: How many there are.
    """

    _name: str
    _path: Path
    again: bool = False
    count: int = 0
    _file: FailureFile = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._file = FailureFile(self._path)

    @classmethod
    @contextmanager
    def of(cls, object_name: str) -> Iterator[RoundFailures]:
        """Failures of an object type, forgotten at the end unless they were told."""
        with TemporaryDirectory() as folder:
            yield cls(object_name, Path(folder) / "failures.csv")

    def add(self, rows: list[Row]) -> None:
        """Take in rows of (id, code, message); rows that are gone already have not failed."""
        failed = [row for row in rows if row[1] != GONE]
        if failed:
            with self._lock:
                self.again = self.again or any(code in TRY_AGAIN for _, code, _ in failed)
                self.count += len(failed)
            self._file.add(self._name, failed)

    def tell(self, failures: Failures, file: FailureFile) -> None:
        """Hand them on, since there is no further round."""
        if not self._path.exists():
            return
        with self._path.open(encoding="utf-8", newline="") as source:
            rows: list[Row] = []
            for each in csv.DictReader(source):
                rows.append((each["id"], each["code"], each["message"]))
                failures.add(self._name, *rows[-1])
                if len(rows) >= _BLOCK:
                    file.add(self._name, rows)
                    rows = []
        if rows:
            file.add(self._name, rows)
