"""Sends rows as ingest jobs so that no answer that gets lost leaves a job behind or doubles one.

Creating a job is never blindly repeated: a lost answer may stand for a job that is there. The job
list says so; one that was filled in the same request is known by its rows, and followed. An empty
one can't be told from another program's of the same user, and is left alone: it does nothing.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable  # noqa: TC003 - part of the public shape
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from requests import RequestException

from target_zuora360_cleanup.output.jobs import JobRecord
from target_zuora360_cleanup.salesforce.attempts import attempts
from target_zuora360_cleanup.salesforce.bulk import MULTIPART_CHARACTERS, TERMINAL
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed

if TYPE_CHECKING:
    from target_zuora360_cleanup.salesforce.bulk import Bulk, Ingest, ListedJob
    from target_zuora360_cleanup.salesforce.csv_file import CsvFile
    from target_zuora360_cleanup.salesforce.waits import Waits

logger = logging.getLogger(__name__)

DELETIONS: Final = frozenset({"delete", "hardDelete"})
_BROKEN: Final = frozenset({"Failed", "Aborted"})


@dataclass
class JobSender:
    """Sends ingest jobs of one user, and knows which are left of an earlier run.

    One thread looks for leftovers, before any job is sent. Then each job has a thread of its own
    that calls `send`; a lock guards which jobs are known, so that no two threads take the same lost
    job for theirs.

    Attributes:
        bulk: The Bulk API of the org.
        pause: Waits that many seconds; may raise to give a wait up.
        user_id: Asks for the id of the user who is logged in.
        waits: Before each further attempt to send a job.
        record: Takes in the jobs that are made, and knows those of earlier runs.
    """

    bulk: Bulk
    pause: Callable[[float], None]
    user_id: Callable[[], str]
    waits: Waits
    record: JobRecord = field(default_factory=JobRecord)
    _known: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def leftovers(
        self, is_ours: Callable[[str], bool], operations: frozenset[str] = DELETIONS
    ) -> tuple[ListedJob, ...]:
        """Unfinished jobs of this user: an earlier run's, or another program's; see `is_ours`.

        Every job that is there now is known from here on to be none of this run.

        Args:
            is_ours: Whether a run may have changed rows of this object (API name).
            operations: What such a job does.
        """
        listed = tuple(self.bulk.listed())
        with self._lock:
            self._known.update(each.id for each in listed)
        unfinished = [
            each
            for each in listed
            if each.state not in TERMINAL and each.operation in operations and is_ours(each.object)
        ]
        if not unfinished:
            return ()
        user = self.user_id()
        return tuple(each for each in unfinished if each.user_id == user)

    def wait_for_leftovers(
        self, is_ours: Callable[[str], bool], operations: frozenset[str] = DELETIONS
    ) -> tuple[ListedJob, ...]:
        """Wait for the leftovers that Salesforce works on, however they end.

        Args:
            is_ours: Whether a run may have changed rows of this object (API name).
            operations: What such a job does.

        Returns:
            Those that were never closed, and that an earlier run is known to have made. Others may
            be another program's of the same user, and are told of.

        Raises:
            ApiError, requests.RequestException: Salesforce says nothing of them.
        """
        jobs, ours = self.leftovers(is_ours, operations), self.record.known()
        for job in jobs:
            whose = (
                "of an earlier run" if job.id in ours else "that no run here is known to have made"
            )
            if job.state != "Open":
                logger.info("Waiting for job %s on %s %s.", job.id, job.object, whose)
                with suppress(JobFailed):
                    self.bulk.wait("ingest", job.id)
            elif job.id not in ours:
                logger.info(
                    "Job %s on %s is open: one %s. It is left alone.", job.id, job.object, whose
                )
        return tuple(job for job in jobs if job.state == "Open" and job.id in ours)

    def abort(self, jobs: Iterable[ListedJob]) -> None:
        """Abort jobs that were never closed; Salesforce works on none of them."""
        for job in jobs:
            try:
                self.bulk.abort(job.id)
            except (ApiError, RequestException) as exc:
                # It has no rows that Salesforce works on, and ends by itself after some days.
                logger.info("Job %s on %s could not be aborted (%s).", job.id, job.object, exc)
            else:
                logger.info("Aborted job %s on %s of an earlier run.", job.id, job.object)

    def send(self, ingest: Ingest, rows: CsvFile) -> str:
        """Create, fill and close a job, again while the trouble is a passing one; its id.

        Raises:
            ApiError: Salesforce refuses the job.
            requests.RequestException: No answer came in any attempt.
        """
        waits = [wait * random.uniform(0.5, 1) for wait in self.waits.send]  # noqa: S311 - no secret
        note = partial(
            logger.info, "%s: a job could not be sent (%s); trying again.", ingest.object
        )
        for attempt in attempts(waits, self.pause):
            # Without the list nothing is known, and nothing is sent again.
            if not attempt.is_first and (found := self._lost(ingest, rows)):
                return found
            with attempt.outlive(note):
                return self._noted(self._send(ingest, rows))
        raise AssertionError("the last attempt returns or raises")

    def _send(self, ingest: Ingest, rows: CsvFile) -> str:
        if len(rows) <= MULTIPART_CHARACTERS:
            return self.bulk.create_filled(ingest, rows)
        job_id = self._noted(self.bulk.create_ingest(ingest))
        try:
            self.bulk.upload(job_id, rows)
            self.bulk.close(job_id)
        except (ApiError, RequestException):
            # An open job would hold its place for a day.
            logger.info("%s: job %s could not be filled, and is aborted.", ingest.object, job_id)
            with suppress(ApiError, RequestException):
                self.bulk.abort(job_id)
            raise
        return job_id

    def _noted(self, job_id: str) -> str:
        with self._lock:
            is_new = job_id not in self._known
            self._known.add(job_id)
        if is_new:
            self.record.note(job_id)
        return job_id

    def _lost(self, ingest: Ingest, rows: CsvFile) -> str:
        """A job that is there although its answer never came; blank where there is none."""
        for job in self._unknown(ingest):
            if job.state == "Open":
                logger.info(
                    "%s: job %s is open. It may be another program's, and is left alone.",
                    job.object,
                    job.id,
                )
            elif self._has(job.id, ingest, rows):
                return self._noted(job.id)
        return ""

    def _unknown(self, ingest: Ingest) -> list[ListedJob]:
        """Jobs that may be the lost one, by what the list of jobs tells."""
        wanted = ingest.object, ingest.operation
        found = [
            each
            for each in self.bulk.listed()
            if (each.object, each.operation) == wanted and each.state not in _BROKEN
        ]
        with self._lock:
            new = [each for each in found if each.id not in self._known]
        user = self.user_id() if new else ""
        return [each for each in new if each.user_id == user]

    def _has(self, job_id: str, ingest: Ingest, rows: CsvFile) -> bool:
        """Whether a job was given just these rows; it is waited for, as only its results tell."""
        if len(rows) > MULTIPART_CHARACTERS:
            # (such a job is filled only once its id is known)
            return False
        with suppress(JobFailed):
            self.bulk.wait("ingest", job_id, rows.rows)
        key = ingest.key or "Id"
        missing = Counter(rows.column(key))
        for each in self.bulk.keys(job_id, key):
            if not missing[each]:
                return False
            missing[each] -= 1
        return not +missing
