"""Rows that failed, gathered by reason. Plain data."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from target_zuora360_cleanup.rows.errors import RowError

SAMPLES: Final = 5
GROUPS: Final = 200
"""Different messages that are kept apart; Salesforce may name other records in each."""
_OTHER: Final = "other messages, see failures.csv"
# A word of 15 letters is no id: ids hold digits.
_ID: Final = re.compile(r"\b(?=[a-zA-Z]*\d)[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?\b")


@dataclass(frozen=True)
class FailureGroup:
    """Failures of one object type for one reason.

    Attributes:
        message: Salesforce's words, ids replaced by `…`.
        samples: The first ids.
    """

    object: str
    code: str
    message: str
    count: int
    samples: tuple[str, ...]


@dataclass
class Failures:
    """Gathers failures by reason, `GROUPS` of them and then one more for each code."""

    _groups: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    _counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, object_name: str, error: RowError) -> None:
        """Take in one failure."""
        code = error.code
        key = (object_name, code, _ID.sub("…", error.message))
        with self._lock:
            if key not in self._counts and len(self._counts) >= GROUPS:
                key = (object_name, code, _OTHER)
            self._counts[key] = self._counts.get(key, 0) + 1
            samples = self._groups.setdefault(key, [])
            if error.id and len(samples) < SAMPLES:
                samples.append(error.id)

    def grouped(self) -> tuple[FailureGroup, ...]:
        """The groups, largest first."""
        with self._lock:
            groups = [
                FailureGroup(*key, count=self._counts[key], samples=tuple(samples))
                for key, samples in self._groups.items()
            ]
        return tuple(sorted(groups, key=lambda each: (-each.count, each.object, each.code)))
