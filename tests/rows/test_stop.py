"""The wish to stop is seen by every thread, and taken in by a signal handler at any moment."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.rows.stop import Flag, Stop, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = 60.0


def test_a_flag_that_is_not_set_is_waited_for_no_longer_than_asked() -> None:
    assert not Flag().wait(0)


def test_every_waiting_thread_sees_a_flag_that_is_set() -> None:
    flag, seen = Flag(), list[bool]()
    threads = [threading.Thread(target=lambda: seen.append(flag.wait(LONG))) for _ in range(3)]
    for each in threads:
        each.start()
    flag.set()
    for each in threads:
        each.join(LONG)
    assert seen == [True, True, True]


def test_a_flag_may_be_set_again() -> None:
    flag = Flag()
    for _ in range(100_000):  # (more than a pipe holds)
        flag.set()
    assert flag.wait(0)


def test_a_stop_holds_however_many_other_signals_have_come(stop: Stop) -> None:
    before = signal.signal(signal.SIGUSR2, lambda *_: None)
    for _ in range(70_000):  # (more than a pipe holds)
        signal.raise_signal(signal.SIGUSR2)
    signal.raise_signal(signal.SIGUSR1)
    assert stop.wait(LONG)
    signal.signal(signal.SIGUSR2, before)


def test_the_first_request_counts() -> None:
    stop = Stop()
    assert [stop.request("SIGTERM"), stop.request("SIGINT")] == [True, False]
    assert stop.by == "SIGTERM"


def test_a_pause_ends_with_the_run() -> None:
    stop = Stop()
    stop.pause(0)
    stop.request("SIGINT")
    with pytest.raises(Stopped):
        stop.pause(LONG)


def test_a_file_that_can_be_read_ends_a_wait_too() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"!")
    assert not Flag().wait(LONG, file=reader)
    os.close(reader)
    os.close(writer)


@pytest.fixture
def stop() -> Iterator[Stop]:
    """A stop that SIGUSR1 asks for."""
    made = Stop()
    before = signal.signal(signal.SIGUSR1, lambda *_: made.request("SIGUSR1"))
    with made.awake():
        yield made
    signal.signal(signal.SIGUSR1, before)


def test_a_signal_ends_a_wait_whichever_thread_it_is_given_to(stop: Stop) -> None:
    threading.Timer(0.05, signal.raise_signal, [signal.SIGUSR1]).start()
    assert stop.wait(LONG)


def test_a_signal_that_means_something_else_ends_no_wait(stop: Stop) -> None:
    before = signal.signal(signal.SIGUSR2, lambda *_: None)
    threading.Timer(0.01, signal.raise_signal, [signal.SIGUSR2]).start()
    began = time.monotonic()
    assert not stop.wait(0.1)
    assert time.monotonic() - began >= 0.1
    signal.signal(signal.SIGUSR2, before)


def test_a_signal_that_a_waiting_worker_is_given_ends_the_main_threads_wait_at_once() -> None:
    before, late = signal.getsignal(signal.SIGUSR1), 0
    for _ in range(50):
        made = Stop()
        signal.signal(signal.SIGUSR1, lambda *_, made=made: made.request("SIGUSR1"))
        worker = threading.Thread(target=made.wait, args=(LONG,))
        with made.awake():
            worker.start()
            assert worker.ident is not None
            threading.Timer(0.01, signal.pthread_kill, [worker.ident, signal.SIGUSR1]).start()
            began = time.monotonic()
            assert made.wait(1)
            late += time.monotonic() - began >= 1
        made.request("the end")
        worker.join(LONG)
    signal.signal(signal.SIGUSR1, before)
    assert late == 0
