"""Carries a plan out: object type after object type, as many at once as the order allows.

Before each the org is looked at again: what came below a step goes first, by a further turn of its
own step, and what the plan does not know ends the run.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Final, Protocol

from target_zuora360_cleanup.deletion.outcome import Outcome
from target_zuora360_cleanup.deletion.trouble import in_words
from target_zuora360_cleanup.deletion.turn import Halted, Turn
from target_zuora360_cleanup.rows.pool import Pool
from target_zuora360_cleanup.rows.stop import Stop, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.deletion.ledger import Ledger
    from target_zuora360_cleanup.plan.plan import Plan, Step

logger = logging.getLogger(__name__)

OBJECTS_AT_ONCE: Final = 8
"""Object types under way at once; their jobs are bounded by `max_parallel_jobs` all together."""
FURTHER_TURNS: Final = 2
"""How often an object type has a further turn before one above it."""


class Work(Protocol):
    """What is done with a step; `turn` and `holding` raise `Halted`, `holding` also `Stopped`."""

    def turn(self, step: Step) -> Turn:
        """The step as it is now."""

    def holding(self, turn: Turn) -> Turn:
        """The same with the rows that are held back."""

    def delete(self, turn: Turn) -> Outcome:
        """Delete its rows; raises nothing, unless the program is wrong."""


class Schedule:
    """One plan carried out.

    The calling thread begins steps and waits; `OBJECTS_AT_ONCE` others look and delete, and each
    notes its outcome itself. Whatever a step raises ends that step, and no more begin.

    Args:
        plan: What to do.
        work: Looks and deletes.
        ledger: Opened for this plan; takes what becomes of it.
        stop: Once set, nothing more is begun.

    Attributes:
        halted: Why nothing more was begun; blank where all was.
    """

    def __init__(self, plan: Plan, work: Work, ledger: Ledger, stop: Stop) -> None:
        self._steps = {step.name: step for step in plan.steps}
        self._work = work
        self._ledger = ledger
        self._stop = stop
        self._further = threading.RLock()
        self.halted = ""

    def carry_out(self) -> None:
        """Delete what the plan says, children before parents.

        An object type is begun when all that must go before it went without an error of ours. Rows
        that Salesforce refuses to delete hold back those above them, and no others.
        """
        sorter = TopologicalSorter({name: step.after for name, step in self._steps.items()})
        sorter.prepare()
        running: dict[Future[bool], str] = {}
        with Pool(OBJECTS_AT_ONCE, "objects") as pool:
            while True:
                if self._may_begin:
                    names = sorter.get_ready()
                    running |= {pool.submit(self._begun, self._steps[each]): each for each in names}
                if not running:
                    break
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    name = running.pop(future)
                    if future.result():
                        sorter.done(name)

    @property
    def _may_begin(self) -> bool:
        return not (self.halted or self._stop.is_set())

    def _begun(self, step: Step) -> bool:
        """Whether the step was done; if the run must end before it, that is noted."""
        if not step.to_delete:
            return True
        try:
            return self._may_begin and self._done(step)
        except Halted as exc:
            self._halt(step, str(exc))
        except Stopped:
            logger.info("%s: not begun.", step.name)
        except Exception as exc:
            logger.exception("%s", step.name)
            self._break_off(step, exc)
        return False

    def _break_off(self, step: Step, exc: Exception) -> None:
        """Whatever went wrong: other steps end as they do, and none that was not begun begins."""
        before, why = self._ledger.of(step.name), in_words(exc)
        self.halted = self.halted or f"The cleanup ended at {step.name}: {why}."
        if before.is_known:
            self._ledger.note([Outcome.not_begun(step, why)])
        else:
            self._ledger.note([replace(before, error=why)])

    def _halt(self, step: Step, why: str) -> None:
        self.halted = self.halted or why
        logger.error("%s", why)
        self._ledger.note([Outcome.not_begun(step, why)])

    def _done(self, step: Step, *, again: bool = False) -> bool:
        """Look at a step, have what came below it go first, and delete its rows."""
        for _ in range(FURTHER_TURNS + 1):
            turn = self._work.turn(step)
            if not (came := list(self._came_below(turn))):
                turn = replace(self._work.holding(turn), again=again)
                # (another step may have ended the run meanwhile)
                return self._may_begin and self._deleted(turn)
            if not all(self._done_again(step, name) for name in came):
                return False
        raise Halted(
            f"The cleanup ended before {step.name}: rows of {', '.join(came)} keep coming below "
            "it. Stop what makes them, and run the cleanup again."
        )

    def _came_below(self, turn: Turn) -> Iterator[str]:
        """Object types of which there are more rows below a step than their own steps have left."""
        for name in dict.fromkeys(path.child for path in turn.below):
            rows = max(count for path, count in turn.below.items() if path.child == name)
            if rows > (self._ledger.of(name).left or 0):
                yield name

    def _done_again(self, above: Step, name: str) -> bool:
        """A further turn for an object type, unless it has had one for another step by now."""
        with self._further:
            if name not in self._came_below(self._work.turn(above)):
                return True
            logger.info("%s: rows have come below %s, and go first.", name, above.name)
            return self._done(self._steps[name], again=True)

    def _deleted(self, turn: Turn) -> bool:
        step, before = turn.step, self._ledger.of(turn.step.name)
        self._ledger.begin(step, again=turn.again)
        outcome = self._work.delete(turn)
        self._ledger.note([outcome.after(before) if turn.again else outcome])
        return outcome.ended == "done"
