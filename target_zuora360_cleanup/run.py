"""One run: follows the tap's stream, works in the background, ends with a report.

The work begins as soon as the stream shows that it is a real one, and goes on while the rest of the
stream is read, which it must be to its end: a target that leaves early makes Meltano fail.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from datetime import datetime, timezone
from typing import IO, TYPE_CHECKING, Final, NoReturn, TextIO

from target_zuora360_cleanup.errors import CleanupError, Partial, Refused
from target_zuora360_cleanup.objects import OBJECTS
from target_zuora360_cleanup.output import OutputFolder
from target_zuora360_cleanup.preflight import selected
from target_zuora360_cleanup.report import Report, Status
from target_zuora360_cleanup.report_files import write_report
from target_zuora360_cleanup.state import StateTracker
from target_zuora360_cleanup.state_output import StateNotWritten, StateOutput
from target_zuora360_cleanup.stream import FirstRecord, SingerStream, State
from target_zuora360_cleanup.streams import StreamNames
from target_zuora360_cleanup.summary import summary
from target_zuora360_cleanup.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.meltano import Pipeline
    from target_zuora360_cleanup.progress import ProgressListener
    from target_zuora360_cleanup.settings import Settings

logger = logging.getLogger(__name__)

LEAVE_SECONDS: Final = 20
"""How long a stopped run waits for requests under way before it writes its report."""


class Interrupted(Exception):
    """A signal arrived; its text is the signal's name."""


class Run:
    """One run: made, given a stream once.

    Args:
        settings: What the user set.
        pipeline: The Meltano run around it.
        out: Where state lines go, stdout by default.
        err: Where the summary goes, stderr by default.
        progress: Is told how the deletion gets on; logs it by default.

    Raises:
        InputError: `output_dir` can't be written to.
    """

    def __init__(
        self,
        settings: Settings,
        pipeline: Pipeline,
        out: TextIO | None = None,
        err: TextIO | None = None,
        progress: ProgressListener | None = None,
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._err = err or sys.stderr
        self._states = StateOutput(out or sys.stdout)
        self._report = Report(settings.mode, _now(), state_id=pipeline.state_id)
        self._folder = OutputFolder.make(settings.output_dir, settings.mode, _now())
        self._work = Work(settings, pipeline, self._folder, self._write_reset, progress)
        self._tracker = StateTracker()
        self._lock = threading.Lock()
        self._names = StreamNames.of(
            ((kind.api_name, kind.streams) for kind in OBJECTS), settings.stream_objects
        )
        self._objects = frozenset(kind.api_name for kind in selected(settings))
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._signal = ""
        self._reading = False

    def follow(self, source: IO[bytes] | None) -> SingerStream:
        """Read the stream to its end, do the work, write the report.

        Raises:
            CleanupError: With the exit status that the run deserves, unless that is 0.
        """
        stream = SingerStream(source)
        try:
            self._be_interruptible()
            self._read(stream)
            self._at_end(stream)
            self._wait()
            error = self._failure
            self._reading = False
        except Interrupted as exc:
            error = self._stopped(str(exc))
        except CleanupError as exc:
            error = self._broken(stream, exc)
        self._end(stream, error)
        return stream

    def interrupt(self, name: str) -> None:
        """A signal has arrived in the main thread; a second one ends the process at once.

        Raises:
            Interrupted: To leave what the main thread is doing, while the stream is followed.
        """
        if self._signal:
            os._exit(Partial.exit_status if self._work.gate.opened else CleanupError.exit_status)
        self._signal = name
        self._work.stop.set()
        if self._reading:
            raise Interrupted(name)

    def _be_interruptible(self) -> None:
        self._reading = True
        if self._signal:
            raise Interrupted(self._signal)

    def _read(self, stream: SingerStream) -> None:
        for message in stream:
            with self._lock:
                if isinstance(message, State):
                    self._tracker.state(message.value)
                elif isinstance(message, FirstRecord):
                    self._tracker.record(message.stream)
            if stream.is_under_way and self._settings.mode != "reset":
                self._begin(self._work.do)

    def _at_end(self, stream: SingerStream) -> None:
        """The stream has come to a good end; what has not begun may begin now."""
        if stream.is_config_test:
            self._begin(self._work.check_login)
        elif self._settings.mode == "reset":
            self._reset_only()
        else:
            self._begin(self._work.do)

    def _reset_only(self) -> None:
        if self._pipeline.undone_by:
            raise Refused(
                f"With {self._pipeline.undone_by} Meltano would not store the bookmark reset. Run "
                f"again without {self._pipeline.undone_by}."
            )
        self._write_reset(self._objects)

    def _begin(self, job: Callable[[], None]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._carry, args=(job,), daemon=True)
            self._thread.start()

    def _carry(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as exc:  # noqa: BLE001 - the main thread raises it
            self._failure = exc

    def _wait(self, seconds: float | None = None) -> None:
        if self._thread is not None:
            self._thread.join(seconds)

    def _stopped(self, name: str) -> CleanupError:
        """What a signal leaves behind."""
        never_began = self._work.gate.shut()
        self._wait(LEAVE_SECONDS)
        if never_began:
            return CleanupError(
                f"Stopped by {name} before anything was deleted; no state was written."
            )
        return Partial(
            f"Stopped by {name}. The bookmarks are reset; delete jobs that Salesforce has begun "
            "go on there. Run the cleanup again to go on."
        )

    def _broken(self, stream: SingerStream, error: CleanupError) -> CleanupError:
        """The stream is no good: what has not begun never will, what has goes on to its end."""
        never_began = self._work.gate.shut()
        logger.error("%s", error)
        try:
            stream.drain()
            self._wait()
        except Interrupted as exc:
            stopped = self._stopped(str(exc))
            return error if never_began else stopped
        return error

    def _write_reset(self, objects: frozenset[str]) -> None:
        with self._lock:
            reset = self._tracker.reset(self._names.cleaned(objects))
        self._report.reset = reset
        self._objects = objects
        self._states.write(reset)

    def _end(self, stream: SingerStream, error: BaseException | None) -> None:
        self._reading = False
        if self._work.gate.opened and self._states.written:
            self._final_reset()
        error = self._tell(stream, error)
        if isinstance(error, CleanupError):
            error.told = True
        if error is not None:
            _raise(error)

    def _final_reset(self) -> None:
        """The reset once more, with all that the stream has told since the first one."""
        try:
            self._write_reset(self._objects)
        except StateNotWritten as exc:
            logger.warning("%s The reset that was written before the deletion holds.", exc)

    def _tell(self, stream: SingerStream, error: BaseException | None) -> BaseException | None:
        """Write the report; what the run ends with, since the report may not be to be written."""
        report, work = self._report, self._work
        report.status, report.error = _status(error), str(error or "")
        report.plan, report.outcomes = work.plan, work.outcomes
        report.timeline = work.timeline.spans
        report.failures = work.failures.grouped()
        report.records = dict(stream.counts)
        report.written = self._states.written
        if report.mode == "plan" and report.plan:
            planned = frozenset(step.name for step in report.plan.steps)
            report.reset = self._tracker.reset(self._names.cleaned(planned))
        if work.org:
            report.calls, report.usage = work.org.session.calls, work.org.session.usage
        for problem in write_report(self._folder, report.as_json(_now())):
            why = f"{problem} The summary has it in short."
            logger.error("%s", why)
            error = error or CleanupError(why)
        self._err.write(summary(report, self._folder.path))
        self._err.flush()
        return error


def _raise(error: BaseException) -> NoReturn:
    raise error


def _status(error: BaseException | None) -> Status:
    if error is None:
        return "done"
    if isinstance(error, Refused):
        return "refused"
    return "partial" if isinstance(error, Partial) else "failed"


def _now() -> datetime:
    return datetime.now(timezone.utc)
