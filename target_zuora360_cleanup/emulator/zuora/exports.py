"""Exports of the emulated Zuora: what was asked for, and the files, which are ready at once."""

from __future__ import annotations

import csv
import hashlib
import threading
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from target_zuora360_cleanup.emulator.zuora.query import Export
    from target_zuora360_cleanup.emulator.zuora.tenant import Tenant

__all__ = ["Exports", "Job"]


@dataclass(frozen=True)
class Job:
    """An export of one or several queries.

    Attributes:
        facts: What its answers say besides its state.
        batches: What they say of each query.
    """

    id: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    batches: tuple[Mapping[str, Any], ...] = ()
    cancelled: bool = False


class Exports:
    """Jobs and files. Safe from several threads.

    Args:
        tenant: Where the rows come from.
        folder: Where the files go; made when it is needed.
    """

    def __init__(self, tenant: Tenant, folder: Path) -> None:
        self._tenant, self._folder = tenant, folder
        self._jobs: dict[str, Job] = {}
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._tokens: set[str] = set()

    def new_id(self, kind: str) -> str:
        """Return an id that was not given before."""
        with self._lock:
            number = next(self._numbers)
        return hashlib.sha256(f"{kind}:{number}".encode()).hexdigest()[:32]

    def issue_token(self) -> str:
        """Return an access token that `opens`."""
        token = self.new_id("token")
        with self._lock:
            self._tokens.add(token)
        return token

    def opens(self, token: str) -> bool:
        """Say whether an access token was issued here."""
        with self._lock:
            return token in self._tokens

    def keep(self, job: Job) -> None:
        """Remember a job."""
        with self._lock:
            self._jobs[job.id] = job

    def find(self, job_id: str) -> Job | None:
        """Return a job, None when there is none of that id."""
        with self._lock:
            return self._jobs.get(job_id)

    def cancel(self, job: Job) -> Job:
        """End a job and remove its files."""
        for batch in job.batches:
            (self._folder / batch["fileId"]).unlink(missing_ok=True)
        cancelled = replace(job, cancelled=True)
        self.keep(cancelled)
        return cancelled

    def write(self, export: Export) -> tuple[str, int]:
        """Write the file of an export; returns its id and the number of its records."""
        file_id, numbers = self.new_id("file"), count()

        def counted(row: Sequence[Any]) -> Sequence[Any]:
            next(numbers)
            return row

        self._folder.mkdir(exist_ok=True)
        with (
            self._tenant.rows(export) as rows,
            (self._folder / file_id).open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(export.header)
            writer.writerows(map(counted, rows))
        return file_id, next(numbers)

    def file(self, file_id: str) -> Path | None:
        """Return where a file is, None when there is none of that id."""
        if not file_id.isalnum():
            return None
        path = self._folder / file_id
        return path if path.is_file() else None
