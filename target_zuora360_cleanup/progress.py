"""Progress as log lines: rows done of rows found, rate, time left; one line every few seconds."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


@dataclass
class Progress:
    """Follows the rows done of each object type. Safe for several threads.

    Attributes:
        seconds: Least time between two lines.
        clock: Seconds that only grow.
    """

    seconds: float = 5.0
    clock: Callable[[], float] = time.monotonic
    _found: dict[str, int] = field(default_factory=dict)
    _done: dict[str, dict[object, int]] = field(default_factory=dict)
    _began: dict[str, float] = field(default_factory=dict)
    _last: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, name: str, found: int) -> None:
        """An object type's deletion begins."""
        with self._lock:
            self._found[name], self._done[name] = found, {}
            self._began[name] = self.clock()

    def update(self, name: str, part: object, done: int) -> None:
        """A part (a job) of an object type's deletion has done so many rows so far."""
        with self._lock:
            self._done[name][part] = done
            if self.clock() - self._last >= self.seconds:
                self._last = self.clock()
                logger.info("%s", self._line(name))

    def end(self, name: str, deleted: int, failed: int) -> None:
        """An object type is done."""
        with self._lock:
            seconds = self.clock() - self._began[name]
        failures = f", {failed:,} failed" if failed else ""
        logger.info("%s: %s deleted%s in %.1f s", name, f"{deleted:,}", failures, seconds)

    def _line(self, name: str) -> str:
        done, found = sum(self._done[name].values()), self._found[name]
        rate = done / max(self.clock() - self._began[name], 0.001)
        left = f"{(found - done) / rate:,.0f} s left" if rate else "no row yet"
        return f"{name}: {done:,} of {found:,}, {rate:,.0f} rows/s, {left}"
