"""States that are kept somewhere and can be read back: read, reset, written, read and compared.

Where they are kept is a `Store`'s business: Meltano's backend or files.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from target_zuora360_cleanup.errors import CleanupError, Refused
from target_zuora360_cleanup.state import paired as paired_states
from target_zuora360_cleanup.state.holders import ResetSink
from target_zuora360_cleanup.state.paired import PairedState, reset_of
from target_zuora360_cleanup.state.store import StoreFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_zuora360_cleanup.catalog.streams import StreamNames
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.state.form import State
    from target_zuora360_cleanup.state.holders import Objects
    from target_zuora360_cleanup.state.store import Store
    from target_zuora360_cleanup.state.watch import RunWatch

logger = logging.getLogger(__name__)

_READERS: Final = 4
"""States read at once; each may take a program of its own."""


class StoredStates(ResetSink):
    """Resets states of a store.

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
        self.states: list[PairedState] = []

    @override
    def look(self, objects: Objects) -> tuple[Finding, ...]:
        try:
            return tuple(self._look(objects))
        except StoreFailed as exc:
            return (paired_states.unread(exc),)

    def _look(self, objects: Objects) -> Iterator[Finding]:
        self.states = []
        known = self._store.known() if any(map(paired_states.is_pattern, self._wanted)) else ()
        ids, unmatched = paired_states.expanded(self._wanted, known)
        with ThreadPoolExecutor(_READERS) as readers:
            found = dict(zip(ids, readers.map(self._store.read, ids), strict=True))
        gone = [name for name in ids if found[name] is None and not self._may_create(name)]
        if gone or unmatched:
            yield from paired_states.missing([*gone, *unmatched], self._store.known())
        for name in (each for each in ids if each not in gone):
            yield from self._take(name, found[name], objects)
        if self._watch:
            yield from self._watch.look([each.state_id for each in self.states])
        yield from paired_states.told(self.states)

    def _take(self, name: str, stored: State | None, objects: Objects) -> Iterator[Finding]:
        try:
            self.states.append(self._reset(name, stored, objects))
        except CleanupError as exc:
            yield paired_states.unread(exc, f"State {name}")

    def _reset(self, state_id: str, stored: State | None, objects: Objects) -> PairedState:
        return PairedState(state_id, stored, reset_of(stored, self._names.cleaned(objects)))

    @override
    def write(self, objects: Objects) -> None:
        for number, each in enumerate(self.states):
            # (It may be another one than when it was looked at.)
            self.states[number] = self._read(each.state_id, objects)
            self._write(self.states[number])
        if self._watch:
            self._watch.begin()

    def _read(self, state_id: str, objects: Objects) -> PairedState:
        with _refused(state_id):
            return self._reset(state_id, self._store.read(state_id), objects)

    def _write(self, each: PairedState) -> None:
        logger.info("Resetting state %s.", each.state_id)
        with _refused(each.state_id):
            self._store_reset(each)

    def _store_reset(self, each: PairedState) -> None:
        each.written = each.reset.state
        self._store.write(each.state_id, each.written)
        if self._store.read(each.state_id) != each.written:
            raise StoreFailed("what was read back is not what was written.")
        each.verified = True

    @override
    def undo(self) -> None:
        if self._watch:
            self._watch.end()
        for each in self.states:
            if each.written is not None and each.before is not None:
                self._put_back(each, each.before)

    def _put_back(self, each: PairedState, before: State) -> None:
        try:
            # (Only what was written here; anything else there is somebody's work.)
            if self._store.read(each.state_id) == each.written:
                self._store.write(each.state_id, before)
            each.written, each.verified = None, False
        except StoreFailed as exc:
            logger.warning(
                "State %s stays reset (%s): its next sync is a full one.", each.state_id, exc
            )

    @override
    def settle(self, objects: Objects) -> tuple[Finding, ...]:
        lost = self._settle_all(objects)
        runs = self._watch.end() if self._watch else ()
        if runs:
            # One may have stored its bookmarks just after its state was looked at.
            lost = self._settle_all(objects)
        changed = [each for each in self.states if each.overwritten]
        return (
            *lost,
            *paired_states.still_running(runs),
            *paired_states.ran_meanwhile(runs),
            *paired_states.overwritten(changed),
        )

    def _settle_all(self, objects: Objects) -> list[Finding]:
        return [finding for each in self.states for finding in self._settle(each, objects)]

    def _settle(self, each: PairedState, objects: Objects) -> Iterator[Finding]:
        try:
            stored = self._store.read(each.state_id)
            if stored == each.written:
                return
            again = self._reset(each.state_id, stored, objects)
            each.reset = again.reset
            each.overwritten |= again.reset.state != stored
            self._store_reset(each)
        except CleanupError as exc:
            each.verified = False
            yield paired_states.not_settled(each.state_id, exc)

    @override
    def tell(self, report: Report, objects: Objects) -> None:
        report.paired += self.states


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


class NoState(ResetSink):
    """Stands for the states that nobody has named."""

    @override
    def look(self, objects: Objects) -> tuple[Finding, ...]:
        return (paired_states.not_named(),)

    @override
    def write(self, objects: Objects) -> None:
        raise Refused(paired_states.not_named().message)

    @override
    def undo(self) -> None:
        """Nothing was done."""

    @override
    def settle(self, objects: Objects) -> tuple[Finding, ...]:
        return ()

    @override
    def tell(self, report: Report, objects: Objects) -> None:
        """Nothing to tell."""
