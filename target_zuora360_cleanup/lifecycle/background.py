"""A thread for the work, so that the main thread can read a tap's stream or heed a signal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from target_zuora360_cleanup.rows.stop import Flag

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.rows.stop import Stop


def to_its_end(stop: Stop, job: Callable[[], None]) -> BaseException | None:
    """Do a job that ends by itself after a stop, however long that takes; what it failed with."""
    work = Background(stop)
    with stop.awake():
        work.begin(job)
        if not work.wait():
            work.leave(None)
    return work.failure


class Background:
    """Does one job in a thread of its own. Begun and waited for by the main thread.

    Nobody joins the thread: a join that is broken off by a signal takes it for ended (Python 3.10
    to 3.12). The thread is a daemon, so that a job that does not end keeps no process alive.

    Args:
        stop: Ends a wait for the job.
    """

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._ended = Flag()
        self._failure: BaseException | None = None
        self._has_begun = False

    def begin(self, job: Callable[[], None]) -> None:
        """Begin a job, unless one has begun before."""
        if not self._has_begun:
            self._has_begun = True
            threading.Thread(target=self._do, args=(job,), daemon=True, name="work").start()

    def _do(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as exc:  # noqa: BLE001 - the main thread tells it
            self._failure = exc
        finally:
            self._ended.set()

    def wait(self) -> bool:
        """Wait for the end of the job, or for a stop; whether the job has ended."""
        if self._has_begun:
            self._stop.wait(file=self._ended.fileno())
        return self.has_ended

    def leave(self, seconds: float | None) -> bool:
        """Give the job so many seconds to end after a stop; whether it has. None is for ever."""
        if self._has_begun:
            self._ended.wait(seconds)
        return self.has_ended

    @property
    def has_ended(self) -> bool:
        """Whether the job has ended, or none was begun."""
        return self._ended.is_set() or not self._has_begun

    @property
    def failure(self) -> BaseException | None:
        """What the job failed with, once it has ended."""
        return self._failure
