"""One run without a tap: works, ends with a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.lifecycle.course import Course, Interrupted
from target_zuora360_cleanup.meltano.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from target_zuora360_cleanup.output.progress import ProgressListener
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.salesforce.waits import Waits
    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.state.holders import ResetSink


class DirectRun:
    """One run in mode `plan`, `cleanup` or `reset`.

    Args:
        settings: What the user set.
        sinks: What holds the bookmarks to reset.
        tell: Shows the report; is given the run's folder too.
        progress: Follows the deletion.
        waits: How long is waited, and for what.

    Raises:
        InputError: `output_dir` can't be written to.
    """

    def __init__(
        self,
        settings: Settings,
        sinks: Sequence[ResetSink],
        tell: Callable[[Report, Path], None],
        progress: ProgressListener | None = None,
        waits: Waits | None = None,
    ) -> None:
        self._mode = settings.mode
        self._course = Course(settings, Pipeline(), sinks, tell, progress=progress, waits=waits)

    def carry_out(self) -> None:
        """Do the work and write the report.

        Raises:
            CleanupError: With the exit status that the run deserves, unless that is 0.
        """
        course = self._course
        error: BaseException | None
        try:
            course.interruptible()
            course.begin(course.reset_only if self._mode == "reset" else course.work.do)
            error = course.wait()
            course.uninterruptible()
        except Interrupted as exc:
            error = course.stopped(str(exc))
        course.end(error)

    def interrupt(self, name: str) -> None:
        """A signal has arrived in the main thread; a second one ends the process at once.

        Raises:
            Interrupted: To leave what the main thread is doing.
        """
        self._course.interrupt(name)
