"""Carries a plan out: object type after object type, as many at once as the order allows."""

from __future__ import annotations

import logging
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.deletion.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.rows.stop import Stop

logger = logging.getLogger(__name__)

OBJECTS_AT_ONCE: Final = 8
"""Object types under way at once; their jobs are bounded by `max_parallel_jobs` all together."""


def carry_out(plan: Plan, delete: Callable[[Step], Outcome], stop: Stop) -> tuple[Outcome, ...]:
    """Delete what the plan says, children before parents.

    An object type is begun when all that must go before it went without an error of ours; rows
    that Salesforce refuses to delete do not hold their parents back, since the parents' own
    deletion says what is still in the way.

    Args:
        plan: What to do.
        delete: Deletes one object type; raises nothing but programming errors.
        stop: Once set, nothing more is begun.

    Returns:
        An outcome for each step, in the plan's order.
    """
    steps = {step.name: step for step in plan.steps}
    sorter = TopologicalSorter({step.name: step.after for step in plan.steps})
    sorter.prepare()
    outcomes: dict[str, Outcome] = {}
    running: dict[Future[Outcome], str] = {}
    with ThreadPoolExecutor(OBJECTS_AT_ONCE, thread_name_prefix="objects") as pool:
        while True:
            if not stop.is_set():
                running.update(
                    {pool.submit(delete, steps[name]): name for name in sorter.get_ready()}
                )
            if not running:
                break
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                name = running.pop(future)
                outcomes[name] = future.result()
                if outcomes[name].ended == "done":
                    sorter.done(name)
    return tuple(outcomes.get(step.name) or Outcome.not_begun(step) for step in plan.steps)
