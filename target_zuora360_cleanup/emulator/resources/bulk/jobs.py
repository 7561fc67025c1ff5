"""Bulk API 2.0 jobs: what is known about each, and its state machine.

A job's rows and results are files in its folder; nothing here holds rows in memory.
"""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from target_zuora360_cleanup.emulator.schema.ids import MalformedIdError, encode, parse
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from target_zuora360_cleanup.emulator.faults.kind import JobFault
    from target_zuora360_cleanup.emulator.wire.versions import ApiVersion

__all__ = ["BATCH_ROWS", "Job", "JobFailed", "JobRegistry", "State", "job_error"]

State = Literal["Open", "UploadComplete", "InProgress", "JobComplete", "Failed", "Aborted"]
ENDED: frozenset[str] = frozenset({"JobComplete", "Failed", "Aborted"})

# Salesforce splits every job into internal batches of this size.
BATCH_ROWS = 10_000
_LIST_PAGE = 1_000
_KEY_PREFIX = "750"


class JobFailed(Exception):
    """A job ends as ``Failed``; the text becomes its errorMessage."""


def job_error(code: str, message: str, status: int = 400) -> SalesforceError:
    """An error of the Bulk API, whose codes are written in one word: INVALIDJOBSTATE."""
    return SalesforceError(code.upper(), message, status=status)


@dataclass
class Job:
    """One job, changed by the requests and by the worker that processes it.

    Attributes:
        lock: Held while a batch is processed and while the state is changed.
        processed: Rows done, failed ones included.
        batches: Internal batches done.
        fault: What goes wrong with it.
        looks: How often it was shown since it has ended.
    """

    id: str
    operation: str
    object_name: str
    version: ApiVersion
    folder: Path
    creator: str
    line_ending: str = "LF"
    delimiter: str = "COMMA"
    external_id: str | None = None
    query: str | None = None
    state: State = "Open"
    error_message: str | None = None
    processed: int = 0
    failed: int = 0
    batches: int = 0
    fault: JobFault | None = None
    looks: int = 0
    started: float | None = None
    milliseconds: int = 0
    uploaded: bool = False
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_query(self) -> bool:
        """Whether it reads."""
        return self.query is not None

    @property
    def upload(self) -> Path:
        """The rows that the client sent."""
        return self.folder / "upload.csv"

    @property
    def ended(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state in ENDED

    def move(self, state: State, error: str | None = None) -> None:
        """Go to another state, unless the job has ended."""
        if self.ended:
            return
        if state == "InProgress":
            self.started = time.monotonic()
        self.error_message = error
        self.touch()
        self.state = state

    def touch(self) -> None:
        """Note that something has changed now."""
        self.modified = datetime.now(UTC)
        if self.started is not None:
            self.milliseconds = int((time.monotonic() - self.started) * 1000)

    def info(self) -> dict[str, Any]:
        """The job as the API shows it, without the fields that only ingest or query jobs have."""
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.object_name,
            "createdById": self.creator,
            "createdDate": _stamp(self.created),
            "systemModstamp": _stamp(self.modified),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version.number),
        }

    def numbers(self) -> tuple[int, int]:
        """The numbers of records processed and failed, as the job tells them."""
        told = self.fault.counters if self.fault else None
        self.looks += self.ended
        if told is None or (told.looks is not None and self.looks > told.looks):
            return self.processed, self.failed
        processed = self.processed if told.processed is None else told.processed
        return processed, self.failed if told.failed is None else told.failed

    def progress(self) -> dict[str, Any]:
        """The fields that only `GET` of one job shows."""
        shown = {
            "retries": self.fault.retries if self.fault else 0,
            "totalProcessingTime": self.milliseconds,
        }
        failed = {"errorMessage": self.error_message} if self.state == "Failed" else {}
        return {**shown, **failed}


class JobRegistry:
    """All jobs of the org, in the order of their creation. Safe from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._count = 0

    def create(self, **facts: Any) -> Job:  # noqa: ANN401 - the fields of Job, checked by it
        """A new job with a folder of its own."""
        with self._lock:
            self._count += 1
            job_id = encode(_KEY_PREFIX, self._count)
            folder = self._folder / job_id
            folder.mkdir(parents=True)
            job = Job(id=job_id, folder=folder, **facts)
            self._jobs[job_id] = job
        return job

    def find(self, job_id: str, *, query: bool) -> Job:
        """The job with this id, of 15 or 18 characters.

        Raises:
            SalesforceError: NOT_FOUND, also for a job of the other sort.
        """
        with self._lock:
            job = self._jobs.get(_full_id(job_id))
        if job is None or job.is_query is not query:
            raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
        return job

    def page(self, *, query: bool, offset: int) -> tuple[list[Job], int | None]:
        """Up to 1,000 jobs from ``offset`` on, and the offset of the next page if there is one."""
        with self._lock:
            jobs = [job for job in self._jobs.values() if job.is_query is query]
        end = offset + _LIST_PAGE
        return jobs[offset:end], end if end < len(jobs) else None

    def delete(self, job: Job) -> None:
        """Forget the job and its data.

        Raises:
            SalesforceError: INVALIDJOBSTATE while it is open or under way.
        """
        with job.lock:
            if job.state in {"Open", "InProgress"}:
                text = (
                    f"InvalidJobState : Job {job.id} is {job.state}. Abort it before deleting it."
                )
                raise job_error("InvalidJobState", text)
            job.move("Aborted")
        with self._lock:
            self._jobs.pop(job.id, None)
        shutil.rmtree(job.folder, ignore_errors=True)

    def unfinished(self) -> Iterable[Job]:
        """The jobs that have not ended."""
        with self._lock:
            return [job for job in self._jobs.values() if not job.ended]


def _full_id(job_id: str) -> str:
    try:
        return encode(*parse(job_id))
    except MalformedIdError:
        return ""


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"
