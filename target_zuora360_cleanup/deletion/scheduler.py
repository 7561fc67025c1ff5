"""Carries a plan out: object type after object type, as many at once as the order allows."""

from __future__ import annotations

import logging
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.deletion.ledger import Ledger
    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.rows.stop import Stop

logger = logging.getLogger(__name__)

OBJECTS_AT_ONCE: Final = 8
"""Object types under way at once; their jobs are bounded by `max_parallel_jobs` all together."""


def carry_out(plan: Plan, delete: Callable[[Step], Outcome], ledger: Ledger, stop: Stop) -> None:
    """Delete what the plan says, children before parents; the ledger takes what becomes of it.

    An object type is begun when all that must go before it went without an error of ours; rows
    that Salesforce refuses to delete do not hold their parents back, since the parents' own
    deletion says what is still in the way.

    The calling thread begins steps and waits; `OBJECTS_AT_ONCE` others delete, and each notes its
    outcome itself, so that none is lost where another one raises.

    Args:
        plan: What to do.
        delete: Deletes one object type; raises nothing but programming errors.
        ledger: Opened for this plan.
        stop: Once set, nothing more is begun.
    """

    def noted(step: Step) -> bool:
        ledger.begin(step)
        outcome = delete(step)
        ledger.note([outcome])
        return outcome.ended == "done"

    steps = {step.name: step for step in plan.steps}
    sorter = TopologicalSorter({step.name: step.after for step in plan.steps})
    sorter.prepare()
    running: dict[Future[bool], str] = {}
    with ThreadPoolExecutor(OBJECTS_AT_ONCE, thread_name_prefix="objects") as pool:
        while True:
            if not stop.is_set():
                running.update(
                    {pool.submit(noted, steps[name]): name for name in sorter.get_ready()}
                )
            if not running:
                break
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                name = running.pop(future)
                if future.result():
                    sorter.done(name)
