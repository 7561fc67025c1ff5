"""Sends rows as ingest jobs so that no answer that gets lost leaves a job behind or doubles one.

Creating a job is never blindly repeated: a lost answer may stand for a job that is there. The job
list says so; a job that was filled in the same request is followed, an empty one is aborted.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable  # noqa: TC003 - part of the public shape
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from requests import RequestException

from target_zuora360_cleanup.salesforce.attempts import attempts
from target_zuora360_cleanup.salesforce.bulk import MULTIPART_CHARACTERS
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.salesforce.bulk import Bulk, Ingest, ListedJob
    from target_zuora360_cleanup.salesforce.csv_file import CsvFile
    from target_zuora360_cleanup.salesforce.waits import Waits

logger = logging.getLogger(__name__)

DELETIONS: Final = frozenset({"delete", "hardDelete"})
_UNFINISHED: Final = frozenset({"Open", "UploadComplete", "InProgress"})


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
    """

    bulk: Bulk
    pause: Callable[[float], None]
    user_id: Callable[[], str]
    waits: Waits
    _known: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def leftovers(
        self, is_ours: Callable[[str], bool], operations: frozenset[str] = DELETIONS
    ) -> tuple[ListedJob, ...]:
        """Jobs of this user that an earlier run has left unfinished.

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
            if each.state in _UNFINISHED and each.operation in operations and is_ours(each.object)
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
            Those that were never closed. They do nothing, and may be another program's of the same
            user.

        Raises:
            ApiError, requests.RequestException: Salesforce says nothing of them.
        """
        jobs = self.leftovers(is_ours, operations)
        for job in jobs:
            if job.state != "Open":
                logger.info("Waiting for job %s on %s of an earlier run.", job.id, job.object)
                with suppress(JobFailed):
                    self.bulk.wait("ingest", job.id)
        return tuple(job for job in jobs if job.state == "Open")

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
            if not attempt.is_first and (found := self._lost(ingest)):
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
            with suppress(ApiError, RequestException):
                self.bulk.abort(job_id)
            raise
        return job_id

    def _noted(self, job_id: str) -> str:
        with self._lock:
            self._known.add(job_id)
        return job_id

    def _lost(self, ingest: Ingest) -> str:
        """A job that is there although its answer never came; blank where there is none."""
        for job in self._unknown(ingest, self.bulk.listed()):
            if job.state == "Open":
                self._abort(ingest, job.id)
            elif job.state not in ("Failed", "Aborted"):
                return job.id
        return ""

    def _abort(self, ingest: Ingest, job_id: str) -> None:
        """Abort an empty job; an open update may as well be another program's of the same user."""
        if ingest.operation != "update":
            with suppress(ApiError, RequestException):
                self.bulk.abort(job_id)

    def _unknown(self, ingest: Ingest, listed: Iterable[ListedJob]) -> list[ListedJob]:
        wanted = ingest.object, ingest.operation
        found = [each for each in listed if (each.object, each.operation) == wanted]
        with self._lock:
            new = [each for each in found if each.id not in self._known]
            if not new:
                return []
            user = self.user_id()
            own = [each for each in new if each.user_id == user]
            self._known.update(each.id for each in own[:1])
            return own[:1]
