"""The course of every run, with a stream or without: work in the background, the end, the report.

The work has a thread of its own, so that the main thread can read a stream or be interrupted.
"""

from __future__ import annotations

import logging
import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NoReturn

from target_zuora360_cleanup.cleanup.story import Work, refuse_blocked
from target_zuora360_cleanup.errors import CleanupError, Partial
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.plan.checks.coming_back import reset_alone_holds
from target_zuora360_cleanup.report.cleanup import cleanup_report
from target_zuora360_cleanup.report.files import write_report
from target_zuora360_cleanup.report.header import Header
from target_zuora360_cleanup.settings.selection import selected
from target_zuora360_cleanup.state.holders import Resets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.output.progress import ProgressListener
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.salesforce.waits import Waits
    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.state.holders import ResetSink

logger = logging.getLogger(__name__)

LEAVE_SECONDS: Final = 20
"""How long a stopped run waits for requests under way before it writes its report."""


class Interrupted(Exception):
    """A signal arrived; its text is the signal's name."""


class Course:
    """One run from its begin to its report.

    Args:
        settings: What the user set.
        pipeline: The Meltano run around it.
        sinks: What holds bookmarks, those that acknowledge a reset first.
        tell: Shows the report; is given the run's folder too.
        progress: Follows the deletion.
        waits: How long is waited, and for what.

    Attributes:
        work: What it does in Salesforce.

    Raises:
        InputError: `output_dir` can't be written to.
    """

    def __init__(  # noqa: PLR0913 - what every run has
        self,
        settings: Settings,
        pipeline: Pipeline,
        sinks: Sequence[ResetSink],
        tell: Callable[[Report, Path], None],
        *,
        progress: ProgressListener | None = None,
        waits: Waits | None = None,
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._tell = tell
        self._started_at = _now()
        self._findings: tuple[Finding, ...] = ()
        self._folder = OutputFolder.make(settings.output_dir, settings.mode, _now())
        self._resets = Resets(sinks)
        self.work = Work(settings, pipeline, self._folder, self._resets, progress, waits)
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._signal = ""
        self._interruptible = False

    def begin(self, job: Callable[[], None]) -> None:
        """Begin the work, unless some has begun before."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._carry, args=(job,), daemon=True)
            self._thread.start()

    def _carry(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as exc:  # noqa: BLE001 - the main thread raises it
            self._failure = exc

    def wait(self, seconds: float | None = None) -> BaseException | None:
        """Wait for the end of the work; what it failed with."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._failure

    def reset_only(self) -> None:
        """Reset the bookmarks and delete nothing.

        Raises:
            CleanupError: A reset would not hold, or can't be written.
        """
        refuse_blocked(reset_alone_holds(self._pipeline))
        self._findings = self._resets.look(self._objects)
        refuse_blocked(self._findings)
        self._resets.write(self._objects)

    @property
    def _objects(self) -> frozenset[str]:
        """API names of the object types whose streams' bookmarks go."""
        if plan := self.work.plan:
            return frozenset(step.name for step in plan.steps if step.facts.is_reset)
        return frozenset(kind.api_name for kind in selected(self._settings))

    def interruptible(self) -> None:
        """From here to the end of the run a signal raises `Interrupted`.

        Raises:
            Interrupted: One came before.
        """
        self._interruptible = True
        if self._signal:
            raise Interrupted(self._signal)

    def uninterruptible(self) -> None:
        """From here on a signal only stops what has not begun."""
        self._interruptible = False

    def interrupt(self, name: str) -> None:
        """A signal has arrived in the main thread; a second one ends the process at once.

        Raises:
            Interrupted: To leave what the main thread is doing.
        """
        if self._signal:
            os._exit(Partial.exit_status if self.work.gate.opened else CleanupError.exit_status)
        self._signal = name
        self.work.stop.set()
        if self._interruptible:
            raise Interrupted(name)

    def stopped(self, name: str) -> CleanupError:
        """What a signal leaves behind."""
        never_began = self.work.gate.shut()
        self.wait(LEAVE_SECONDS)
        if never_began:
            return CleanupError(
                f"Stopped by {name} before anything was deleted; no state was written."
            )
        if not self._resets.written:
            return CleanupError(
                f"Stopped by {name} while bookmarks were being reset; nothing was deleted."
            )
        return Partial(
            f"Stopped by {name}. The bookmarks are reset; delete jobs that Salesforce has begun "
            "go on there. Run the cleanup again to go on."
        )

    def end(
        self, error: BaseException | None = None, records: Mapping[str, int] | None = None
    ) -> None:
        """Make sure of the reset, write the report and show it.

        Args:
            error: What the run failed with.
            records: RECORD messages of the tap by stream.

        Raises:
            CleanupError: With the exit status that the run deserves, unless that is 0.
        """
        self._interruptible = False
        if self.work.gate.opened and self._resets.written:
            error = self._settled() or error
        error = self._told(error, records or {})
        if isinstance(error, CleanupError):
            error.told = True
        if error is not None:
            _raise(error)

    def _settled(self) -> CleanupError | None:
        self._findings = self._resets.confirm(self._objects)
        lost = [each for each in self._findings if each.severity == "blocks"]
        return Partial(_words(lost)) if lost else None

    def _told(
        self, error: BaseException | None, records: Mapping[str, int]
    ) -> BaseException | None:
        """Write the report; what the run ends with, since the report may not be to be written."""
        report = self._report(error, records)
        for problem in write_report(self._folder, report):
            why = f"{problem} The summary has it in short."
            logger.error("%s", why)
            error = error or CleanupError(why)
        self._tell(report, self._folder.path)
        return error

    def _report(self, error: BaseException | None, records: Mapping[str, int]) -> Report:
        work, mode = self.work, self._settings.mode
        salesforce, plan = work.salesforce, work.plan
        header = Header(
            mode,
            self._started_at,
            _now(),
            error,
            plan.org if plan else None,
            salesforce.calls if salesforce else {},
            salesforce.usage if salesforce else None,
        )
        return cleanup_report(
            header,
            plan=plan,
            outcomes=work.outcomes,
            timeline=work.timeline.spans,
            failures=work.failures.grouped(),
            findings=self._findings,
            states=self._resets.outcome(self._objects if mode == "plan" and plan else None),
            state_id=self._pipeline.state_id,
            records=records,
        )


def _words(findings: Sequence[Finding]) -> str:
    return " ".join(f"{each.message} {each.remedy}" for each in findings)


def _raise(error: BaseException) -> NoReturn:
    raise error


def _now() -> datetime:
    return datetime.now(UTC)
