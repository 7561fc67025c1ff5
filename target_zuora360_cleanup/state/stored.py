"""States that are kept somewhere and can be read back: read, reset, written, read and compared.

Where they are kept is a `Store`'s business: Meltano's backend or files.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from typing_extensions import override

from target_zuora360_cleanup.errors import CleanupError, Refused
from target_zuora360_cleanup.state import findings as say
from target_zuora360_cleanup.state.holders import ResetSink
from target_zuora360_cleanup.state.identity import doubts, unknown
from target_zuora360_cleanup.state.outcome import KeptState, PairedState, ResetOutcome, StreamReset
from target_zuora360_cleanup.state.paired import expanded, is_pattern, reset_of, same_pair
from target_zuora360_cleanup.state.store import StoreFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from target_zuora360_cleanup.catalog.streams import StreamNames
    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.meltano.runs import OwnPair, PipelineRun
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.state.form import TapState
    from target_zuora360_cleanup.state.holders import Keep, Objects
    from target_zuora360_cleanup.state.outcome import Place
    from target_zuora360_cleanup.state.store import Store
    from target_zuora360_cleanup.state.watch import RunWatch

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Own:
    """How the state of the pair that this process belongs to is found, and not guessed.

    Attributes:
        ask: Asks Meltano's own code; raises a `CleanupError` where that does not tell.
        around: What Meltano has told this process.
        first: The tap's first STATE, and the streams that had sent a RECORD before it.
    """

    ask: Callable[[], OwnPair]
    around: Pipeline
    first: Callable[[], tuple[TapState | None, frozenset[str]]]


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
        own: Finds the state of the pair that this process belongs to, which is reset first.
        besides: What else is to be said whenever the states are looked at.
        place: Where they are kept.
    """

    def __init__(  # noqa: PLR0913 - what it rests on
        self,
        store: Store,
        wanted: Iterable[str],
        names: StreamNames,
        may_create: Callable[[str], bool],
        *,
        watch: RunWatch | None = None,
        own: Own | None = None,
        besides: Callable[[], Iterable[Finding]] = tuple,
        place: Place = "meltano",
    ) -> None:
        self._store = store
        self._wanted = tuple(wanted)
        self._names = names
        self._may_create = may_create
        self._watch = watch
        self._own = own
        self._besides = besides
        self._place: Place = place
        self._keep: Keep = lambda _: None
        self._pair: OwnPair | None = None
        self._states: dict[str, PairedState] = {}

    @property
    def states(self) -> tuple[PairedState, ...]:
        """The states as they were found, and what was done to them so far."""
        return tuple(self._states.values())

    @property
    def own(self) -> PairedState | None:
        """The state of the pair that this process belongs to."""
        return self._states.get(self._pair.state_id) if self._pair else None

    def runs_since(self, moment: datetime) -> tuple[PipelineRun, ...] | None:
        """Runs on these states that go on or have ended since; None where nobody can tell."""
        try:
            return self._watch.since(tuple(self._states), moment) if self._watch else None
        except CleanupError:
            return None

    def agreed(self) -> TapState | None:
        """What was stored as the pair's own state; None where nothing was."""
        return self.own.written if self.own else None

    @override
    def keep_by(self, keep: Keep) -> None:
        self._keep = keep

    @override
    def look(self, objects: Objects) -> tuple[Finding, ...]:
        try:
            return tuple(self._look(objects))
        except CleanupError as exc:
            return (say.unreadable(exc),)

    def _look(self, objects: Objects) -> Iterator[Finding]:
        self._states = {}
        self._pair = None
        try:
            self._pair = self._own.ask() if self._own else None
        except CleanupError as exc:
            yield unknown(str(exc).rstrip("."))
            return
        known = self._store.known()
        ids, unmatched = self._ids(known)
        stored = {name: self._store.read(name) for name in ids}
        yield from self._doubts(stored)
        missing = [
            name for name in ids if stored[name] is None and not self._may_be_new(name, known)
        ]
        if missing or unmatched:
            yield from self._missing([*missing, *unmatched], known)
        present = [name for name in ids if name not in missing]
        yield from self._take(present, stored, objects)
        yield from self._beside(known)
        yield from self._besides()
        yield from say.to_be_reset(self.states)

    def _missing(self, names: Sequence[str], known: Iterable[str]) -> Iterator[Finding]:
        if self._place == "file":
            return (say.no_file(each) for each in names)
        return say.missing(names, known)

    def _ids(self, known: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The ids that are meant, the pair's own first, and patterns that fit none."""
        ids, unmatched = expanded(self._wanted, known)
        own = (self._pair.state_id,) if self._pair and self._pair.state_id else ()
        return tuple(dict.fromkeys((*own, *ids))), unmatched

    def _may_be_new(self, state_id: str, known: Iterable[str]) -> bool:
        """Whether there may be no state of this id: a pipeline that has never run has none."""
        is_own = self._pair is not None and state_id == self._pair.state_id
        return is_own or state_id in known or self._may_create(state_id)

    def _doubts(self, stored: Mapping[str, TapState | None]) -> Iterator[Finding]:
        if self._own and self._pair:
            first, moved = self._own.first()
            found = stored.get(self._pair.state_id)
            yield from doubts(self._pair, self._own.around, found, first, moved)

    def _beside(self, known: Iterable[str]) -> Iterator[Finding]:
        """Runs and states beside those that are reset."""
        if self._watch:
            run_id = self._pair.run_id if self._pair else ""
            yield from self._watch.look(tuple(self._states), run_id)
        if self._store.is_shared:
            yield say.elsewhere()
        pairs = [same_pair(each, known) for each in self._states]
        here, others = (
            [name for name in dict.fromkeys(found) if name not in self._states]
            for found in ((n for each in pairs for n in each[k]) for k in (0, 1))
        )
        yield from say.same_pair(here, others)

    def _take(
        self, ids: Iterable[str], stored: Mapping[str, TapState | None], objects: Objects
    ) -> Iterator[Finding]:
        taken: dict[str, PairedState] = {}
        for state_id in ids:
            try:
                taken[state_id] = self._found(state_id, stored[state_id], objects)
            except CleanupError as exc:
                yield say.unreadable(exc, f"State {state_id}")
        self._states = taken

    def _found(self, state_id: str, stored: TapState | None, objects: Objects) -> PairedState:
        cleaned = self._names.cleaned(objects)
        return PairedState(state_id, stored, reset_of(stored, cleaned, cleaned.strictly))

    @override
    def write(self, objects: Objects) -> None:
        with _refused("the states"):
            newcomers = self._newcomers()
        for state_id in (*self._states, *newcomers):
            logger.info("Resetting state %s.", state_id)
            with _refused(f"state {state_id}"):
                # (It may be another one than when it was looked at.)
                self._reset(self._found(state_id, self._store.read(state_id), objects))
        if self._watch:
            self._watch.begin()

    def _newcomers(self) -> tuple[str, ...]:
        """Ids that are meant and have come up since they were looked at."""
        if not any(map(is_pattern, self._wanted)):
            return ()
        ids, _ = self._ids(self._store.known())
        found = tuple(name for name in ids if name not in self._states)
        if self._watch:
            self._watch.watch_too(found)
        return found

    def _reset(self, each: PairedState) -> None:
        """Write and read back; it is noted as written before it is, so that `undo` misses none."""
        being_written = replace(each, written=each.reset.state)
        self._keep(KeptState(self._place, each.state_id, each.before, each.reset.state))
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
        doubt = self._watch.doubt if self._watch else None
        if runs or doubt:
            # One may have stored its bookmarks just after its state was looked at.
            lost = self._confirm_all(objects)
        changed = [each for each in self.states if each.overwritten]
        return (
            *lost,
            *say.runs_not_told(doubt),
            *say.still_running(runs),
            *say.ran_meanwhile(runs),
            *say.overwritten(changed),
        )

    def _confirm_all(self, objects: Objects) -> list[Finding]:
        lost = list(self._take_in_newcomers(objects))
        return lost + [finding for each in self.states for finding in self._confirm(each, objects)]

    def _take_in_newcomers(self, objects: Objects) -> Iterator[Finding]:
        """States of pipelines that were first run meanwhile are to be reset as well."""
        try:
            for state_id in self._newcomers():
                self._note(replace(self._found(state_id, None, objects), overwritten=True))
        except CleanupError as exc:
            yield say.not_confirmed("of the pipelines that the patterns mean", exc)

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
        own = self.own
        streams = frozenset(self._pair.streams) if self._pair else frozenset()
        if own is None:
            return ResetOutcome(paired=self.states, streams=streams)
        stream = StreamReset(own.reset, own.written, own.state_id, own.verified)
        paired = tuple(each for each in self.states if each is not own)
        return ResetOutcome(stream, paired, streams)

    @override
    def close(self) -> None:
        self._store.close()


@contextmanager
def _refused(what: str) -> Iterator[None]:
    """Nothing may be deleted without the reset."""
    try:
        yield
    except CleanupError as exc:
        raise Refused(
            f"The bookmark reset of {what} could not be stored, so nothing was deleted: {exc}"
        ) from None
