"""Which bookmarks of a state may be passed on, and which stay as they were. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping  # noqa: TC003 - public shape
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

_BOOKMARKS: Final = "bookmarks"
_INTERRUPTED: Final = ("current_stream", "currently_syncing")
_OLDEST: Final = "2000-01-01"
"""Zuora's own full sync takes what was updated since that day."""
_DAY: Final = 10


@dataclass(frozen=True)
class Earlier:
    """Which records of a stream the tap may have sent to an earlier run too.

    Attributes:
        any_came: Whether there may be such at all.
        until: What was created up to then; None where nobody can tell.
    """

    any_came: bool = True
    until: datetime | None = None

    def may_have(self, created: object) -> bool:
        """Whether the tap may have sent a record that was created then; a blank may be any time."""
        if not self.any_came:
            return False
        moment = _moment(created)
        return self.until is None or moment is None or moment <= self.until


ALL_SENT: Final = Earlier()
"""Any record may have been sent: nobody can tell."""


@dataclass
class Bookmarks:
    """What a tap's states say of its streams, as a run sees them.

    Attributes:
        start_date: The tap's `start_date`; blank where it is not known.
        last: The bookmarks of the last state.
        before: The bookmark that each stream had before its first record; None where it had none,
            or where no state came before.
        interrupted: The stream that the last state says the tap was working on; blank if none.
        has_come: Whether there was a state.
    """

    start_date: str = ""
    last: Mapping[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    interrupted: str = ""
    has_come: bool = False

    def see(self, state: Mapping[str, Any]) -> None:
        """Take note of a state of the tap's."""
        self.has_come = True
        found = state.get(_BOOKMARKS)
        self.last = found if isinstance(found, dict) else {}
        said = (state.get(name) for name in _INTERRUPTED)
        self.interrupted = next((str(each) for each in said if each), "")

    def begin(self, stream: str) -> None:
        """A stream's first record is about to come."""
        self.before.setdefault(stream, self.last.get(stream))

    def is_from_the_start(self, stream: str) -> bool:
        """Whether the tap sends all of a stream; not so where nobody can tell."""
        if not self.has_come:
            return False
        entry = self.before.get(stream, self.last.get(stream))
        if not isinstance(entry, dict):
            return entry is None
        days = [str(each)[:_DAY] for each in entry.values() if _is_day(each)]
        latest = max(days, default="")
        return latest <= max(_OLDEST, self.start_date[:_DAY])

    def earlier(self, stream: str) -> Earlier:
        """What an earlier run may have had of a stream: nothing where all streams come anew."""
        if all(map(self.is_from_the_start, {*self.last, stream})):
            return Earlier(any_came=False)
        entry = self.before.get(stream, self.last.get(stream))
        moments = map(_moment, entry.values()) if isinstance(entry, dict) else ()
        return Earlier(until=max((each for each in moments if each), default=None))

    def to_pass(
        self, state: Mapping[str, Any], held: Collection[str], dropped: Collection[str]
    ) -> dict[str, Any] | None:
        """A state as it may be passed on; None where none may.

        Args:
            state: The tap's.
            held: Streams whose bookmark stays what it was before this run.
            dropped: Streams whose bookmark goes, so that the tap sends all of them again.
        """
        if not held and not dropped:
            return dict(state)
        found = state.get(_BOOKMARKS)
        if not isinstance(found, dict):
            return None
        marks = {name: entry for name, entry in found.items() if name not in dropped}
        for name in held:
            if name not in marks:
                continue
            if (entry := self.before.get(name, self.last.get(name))) is None:
                del marks[name]
            else:
                marks[name] = entry
        return {**state, _BOOKMARKS: marks}


def _moment(value: object) -> datetime | None:
    """A moment as a tap writes it; None for what is none, or says no time zone."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _is_day(value: object) -> bool:
    return isinstance(value, str) and value[:4].isdecimal() and value[4:5] == "-"
