"""Counts of which some are not known: never 0, always said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.output.counted import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

UNKNOWN: Final = "unknown"


def shown(count: float | None) -> str:
    """A count as a person reads it."""
    return UNKNOWN if count is None else f"{count:,.0f}"


def known_sum(counts: Iterable[int | None]) -> int:
    """The sum of those that are known; the whole is at least as much."""
    return sum(count for count in counts if count is not None)


@dataclass(frozen=True)
class Total:
    """A sum of counts.

    Attributes:
        known: The sum of those that are known.
        is_all: Whether all of them are.
    """

    known: int
    is_all: bool

    @classmethod
    def of(cls, counts: Iterable[int | None]) -> Total:
        """The sum of these."""
        counts = tuple(counts)
        return cls(known_sum(counts), None not in counts)

    @property
    def words(self) -> str:
        """As a person reads it: at least so many, where some are not known."""
        if self.is_all:
            return shown(self.known)
        return f"at least {shown(self.known)}" if self.known else UNKNOWN

    def counted(self, one: str, more: str = "") -> str:
        """The same with its noun, as of `counted`."""
        words = counted(self.known if self.is_all or self.known else None, one, more)
        return words if self.is_all or not self.known else f"at least {words}"
