"""The deletion of one run: its parts put together, its plan carried out, what is left counted."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from target_zuora360_cleanup.deletion.bodies import Bodies
from target_zuora360_cleanup.deletion.delete import Deletion
from target_zuora360_cleanup.deletion.detaching import Detaching
from target_zuora360_cleanup.deletion.junctions import JunctionSnapshot
from target_zuora360_cleanup.deletion.keeping import Keeping
from target_zuora360_cleanup.deletion.links_lost import LinksLost, count_links_lost
from target_zuora360_cleanup.deletion.look import Look
from target_zuora360_cleanup.deletion.recheck import Recheck
from target_zuora360_cleanup.deletion.scheduler import Schedule
from target_zuora360_cleanup.deletion.sending import Sender
from target_zuora360_cleanup.deletion.taken_along import TakenAlong
from target_zuora360_cleanup.deletion.trouble import in_words
from target_zuora360_cleanup.deletion.written_late import WrittenLate
from target_zuora360_cleanup.facts.conditions import read_allowances
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.allowances import left

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.deletion.ledger import Ledger
    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.deletion.written_late import Since
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.rows.failures import Failures
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)


class Deleting:
    """What a run does with each step of its plan.

    Args:
        run: What every run has.
        salesforce: Where.
        plan: What to delete.
        failures: Takes in by reason what could not be deleted.
        ledger: Opened for this plan; takes what becomes of it.
        since: Since when changes may not be in the snapshots.
    """

    def __init__(  # noqa: PLR0913 - a run, and what is known of it by now
        self,
        run: Context,
        salesforce: Salesforce,
        plan: Plan,
        failures: Failures,
        ledger: Ledger,
        *,
        since: Since,
    ) -> None:
        settings, folder = run.settings, run.folder
        look = Look(salesforce, plan, settings)
        slots = threading.BoundedSemaphore(settings.max_parallel_jobs)
        sender = Sender(salesforce, settings, run.progress, slots, run.stop)
        is_backed_up = settings.backup != "none"
        self._run, self._plan, self._ledger = run, plan, ledger
        self._salesforce, self._counter, self._sight = salesforce, look.counter, look.sight
        keeping = Keeping(salesforce, plan, self._note_kept)
        self._late = WrittenLate(salesforce, folder, plan, settings, since)
        self._junctions = JunctionSnapshot(
            salesforce, folder, look, plan.org.id, is_on=settings.lookup_links == "snapshot"
        )
        self._recheck = Recheck(salesforce, plan, settings, keeping, look, self._late)
        self._bodies = Bodies(salesforce, folder, settings.backup_bodies_mb, sender.go_on)
        bodies = self._bodies if settings.backup_bodies_mb else None
        self._along = TakenAlong(salesforce, folder, look, bodies, is_backed_up=is_backed_up)
        self._deletion = Deletion(
            sender, self._along, folder, failures, folder.failures(), look.sight, since.begun
        )
        self._detaching = Detaching(
            sender, look, folder, failures, self._deletion.failure_file, is_backed_up, self._late
        )

    def carry_out(self) -> str:
        """Delete all that may go; why nothing more was begun, blank where everything was."""
        logger.info("Deleting %s.", counted(self._plan.to_delete, "record"))
        schedule = Schedule(self._plan, self, self._ledger, self._run.stop)
        schedule.carry_out()
        if self._sees_less():
            self._ledger.note_links(LinksLost.of(self._plan, self._ledger.outcomes))
        else:
            self._count()
        self._ledger.note_left(self._allowances_left())
        return schedule.halted

    def _sees_less(self) -> bool:
        """Whether counts may leave out rows that are there: what is not known then stays so."""
        try:
            why = self._sight.lost()
        except Exception as exc:  # noqa: BLE001 - what was known before may not be lost by it
            why = in_words(exc)
        if why:
            logger.warning("What is left could not be counted at the end (%s).", why)
        return bool(why)

    def _count(self) -> None:
        """Count what is left, what went along, and which lookups are no more."""
        self._ledger.note(self._deletion.recounted(self._plan.steps, self._ledger.outcomes))
        self._ledger.note_along(self._along.gone())
        self._ledger.note_links(
            count_links_lost(self._salesforce, self._counter, self._plan, self._ledger.outcomes)
        )

    def turn(self, step: Step) -> Turn:
        """The step as it is now.

        Raises:
            Halted: The run must end before it.
        """
        return self._recheck.turn(step)

    def holding(self, turn: Turn) -> Turn:
        """The same with the rows that are held back, once nothing of people's hangs on the others.

        Raises:
            Halted: Nobody can tell which they are.
            Stopped: The run is to end.
        """
        try:
            turn = self._detaching.detach(self._recheck.holding(turn))
        finally:
            self._ledger.note_detached(self._detaching.done)
        self._late.write(turn)
        return self._junctions.write(turn)

    def delete(self, turn: Turn) -> Outcome:
        """Delete a step's rows; the timeline gets a span."""
        started_at = self._run.clock()
        self._ledger.note_along(dict.fromkeys(turn.along))
        outcome = self._deletion.delete(turn)
        self._ledger.note_bodies(self._bodies.count)
        self._run.timeline.add(turn.step.name, started_at, outcome.deleted)
        return outcome

    def _allowances_left(self) -> dict[str, int | None]:
        try:
            found = read_allowances(self._salesforce.rest)
        except Exception as exc:  # noqa: BLE001 - then they are unknown, whatever it was
            found = Unknown(in_words(exc))
        match found:
            case Known(allowances):
                quota = self._run.settings.quota_percent_total
                return {each.name: left(each.name, allowances, quota) for each in self._plan.needs}
            case Unknown(why):
                logger.warning("What is left of the daily allowances is not known (%s).", why)
                return {each.name: None for each in self._plan.needs}

    def _note_kept(self, kept: Mapping[str, frozenset[str]]) -> None:
        self._run.folder.write_kept(kept.items())
