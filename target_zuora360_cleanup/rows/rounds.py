"""Rounds: what a first attempt left is tried again, with more care each time.

Deletions, syncs and relinks make them alike: an attempt at all rows, a look at the verdicts of
those that failed, and while one says `TRY_AGAIN` another attempt after a wait. Locks come from
parents that several batches touch at once, so later rounds send smaller jobs, one at a time, with
rows of one parent side by side (Bulk API 2.0 Developer Guide, "General Guidelines for Data Loads").
"""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterable, Iterator  # noqa: TC003 - part of the public shape
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.output.folder import FailureFile
from target_zuora360_cleanup.rows.errors import HELD_BACK, RowError, Verdict
from target_zuora360_cleanup.salesforce.attempts import Attempt

if TYPE_CHECKING:
    from target_zuora360_cleanup.rows.failures import Failures

SMALLEST: Final = 200
"""Rows that Salesforce works on in one transaction."""
_SMALLER: Final = 10
_BLOCK: Final = 1_000
_WORTH_ANOTHER: Final = frozenset({Verdict.TRY_AGAIN, Verdict.LOOK})
"""Another round reads the rows anew, and so leaves out those that are gone."""


@dataclass(frozen=True)
class Round(Attempt):
    """One attempt at many rows.

    Attributes:
        job_size: Rows a job.
    """

    job_size: int


def rounds(attempts: Iterable[Attempt], job_size: int) -> Iterator[Round]:
    """All rounds there may be, a wait before each but the first.

    Args:
        attempts: Which make the rounds.
        job_size: Rows a job in the first of them.
    """
    for each in attempts:
        smaller = job_size // _SMALLER ** (each.number - 1)
        size = max(smaller, min(job_size, SMALLEST))
        yield Round(each.number, each.is_last, size)


@dataclass
class RoundFailures:
    """Rows that failed in one round; threads add theirs as their jobs end.

    They wait on the disk until it is known whether the round counts: rows of one that another
    follows on are forgotten, since that finds them itself; those of any other are handed on.

    Attributes:
        count: How many there are.
        gone: How many more are gone already, as Salesforce says.
        held_back: How many of them nobody tried to delete.
        worth_another: Whether some may succeed in another round.
    """

    _name: str
    _path: Path
    count: int = 0
    gone: int = 0
    held_back: int = 0
    worth_another: bool = False
    _forgotten: bool = False
    _file: FailureFile = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._file = FailureFile(self._path)

    @classmethod
    @contextmanager
    def of(cls, object_name: str, failures: Failures, file: FailureFile) -> Iterator[RoundFailures]:
        """Failures of an object type, handed on at the end unless they were forgotten.

        Args:
            object_name: API name.
            failures: Takes them in by reason.
            file: Takes in each.

        Raises:
            OSError: A file can't be written.
        """
        with TemporaryDirectory() as folder:
            made = cls(object_name, Path(folder) / "failures.csv")
            try:
                yield made
            finally:
                made._hand_on(failures, file)

    def add(self, errors: Iterable[RowError]) -> None:
        """Take in rows, a block in memory at a time; one that is gone already has not failed."""
        errors = iter(errors)
        while read := list(islice(errors, _BLOCK)):
            block = [each for each in read if each.verdict is not Verdict.GONE]
            with self._lock:
                self.gone += len(read) - len(block)
                self.count += len(block)
                self.held_back += sum(each.code == HELD_BACK for each in block)
                if any(each.verdict in _WORTH_ANOTHER for each in block):
                    self.worth_another = True
            self._file.add(self._name, block)

    def forget(self) -> None:
        """Another round follows."""
        self._forgotten = True

    def ids(self) -> frozenset[str]:
        """The ids of the rows, where there are few."""
        return frozenset(each.id for block in self._blocks() for each in block)

    def _hand_on(self, failures: Failures, file: FailureFile) -> None:
        for errors in self._blocks() if not self._forgotten else ():
            for each in errors:
                failures.add(self._name, each)
            file.add(self._name, errors)

    def _blocks(self) -> Iterator[list[RowError]]:
        if not self._path.exists():
            return
        with self._path.open(encoding="utf-8", newline="") as source:
            rows = csv.DictReader(source)
            while block := list(islice(rows, _BLOCK)):
                yield [RowError(each["id"], each["code"], each["message"]) for each in block]
