"""The state of the tap whose stream is read: reset by lines on stdout, which Meltano stores."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from typing_extensions import override

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.state import findings as say
from target_zuora360_cleanup.state.form import dumped
from target_zuora360_cleanup.state.holders import ResetSink
from target_zuora360_cleanup.state.outcome import KeptState, ResetOutcome, StreamReset
from target_zuora360_cleanup.state.reset import StateTracker

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from target_zuora360_cleanup.catalog.streams import StreamNames
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.singer.stream import FirstRecord, State
    from target_zuora360_cleanup.state.form import TapState
    from target_zuora360_cleanup.state.holders import Keep, Objects
    from target_zuora360_cleanup.state.reset import Reset

    Agreed = Callable[[], TapState | None]

logger = logging.getLogger(__name__)


class StateNotWritten(CleanupError):
    """stdout is closed: a state line could not be handed to Meltano."""


class StreamState(ResetSink):
    """Follows the stream and writes resets; nothing else in the program writes to stdout.

    The main thread takes STATEs and RECORDs in while the work's thread writes the reset, and writes
    it once more itself in `confirm`; a lock keeps what they share whole.

    Nobody acknowledges what stdout takes. Where the pair's state is reset in Meltano's backend, the
    line says the same as was stored there, since Meltano stores it too; otherwise it carries the
    reset alone, and somebody has to answer for it.

    Args:
        out: Where state lines go.
        names: Which streams feed which object types.
        agreed: What was stored in the backend; None where the line is all there is.
        doubt: Why a line that goes out may be stored nowhere; None where it is known to be.
    """

    def __init__(
        self,
        out: TextIO,
        names: StreamNames,
        agreed: Agreed | None = None,
        doubt: Finding | None = None,
    ) -> None:
        self._out = out
        self._names = names
        self._agreed = agreed
        self._doubt = doubt
        self._tracker = StateTracker()
        self._lock = threading.Lock()
        self._outcome = StreamReset()
        self._keep: Keep = lambda _: None

    def first(self) -> tuple[TapState | None, frozenset[str]]:
        """The tap's first STATE, and the streams that had sent a RECORD before it."""
        with self._lock:
            return self._tracker.first, self._tracker.moved_before_first

    def state(self, message: State) -> None:
        """Take in a STATE of the tap.

        Raises:
            CleanupError: It can't be reset.
        """
        with self._lock:
            self._tracker.state(message.value)

    def record(self, message: FirstRecord) -> None:
        """Take note of a stream's first RECORD."""
        with self._lock:
            self._tracker.record(message.stream)

    @override
    def keep_by(self, keep: Keep) -> None:
        self._keep = keep

    @override
    def look(self, objects: Objects) -> tuple[Finding, ...]:
        doubt = (self._doubt,) if self._doubt else ()
        silent = say.no_state_sent(is_read=self._agreed is not None)
        return (*doubt, *(() if self.first()[0] is not None else (silent,)))

    @override
    def write(self, objects: Objects) -> None:
        if self._agreed is not None:
            if (stored := self._agreed()) is not None:
                self._write_line(dumped(stored))
            return
        reset = self._reset(objects)
        self._outcome = replace(self._outcome, reset=reset)
        self._keep(KeptState("stdout", "", reset.before, reset.state))
        self._write_line(reset.line)
        self._outcome = StreamReset(reset, reset.state)

    def _write_line(self, line: str) -> None:
        """Write a reset as one line, which Meltano stores at once.

        Raises:
            StateNotWritten: Nobody reads stdout any more.
        """
        try:
            self._out.write(f"{line}\n")
            self._out.flush()
        except (OSError, ValueError) as exc:
            raise StateNotWritten(
                f"The bookmark reset could not be written to stdout ({exc}); without it no record "
                "may be deleted. Check that Meltano is still running, and run again."
            ) from None

    @override
    def undo(self) -> None:
        """What went out is out."""

    @override
    def confirm(self, objects: Objects) -> tuple[Finding, ...]:
        """The reset once more, with what has come of the stream, or was stored, since the first."""
        try:
            self.write(objects)
        except StateNotWritten as exc:
            logger.warning("%s The reset that was written before the deletion holds.", exc)
        return ()

    @override
    def outcome(self, planned: Objects | None = None) -> ResetOutcome:
        with self._lock:
            streams = self._tracker.streams
        if self._agreed is not None:
            return ResetOutcome(streams=streams)
        reset = self._outcome.reset if planned is None else self._reset(planned)
        return ResetOutcome(replace(self._outcome, reset=reset), streams=streams)

    def _reset(self, objects: Objects) -> Reset:
        cleaned = self._names.cleaned(objects)
        with self._lock:
            return self._tracker.reset(cleaned, cleaned.strictly)
