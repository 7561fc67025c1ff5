"""What the server was asked: calls by kind, and the last requests."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["RequestLine", "Stats"]

_REMEMBERED = 10_000


@dataclass(frozen=True)
class RequestLine:
    """One request as `/__emulator__/requests` lists it; a cut connection has status 0."""

    method: str
    path: str
    query: str
    status: int


class Stats:
    """Counts since the start or the last reset. Safe from several threads.

    ``total`` counts API calls as Salesforce does: a composite request is one, a batch request
    is as many as it holds, logins and `/services/data` are none.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._requests: deque[RequestLine] = deque(maxlen=_REMEMBERED)

    def count(self, kind: str, *, charged: bool) -> None:
        """Count one call of ``kind``."""
        with self._lock:
            self._calls[kind] += 1
            self._calls["total"] += charged

    def remember(self, line: RequestLine) -> None:
        """Keep a request for `/__emulator__/requests`."""
        with self._lock:
            self._requests.append(line)

    def calls(self) -> dict[str, int]:
        """Kind -> number of calls, with a ``total``."""
        with self._lock:
            return {"total": 0, **self._calls}

    def requests(self, last: int) -> list[dict[str, Any]]:
        """The last requests, oldest first."""
        with self._lock:
            return [asdict(line) for line in list(self._requests)[-last:]]

    def reset(self) -> None:
        """Forget everything counted."""
        with self._lock:
            self._calls.clear()
            self._requests.clear()
