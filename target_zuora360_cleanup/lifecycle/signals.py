"""What a signal does: the first one asks the run to stop, a second one ends the process at once."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from target_zuora360_cleanup.rows.stop import Stop

    Handler = Callable[[int, FrameType | None], None]


def handler(stop: Stop, status: Callable[[], int]) -> Handler:
    """A handler that only sets the stop, and raises nothing.

    Args:
        stop: To set.
        status: The exit status of a process that a second signal ends.
    """

    def handle(number: int, _: FrameType | None) -> None:
        if not stop.request(signal.Signals(number).name):
            os._exit(status())

    return handle


@contextmanager
def heeded(stop: Stop, status: Callable[[], int]) -> Iterator[None]:
    """Within, SIGINT and SIGTERM set the stop; see `handler`. For the main thread."""
    handle = handler(stop, status)
    before = {each: signal.signal(each, handle) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        with stop.awake():
            yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
