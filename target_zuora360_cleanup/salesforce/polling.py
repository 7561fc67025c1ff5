"""How often a job is asked for its state: soon enough after its end, and seldom on the way.

Every poll is an API call, so a fixed short interval would cost thousands of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Polling:
    """How often a job is asked for its state.

    While nothing is known of its progress, a job is found ended at most `share` of its time and
    `shortest` seconds late. Once its speed is known, half of the time that it still needs is waited
    for, since it may get faster. A job of an hour is asked some 170 times at the most.

    Attributes:
        longest: Seconds that no wait exceeds.
    """

    shortest: float = 0.1
    longest: float = 30.0
    share: float = 0.1

    def wait(self, elapsed: float, needs: float = 0.0) -> float:
        """Seconds to wait before the next poll.

        Args:
            elapsed: Seconds since the job was begun.
            needs: Seconds that it will still take, as far as is known.
        """
        return min(self.longest, max(self.shortest + elapsed * self.share, needs / 2))


@dataclass
class Pace:
    """How fast a job works, from what it said at different times.

    Attributes:
        rows: How many it has to do; 0 where that isn't known.
    """

    rows: int
    _first: tuple[float, int] | None = None
    _last: tuple[float, int] = (0.0, 0)

    def needs(self, elapsed: float, processed: int) -> float:
        """Seconds that the job will still take; 0 while that can't be told.

        Waiting in Salesforce's queue is no work, so time counts from the first rows on.
        """
        if processed != self._last[1]:
            self._last = elapsed, processed
            self._first = self._first or self._last
        (began, before), (then, now) = self._first or self._last, self._last
        left = max(0, self.rows - now)
        return left * (then - began) / (now - before) - (elapsed - then) if now > before else 0
