"""Bookmarks in, reset out.

A cleanup deletes what a tap has sent before, so the tap must send it again: its bookmarks for those
streams have to go. This module follows the tap's STATE and says what Meltano shall store instead.

The rules and why:

- Entries are dropped whole, never emptied or set to null. tap-zuora skips rows without a word when
  ``file_ids`` or ``current_window_end`` outlive their replication key, and crashes on a null entry.
- ``current_stream`` and ``currently_syncing`` are left out. With a leftover, tap-zuora skips the
  streams before it.
- The records of this run are loaded nowhere. So a stream that isn't cleaned gets the bookmark from
  before its first RECORD, as far as one is known. A mapper may have given that stream another name:
  a RECORD whose stream no bookmark is named for counts for all of them.
- SDK taps sync a child stream beside its parent's records alone. So the parent of a cleaned stream
  is reset with it.
- Meltano ignores ``{}``; a total reset reads ``{"bookmarks": {}}``.

Pure: reading the stream and printing the line are done elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.streams import normal, qualifies
from target_zuora360_cleanup.state.form import (
    POSITIONS,
    TapState,
    bookmarks_of,
    checked,
    copied,
    dumped,
)
from target_zuora360_cleanup.state.trim import NOTHING, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Reset", "StateTracker"]


_FILES = "file_ids"
_ID = re.compile(r"[_\-]?(?:id|key|number|uuid)$", re.IGNORECASE)
"""With which an SDK tap's contexts name the parent's records: `account_id`."""


class _Fate(Enum):
    """What becomes of a bookmark, and why."""

    KEPT = "kept"
    CLEANED = "its records are being deleted"
    PARENT = "a cleaned stream is synced as its child"
    UNSAFE = "no STATE came before its first RECORD"
    NEW = "it didn't exist before this run"
    TANGLED = "it holds a cleaned stream's bookmark which can't be told apart"


@dataclass(frozen=True)
class Reset:
    """What to store as the tap's state, and what that means stream by stream.

    Attributes:
        state: the state; always has ``bookmarks``, which may be empty.
        before: the first STATE of this run, nearest to what is stored; None when none has come.
        dropped: bookmarks that went because their stream is cleaned.
        kept: bookmarks that stay.
        dropped_unsafe: bookmarks of other streams that went because no STATE came before their
            first RECORD. Worth a warning: their next sync is a full one.
        dropped_new: bookmarks of other streams that first appeared in this run, whose records were
            loaded nowhere.
        tangled: bookmarks of other streams that went because something of a cleaned stream is mixed
            into them. Worth a warning as well.
        parents: bookmarks of other streams that went because a cleaned stream is synced as their
            child. Worth a warning as well.
        carried: other top-level keys of the tap that stay.
    """

    state: TapState
    before: TapState | None
    dropped: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    dropped_unsafe: tuple[str, ...] = ()
    dropped_new: tuple[str, ...] = ()
    tangled: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The state as one line of ASCII JSON, without the newline."""
        return dumped(self.state)

    @property
    def gone(self) -> tuple[str, ...]:
        """All bookmarks that went, whatever for."""
        return (
            *self.dropped, *self.parents, *self.dropped_unsafe, *self.dropped_new, *self.tangled,
        )  # fmt: skip


@dataclass
class StateTracker:
    """Follows a tap's STATEs and first RECORDs, in the order in which they come."""

    _first: TapState | None = None
    _last: TapState | None = None
    _at_first_record: dict[str, TapState | None] = field(default_factory=dict)

    def state(self, value: object) -> None:
        """Take in the value of a STATE.

        Raises:
            InputError: it is no JSON object, or none that can be written again.
            Refused: it has another form than ``bookmarks``.
        """
        self._last = checked(value)
        if self._first is None:
            self._first = self._last

    def record(self, stream: str) -> None:
        """Take note of a stream's first RECORD or BATCH; later ones change nothing."""
        self._at_first_record.setdefault(stream, self._last)

    @property
    def first(self) -> TapState | None:
        """The first STATE; None when none has come."""
        return copied(self._first)

    @property
    def moved_before_first(self) -> frozenset[str]:
        """Streams that had sent a RECORD before any STATE."""
        return frozenset(name for name, known in self._at_first_record.items() if known is None)

    @property
    def streams(self) -> frozenset[str]:
        """Streams that have sent a RECORD or have a bookmark."""
        return frozenset((*self._at_first_record, *self._keys()))

    def reset(
        self, cleaned: Callable[[str], bool], inner: Callable[[str], bool] | None = None
    ) -> Reset:
        """The reset as far as the stream is known; better the more of it is.

        Args:
            cleaned: does a stream or bookmark of this name feed an object type being cleaned?
            inner: the same of names within a bookmark, and of a tap's other keys; `cleaned` by
                default.
        """
        inner = inner or cleaned
        parents = _parents(bookmarks_of(self._last), cleaned)
        fates = {key: self._fate(key, cleaned, inner, parents) for key in self._keys()}
        kept = {key: entry for key, (fate, entry) in fates.items() if fate is _Fate.KEPT}
        extras = self._extras(inner)

        def those(wanted: _Fate) -> tuple[str, ...]:
            return tuple(key for key, (fate, _) in fates.items() if fate is wanted)

        return Reset(
            state=copied({"bookmarks": kept, **extras}),
            before=copied(self._first),
            dropped=those(_Fate.CLEANED),
            kept=those(_Fate.KEPT),
            dropped_unsafe=those(_Fate.UNSAFE),
            dropped_new=those(_Fate.NEW),
            tangled=those(_Fate.TANGLED),
            parents=those(_Fate.PARENT),
            carried=tuple(extras),
        )

    def _keys(self) -> dict[str, None]:
        """Bookmarks of the last STATE, and those that a stream had before its first RECORD."""
        earlier = (name for name, at in self._at_first_record.items() if name in bookmarks_of(at))
        return dict.fromkeys((*bookmarks_of(self._last), *earlier))

    def _fate(
        self,
        key: str,
        cleaned: Callable[[str], bool],
        inner: Callable[[str], bool],
        parents: frozenset[str],
    ) -> tuple[_Fate, Any]:
        if cleaned(key):
            return _Fate.CLEANED, None
        if key in parents:
            return _Fate.PARENT, None
        known = next(self._before_records_of(key), self._last)
        if known is None:
            return _Fate.UNSAFE, None
        entry = bookmarks_of(known).get(key)
        if entry is None:
            return _Fate.NEW, None
        rest = without(self._without_new_files(key, entry), inner)
        return (_Fate.TANGLED, None) if rest is NOTHING else (_Fate.KEPT, rest)

    def _without_new_files(self, key: str, entry: Any) -> Any:  # noqa: ANN401 - a tap's JSON
        """The entry without the files of this run's exports.

        tap-zuora notes them before a stream's first RECORD. Its next run would read these files in
        place of a fresh export, and fail for good once Zuora has removed them; from the bookmark
        alone it exports the same rows again.
        """
        stored = bookmarks_of(self._first).get(key)
        before = stored.get(_FILES) if isinstance(stored, dict) else None
        if not isinstance(entry, dict) or entry.get(_FILES) in (None, before):
            return entry
        rest = {name: value for name, value in entry.items() if name != _FILES}
        return {**rest, _FILES: before} if before is not None else rest

    def _before_records_of(self, key: str) -> Iterator[TapState | None]:
        """The last STATE before each first RECORD that may have moved this bookmark, in order.

        Some taps name the bookmark of ``account`` after its database, ``db-account``, and a mapper
        may give a stream any name. A stream that has no bookmark of its own name is taken to be the
        one of every bookmark of such a name; where there is none, of every bookmark.
        """
        own = self._keys()
        for stream, known in self._at_first_record.items():
            if stream == key or (stream not in own and _may_move(stream, key, own)):
                yield known

    def _extras(self, cleaned: Callable[[str], bool]) -> TapState:
        """What a tap keeps beside ``bookmarks``, as it was before the first RECORD of all."""
        last = self._last or {}
        earlier = next(iter(self._at_first_record.values()), None) or {}
        extras = {key: earlier.get(key, value) for key, value in last.items() if key != "bookmarks"}
        names = {*bookmarks_of(last), *self._at_first_record}
        wanted = {
            key: without(value, cleaned)
            for key, value in extras.items()
            if value is not None
            and not cleaned(key)
            and not _is_position(key, value, names, cleaned)
        }
        return {key: value for key, value in wanted.items() if value is not NOTHING}


def _is_position(key: str, value: object, names: set[str], cleaned: Callable[[str], bool]) -> bool:
    """Whether a top-level key says which stream a run had got to, under whatever name."""
    if key in POSITIONS:
        return True
    return isinstance(value, str) and (value in names or cleaned(value))


def _may_move(stream: str, key: str, keys: Iterable[str]) -> bool:
    """Whether a stream without a bookmark of its name may be the one of this bookmark."""
    alike = [each for each in keys if qualifies(each, stream) or qualifies(stream, each)]
    return key in alike if alike else True


def _parents(bookmarks: TapState, cleaned: Callable[[str], bool]) -> frozenset[str]:
    """The bookmarks of streams that bring a cleaned stream along as their child.

    The SDK keeps a child's bookmarks by its parent's records, whose ids are in its contexts.
    """
    children = [entry for key, entry in bookmarks.items() if cleaned(key)]
    words = {word for entry in children for word in _context_words(entry)}
    return frozenset(key for key in bookmarks if not cleaned(key) and normal(key) in words)


def _context_words(entry: object) -> Iterator[str]:
    partitions = entry.get("partitions") if isinstance(entry, dict) else None
    for each in partitions if isinstance(partitions, list) else ():
        context = each.get("context") if isinstance(each, dict) else None
        for name in context if isinstance(context, dict) else ():
            if word := normal(_ID.sub("", name)):
                yield word
