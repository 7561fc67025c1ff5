"""The threads that process Bulk jobs: a few at a time, each job by one thread.

A request's thread queues a job (`start`); jobs begin in the order in which they were queued.
Requests may abort or delete a job at any moment, so a worker changes its state and writes a batch
only under the job's lock, and looks before each batch whether the job has ended. When the server
closes, the batches under way are finished, queued jobs never begin, and the rest stays unprocessed.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.resources.bulk.jobs import Job, JobFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.emulator.faults.kind import JobFault

__all__ = ["Workers", "end_early"]

_LOG = logging.getLogger(__name__)
_GLANCE_SECONDS = 0.1


class Workers:
    """Runs jobs in the background until it is closed."""

    def __init__(self, parallel: int) -> None:
        self._pool = ThreadPoolExecutor(parallel, thread_name_prefix="bulk-job")
        self._closing = threading.Event()

    def start(self, job: Job, work: Callable[[], None]) -> None:
        """Queue the processing of ``job``; ``work`` is called once, in a worker's thread."""
        self._pool.submit(self._run, job, work).add_done_callback(_report)

    def pause(self, job: Job, seconds: float) -> None:
        """Wait, unless the job is aborted or the server is closing."""
        end = time.monotonic() + seconds
        while not job.ended and not self.closing and (left := end - time.monotonic()) > 0:
            self._closing.wait(min(left, _GLANCE_SECONDS))

    def begin(self, job: Job, seconds: float) -> bool:
        """Start on the job after a while; False when it was aborted meanwhile."""
        self.pause(job, seconds)
        with job.lock:
            job.move("InProgress")
        return not job.ended and not self.closing

    @property
    def closing(self) -> bool:
        """Whether jobs should stop where they are."""
        return self._closing.is_set()

    def close(self) -> None:
        """Stop after the batches under way, and wait for them."""
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, work: Callable[[], None]) -> None:
        try:
            work()
        except JobFailed as failure:
            _fail(job, str(failure))
        except Exception as error:
            _fail(job, f"UnknownException : the emulator failed: {error!r}")
            raise


def _fail(job: Job, message: str) -> None:
    with job.lock:
        job.move("Failed", message)


def _report(future: Future[None]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        _LOG.error("A Bulk job failed inside the emulator", exc_info=error)


def end_early(job: Job, fault: JobFault | None) -> None:
    """End the job as ``fault`` wants it, once it has come that far.

    Raises:
        JobFailed: It is to fail.
    """
    if fault is None or fault.state is None or job.batches < fault.after_batches:
        return
    if fault.state == "Failed":
        raise JobFailed(fault.error_message or "InternalServerError : The job failed")
    with job.lock:
        job.move("Aborted")
