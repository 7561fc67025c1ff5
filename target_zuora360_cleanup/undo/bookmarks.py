"""Puts states back to what they were before a cleanup: what is to be stored, and storing it.

A state says that rows are loaded. So the bookmarks of streams that feed an object type of which
rows, or what their lookups led to, are not back stay reset, and a state that somebody has written
since the cleanup stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.state import KeptState, reset_of
from target_zuora360_cleanup.state.form import bookmarks_of
from target_zuora360_cleanup.state.store import StoreFailed
from target_zuora360_cleanup.undo.choice import same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_zuora360_cleanup.catalog.streams import StreamNames
    from target_zuora360_cleanup.state.form import TapState
    from target_zuora360_cleanup.state.store import Store
    from target_zuora360_cleanup.undo.choice import Chain

Fate = Literal["put back", "planned", "as before", "none before", "moved on", "by hand", "failed"]


@dataclass(frozen=True)
class Putting:
    """What became of one state.

    Attributes:
        fate: What was done: `put back`; `planned` in a dry run; `as before` where it was so
            already; `none before` where there was none before the cleanup; `moved on` where
            somebody has written it since; `by hand` where it went to stdout, and nobody here can
            store it; `failed`.
        stored: What is stored in the end, or would be; None where nothing is known of it.
        kept_reset: Bookmarks that stay reset, since rows that their streams feed are not back.
        why: In words, where it needs any.
    """

    state: KeptState
    fate: Fate
    stored: TapState | None = None
    kept_reset: tuple[str, ...] = ()
    why: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing is left to do about it."""
        return self.fate in ("put back", "as before", "planned", "none before", "moved on")

    def as_json(self) -> dict[str, Any]:
        """The entry of the report; decimals may be rounded."""
        return {
            "state_id": self.state.state_id or None,
            "place": self.state.place,
            "fate": self.fate,
            "bookmarks_back": [
                name for name in bookmarks_of(self.state.before) if name not in self.kept_reset
            ],
            "bookmarks_kept_reset": list(self.kept_reset),
            "why": self.why or None,
        }


@dataclass(frozen=True)
class Bookmarks:
    """Puts the states of a chain of cleanups back.

    Attributes:
        stores: Where states are kept, by place.
        names: Which streams feed which object types.
        running: Raises `CleanupError` where a pipeline is at work on the states.
    """

    chain: Chain
    stores: Mapping[str, Store]
    names: StreamNames
    running: Callable[[], None]

    def put_back(self, missing: frozenset[str], *, dry_run: bool) -> tuple[Putting, ...]:
        """Put each back, as far as its rows are there.

        Args:
            missing: API names of the object types of which rows, or what they led to, are not back.
            dry_run: Only look and tell.
        """
        return tuple(self._put(each, missing, dry_run=dry_run) for each in self.chain.states)

    def _put(self, state: KeptState, missing: frozenset[str], *, dry_run: bool) -> Putting:
        if state.before is None:
            return Putting(state, "none before", why="there was none; its next sync is full")
        try:
            wanted, kept_reset = self._wanted(state.before, missing)
            if state.place == "stdout":
                why = "it went to stdout: store it yourself, as the file in this folder has it"
                return Putting(state, "by hand", wanted, kept_reset, why)
            return self._store(state, wanted, kept_reset, dry_run=dry_run)
        except CleanupError as exc:
            return Putting(state, "failed", why=str(exc))

    def _wanted(
        self, before: TapState, missing: frozenset[str]
    ) -> tuple[TapState, tuple[str, ...]]:
        """What is to be stored, and the bookmarks that are left out."""
        if not missing:
            return before, ()
        cleaned = self.names.cleaned(missing)
        reset = reset_of(before, cleaned, cleaned.strictly)
        return reset.state, reset.gone

    def _store(
        self,
        state: KeptState,
        wanted: TapState,
        kept_reset: tuple[str, ...],
        *,
        dry_run: bool,
    ) -> Putting:
        store = self.stores[state.place]
        stored = store.read(state.state_id)
        if same(stored, wanted):
            return Putting(state, "as before", wanted, kept_reset)
        if not self.chain.is_ours(state, stored):
            why = "somebody has written it since the cleanup, so it stays as it is"
            return Putting(state, "moved on", stored, (), why)
        if dry_run:
            return Putting(state, "planned", wanted, kept_reset)
        self.running()
        self._write_down(state, wanted)
        store.write(state.state_id, wanted)
        if not same(store.read(state.state_id), wanted):
            raise StoreFailed("What was read back is not what was written.")
        return Putting(state, "put back", wanted, kept_reset)

    def _write_down(self, state: KeptState, wanted: TapState) -> None:
        """Note what is stored before it is, so that a later undo knows it for its own."""
        newest = self.chain.newest
        one = KeptState(state.place, state.state_id, state.before, wanted)
        try:
            newest.note(one)
        except OSError as exc:
            raise CleanupError(
                f"What is put back can't be noted in {newest.folder}: {exc.strerror or exc}."
            ) from None
