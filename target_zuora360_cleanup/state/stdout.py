"""The state of the tap whose stream is read: reset by lines on stdout, which Meltano stores."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from typing_extensions import override

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.state.holders import ResetSink
from target_zuora360_cleanup.state.outcome import ResetOutcome, StreamReset
from target_zuora360_cleanup.state.reset import StateTracker

if TYPE_CHECKING:
    from typing import TextIO

    from target_zuora360_cleanup.catalog.streams import StreamNames
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.singer.stream import FirstRecord, State
    from target_zuora360_cleanup.state.holders import Objects
    from target_zuora360_cleanup.state.reset import Reset

logger = logging.getLogger(__name__)


class StateNotWritten(CleanupError):
    """stdout is closed: a state line could not be handed to Meltano."""


class StreamState(ResetSink):
    """Follows the stream and writes resets; nothing else in the program writes to stdout.

    The main thread takes STATEs and RECORDs in while the work's thread writes the reset, and writes
    it once more itself in `confirm`; a lock keeps what they share whole.

    Nobody acknowledges what stdout takes, so a line that went out is all that can be known.
    """

    def __init__(self, out: TextIO, names: StreamNames) -> None:
        self._out = out
        self._names = names
        self._tracker = StateTracker()
        self._lock = threading.Lock()
        self._outcome = StreamReset()

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
    def look(self, objects: Objects) -> tuple[Finding, ...]:
        return ()

    @override
    def write(self, objects: Objects) -> None:
        reset = self._reset(objects)
        self._outcome = replace(self._outcome, reset=reset)
        self._write_line(reset)
        self._outcome = StreamReset(reset, reset.state)

    def _write_line(self, reset: Reset) -> None:
        """Write a reset as one line, which Meltano stores at once.

        Raises:
            StateNotWritten: Nobody reads stdout any more.
        """
        try:
            self._out.write(f"{reset.line}\n")
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
        """The reset once more, with all that has come of the stream since the first one."""
        try:
            self.write(objects)
        except StateNotWritten as exc:
            logger.warning("%s The reset that was written before the deletion holds.", exc)
        return ()

    @override
    def outcome(self, planned: Objects | None = None) -> ResetOutcome:
        reset = self._outcome.reset if planned is None else self._reset(planned)
        return ResetOutcome(replace(self._outcome, reset=reset))

    def _reset(self, objects: Objects) -> Reset:
        with self._lock:
            return self._tracker.reset(self._names.cleaned(objects))
