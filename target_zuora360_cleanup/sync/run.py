"""A run in mode `sync`, from its begin to its report.

The stream is read, and its records loaded, by a thread of its own; the main thread waits for its
end or for a signal, and tells what is known.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator  # noqa: TC003 - part of the public shape
from functools import partial
from typing import TYPE_CHECKING, TextIO

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.lifecycle.background import Background
from target_zuora360_cleanup.lifecycle.ending import (
    conclude,
    header_of,
    show_beside_a_tap,
    show_words,
)
from target_zuora360_cleanup.lifecycle.garbage import seldom_collected
from target_zuora360_cleanup.lifecycle.stopping import with_own_failure
from target_zuora360_cleanup.state.own_id import OwnStateId
from target_zuora360_cleanup.sync.report import Kept, Loaded, sync_report
from target_zuora360_cleanup.sync.story import Story

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.lifecycle.result import Result
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.rows.stop import Stop

    Show = Callable[[Report, Path], None]

logger = logging.getLogger(__name__)


class SyncRun:
    """One run: made, and carried out once by the main thread.

    Args:
        context: What every run has.
        show: Shows the report; is given the run's folder too.

    Attributes:
        story: What takes the stream's messages.

    Raises:
        InputError: `field_maps` is wrong.
    """

    def __init__(self, context: Context, show: Show) -> None:
        self._run = context
        self._show = show
        self.story = Story(context)
        self._state_id = OwnStateId(context.pipeline, context.settings.meltano_executable)

    @classmethod
    def beside_a_tap(cls, context: Context, err: TextIO | None = None) -> SyncRun:
        """A run whose summary goes to `err`, stderr by default.

        Raises:
            InputError: `field_maps` is wrong.
        """
        return cls(context, partial(show_words, err) if err else show_beside_a_tap)

    @property
    def stop(self) -> Stop:
        """Set by a signal."""
        return self._run.stop

    def follow(self, read: Callable[[], None]) -> Result:
        """Have the stream read, and tell what became of its records.

        Args:
            read: Reads the stream, which hands its messages to the story, to its end.
        """
        work = Background(self.stop)
        with self.stop.awake(), seldom_collected():
            self.story.begin_login()
            self._state_id.begin()
            work.begin(read)
            if not work.wait():
                work.leave(self._run.waits.after_stop)
        error = self._error(work)
        if self.stop.is_set():  # (nobody waits for Meltano then)
            self._state_id.end()
        if work.has_ended:
            self.story.close()
        report = self._report(error)
        for problem in self._unwritten():
            logger.error("%s", problem)
            error = error or CleanupError(problem)
        return conclude(self._run, report, self._show, error)

    def _error(self, work: Background) -> BaseException | None:
        """What the run ends with; None where all was done before a signal was heeded."""
        if self.stop.is_set() and (work.failure or not work.has_ended):
            ending = CleanupError(
                f"Stopped by {self.stop.by}. The stored state stays before what is not loaded, so "
                "the next run sends it again."
            )
            return with_own_failure(ending, work.failure)
        return work.failure

    def _report(self, error: BaseException | None) -> Report:
        story = self.story
        return sync_report(
            header_of(self._run, error, story.org, story.salesforce),
            Loaded.of(story.tally.counts),
            timeline=self._run.timeline.spans,
            failures=story.tally.failures.grouped(),
            written=story.written,
            state_id=self._state_id.told(),
            records=story.records,
            kept=Kept(story.keeps, story.waits, story.doubts),
            interrupted=story.interrupted,
        )

    def _unwritten(self) -> Iterator[str]:
        try:
            self.story.tally.flush()
        except OSError as exc:
            yield f"failures.csv or skipped.csv can't be written: {exc.strerror or exc}."
