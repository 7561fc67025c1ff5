"""What became of the lookups that a deletion blanks or takes along, counted where rows are left."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_zuora360_cleanup.deletion.trouble import in_words
from target_zuora360_cleanup.facts.known import Known
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.facts.counter import Counter
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.reach import Path
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

Links = Mapping[str, int | None]
"""Links of an object type to itself, by what they are called."""


@dataclass(frozen=True)
class LinksLost:
    """Lookups that are no more; None where nobody has counted them.

    Attributes:
        blank: Those of other objects that went blank, by the way to them.
        own: Links of an object type to itself that went with it, by object type.
    """

    blank: Mapping[Path, int | None]
    own: Mapping[str, Links]

    @classmethod
    def of(cls, plan: Plan, outcomes: Iterable[Outcome]) -> LinksLost:
        """What follows from how each step ended.

        Of a step that never began none are lost, and of one of which no row is left all are: no
        lookup leads to a row that is gone.
        """
        ended = {each.name: each for each in outcomes}
        return cls(
            {path: _lost(rows, ended.get(path.root)) for path, rows in plan.blank_links},
            {
                step.name: {
                    label: _lost(n, ended.get(step.name)) for label, n in step.links.items()
                }
                for step in plan.steps
            },
        )


def count_links_lost(
    salesforce: Salesforce, counter: Counter, plan: Plan, outcomes: Sequence[Outcome]
) -> LinksLost:
    """The same, with what is left counted in the org where that decides; else it stays unknown."""
    lost = LinksLost.of(plan, outcomes)
    try:
        return LinksLost(
            {**lost.blank, **_blank(counter, plan, lost)},
            {**lost.own, **dict(_own(salesforce, plan, lost))},
        )
    except Exception as exc:  # noqa: BLE001 - then they are unknown, whatever it was
        logger.warning("The links that are left could not be counted (%s).", in_words(exc))
        return lost


def _lost(planned: int | None, ended: Outcome | None) -> int | None:
    if planned == 0 or (ended and ended.ended == "not begun"):
        return 0
    return planned if ended and ended.left == 0 else None


def _blank(counter: Counter, plan: Plan, lost: LinksLost) -> dict[Path, int]:
    planned = dict(plan.blank_links)
    now = counter.count([path for path, rows in lost.blank.items() if rows is None])
    return {
        path: max(0, planned[path] - left.value)
        for path, left in now.items()
        if isinstance(left, Known)
    }


def _own(salesforce: Salesforce, plan: Plan, lost: LinksLost) -> Iterator[tuple[str, Links]]:
    """Of the steps that are to be counted, and whose links were."""
    steps = [each for each in plan.steps if _is_open(each, lost)]
    answers = salesforce.rest.query_each([_soql(each) for each in steps])
    for step, answer in zip(steps, answers, strict=True):
        if not isinstance(answer, ApiError):
            left = {label: int(answer[0][f"l{at}"]) for at, label in enumerate(step.links)}
            yield (
                step.name,
                {
                    label: max(0, (planned or 0) - left[label])
                    for label, planned in step.links.items()
                },
            )


def _is_open(step: Step, lost: LinksLost) -> bool:
    is_planned = None not in step.links.values() and any(step.links.values())
    return is_planned and None in lost.own[step.name].values()


def _soql(step: Step) -> str:
    columns = ", ".join(f"COUNT({name}) l{at}" for at, (name, _) in enumerate(step.kind.links))
    where = f" WHERE {step.kind.where}" if step.kind.where else ""
    return f"SELECT {columns} FROM {step.name}{where}"
