"""What a tap's next sync makes of a stored state: judged as tap-zuora 1.6.1 would. Pure.

Every rule is tap-zuora's own (`validate_state`, `do_sync`, `sync_aqua_stream`, `sync_rest_stream`);
a test runs the tap itself over a table of states and compares. Of other taps the same is likely and
not known: what is no bookmark of a stream to one is none to the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

__all__ = ["REPLICATION_KEYS", "NextSync", "judged"]

Fate = Literal["full", "incremental", "skipped", "partial", "fails"]
REPLICATION_KEYS: Final = ("UpdatedDate", "TransactionDate", "UpdatedOn")
"""Those of tap-zuora; the first that a stream has counts."""
_DATE: Final = re.compile(r"\d{4}-\d\d")
_FILES: Final = "file_ids"
_WINDOW: Final = "current_window_end"
_OTHER_VALUES: Final = ("replication_key_value", "progress_markers", "partitions")
"""Where the SDK keeps how far a stream has come."""


@dataclass(frozen=True)
class NextSync:
    """What the next sync does.

    Attributes:
        streams: By stream: `full`, `incremental`, `skipped` without a word, `partial` (rows are
            left out without a word), or `fails`.
        fails: Why the tap does not start at all; blank where it does.
    """

    streams: Mapping[str, Fate]
    fails: str = ""

    @property
    def kind(self) -> str:
        """The whole in one word: the worst that happens to any stream."""
        if self.fails:
            return "fails"
        fates = frozenset(self.streams.values())
        for each in ("fails", "skipped", "partial", "incremental"):
            if each in fates:
                return each
        return "full"

    def those(self, fate: Fate) -> tuple[str, ...]:
        """The streams of one fate."""
        return tuple(name for name, each in self.streams.items() if each == fate)


def judged(state: object, streams: Sequence[str] = ()) -> NextSync:
    """What the next sync makes of a state.

    Args:
        state: As it is stored; None where there is none.
        streams: The tap's streams in its order; those that have a bookmark by default.
    """
    if not isinstance(state or {}, dict):
        return _failing(streams, "it is no object")
    return _judged(state or {}, streams)  # type: ignore[arg-type] # (a mapping by now)


def _judged(state: dict[str, Any], streams: Sequence[str]) -> NextSync:
    if "bookmarks" not in state:
        return _legacy(state, streams)
    entries = state["bookmarks"]
    if not isinstance(entries, dict):
        return _failing(streams, "`bookmarks` holds no object")
    names = tuple(streams) or tuple(entries)
    if not streams and state.get("current_stream"):
        # (In which order the tap has its streams is not known: any of them may come before.)
        return NextSync(dict.fromkeys((*names, str(state["current_stream"])), "skipped"))
    broken = [name for name in names if name in entries and not isinstance(entries[name], dict)]
    if broken:
        return _failing(names, f"the bookmark of {broken[0]} is no object")
    return NextSync(_after(state.get("current_stream"), names, entries))


def _legacy(state: dict[str, Any], streams: Sequence[str]) -> NextSync:
    """tap-zuora takes what stands alone for bookmarks of an old form, and fails on them."""
    if found := [name for name in streams if name in state]:
        return _failing(streams, f"the bookmark of {found[0]} has an old form")
    return NextSync(_after(state.get("current_stream"), tuple(streams), {}))


def _failing(streams: Sequence[str], why: str) -> NextSync:
    return NextSync(dict.fromkeys(streams, "fails"), why)


def _after(current: object, names: tuple[str, ...], entries: Mapping[str, Any]) -> dict[str, Fate]:
    """What comes before a stream that a run had got to is left out."""
    begin = 0
    if current:
        begin = names.index(str(current)) if current in names else len(names)
    fates: dict[str, Fate] = {}
    for place, name in enumerate(names):
        fates[name] = "skipped" if place < begin else _fate(entries.get(name))
        if fates[name] == "fails":
            return fates | dict.fromkeys(names[place + 1 :], "skipped")
    return fates


def _fate(entry: dict[str, Any] | None) -> Fate:
    if entry is None:
        return "full"
    value = next((entry[key] for key in REPLICATION_KEYS if entry.get(key) is not None), None)
    if value is not None and not (isinstance(value, str) and _DATE.match(value)):
        return "fails"
    if value is not None or any(entry.get(each) for each in _OTHER_VALUES):
        return "incremental"
    return "partial" if entry.get(_FILES) or entry.get(_WINDOW) else "full"
