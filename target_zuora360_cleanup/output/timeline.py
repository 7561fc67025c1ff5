"""When each object type was worked on, and how many rows came of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.output.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True)
class Span:
    """The time that one object type took.

    Attributes:
        object: API name.
        started_at: In UTC.
        finished_at: In UTC.
        rows: Rows that were done by then; None where nobody knows.
    """

    object: str
    started_at: datetime
    finished_at: datetime
    rows: int | None

    def as_json(self) -> dict[str, Any]:
        """The span as `report.json` holds it."""
        return {
            "object": self.object,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            "rows": self.rows,
        }


@dataclass
class Timeline:
    """Gathers spans; safe for several threads, each of which times what it does itself.

    Attributes:
        clock: The time, in UTC.
    """

    clock: Callable[[], datetime] = now
    _spans: list[Span] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, started_at: datetime, rows: int | None) -> None:
        """An object type that was begun then is done now."""
        span = Span(name, started_at, self.clock(), rows)
        with self._lock:
            self._spans.append(span)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The spans so far, in the order in which they began."""
        with self._lock:
            return tuple(sorted(self._spans, key=lambda span: (span.started_at, span.object)))
