"""Date literals of SOQL: which span of days `TODAY`, `LAST_N_DAYS:30` or `THIS_YEAR` means.

The org's and the user's time zone is UTC; weeks begin on Sunday, as in an en_US org.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.schema.values import datetime_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Span", "exact", "is_relative", "relative"]

_UNITS: Final = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


@dataclass(frozen=True)
class Span:
    """The days from `first` up to but not including `end`."""

    first: date
    end: date

    def bounds(self, field_type: str) -> tuple[str | int, str | int]:
        """Return both ends as the store keeps values of the field's type."""
        if field_type == "date":
            return self.first.isoformat(), self.end.isoformat()
        return datetime_seconds(self.first.isoformat()), datetime_seconds(self.end.isoformat())


def is_relative(word: str) -> bool:
    """Whether the word is a date literal that depends on today."""
    return relative(word, date(2000, 1, 1)) is not None


def relative(word: str, today: date | None = None) -> Span | None:
    """Return the span that a relative date literal means, None if the word is none."""
    day = today or datetime.now(UTC).date()
    name, _, count = word.upper().partition(":")
    if not count:
        return _named(name, day)
    for unit in _UNITS:
        if name in {f"LAST_N_{unit}S", f"NEXT_N_{unit}S"} and count.isdigit():
            return _counted(name, unit, int(count), day)
        if name == f"N_{unit}S_AGO" and count.isdigit():
            return _shifted(unit, -int(count), day)
    return None


def exact(text: str, field_type: str) -> str | int:
    """Return the stored form of a date or datetime literal.

    Raises:
        ValueError: The literal is none, or is a date for a datetime field or the reverse.
    """
    if field_type == "date":
        return date.fromisoformat(text).isoformat()
    if "T" not in text.upper():
        raise ValueError(text)
    return datetime_seconds(text.upper())


def _named(name: str, day: date) -> Span | None:
    offsets = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
    if name in offsets:
        return _shifted("DAY", offsets[name], day)
    if name in {"LAST_90_DAYS", "NEXT_90_DAYS"}:
        return _counted(name, "DAY", 90, day)
    when, _, unit = name.partition("_")
    steps = {"LAST": -1, "THIS": 0, "NEXT": 1}
    return _shifted(unit, steps[when], day) if when in steps and unit in _UNITS[1:] else None


def _shifted(unit: str, steps: int, day: date) -> Span:
    begin = _BEGIN[unit](day)
    first = _step(begin, unit, steps)
    return Span(first, _step(first, unit, 1))


def _counted(name: str, unit: str, count: int, day: date) -> Span:
    """Return the span of `LAST_N_…`, which for days includes today, or of `NEXT_N_…`."""
    begin = _BEGIN[unit](day)
    if name.startswith("NEXT"):
        first = _step(begin, unit, 1)
        return Span(first, _step(first, unit, count))
    end = begin + timedelta(days=1) if unit == "DAY" else begin
    return Span(_step(begin, unit, -count), end)


def _step(day: date, unit: str, steps: int) -> date:
    if unit in {"DAY", "WEEK"}:
        return day + timedelta(days=steps * (7 if unit == "WEEK" else 1))
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit] * steps
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _quarter(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


_BEGIN: Final[dict[str, Callable[[date], date]]] = {
    "DAY": lambda day: day,
    "WEEK": lambda day: day - timedelta(days=(day.weekday() + 1) % 7),
    "MONTH": lambda day: day.replace(day=1),
    "QUARTER": _quarter,
    "YEAR": lambda day: date(day.year, 1, 1),
}
