"""Something that is read from the org again once it is too old."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Fresh(Generic[T]):
    """What many threads need, read by the first of them. Safe for several threads.

    Args:
        seconds: How long it holds.
        read: Reads it.
    """

    def __init__(self, seconds: float, read: Callable[[], T]) -> None:
        self._seconds = seconds
        self._read = read
        self._lock = threading.Lock()
        self._last: tuple[float, T] | None = None

    def read(self) -> T:
        """It, no older than that; raises what reading it raises."""
        with self._lock:
            now = time.monotonic()
            if self._last is None or now - self._last[0] > self._seconds:
                self._last = now, self._read()
            return self._last[1]
