"""States that are kept somewhere and can be read back: read, reset, written, read and compared.

Where they are kept is a `Store`'s business: Meltano's backend or files.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from target_zuora360_cleanup.errors import CleanupError, Refused
from target_zuora360_cleanup.rows.pool import Pool
from target_zuora360_cleanup.state import findings as say
from target_zuora360_cleanup.state.holders import ResetSink
from target_zuora360_cleanup.state.outcome import PairedState, ResetOutcome
from target_zuora360_cleanup.state.paired import expanded, is_pattern, reset_of
from target_zuora360_cleanup.state.store import StoreFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_zuora360_cleanup.catalog.streams import StreamNames
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.state.form import TapState
    from target_zuora360_cleanup.state.holders import Objects
    from target_zuora360_cleanup.state.store import Store
    from target_zuora360_cleanup.state.watch import RunWatch

logger = logging.getLogger(__name__)

_READERS: Final = 4
"""States read at once; each may take a program of its own."""


class StoredStates(ResetSink):
    """Resets states of a store, one after the other in the order in which they are named.

    Each step replaces a state's entry by a new frozen one, so `states` can be asked by another
    thread meanwhile.

    Args:
        store: Where they are kept.
        wanted: Their ids, or patterns of ids.
        names: Which streams feed which object types.
        may_create: Whether a state of this id may be new.
        watch: Looks for pipelines at work on them, if anybody can tell.
    """

    def __init__(
        self,
        store: Store,
        wanted: Iterable[str],
        names: StreamNames,
        may_create: Callable[[str], bool],
        watch: RunWatch | None = None,
    ) -> None:
        self._store = store
        self._wanted = tuple(wanted)
        self._names = names
        self._may_create = may_create
        self._watch = watch
        self._states: dict[str, PairedState] = {}

    @property
    def states(self) -> tuple[PairedState, ...]:
        """The states as they were found, and what was done to them so far."""
        return tuple(self._states.values())

    @override
    def look(self, objects: Objects) -> tuple[Finding, ...]:
        try:
            return tuple(self._look(objects))
        except StoreFailed as exc:
            return (say.unreadable(exc),)

    def _look(self, objects: Objects) -> Iterator[Finding]:
        self._states = {}
        known = self._store.known() if any(map(is_pattern, self._wanted)) else ()
        ids, unmatched = expanded(self._wanted, known)
        stored = self._read_all(ids)
        missing = [name for name in ids if stored[name] is None and not self._may_create(name)]
        if missing or unmatched:
            yield from say.missing([*missing, *unmatched], self._store.known())
        present = [name for name in ids if name not in missing]
        yield from self._take(present, stored, objects)
        if self._watch:
            yield from self._watch.look(tuple(self._states))
        yield from say.to_be_reset(self.states)

    def _read_all(self, ids: Sequence[str]) -> dict[str, TapState | None]:
        with Pool(_READERS, "states") as readers:
            reads = {each: readers.submit(self._store.read, each) for each in ids}
        return {each: read.result() for each, read in reads.items()}

    def _take(
        self, ids: Iterable[str], stored: dict[str, TapState | None], objects: Objects
    ) -> Iterator[Finding]:
        taken: dict[str, PairedState] = {}
        for state_id in ids:
            try:
                taken[state_id] = self._found(state_id, stored[state_id], objects)
            except CleanupError as exc:
                yield say.unreadable(exc, f"State {state_id}")
        self._states = taken

    def _found(self, state_id: str, stored: TapState | None, objects: Objects) -> PairedState:
        return PairedState(state_id, stored, reset_of(stored, self._names.cleaned(objects)))

    @override
    def write(self, objects: Objects) -> None:
        for state_id in self._states:
            logger.info("Resetting state %s.", state_id)
            with _refused(state_id):
                # (It may be another one than when it was looked at.)
                self._reset(self._found(state_id, self._store.read(state_id), objects))
        if self._watch:
            self._watch.begin()

    def _reset(self, each: PairedState) -> None:
        """Write and read back; it is noted as written before it is, so that `undo` misses none."""
        being_written = replace(each, written=each.reset.state)
        self._note(being_written)
        self._store.write(each.state_id, each.reset.state)
        if self._store.read(each.state_id) != each.reset.state:
            raise StoreFailed("what was read back is not what was written.")
        self._note(replace(being_written, verified=True))

    def _note(self, each: PairedState) -> None:
        self._states[each.state_id] = each

    @override
    def undo(self) -> None:
        if self._watch:
            self._watch.end()
        for each in self.states:
            if each.written is not None and each.before is not None:
                self._put_back(each, each.before)

    def _put_back(self, each: PairedState, before: TapState) -> None:
        try:
            # (Only what was written here; anything else is somebody's work.)
            if self._store.read(each.state_id) == each.written:
                self._store.write(each.state_id, before)
            self._note(replace(each, written=None, verified=False))
        except StoreFailed as exc:
            logger.warning(
                "State %s stays reset (%s): its next sync is a full one.", each.state_id, exc
            )

    @override
    def confirm(self, objects: Objects) -> tuple[Finding, ...]:
        lost = self._confirm_all(objects)
        runs = self._watch.end() if self._watch else ()
        if runs:
            # One may have stored its bookmarks just after its state was looked at.
            lost = self._confirm_all(objects)
        changed = [each for each in self.states if each.overwritten]
        return (
            *lost,
            *say.still_running(runs),
            *say.ran_meanwhile(runs),
            *say.overwritten(changed),
        )

    def _confirm_all(self, objects: Objects) -> list[Finding]:
        return [finding for each in self.states for finding in self._confirm(each, objects)]

    def _confirm(self, each: PairedState, objects: Objects) -> Iterator[Finding]:
        """Reset it once more where it is not what was written."""
        try:
            stored = self._store.read(each.state_id)
            if stored != each.written:
                reset = self._found(each.state_id, stored, objects).reset
                changed = each.overwritten or reset.state != stored
                self._reset(replace(each, reset=reset, overwritten=changed))
        except CleanupError as exc:
            self._note(replace(self._states[each.state_id], verified=False))
            yield say.not_confirmed(each.state_id, exc)

    @override
    def outcome(self, planned: Objects | None = None) -> ResetOutcome:
        return ResetOutcome(paired=self.states)


@contextmanager
def _refused(state_id: str) -> Iterator[None]:
    """Nothing may be deleted without the reset."""
    try:
        yield
    except CleanupError as exc:
        raise Refused(
            f"The bookmark reset of state {state_id} could not be stored, so nothing was deleted: "
            f"{exc}"
        ) from None
