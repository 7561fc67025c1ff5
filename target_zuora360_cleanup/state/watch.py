"""Looks for pipelines that run beside a cleanup, before, during and after it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final, Protocol

from target_zuora360_cleanup.errors import CleanupError, Refused
from target_zuora360_cleanup.output.clock import now
from target_zuora360_cleanup.state import findings as say
from target_zuora360_cleanup.state.meltano_backend import store_failures
from target_zuora360_cleanup.state.paired import others

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from target_zuora360_cleanup.meltano.runs import PipelineRun
    from target_zuora360_cleanup.plan.finding import Finding

logger = logging.getLogger(__name__)

SECONDS: Final = 30.0
"""Between two looks."""


class Runs(Protocol):
    """Who keeps record of pipelines' runs."""

    def since(self, state_ids: Sequence[str], moment: datetime) -> tuple[PipelineRun, ...]:
        """Runs of these pipelines that go on or have ended after a moment.

        Raises:
            CleanupError: Nobody can tell.
        """


class RunWatch:
    """Watches the runs of paired pipelines; its own run is none of them.

    `look` and `begin` are called by the thread that does the work, in this order. `begin` starts a
    thread that looks from time to time and warns at once; `end` waits for it, looks a last time
    itself and is called by whoever undoes or confirms the reset. Where `begin` was never reached,
    `end` has nothing to say.

    Args:
        runs: Who keeps record of them.
        seconds: Between two looks.

    Attributes:
        doubt: Why nobody could tell at the last look; None where somebody could.
    """

    def __init__(self, runs: Runs, seconds: float = SECONDS) -> None:
        self._runs = runs
        self._own_run_id = ""
        self._seconds = seconds
        self._ids: tuple[str, ...] = ()
        self._began = now()
        self._seen: dict[str, PipelineRun] = {}
        self.doubt: CleanupError | None = None
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def look(self, state_ids: Sequence[str], own_run_id: str = "") -> Iterator[Finding]:
        """Pipelines at work on these states; those that begin later are found from here on.

        Args:
            state_ids: Whose runs count.
            own_run_id: The record of the run that this process belongs to.

        Raises:
            CleanupError: Nobody can tell.
        """
        self._ids = tuple(state_ids)
        self._own_run_id = own_run_id
        self._began = now()
        yield from say.running(self._running())

    def _running(self) -> tuple[PipelineRun, ...]:
        found = others(self._recorded(), self._own_run_id)
        return tuple(each for each in found if each.is_running)

    def watch_too(self, state_ids: Sequence[str]) -> None:
        """Count the runs of these as well, whose states have come up since."""
        self._ids = tuple(dict.fromkeys((*self._ids, *state_ids)))

    def since(self, state_ids: Sequence[str], moment: datetime) -> tuple[PipelineRun, ...]:
        """Runs of these pipelines that go on or have ended after a moment.

        Raises:
            StoreFailed: Nobody can tell.
        """
        with store_failures():
            return self._runs.since(state_ids, moment)

    def _recorded(self) -> tuple[PipelineRun, ...]:
        with store_failures():
            return self._runs.since(self._ids, self._began)

    def begin(self) -> None:
        """The states have been reset: from now on a run is only noticed.

        Raises:
            Refused: One has begun before that, so that it may not have read the reset.
        """
        for finding in say.running(self._running()):
            raise Refused(f"{finding.message} {finding.remedy}")
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(self._seconds):
            self._notice()

    def _notice(self) -> None:
        try:
            runs = self._recorded()
        except CleanupError as exc:
            logger.warning("Whether a paired pipeline runs can't be told: %s", exc)
            self.doubt = exc
            return
        self.doubt = None
        for each in others(runs, self._own_run_id):
            if each.run_id not in self._seen:
                logger.warning(
                    "Pipeline %s was started during the cleanup. Stop it: what it loads may be "
                    "deleted.",
                    each.state_id,
                )
            self._seen[each.run_id] = each

    def end(self) -> tuple[PipelineRun, ...]:
        """Stop watching; the runs that were noticed, as they are now."""
        self._done.set()
        if self._thread is None:
            return ()
        self._thread.join()
        self._notice()
        return tuple(self._seen.values())
