"""Deletes the rows of one object type: ids stream out of the org into delete jobs.

Few rows go through sObject Collections, more through Bulk API jobs. Ids on their way wait on the
disk, in a temporary file for each job to be sent; memory holds one block of a page.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from requests import RequestException

from target_zuora360_cleanup.deletion.counting import count_all_left, count_left
from target_zuora360_cleanup.deletion.outcome import Outcome
from target_zuora360_cleanup.output.metrics import Metrics
from target_zuora360_cleanup.rows.csv_ids import find_ids, without
from target_zuora360_cleanup.rows.errors import failed_rows, refused_rows
from target_zuora360_cleanup.rows.halting import QuotaReached, go_on
from target_zuora360_cleanup.rows.rounds import RoundFailures, rounds
from target_zuora360_cleanup.rows.stop import Stop, Stopped
from target_zuora360_cleanup.salesforce.bulk import Ingest
from target_zuora360_cleanup.salesforce.csv_file import IdFile
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed, unreachable
from target_zuora360_cleanup.salesforce.rest import COLLECTION
from target_zuora360_cleanup.salesforce.rows import Selection, read_pages, split_header

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.output.folder import Backup, FailureFile, OutputFolder
    from target_zuora360_cleanup.output.progress import ProgressListener
    from target_zuora360_cleanup.plan.plan import Step
    from target_zuora360_cleanup.rows.failures import Failures
    from target_zuora360_cleanup.rows.rounds import Round
    from target_zuora360_cleanup.salesforce.bulk import Job
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings

logger = logging.getLogger(__name__)

COLLECTION_ROWS: Final = 2 * COLLECTION
"""Up to here Collections need no more calls than a Bulk job (create, poll)."""


@dataclass(frozen=True)
class Deletion:
    """Deletes object types in one org.

    `delete` is called in a thread for each object type under way; it reads ids page by page, and
    sends and follows each page's job in a thread of a pool of its own. One page is read ahead while
    no slot is free, so that few ids wait on the disk. `recounted` is called once, when all of these
    threads have ended.

    Attributes:
        folder: Takes the backup of each object type.
        failures: Takes in by reason what could not be deleted.
        failure_file: Takes in each row that could not be.
        progress: Is told how the object types get on.
        slots: Bounds the delete jobs under way, over all object types.
        stop: Once set, no job is begun any more.
    """

    salesforce: Salesforce
    settings: Settings
    folder: OutputFolder
    failures: Failures
    failure_file: FailureFile
    progress: ProgressListener
    slots: threading.BoundedSemaphore
    stop: Stop

    def delete(self, step: Step) -> Outcome:
        """Delete the rows of a step; the outcome is what Salesforce answered row by row."""
        if not step.to_delete:
            return Outcome.not_begun(step)
        try:
            failed = self._delete_rows(step)
            outcome = Outcome.of(step, len(step.kept) + failed)
            deleted = max(0, step.to_delete - failed)
            self.progress.end(step.name, deleted, failed)
            self._metrics(step).deleted(deleted)
        except Stopped:
            return self._broken(step, "stopped by a signal")
        except (ApiError, JobFailed, QuotaReached) as exc:
            return self._broken(step, str(exc))
        except RequestException as exc:
            return self._broken(step, unreachable(exc))
        except OSError as exc:
            return self._broken(step, f"can't write {exc.filename or 'a file'}: {exc.strerror}")
        return outcome

    def _delete_rows(self, step: Step) -> int:
        """Delete them in as many rounds as it takes; how many could not be."""
        with closing(self.folder.backup(step.name)) as backup:
            for each in rounds(self.salesforce.attempts(), self.settings.job_size):
                failed = self._tried(step, each, backup)
                if failed is not None:
                    return failed
                logger.info("%s: some records are left and tried again.", step.name)
        raise AssertionError("the last round is not tried again")

    def _tried(self, step: Step, each: Round, backup: Backup) -> int | None:
        """How many rows could not be deleted; None where another round is worth while."""
        with RoundFailures.of(step.name, self.failures, self.failure_file) as failed:
            with each.outlive(partial(logger.info, "%s: %s", step.name)):
                self._round(step, each, backup, failed)
                if each.is_last or not failed.worth_another:
                    return failed.count
            failed.forget()
        return None

    def _round(self, step: Step, each: Round, backup: Backup, failed: RoundFailures) -> None:
        found = step.found if each.is_first else count_left(self.salesforce, step)
        self.progress.begin(step.name, max(0, found - len(step.kept)))
        selection = self._selection(step, found, ordered=not each.is_first)
        if found <= COLLECTION_ROWS and not self.settings.hard_delete:
            for ids in self._pages(step, selection, backup, COLLECTION_ROWS):
                with closing(ids):
                    self._delete_few(step, ids.ids(), failed)
        else:
            self._delete_many(
                step, each, self._pages(step, selection, backup, each.job_size), failed
            )

    def _pages(
        self, step: Step, selection: Selection, backup: Backup, page_rows: int
    ) -> Iterator[IdFile]:
        """Ids to delete, page by page; each page is in the backup, on the disk, before it comes."""
        for page in read_pages(self.salesforce, selection, page_rows):
            self._go_on()
            header, blocks = split_header(page)
            copied = self._backed_up(backup, header, blocks)
            ids = IdFile(without(step.kept, find_ids(header, block)) for block in copied)
            try:
                backup.flush()
            except OSError:
                ids.close()
                raise
            yield ids

    def _backed_up(self, backup: Backup, header: bytes, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            if self.settings.backup != "none":
                backup.write(header, block)
            yield block

    def _selection(self, step: Step, rows: int, *, ordered: bool) -> Selection:
        fields = {
            "none": ("Id",),
            "ids": ("Id", *step.facts.keys),
            "full": ("Id", *(name for name in step.facts.fields if name != "Id")),
        }[self.settings.backup]
        columns = tuple(name for name in fields if name)
        order_by = step.parent_field if ordered else ""
        return Selection(step.name, columns, step.kind.where, rows, order_by)

    def _delete_few(self, step: Step, ids: list[str], failed: RoundFailures) -> None:
        for start in range(0, len(ids), COLLECTION):
            part = ids[start : start + COLLECTION]
            answers = self.salesforce.rest.delete_collection(part)
            failed.add(refused_rows(part, answers))
            self.progress.update(step.name, start, len(part))

    def _delete_many(
        self, step: Step, each: Round, pages: Iterator[IdFile], failed: RoundFailures
    ) -> None:
        """Each page becomes a job; one page is read ahead while no job may begin."""
        jobs: list[Future[None]] = []
        with ThreadPoolExecutor(self.settings.max_parallel_jobs, "jobs") as pool:
            for ids in pages:
                try:
                    if not each.is_first:
                        wait(jobs)
                    self._take_slot()
                except BaseException:
                    ids.close()
                    raise
                jobs.append(pool.submit(self._job_in_slot, step, ids, failed))
        for job in jobs:
            job.result()

    def _take_slot(self) -> None:
        while not self.slots.acquire(timeout=1):
            self._go_on()
        if self.stop.is_set():
            self.slots.release()
            raise Stopped

    def _go_on(self) -> None:
        go_on(self.stop, self.salesforce.usage, self.settings.quota_percent_total)

    def _job_in_slot(self, step: Step, ids: IdFile, failed: RoundFailures) -> None:
        try:
            with closing(ids):
                ingest = Ingest(step.name, self._operation)
                job_id = self.salesforce.jobs.send(ingest, ids) if ids.rows else ""
            if job_id:
                self._follow(step, job_id, ids.rows, failed)
        finally:
            self.slots.release()

    def _follow(self, step: Step, job_id: str, rows: int, failed: RoundFailures) -> None:
        def on_poll(job: Job) -> None:
            self.progress.update(step.name, job_id, job.processed)

        try:
            with self._metrics(step).job(job_id):
                job = self.salesforce.bulk.wait("ingest", job_id, rows, on_poll)
        except JobFailed:
            # What it did before, it did.
            failed.add(failed_rows(self.salesforce.bulk, job_id))
            raise
        on_poll(job)
        if job.failed:
            failed.add(failed_rows(self.salesforce.bulk, job_id))

    @property
    def _operation(self) -> str:
        return "hardDelete" if self.settings.hard_delete else "delete"

    def _metrics(self, step: Step) -> Metrics:
        return Metrics(step.name, self._operation)

    def recounted(self, steps: Iterable[Step], outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
        """The outcomes with what is left at the end, counted in the org.

        Rows that could not be deleted may have gone with their parents since, and others may have
        come. Where the org does not answer, or the run is stopped, the outcomes stay as they are:
        what is unknown stays so.
        """
        pairs = list(zip(steps, outcomes, strict=True))
        begun = [step for step, outcome in pairs if step.to_delete and outcome.ended != "not begun"]
        left = {} if self.stop.is_set() else count_all_left(self.salesforce, begun)
        return tuple(
            outcome.recounted(step, left[step.name]) if step.name in left else outcome
            for step, outcome in pairs
        )

    def _broken(self, step: Step, why: str) -> Outcome:
        """The outcome of a step that broke off: counted in the org, unknown if it can't be."""
        logger.error("%s: %s", step.name, why)
        try:
            left = count_left(self.salesforce, step)
        except (ApiError, RequestException):
            return Outcome.unknown(step, f"{why}; what is left could not be counted")
        return Outcome.of(step, left, "partial", why)
