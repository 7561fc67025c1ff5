"""A batch is loaded while the stream is read on, one at a time."""

from __future__ import annotations

import threading

import pytest

from target_zuora360_cleanup.errors import Partial
from target_zuora360_cleanup.sync.beside import Beside


def test_the_stream_is_read_on_while_a_batch_is_loaded() -> None:
    beside, read_on, done = Beside(), threading.Event(), []

    def load() -> None:
        assert read_on.wait(10)
        done.append(threading.current_thread().name)

    beside.begin(load)
    assert done == []
    read_on.set()
    beside.wait()
    assert done == ["loading"]
    beside.wait()


def test_what_a_batch_ends_with_is_raised_where_it_is_waited_for() -> None:
    beside = Beside()

    def load() -> None:
        raise Partial("no")

    beside.begin(load)
    with pytest.raises(Partial, match="no"):
        beside.wait()
    beside.wait()
