"""The timeline of a run as bars. Pure: the report's spans in, percentages and rates out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.report.numbers import Total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LEAST_PERCENT: Final = 0.6
"""Width of a bar that would be too thin to be seen."""
_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
_MOST_TICKS: Final = 5
_SHORTEST: Final = 0.1


@dataclass(frozen=True)
class Bar:
    """One object type's time.

    Attributes:
        left: Where it begins, in percent of the whole.
        width: How long it is, in percent of the whole.
        seconds: How long it took.
        rows: None where nobody knows.
        rate: Rows per second, 0 where it took no time that could be measured; None where the rows
            are not known.
    """

    name: str
    left: float
    width: float
    rows: int | None
    seconds: float
    rate: float | None


@dataclass(frozen=True)
class Chart:
    """The bars in the order in which they began.

    Attributes:
        seconds: From the first beginning to the last end.
        ticks: Labels of the time axis with their place in percent.
    """

    bars: tuple[Bar, ...]
    seconds: float
    rows: Total
    ticks: tuple[tuple[float, str], ...]

    @property
    def rate(self) -> float | None:
        """Rows per second over all; None where not all rows are known."""
        return _rate(self.rows.known if self.rows.is_all else None, self.seconds)


def chart(timeline: Iterable[Mapping[str, Any]]) -> Chart:
    """The chart of a report's `timeline`."""
    spans = [
        (each["object"], _time(each["started_at"]), _time(each["finished_at"]), each["rows"])
        for each in timeline
    ]
    if not spans:
        return Chart((), 0, Total(0, is_all=True), ())
    begin = min(start for _, start, _, _ in spans)
    whole = (max(end for _, _, end, _ in spans) - begin).total_seconds()
    bars = tuple(
        _bar(name, (start - begin).total_seconds(), (end - start).total_seconds(), whole, rows)
        for name, start, end, rows in spans
    )
    return Chart(bars, whole, Total.of(bar.rows for bar in bars), _ticks(whole))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _bar(name: str, start: float, seconds: float, whole: float, rows: int | None) -> Bar:
    share = 100 / whole if whole else 0
    width = min(max(seconds * share, _LEAST_PERCENT), 100)
    left = min(start * share, 100 - width)
    return Bar(name, round(left, 2), round(width, 2), rows, seconds, _rate(rows, seconds))


def _rate(rows: int | None, seconds: float) -> float | None:
    if rows is None:
        return None
    return rows / seconds if seconds > 0 else 0


def _ticks(whole: float) -> tuple[tuple[float, str], ...]:
    """Round times along the axis, few enough to be read; only 0 where all took under a second."""
    step = next((each for each in _STEPS if whole / each <= _MOST_TICKS), None) or whole / 4
    count = int(whole // step)
    return tuple(
        (round(100 * at * step / (whole or 1), 2), duration(at * step)) for at in range(count + 1)
    )


def duration(seconds: float) -> str:
    """Such as `< 0.1 s`, `0.4 s`, `12 s`, `3 min 05 s` or `2 h 10 min`."""
    if 0 < seconds < _SHORTEST:
        return f"< {_SHORTEST} s"
    if seconds < 10 and seconds != int(seconds):  # noqa: PLR2004 - where tenths still tell
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min {rest:02} s" if rest else f"{minutes} min"
    return f"{hours} h {minutes:02} min"
