"""The work has a thread of its own; the main thread waits for its end or for a stop."""

from __future__ import annotations

import threading

from target_zuora360_cleanup.lifecycle.background import Background
from target_zuora360_cleanup.rows.stop import Stop

LONG = 60.0


def test_what_a_job_fails_with_is_known_to_who_waits() -> None:
    work, error = Background(Stop()), ValueError("broken")

    def fail() -> None:
        raise error

    work.begin(fail)
    assert work.wait()
    assert work.failure is error


def test_only_the_first_job_is_done() -> None:
    work, done = Background(Stop()), list[int]()
    for number in (1, 2):
        work.begin(lambda number=number: done.append(number))  # type: ignore[misc]
    assert work.wait()
    assert done == [1]


def test_work_that_never_began_has_ended() -> None:
    work = Background(Stop())
    assert (work.wait(), work.leave(0), work.failure) == (True, True, None)


def test_a_stop_ends_the_wait_and_leaves_the_job_some_time() -> None:
    stop, may_end = Stop(), threading.Event()
    work = Background(stop)

    def wait() -> None:
        may_end.wait(LONG)

    work.begin(wait)
    stop.request("SIGTERM")
    assert not work.wait()
    assert not work.leave(0)
    may_end.set()
    assert work.leave(LONG)
