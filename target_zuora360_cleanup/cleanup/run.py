"""A run in mode `plan`, `cleanup` or `reset`, beside a tap or alone, from its begin to its report.

The story is told in a thread of its own. Beside a tap it begins as soon as the stream shows that it
is a real one, and goes on while the main thread reads the rest of the stream, which it must read to
its end: a target that leaves early makes Meltano fail. A signal only sets the stop; the main thread
then reads no further, gives the story some time to end, and tells what is known.
"""

from __future__ import annotations

import logging
import sys
from functools import partial
from typing import TYPE_CHECKING, TextIO

from target_zuora360_cleanup.cleanup.story import Story
from target_zuora360_cleanup.errors import CleanupError, Partial
from target_zuora360_cleanup.lifecycle.background import Background
from target_zuora360_cleanup.lifecycle.ending import conclude, show_beside_a_tap, show_words
from target_zuora360_cleanup.lifecycle.stopping import with_own_failure
from target_zuora360_cleanup.singer.stream import FirstRecord, SingerStream, State
from target_zuora360_cleanup.state.from_settings import beside_a_tap
from target_zuora360_cleanup.state.holders import Resets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.lifecycle.result import Result
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.rows.stop import Stop
    from target_zuora360_cleanup.singer.stream import Message
    from target_zuora360_cleanup.state.holders import ResetSink
    from target_zuora360_cleanup.state.stdout import StreamState

    Show = Callable[[Report, Path], None]

logger = logging.getLogger(__name__)


class Run:
    """One run: made, and carried out once by the main thread.

    Args:
        context: What every run has.
        holders: What holds the bookmarks to reset, those that acknowledge a reset first.
        show: Shows the report; is given the run's folder too.
        state: Takes in the state of the tap whose stream is followed.
    """

    def __init__(
        self,
        context: Context,
        holders: Sequence[ResetSink],
        show: Show,
        state: StreamState | None = None,
    ) -> None:
        self._context = context
        self._show = show
        self._state = state
        self._story = Story(context, Resets(holders))
        self._work = Background(context.stop)

    @classmethod
    def beside_a_tap(
        cls, context: Context, out: TextIO | None = None, err: TextIO | None = None
    ) -> Run:
        """A run that follows a tap's stream.

        Args:
            context: What every run has.
            out: Where state lines go, stdout by default.
            err: Where the summary goes, stderr by default.

        Raises:
            InputError: Meltano can't be found.
        """
        holders, state = beside_a_tap(context.settings, context.pipeline, out or sys.stdout)
        return cls(context, holders, partial(show_words, err) if err else show_beside_a_tap, state)

    @property
    def stop(self) -> Stop:
        """Set by a signal."""
        return self._context.stop

    @property
    def status_if_killed(self) -> int:
        """The exit status of a process that ends at once."""
        return (Partial if self._story.may_have_deleted else CleanupError).exit_status

    def alone(self) -> Result:
        """Tell the story without a tap."""
        with self.stop.awake():
            if not self.stop.is_set():
                self._work.begin(self._story.begin)
            error = self._failure()
        return self._end(error, {})

    def follow(self, stream: SingerStream) -> Result:
        """Read a tap's stream to its end and tell the story meanwhile."""
        with self.stop.awake():
            self._story.begin_login()
            error = self._followed(stream)
        return self._end(error, stream.counts)

    def _followed(self, stream: SingerStream) -> BaseException | None:
        try:
            self._read(stream)
        except CleanupError as exc:
            return self._stopped() if self.stop.is_set() else self._broken(stream, exc)
        return self._failure()

    def _read(self, stream: SingerStream) -> None:
        story = self._story
        for message in stream:
            self._take_in(message)
            if stream.is_under_way and story.may_begin_early:
                self._work.begin(story.begin)
        if not self.stop.is_set():
            self._work.begin(story.check_login if stream.is_config_test else story.begin)

    def _take_in(self, message: Message) -> None:
        if self._state and isinstance(message, State):
            self._state.state(message)
        elif self._state and isinstance(message, FirstRecord):
            self._state.record(message)

    def _failure(self) -> BaseException | None:
        """Wait for the story; what it failed with, or what a signal leaves behind."""
        self._work.wait()
        return self._stopped() if self.stop.is_set() else self._work.failure

    def _stopped(self) -> CleanupError | None:
        """What a signal leaves behind; None where all was done before it was heeded."""
        never_began = self._story.gate.shut()
        ended = self._work.leave(self._context.waits.after_stop)
        failure = self._work.failure
        if ended and failure is None and not never_began:
            return None
        return with_own_failure(self._left_behind(never_began=never_began), failure)

    def _left_behind(self, *, never_began: bool) -> CleanupError:
        by = self.stop.by
        if never_began:
            return CleanupError(
                f"Stopped by {by} before anything was deleted; no state was written."
            )
        if not self._story.resets.written:
            return CleanupError(
                f"Stopped by {by} while bookmarks were being reset; nothing was deleted."
            )
        return Partial(
            f"Stopped by {by}. The bookmarks are reset; delete jobs that Salesforce has begun "
            "go on there. Run the cleanup again to go on."
        )

    def _broken(self, stream: SingerStream, error: CleanupError) -> CleanupError:
        """The stream is no good: what has not begun never will, what has goes on to its end."""
        never_began = self._story.gate.shut()
        logger.error("%s", error)
        stream.drain()
        self._work.wait()
        if self.stop.is_set() and not never_began:
            return self._stopped() or error
        return error

    def _end(self, error: BaseException | None, records: Mapping[str, int]) -> Result:
        error = self._story.confirmed() or error
        self._story.resets.close()
        return conclude(self._context, self._story.report(error, records), self._show, error)
