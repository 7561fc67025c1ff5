"""A few things at once, in threads that keep no process alive."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from target_zuora360_cleanup.rows.pool import Pool

LONG = 60.0
_HANGING = """
import threading
from target_zuora360_cleanup.rows.pool import Pool
began = threading.Event()
def hang():
    began.set()
    threading.Event().wait(600)
def work():
    with Pool(1, "jobs") as pool:
        pool.submit(hang)
threading.Thread(target=work, daemon=True).start()
began.wait()
"""


def test_all_is_done_at_the_end_of_a_block_and_a_mistake_stays_with_its_future() -> None:
    def fail() -> None:
        raise KeyError("x")

    with Pool(2, "jobs") as pool:
        good, bad = pool.submit(pow, 2, 3), pool.submit(fail)
    assert good.result(0) == 8
    with pytest.raises(KeyError):
        bad.result(0)


def test_no_more_is_done_at_once_than_was_asked_for() -> None:
    lock, under_way, most = threading.Lock(), 0, 0
    together = threading.Barrier(2, timeout=LONG)

    def count() -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait()
        with lock:
            under_way -= 1

    with Pool(2, "jobs") as pool:
        for _ in range(6):
            pool.submit(count)
    assert most == 2


def test_a_process_ends_although_a_thread_gets_no_answer() -> None:
    subprocess.run([sys.executable, "-c", _HANGING], check=True, timeout=LONG)
