"""Loads one batch while the stream is read on, in a thread of its own.

Only one at a time: where Salesforce takes longer than the tap, the tap waits with the next batch
full; so no more than two batches are in memory.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable  # noqa: TC003 - part of the public shape


class Beside:
    """Work beside the reading thread, which alone calls `begin` and `wait`."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    def begin(self, work: Callable[[], None]) -> None:
        """Begin a piece of work; the one before must have been waited for."""
        context = contextvars.copy_context()

        def run() -> None:
            try:
                context.run(work)
            except BaseException as exc:  # noqa: BLE001 - it is raised by the thread that waits
                self._failure = exc

        self._thread = threading.Thread(target=run, name="loading", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait for the work under way, if there is any.

        Raises:
            BaseException: What the work ended with.
        """
        if self._thread is None:
            return
        self._thread.join()
        self._thread = None
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
