"""Counts of which some are not known: never 0, always said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

UNKNOWN: Final = "unknown"


def shown(count: float | None) -> str:
    """A count as a person reads it."""
    return UNKNOWN if count is None else f"{count:,.0f}"


def known_sum(counts: Iterable[int | None]) -> int:
    """The sum of those that are known; the whole is at least as much."""
    return sum(count for count in counts if count is not None)


def counted(count: int, one: str, more: str) -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else more}"
