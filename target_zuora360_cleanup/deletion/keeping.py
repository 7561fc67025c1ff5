"""Which rows stay: those of the plan, and catalogue rows that quotes have begun to use since."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from target_zuora360_cleanup.facts.kept import keep_quoted
from target_zuora360_cleanup.facts.known import Known
from target_zuora360_cleanup.plan.counts import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_zuora360_cleanup.facts.org_facts import ObjectFacts
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.salesforce.client import Salesforce

Kept = dict[str, frozenset[str]]


class Keeping:
    """Ids that stay by object type; it only grows. Safe for several threads.

    Args:
        salesforce: Where catalogue rows are read again.
        plan: What stays by the plan.
        note: Is told all that stays when it has grown.
    """

    def __init__(
        self,
        salesforce: Salesforce,
        plan: Plan,
        note: Callable[[Mapping[str, frozenset[str]]], None],
    ) -> None:
        self._salesforce = salesforce
        self._note = note
        self._kept: Kept = {step.name: step.kept for step in plan.steps}
        self._objects = [_as_if_there(step.facts) for step in plan.steps]
        self._inside = [each for step in plan.steps for each in step.seen]
        beside = tuple(map(_as_if_there, plan.beside.objects))
        self._beside = replace(plan.beside, objects=beside)
        self._weighed: frozenset[str] = frozenset().union(*self._kept.values())
        self._lock = threading.Lock()

    def of(self, step: Step) -> frozenset[str]:
        """The ids of a step that stay."""
        with self._lock:
            return self._kept[step.name]

    def weigh(self, quoted: frozenset[str], *, grown: bool) -> None:
        """Let stay what quotes use now.

        Args:
            quoted: The ids of catalogue rows that quotes' lookups hold.
            grown: Whether catalogue rows have come, which may belong to what they use.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce does not tell.
            OSError: It can't be noted.
        """
        with self._lock:
            if quoted <= self._weighed and not grown:
                return
            now = keep_quoted(self._salesforce, self._objects, quoted, self._inside, self._beside)
            kept = {name: ids | now.get(name, frozenset()) for name, ids in self._kept.items()}
            if kept != self._kept:
                self._note(kept)
            self._kept, self._weighed = kept, self._weighed | quoted


def _as_if_there(facts: ObjectFacts) -> ObjectFacts:
    """An object type that had no rows may have some by now."""
    return replace(facts, found=Known(max(1, rows_of(facts))))
