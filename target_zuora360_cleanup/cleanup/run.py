"""One run beside a tap: follows its stream, works in the background, ends with a report.

The work begins as soon as the stream shows that it is a real one, and goes on while the rest of the
stream is read, which it must be to its end: a target that leaves early makes Meltano fail.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from typing import IO, TYPE_CHECKING, TextIO

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.lifecycle.course import Course, Interrupted
from target_zuora360_cleanup.singer.stream import FirstRecord, SingerStream, State
from target_zuora360_cleanup.state.from_settings import (
    is_own_state_paired,
    stored_states,
    stream_names,
)
from target_zuora360_cleanup.state.stdout import StreamState

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.output.progress import ProgressListener
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.salesforce.waits import Waits
    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.state.holders import ResetSink

logger = logging.getLogger(__name__)


class Run:
    """One run: made, given a stream once.

    Args:
        settings: What the user set.
        pipeline: The Meltano run around it.
        out: Where state lines go, stdout by default.
        err: Where the summary goes, stderr by default.
        progress: Is told how the deletion gets on; logs it by default.
        waits: How long is waited, and for what.

    Raises:
        InputError: `output_dir` can't be written to.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what every run has
        self,
        settings: Settings,
        pipeline: Pipeline,
        out: TextIO | None = None,
        err: TextIO | None = None,
        progress: ProgressListener | None = None,
        waits: Waits | None = None,
    ) -> None:
        self._mode = settings.mode
        self._err = err or sys.stderr
        self._state = StreamState(out or sys.stdout, stream_names(settings))
        sinks: tuple[ResetSink, ...] = stored_states(settings, pipeline)
        if is_own_state_paired(settings, pipeline):
            # The backend holds the reset; no flag of Meltano's concerns it, and no line may follow.
            pipeline = replace(pipeline, undone_by="")
        else:
            sinks = (*sinks, self._state)
        self._course = Course(settings, pipeline, sinks, self._tell, progress=progress, waits=waits)

    def follow(self, source: IO[bytes] | None) -> SingerStream:
        """Read the stream to its end, do the work, write the report.

        Raises:
            CleanupError: With the exit status that the run deserves, unless that is 0.
        """
        stream, course = SingerStream(source), self._course
        error: BaseException | None
        try:
            course.interruptible()
            self._read(stream)
            self._at_end(stream)
            error = course.wait()
            course.uninterruptible()
        except Interrupted as exc:
            error = course.stopped(str(exc))
        except CleanupError as exc:
            error = self._broken(stream, exc)
        course.end(error, stream.counts)
        return stream

    def interrupt(self, name: str) -> None:
        """A signal has arrived in the main thread; a second one ends the process at once.

        Raises:
            Interrupted: To leave what the main thread is doing, while the stream is followed.
        """
        self._course.interrupt(name)

    def _read(self, stream: SingerStream) -> None:
        for message in stream:
            if isinstance(message, State):
                self._state.state(message)
            elif isinstance(message, FirstRecord):
                self._state.record(message)
            if stream.is_under_way and self._mode != "reset":
                self._course.begin(self._course.work.do)

    def _at_end(self, stream: SingerStream) -> None:
        """The stream has come to a good end; what has not begun may begin now."""
        if stream.is_config_test:
            self._course.begin(self._course.work.check_login)
        elif self._mode == "reset":
            self._course.reset_only()
        else:
            self._course.begin(self._course.work.do)

    def _broken(self, stream: SingerStream, error: CleanupError) -> CleanupError:
        """The stream is no good: what has not begun never will, what has goes on to its end."""
        never_began = self._course.work.gate.shut()
        logger.error("%s", error)
        try:
            stream.drain()
            self._course.wait()
        except Interrupted as exc:
            stopped = self._course.stopped(str(exc))
            return error if never_began else stopped
        return error

    def _tell(self, report: Report, folder: Path) -> None:
        self._err.write(report.summary(folder))
        self._err.flush()
