"""The last moment at which a cleanup can be called off."""

from __future__ import annotations

import threading

from target_zuora360_cleanup.rows.stop import Stopped


class Gate:
    """Lets the deletion begin once, unless it was shut before.

    The thread that deletes opens it; the main thread, which hears of signals and reads the tap's
    stream, shuts it. Whoever comes first, wins.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = "new"

    @property
    def opened(self) -> bool:
        """Whether the deletion may have begun."""
        return self._state == "open"

    def open(self) -> None:
        """Let the deletion begin.

        Raises:
            Stopped: It was shut before.
        """
        with self._lock:
            if self._state == "shut":
                raise Stopped
            self._state = "open"

    def shut(self) -> bool:
        """Never let the deletion begin; false if it is too late for that."""
        with self._lock:
            if self._state == "new":
                self._state = "shut"
            return self._state == "shut"
