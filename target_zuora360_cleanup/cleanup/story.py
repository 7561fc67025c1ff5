"""What a run does in Salesforce: log in, look, plan, and in `cleanup` reset and delete.

Runs in a thread of its own while the tap's stream is still being read.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from requests import RequestException

from target_zuora360_cleanup.catalog.objects import is_unlisted
from target_zuora360_cleanup.cleanup.plan_file import read_plan_file
from target_zuora360_cleanup.deletion.delete import Deletion
from target_zuora360_cleanup.deletion.link_snapshot import LinkSnapshot
from target_zuora360_cleanup.deletion.outcome import total
from target_zuora360_cleanup.deletion.scheduler import carry_out
from target_zuora360_cleanup.errors import CleanupError, InputError, Partial, Refused
from target_zuora360_cleanup.facts.reading import read_facts, read_org
from target_zuora360_cleanup.output.progress import Progress
from target_zuora360_cleanup.output.timeline import Timeline
from target_zuora360_cleanup.plan.making import make_plan
from target_zuora360_cleanup.plan.plan import Plan, backup_bytes
from target_zuora360_cleanup.plan.saved import SavedPlan
from target_zuora360_cleanup.rows.failures import Failures
from target_zuora360_cleanup.rows.stop import Stop, Stopped
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.errors import (
    ApiError,
    JobFailed,
    SessionExpired,
    unreachable,
)
from target_zuora360_cleanup.salesforce.waits import Waits
from target_zuora360_cleanup.settings.selection import selected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.facts.org_facts import OrgFacts
    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.output.folder import OutputFolder
    from target_zuora360_cleanup.output.progress import ProgressListener
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.plan.plan import Step
    from target_zuora360_cleanup.salesforce.bulk import ListedJob
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.state.holders import Resets

logger = logging.getLogger(__name__)


class Gate:
    """Lets the deletion begin once, unless it was shut before. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = "new"

    @property
    def opened(self) -> bool:
        """Whether the deletion may have begun."""
        return self._state == "open"

    def open(self) -> None:
        """Let the deletion begin.

        Raises:
            Stopped: It was shut before.
        """
        with self._lock:
            if self._state == "shut":
                raise Stopped
            self._state = "open"

    def shut(self) -> bool:
        """Never let the deletion begin; false if it is too late for that."""
        with self._lock:
            if self._state == "new":
                self._state = "shut"
            return self._state == "shut"


class Work:
    """The part of a run that talks to Salesforce.

    Args:
        settings: What the user set.
        pipeline: The Meltano run around it.
        folder: Where backups and failures go.
        resets: What holds the bookmarks to reset.
        progress: Follows the deletion, in the log by default.
        waits: How long is waited, and for what.

    Attributes:
        gate: To shut when nothing may be deleted any more.
        stop: To set when nothing more may be begun.
        plan: The plan, once it is made.
        outcomes: What became of its steps.
        timeline: When each of them was worked on.
        salesforce: The org, once logged in to.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what every run has
        self,
        settings: Settings,
        pipeline: Pipeline,
        folder: OutputFolder,
        resets: Resets,
        progress: ProgressListener | None = None,
        waits: Waits | None = None,
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._folder = folder
        self._resets = resets
        self._progress = progress or Progress()
        self._waits = waits or Waits()
        self.gate = Gate()
        self.stop = Stop()
        self.failures = Failures()
        self.plan: Plan | None = None
        self.outcomes: tuple[Outcome, ...] = ()
        self.timeline = Timeline()
        self.salesforce: Salesforce | None = None

    def check_login(self) -> None:
        """Log in and say where; for `meltano config test`.

        Raises:
            CleanupError: The login fails, or the org does not answer.
        """
        with in_words():
            info = read_org(connect(self._settings, self._pause, self._waits))
        logger.info(
            "Logged in to %s (%s). A test stream: nothing else is done.", info.name, info.id
        )

    def do(self) -> None:
        """Plan, and in `cleanup` carry the plan out.

        Raises:
            CleanupError: With the exit status that the run deserves.
        """
        path = self._settings.plan_file
        saved = read_plan_file(path) if path else None
        with in_words():
            self.salesforce = salesforce = connect(self._settings, self._pause, self._waits)
            logger.info("Logged in to %s.", salesforce.url)
            left_open = self._leftovers(salesforce)
            facts = read_facts(salesforce, self._settings)
        self.plan = self._planned(facts, saved)
        refuse_blocked(self.plan.findings)
        if self._settings.mode == "cleanup":
            self._prove_room(self.plan)
            self._keep_links(self.plan, salesforce)
            self.gate.open()
            self._resets.write(facts.reset_names)
            _abort(salesforce, left_open)
            self._delete(self.plan, salesforce)

    def _planned(self, facts: OrgFacts, saved: SavedPlan | None) -> Plan:
        plan = make_plan(facts, self._settings, self._pipeline, saved)
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        comes_to = SavedPlan.of(plan, self._settings, made_at)
        with _written("The plan"):
            if self._settings.mode == "plan":
                self._folder.write_json("plan.json", comes_to.as_json())
            self._folder.write_kept((step.name, step.kept) for step in plan.steps)
        return plan.weighing(self._resets.look(facts.reset_names))

    def _prove_room(self, plan: Plan) -> None:
        if self._settings.backup != "none":
            with _written("The backup"):
                self._folder.prove_room(backup_bytes(plan, self._settings.backup))

    def _keep_links(self, plan: Plan, salesforce: Salesforce) -> None:
        if self._settings.lookup_links != "snapshot":
            return
        with _written("The link snapshot"), in_words():
            LinkSnapshot(salesforce, self._folder).write(plan)

    def _pause(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped

    def _leftovers(self, salesforce: Salesforce) -> tuple[ListedJob, ...]:
        """Wait for delete jobs that an earlier run left running; those it left open come back."""
        if self._settings.mode != "cleanup":
            return ()
        names = {kind.api_name for kind in selected(self._settings)}
        return salesforce.jobs.wait_for_leftovers(lambda name: name in names or is_unlisted(name))

    def _timed(self, delete: Callable[[Step], Outcome], step: Step) -> Outcome:
        """Delete a step; the timeline gets a span where it has rows to delete."""
        started_at = self.timeline.clock()
        outcome = delete(step)
        if step.to_delete:
            self.timeline.add(step.name, started_at, outcome.deleted)
        return outcome

    def _delete(self, plan: Plan, salesforce: Salesforce) -> None:
        deletion = Deletion(
            salesforce,
            self._settings,
            self._folder,
            self.failures,
            self._folder.failures(),
            self._progress,
            threading.BoundedSemaphore(self._settings.max_parallel_jobs),
            self.stop,
        )
        logger.info("Deleting %s records.", f"{plan.to_delete:,}")
        outcomes = carry_out(plan, partial(self._timed, deletion.delete), self.stop)
        self.outcomes = deletion.recounted(plan.steps, outcomes)
        left = total(each.failed for each in self.outcomes)
        count = "An unknown number of" if left is None else f"{left:,}"
        broken = any(each.ended != "done" for each in self.outcomes)
        if broken or (left != 0 and not self._settings.allow_failures):
            raise Partial(
                f"{count} records are left. The bookmarks are reset; what was in the way is in "
                "the report and in failures.csv. Run the cleanup again to go on."
            )


@contextmanager
def _written(what: str) -> Iterator[None]:
    """Refuses a run whose promised files can't be written; nothing was deleted so far."""
    try:
        yield
    except OSError as exc:
        raise Refused(f"{what} can't be written: {exc.strerror or exc}.") from None


def _abort(salesforce: Salesforce, jobs: Iterable[ListedJob]) -> None:
    """Abort jobs that were never closed; Salesforce works on none of them."""
    for job in jobs:
        logger.info("Aborting job %s on %s of an earlier run.", job.id, job.object)
        # It has no rows that Salesforce works on, and ends by itself after some days.
        with suppress(ApiError, RequestException):
            salesforce.bulk.abort(job.id)


def refuse_blocked(findings: Iterable[Finding]) -> None:
    """Refuse what a finding forbids.

    Raises:
        Refused: With every reason at once.
    """
    blocking = [each for each in findings if each.severity == "blocks"]
    if blocking:
        raise Refused(" ".join(f"{each.message} {each.remedy}" for each in blocking))


@contextmanager
def in_words() -> Iterator[None]:
    """Turns what Salesforce or the network did into a sentence; nothing was deleted so far."""
    try:
        yield
    except SessionExpired as exc:
        raise InputError(f"Salesforce refused the session: {exc.message}.") from None
    except ApiError as exc:
        raise Refused(
            f"Salesforce refused to tell what is needed ({exc.code}: {exc.message}). Check the "
            "user's permissions."
        ) from None
    except JobFailed as exc:
        raise Refused(f"Salesforce could not answer a query: {exc}.") from None
    except RequestException as exc:
        raise InputError(unreachable(exc)) from None
    except Stopped:
        raise CleanupError("Stopped before anything was deleted; no state was written.") from None
