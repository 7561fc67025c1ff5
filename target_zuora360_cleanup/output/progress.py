"""Progress as log lines: rows done of rows found, rate, time left; one line every few seconds."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

SECONDS: Final = 5.0
"""Least time between two lines; an object type that took less gets none at its end."""


class ProgressListener(Protocol):
    """Is told how the object types get on, from several threads."""

    def begin(self, name: str, found: int) -> None:
        """An object type begins, or a further attempt at what is left of it: so many rows."""

    def update(self, name: str, part: object, done: int) -> None:
        """A part (a job) of an object type has done so many rows so far."""

    def end(self, name: str, deleted: int, failed: int) -> None:
        """An object type is done."""


@dataclass
class Progress:
    """Logs the rows done of each object type. Safe for several threads.

    Attributes:
        seconds: Least time between two lines.
        clock: Seconds that only grow.
    """

    seconds: float = SECONDS
    clock: Callable[[], float] = time.monotonic
    _found: dict[str, int] = field(default_factory=dict)
    _done: dict[str, dict[object, int]] = field(default_factory=dict)
    _began: dict[str, float] = field(default_factory=dict)
    _first: dict[str, float] = field(default_factory=dict)
    _last: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, name: str, found: int) -> None:
        """An object type's deletion begins, or a further attempt at what is left of it."""
        with self._lock:
            now = self.clock()
            self._found[name], self._done[name], self._began[name] = found, {}, now
            self._first.setdefault(name, now)
            if self._last is None:
                self._last = now

    def update(self, name: str, part: object, done: int) -> None:
        """A part (a job) of an object type's deletion has done so many rows so far."""
        with self._lock:
            self._done[name][part] = done
            if self._is_due():
                logger.info("%s", self._line(name))

    def end(self, name: str, deleted: int, failed: int) -> None:
        """An object type is done."""
        with self._lock:
            seconds = self.clock() - self._first[name]
            if not (self._is_due() or failed or seconds >= self.seconds):
                return
        failures = f", {failed:,} failed" if failed else ""
        logger.info("%s: %s deleted%s in %.1f s", name, f"{deleted:,}", failures, seconds)

    def _is_due(self) -> bool:
        now = self.clock()
        if self._last is not None and now - self._last < self.seconds:
            return False
        self._last = now
        return True

    def _line(self, name: str) -> str:
        done, found = sum(self._done[name].values()), self._found[name]
        rate = done / max(self.clock() - self._began[name], 0.001)
        left = f"{max(found - done, 0) / rate:,.0f} s left" if rate else "no row yet"
        return f"{name}: {done:,} of {found:,}, {rate:,.0f} rows/s, {left}"
