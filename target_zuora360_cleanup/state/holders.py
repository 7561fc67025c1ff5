"""What a cleanup resets: one or several holders of bookmarks, treated as one.

The order of a run: `look` before anything is decided, `write` just before the first delete request,
`undo` if one holder fails, `confirm` after the deletion, `outcome` for the report. `look`, `write`
and `undo` are called by the thread that does the work; `confirm` and `outcome` by the main thread
once that one has ended, or has been given up because it did not end in time after a signal.
`outcome` may therefore be asked while `write` is under way: what it returns is frozen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from target_zuora360_cleanup.errors import CleanupError, Refused
from target_zuora360_cleanup.state.findings import not_named
from target_zuora360_cleanup.state.outcome import ResetOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.state.outcome import KeptState

Objects = frozenset[str]
"""API names of the object types that are cleaned."""
Keep = Callable[["KeptState"], None]
"""Writes down a state that is about to be reset; raises `CleanupError`."""


class ResetSink(Protocol):
    """Something that holds bookmarks: stdout, states in Meltano's backend, a file."""

    def look(self, objects: Objects) -> tuple[Finding, ...]:
        """What is to be reset, and what is in the way; changes nothing."""

    def write(self, objects: Objects) -> None:
        """Reset; returns when the reset holds, as far as this holder can tell.

        Raises:
            CleanupError: It can't be written, or is in use: nothing may be deleted.
        """

    def keep_by(self, keep: Keep) -> None:  # noqa: ARG002 - who holds none has none to hand on
        """Have each state handed to `keep` before it is reset; what that raises ends the reset."""
        return

    def undo(self) -> None:
        """Put back what `write` has changed, if that can be done; nothing was deleted."""

    def confirm(self, objects: Objects) -> tuple[Finding, ...]:
        """See to it after the deletion that the reset still holds.

        Returns:
            What was found; where it blocks, the reset may not last.
        """

    def outcome(self, planned: Objects | None = None) -> ResetOutcome:
        """What was found and done so far.

        Args:
            planned: Where the run is a plan, the object types whose bookmarks a cleanup would
                reset.
        """

    def close(self) -> None:
        """Let go of what was held open for it; nothing by default."""
        return


class Resets:
    """All holders together, in the order in which they are reset.

    stdout comes last: nobody can take back a line that went out.

    Attributes:
        written: Whether all of them have been reset. Set by the thread that does the work.
    """

    def __init__(self, sinks: Sequence[ResetSink]) -> None:
        self._sinks = sinks
        self.written = False

    def look(self, objects: Objects) -> tuple[Finding, ...]:
        """What all have to say before anything is changed."""
        return tuple(finding for sink in self._sinks for finding in sink.look(objects))

    def write(self, objects: Objects) -> None:
        """Reset all or none.

        Raises:
            CleanupError: One can't be written; the others are put back.
        """
        tried: list[ResetSink] = []
        try:
            for sink in self._sinks:
                tried.append(sink)
                sink.write(objects)
        except CleanupError:
            for sink in tried:
                sink.undo()
            raise
        self.written = True

    def keep_by(self, keep: Keep) -> None:
        """Have each state handed to `keep` before it is reset."""
        for sink in self._sinks:
            sink.keep_by(keep)

    def confirm(self, objects: Objects) -> tuple[Finding, ...]:
        """Have all of them look after the deletion whether their reset still holds."""
        return tuple(finding for sink in self._sinks for finding in sink.confirm(objects))

    def outcome(self, planned: Objects | None = None) -> ResetOutcome:
        """What all of them have found and done so far."""
        return ResetOutcome.joined(sink.outcome(planned) for sink in self._sinks)

    def close(self) -> None:
        """Let go of what was held open for them."""
        for sink in self._sinks:
            sink.close()


class NoHolder(ResetSink):
    """Holds no bookmark, and says what is to be said all the same before anything is decided.

    Args:
        say: What that is.
        end: Lets go of what was held open for it.
    """

    def __init__(self, say: Callable[[], Iterable[Finding]], end: Callable[[], None]) -> None:
        self._say = say
        self._end = end

    @override
    def look(self, objects: Objects) -> tuple[Finding, ...]:
        return tuple(self._say())

    @override
    def write(self, objects: Objects) -> None:
        """There is nothing to be reset."""

    @override
    def undo(self) -> None:
        """Nothing was done."""

    @override
    def confirm(self, objects: Objects) -> tuple[Finding, ...]:
        return ()

    @override
    def outcome(self, planned: Objects | None = None) -> ResetOutcome:
        return ResetOutcome()

    @override
    def close(self) -> None:
        self._end()


class NoState(ResetSink):
    """Stands for the states that nobody has named."""

    @override
    def look(self, objects: Objects) -> tuple[Finding, ...]:
        return (not_named(),)

    @override
    def write(self, objects: Objects) -> None:
        raise Refused(not_named().message)

    @override
    def undo(self) -> None:
        """Nothing was done."""

    @override
    def confirm(self, objects: Objects) -> tuple[Finding, ...]:
        return ()

    @override
    def outcome(self, planned: Objects | None = None) -> ResetOutcome:
        return ResetOutcome()
