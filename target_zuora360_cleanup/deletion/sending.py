"""Sends ids to be deleted: few through sObject Collections, more through Bulk API jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from target_zuora360_cleanup.output.metrics import Metrics
from target_zuora360_cleanup.rows.errors import RowError, failed_rows, refused_rows
from target_zuora360_cleanup.rows.halting import go_on
from target_zuora360_cleanup.rows.pool import Pool
from target_zuora360_cleanup.rows.stop import Stop, Stopped
from target_zuora360_cleanup.salesforce.bulk import Ingest
from target_zuora360_cleanup.salesforce.errors import JobFailed
from target_zuora360_cleanup.salesforce.rest import COLLECTION

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from target_zuora360_cleanup.output.progress import ProgressListener
    from target_zuora360_cleanup.rows.rounds import Round
    from target_zuora360_cleanup.salesforce.bulk import Job
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.salesforce.csv_file import IdFile
    from target_zuora360_cleanup.settings.declared import Settings

COLLECTION_ROWS: Final = 2 * COLLECTION
"""Up to here Collections need no more calls than a Bulk job (create, poll)."""
Failed: TypeAlias = Callable[[Iterable[RowError]], None]
"""Takes in rows that could not be deleted."""


@dataclass(frozen=True)
class Sender:
    """Sends ids of one org. Safe for several threads, one for each object type under way.

    Each page's job is sent and followed in a thread of a pool of its own; one page is read ahead
    while no slot is free, so that few ids wait on the disk.

    Attributes:
        progress: Is told how the object types get on.
        slots: Bounds the delete jobs under way, over all object types.
        stop: Once set, no job is begun any more.
    """

    salesforce: Salesforce
    settings: Settings
    progress: ProgressListener
    slots: threading.BoundedSemaphore
    stop: Stop

    def page_rows(self, rows: int, each: Round) -> int:
        """How many ids a page of so many rows holds in a round."""
        return COLLECTION_ROWS if self.are_few(rows) else each.job_size

    def are_few(self, rows: int) -> bool:
        """Whether so many rows go without a job, by requests that answer for each."""
        return rows <= COLLECTION_ROWS and not self.settings.hard_delete

    def send(
        self, name: str, rows: int, each: Round, pages: Iterator[IdFile], failed: Failed
    ) -> None:
        """Delete the rows of an object; returns when all of their jobs have ended.

        Args:
            name: API name of the object.
            rows: About how many they are.
            each: The round.
            pages: Their ids.
            failed: Takes in those that could not be deleted.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce refuses, or does not answer.
            Stopped, QuotaReached: The run is to end.
        """
        if self.are_few(rows):
            for ids in pages:
                with closing(ids):
                    self._delete_few(name, ids.ids(), failed)
        else:
            self._delete_many(name, each, pages, failed)

    def go_on(self) -> None:
        """Return if more may be begun.

        Raises:
            Stopped, QuotaReached: It may not.
        """
        go_on(self.stop, self.salesforce.usage, self.settings.quota_percent_total)

    def metrics(self, name: str) -> Metrics:
        """Metrics of an object's deletion."""
        return Metrics(name, self._operation)

    @property
    def _operation(self) -> str:
        return "hardDelete" if self.settings.hard_delete else "delete"

    def _delete_few(self, name: str, ids: list[str], failed: Failed) -> None:
        for start in range(0, len(ids), COLLECTION):
            part = ids[start : start + COLLECTION]
            answers = self.salesforce.rest.delete_collection(part)
            failed(refused_rows(part, answers))
            self.progress.update(name, part[0], len(part))

    def _delete_many(self, name: str, each: Round, pages: Iterator[IdFile], failed: Failed) -> None:
        """Each page becomes a job; one page is read ahead while no job may begin."""
        jobs: list[Future[None]] = []
        with Pool(self.settings.max_parallel_jobs, "jobs") as pool:
            for ids in pages:
                try:
                    if not each.is_first:
                        wait(jobs)
                    self._take_slot()
                except BaseException:
                    ids.close()
                    raise
                jobs.append(pool.submit(self._job_in_slot, name, each, ids, failed))
        for job in jobs:
            job.result()

    def _take_slot(self) -> None:
        while not self.slots.acquire(timeout=1):
            self.go_on()
        if self.stop.is_set():
            self.slots.release()
            raise Stopped

    def _job_in_slot(self, name: str, each: Round, ids: IdFile, failed: Failed) -> None:
        try:
            with closing(ids):
                ingest = Ingest(name, self._operation)
                job_id = self.salesforce.jobs.send(ingest, ids) if ids.rows else ""
            if job_id:
                self._follow(name, each, job_id, ids.rows, failed)
        finally:
            self.slots.release()

    def _follow(self, name: str, each: Round, job_id: str, rows: int, failed: Failed) -> None:
        def on_poll(job: Job) -> None:
            self.progress.update(name, job_id, job.processed)

        try:
            with self.metrics(name).job(job_id):
                job = self.salesforce.bulk.wait("ingest", job_id, rows, on_poll)
        except JobFailed:
            # What it did before, it did.
            failed(failed_rows(self.salesforce.bulk, job_id))
            raise
        on_poll(job)
        # (the number may be late: where rows were left before, the rows themselves are asked for)
        if job.failed or not each.is_first:
            failed(failed_rows(self.salesforce.bulk, job_id))
