"""The part of a report that says what became of each object type of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.report.numbers import Total, shown
from target_zuora360_cleanup.report.summary import most, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import RenderableType
    from rich.table import Table

    from target_zuora360_cleanup.deletion.links_lost import Links, LinksLost
    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.plan.plan import Plan, Step

_PLANNED = ("Found", "Delete", "Keep")
_CARRIED_OUT = ("Found", "Deleted", "Kept", "Failed")
_HELD_BACK = "Held back"
_NOT_BEGUN = "Not begun"
_NOTHING: Final = {"held_back": 0, "not_begun": 0, "ended": None, "error": None}


@dataclass(frozen=True)
class Objects:
    """The steps of a plan, and what became of them where it was carried out.

    Attributes:
        outcomes: None of them for a plan; of a cleanup, one for each step.
        lost: What became of lookups; None for a plan.
    """

    plan: Plan | None
    outcomes: tuple[Outcome, ...] = ()
    lost: LinksLost | None = None

    def as_json(self) -> dict[str, Any]:
        """The key `objects`, in the order of deletion; a number that is not known is null."""
        outcomes = {each.name: each for each in self.outcomes}
        return {
            "objects": [
                {
                    "api_name": step.name,
                    "label": step.kind.label,
                    "group": step.kind.group,
                    "found": outcomes[step.name].found if step.name in outcomes else step.found,
                    "to_delete": step.to_delete,
                    **_numbers(outcomes.get(step.name), len(step.kept)),
                    "links_removed": dict(self._own(step)),
                    "after": sorted(step.after),
                }
                for step in self._steps
            ]
        }

    @property
    def _steps(self) -> tuple[Step, ...]:
        return self.plan.steps if self.plan else ()

    def lines(self) -> Iterator[RenderableType]:
        """A table, where there is anything to be listed."""
        if self._steps:
            yield self._table()

    def _own(self, step: Step) -> Links:
        """Links of an object type to itself: those that went, or that would."""
        return self.lost.own[step.name] if self.lost else step.links

    def _table(self) -> Table:
        table = table_of("#", "Object type", "Label", numbers=(*self._columns, "Links lost"))
        for row in self._rows():
            table.add_row(*row)
        return table

    @property
    def _columns(self) -> tuple[str, ...]:
        if not self.outcomes:
            return _PLANNED
        held = (_HELD_BACK,) if self._is_held_back else ()
        return (*_CARRIED_OUT, *held, *((_NOT_BEGUN,) if self._is_cut_short else ()))

    @property
    def _is_held_back(self) -> bool:
        """Whether any rows were, for sure."""
        return any(each.held_back for each in self.outcomes)

    @property
    def _is_cut_short(self) -> bool:
        """Whether some rows never had their turn."""
        return any(each.untried for each in self.outcomes)

    def _numbers(self, step: Step, outcome: Outcome | None) -> tuple[int | None, ...]:
        if outcome is None:
            return (step.found, step.to_delete, len(step.kept))
        held = (outcome.held_back,) if self._is_held_back else ()
        late = (outcome.untried,) if self._is_cut_short else ()
        failed = None if outcome.failed is None else outcome.failed - outcome.untried
        return (outcome.found, outcome.deleted, outcome.kept, failed, *held, *late)

    def _rows(self) -> Iterator[list[str]]:
        """A row for each of the object types that count most, and one for the others together.

        Links of an object type to itself have rows of their own.
        """
        outcomes = {each.name: each for each in self.outcomes}
        came = {each.name for each in self.outcomes if each.found}
        steps = [each for each in self._steps if each.found or each.name in came]
        numbers = {each.name: self._numbers(each, outcomes.get(each.name)) for each in steps}
        listed = _most(steps, numbers, outcomes)
        for number, step in enumerate(steps, 1):
            if step.name in listed:
                counts = [shown(each) for each in numbers[step.name]]
                links = self._lost(step.name).words
                yield [str(number), step.name, step.kind.label, *counts, links]
                for label, count in self._own(step).items():
                    if count != 0:
                        yield ["-", "", f"  {label}", *([""] * len(counts)), shown(count)]
        others = [each for each in steps if each.name not in listed]
        if others:
            sums = zip(*(numbers[each.name] for each in others), strict=True)
            links = self._lost(*(each.name for each in others)).words
            words = counted(len(others), "other object type")
            yield ["+", words, "", *(Total.of(column).words for column in sums), links]

    def _lost(self, *names: str) -> Total:
        """Lookups of other objects to these that went blank, or that would."""
        planned = self.plan.blank_links if self.plan else ()
        links = self.lost.blank if self.lost else dict(planned)
        return Total.of(rows for link, rows in links.items() if link.parent in names)


def _most(
    steps: list[Step],
    numbers: Mapping[str, tuple[int | None, ...]],
    outcomes: Mapping[str, Outcome],
) -> set[str]:
    """The object types to be listed: all of which something is left, then those with most rows."""
    left = {name for name, each in outcomes.items() if each.ended != "done" or each.failed != 0}
    return left | most({each.name: numbers[each.name][0] or 0 for each in steps})


def _numbers(outcome: Outcome | None, kept: int) -> dict[str, Any]:
    """Of a step without an outcome nothing was deleted: nobody has begun to."""
    if outcome is None:
        return {"deleted": 0, "kept": kept, "failed": 0, **_NOTHING}
    return {
        "deleted": outcome.deleted,
        "kept": outcome.kept,
        "failed": outcome.failed,
        "held_back": outcome.held_back,
        "not_begun": outcome.untried,
        "ended": outcome.ended,
        "error": outcome.error or None,
    }
