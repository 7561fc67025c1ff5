"""Which bookmarks of a state may be passed on, and which stay as they were. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping  # noqa: TC003 - public shape
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from target_zuora360_cleanup.catalog.streams import StreamNames

_BOOKMARKS: Final = "bookmarks"
_INTERRUPTED: Final = ("current_stream", "currently_syncing")
_OLDEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Zuora's own full sync takes what was updated since then."""
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_NO_PLACE: Final = frozenset({"version"})
"""What says nothing of how far a tap has come."""


@dataclass(frozen=True)
class Earlier:
    """Which records of a stream the tap may have sent to an earlier run too.

    Attributes:
        any_came: Whether there may be such at all.
        until: What was created up to then.
    """

    any_came: bool = True
    until: datetime = _NEVER

    def may_have(self, created: object) -> bool:
        """Whether the tap may have sent a record that was created then; a blank may be any time."""
        if not self.any_came:
            return False
        moment = _moment(created)
        return moment is None or moment <= self.until


ALL_SENT: Final = Earlier()
"""Any record may have been sent: nobody can tell."""


@dataclass
class Bookmarks:
    """What a tap's states say of its streams, as a run sees them.

    Attributes:
        start_date: The tap's `start_date`; blank where it is not known.
        names: The names that streams and bookmarks may have.
        last: The bookmarks of the last state.
        before: The bookmark that each stream had before its first record; None where it had none,
            or where no state came before.
        interrupted: The stream that the last state says the tap was working on; blank if none.
        has_come: Whether there was a state.
        first: The bookmarks of the first state.
        is_readable: Whether the last state can be read: it has bookmarks, or says nothing at all.
    """

    start_date: str = ""
    names: StreamNames = field(default_factory=lambda: StreamNames({}))
    last: Mapping[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    interrupted: str = ""
    has_come: bool = False
    first: Mapping[str, Any] = field(default_factory=dict)
    is_readable: bool = True

    def see(self, state: Mapping[str, Any]) -> None:
        """Take note of a state of the tap's."""
        found = state.get(_BOOKMARKS)
        self.is_readable = isinstance(found, dict) or state.keys() <= set(_INTERRUPTED)
        self.last = found if isinstance(found, dict) else {}
        if not self.has_come:
            self.first, self.has_come = self.last, True
        said = (state.get(name) for name in _INTERRUPTED)
        self.interrupted = next((str(each) for each in said if each), "")

    @property
    def streams(self) -> set[str]:
        """The streams that have come, or that the last state names."""
        return {*self.last, *self.before}

    def begin(self, stream: str) -> None:
        """A stream's first record is about to come."""
        self.before.setdefault(stream, self.last.get(stream))

    def is_from_the_start(self, stream: str) -> bool:
        """Whether the tap sends all of a stream; not so where nobody can tell.

        Some taps name the bookmark of `account` after its database, `db-account`, and a mapper may
        give a stream any name. So of one without a bookmark nobody can tell while there is another
        that may be its own.
        """
        if not self.has_come or not self.is_readable:
            return False
        own = self._own(stream, self.last)
        return all(self._is_start(self._before(each, stream)) for each in own)

    def sends_all(self, stream: str) -> bool:
        """Whether the tap sends all that Zuora has of a stream, as far as is known."""
        start = _moment(self.start_date)
        begins_late = self.start_date and not (start and start.date() <= _OLDEST.date())
        return not begins_late and self.is_from_the_start(stream)

    def has_passed(self, stream: str) -> bool:
        """Whether a bookmark is known by which the tap does not send all of a stream."""
        own = self._named(stream, self.last)
        return not all(self._is_start(self._before(each, stream)) for each in own)

    def _own(self, stream: str, marks: Mapping[str, Any]) -> list[str]:
        """The bookmark of a stream; where it has none of its name, those that may be its own."""
        own = self._named(stream, marks)
        if own == [stream]:
            return own
        return own + [each for each in self._free(marks) if self.names.is_unknown(each)]

    def _named(self, stream: str, marks: Mapping[str, Any]) -> list[str]:
        """The same of those whose names say so."""
        if stream in marks or self.before.get(stream) is not None:
            return [stream]
        return [each for each in self._free(marks) if self.names.is_perhaps(each, stream)]

    def _free(self, marks: Mapping[str, Any]) -> list[str]:
        """The bookmarks under whose names no stream has come."""
        return [each for each in marks if each not in self.before]

    def _before(self, bookmark: str, stream: str) -> object:
        """What a bookmark said before the stream that it may be of; None for nothing."""
        if bookmark != stream:
            return self.first.get(bookmark)
        return self.before.get(stream, self.last.get(stream))

    def _is_start(self, entry: object) -> bool:
        """Whether a bookmark says nothing of any record."""
        if not isinstance(entry, dict):
            return entry is None
        start = max(_OLDEST, _moment(self.start_date) or _OLDEST)
        moments = [_moment(each) for each in _places(entry)]
        return all(each is not None and each <= start for each in moments)

    def earlier(self, stream: str) -> Earlier:
        """What an earlier run may have had of a stream, and of what hangs on its records.

        Nothing where all streams come anew. Else what was created before any stream's bookmark:
        this one's own may have been held.
        """
        if all(map(self.is_from_the_start, {*self.last, stream})):
            return Earlier(any_came=False)
        places = [
            _moment(each)
            for entry in self.first.values()
            for each in (_places(entry) if isinstance(entry, dict) else [entry])
        ]
        return Earlier(until=max((each or _NEVER for each in places), default=_NEVER))

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
        gone = {each for name in dropped for each in self._own(name, found)}
        marks = {name: entry for name, entry in found.items() if name not in gone}
        for stream in held:
            for each in marks.keys() & set(self._own(stream, found)):
                if (entry := self._before(each, stream)) is None:
                    del marks[each]
                else:
                    marks[each] = entry
        return {**state, _BOOKMARKS: marks}


def _places(entry: Mapping[str, Any]) -> list[object]:
    """What a bookmark says of how far the tap has come."""
    return [each for name, each in entry.items() if name not in _NO_PLACE and each is not None]


def _moment(value: object) -> datetime | None:
    """A moment as a tap writes it, in UTC where it names no time zone; None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
