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
_MASK: Final = "…"
_VALUES: Final = tuple(
    re.compile(each)
    for each in (
        # What stands in quotes, in whichever language.
        r"(?P<keep>)(?:(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"|[“„”][^“”]*[“”]|\u2018[^\u2019]*\u2019|«[^»]*»|「[^」]*」)",
        # What follows Salesforce's own words (SOAP API Developer Guide, "StatusCode").
        r"(?P<keep>bad value for restricted picklist field: |invalid email address: ).+",
        r"(?P<keep>data value too large: ).+?(?= \(max length=|$)",
        r"(?P<keep>Foreign key external ID: ).+?(?= not found for field |$)",
        r"(?P<keep>associated with the following [^:]*: ).+",
        # An id, a number, a date, or a number with letters such as INV-001; no name of the API.
        r"(?P<keep>)(?<![\w-])(?!\w*__[a-z]\b)[\w-]*\d(?:[\w.,:+-]*\w)?",
    )
)
_SEVERAL: Final = re.compile(f"{_MASK}(?:[,;\\s]*{_MASK})+")


@dataclass(frozen=True)
class FailureGroup:
    """Failures of one object type for one reason.

    Attributes:
        message: Salesforce's words; where they are not the same for all, with `…` for what stands
            in quotes, ids, numbers and other values.
        samples: The first ids.
        example: The first of the messages as it is; blank where all are the same.
    """

    object: str
    code: str
    message: str
    count: int
    samples: tuple[str, ...]
    example: str = ""


@dataclass
class Failures:
    """Gathers failures by reason, `GROUPS` of them and then one more for each code."""

    _groups: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    _counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _first: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _varying: set[tuple[str, str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, object_name: str, error: RowError) -> None:
        """Take in one failure."""
        code = error.code
        key = (object_name, code, masked(error.message))
        with self._lock:
            if key not in self._counts and len(self._counts) >= GROUPS:
                key = (object_name, code, _OTHER)
            self._counts[key] = self._counts.get(key, 0) + 1
            if self._first.setdefault(key, error.message) != error.message:
                self._varying.add(key)
            samples = self._groups.setdefault(key, [])
            if error.id and len(samples) < SAMPLES:
                samples.append(error.id)

    def grouped(self) -> tuple[FailureGroup, ...]:
        """The groups, largest first."""
        with self._lock:
            groups = [self._group(*key) for key in self._groups]
        return tuple(sorted(groups, key=lambda each: (-each.count, each.object, each.code)))

    def _group(self, object_name: str, code: str, words: str) -> FailureGroup:
        key = (object_name, code, words)
        first, varies = self._first[key], key in self._varying
        message, example = (words, first) if varies or words == _OTHER else (first, "")
        samples = tuple(self._groups[key])
        return FailureGroup(object_name, code, message, self._counts[key], samples, example)


def masked(message: str) -> str:
    """A message without what differs from record to record, such as `…: bad value for …`."""
    value, _, rest = message.partition(": ")
    if value and rest.rstrip(".").endswith(f": {value}"):
        message = _MASK + message[len(value) :].rstrip(".").removesuffix(value) + _MASK
    for each in _VALUES:
        message = each.sub(rf"\g<keep>{_MASK}", message)
    return _SEVERAL.sub(_MASK, message)
