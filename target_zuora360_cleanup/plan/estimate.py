"""How long a cleanup takes and what it frees, by published figures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_QUICK: Final = ((0, 0), (100_000, 668), (1_000_000, 748))
_SLOW: Final = ((0, 0), (100_000, 828), (1_000_000, 8_415))
"""Records and seconds of Zuora's own cleanup with Turbo and before (page "About 360 Sync
Cleanup")."""
_BYTES: Final = 2 * 1024
"""Most records count as 2 KB of data storage (Salesforce help, "Data and File Storage
Allocations")."""
BASIS: Final = (
    "Zuora's figures for its own cleanup: 100,000 records in 668 to 828 s, 1,000,000 in 748 to "
    "8,415 s; Salesforce counts 2 KB a record"
)


@dataclass(frozen=True)
class Estimate:
    """What deleting so many records comes to.

    Attributes:
        quick: Seconds, where Salesforce works on several jobs at once.
        slow: Seconds, where it works on one after the other.
        freed: Bytes of data storage.
    """

    quick: int
    slow: int
    freed: int

    @classmethod
    def of(cls, records: int) -> Estimate:
        """The estimate for so many records."""
        return cls(_seconds(_QUICK, records), _seconds(_SLOW, records), records * _BYTES)

    @property
    def words(self) -> str:
        """One sentence; `BASIS` says by which figures."""
        span = f"{_minutes(self.quick)} to {_minutes(self.slow)}"
        if _minutes(self.quick) == _minutes(self.slow):
            span = _minutes(self.slow)
        return f"It may take {span} and frees {_size(self.freed)}."


def _seconds(points: tuple[tuple[int, int], ...], records: int) -> int:
    """Between two points by a straight line, beyond the last in proportion to it."""
    for (fewer, less), (more, longer) in pairwise(points):
        if records <= more:
            return round(less + (records - fewer) * (longer - less) / (more - fewer))
    most, longest = points[-1]
    return round(records * longest / most)


def _minutes(seconds: int) -> str:
    if seconds <= 60:  # noqa: PLR2004 - a minute
        return "1 min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def _size(count: int) -> str:
    return f"{count / 2**30:,.1f} GB" if count >= 2**30 else f"{count / 2**20:,.1f} MB"
