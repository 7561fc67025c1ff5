"""The part of a report that says what became of each object type of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.table import Table

from target_zuora360_cleanup.report.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.plan.plan import Plan, Step

_PLANNED = ("Found", "Delete", "Keep")
_CARRIED_OUT = ("Found", "Deleted", "Kept", "Failed")
_HELD_BACK = "Held back"
_NOTHING: Final = {"held_back": 0, "ended": None, "error": None}


@dataclass(frozen=True)
class Objects:
    """The steps of a plan, and what became of them where it was carried out.

    Attributes:
        outcomes: None of them for a plan; of a cleanup, one for each step.
    """

    plan: Plan | None
    outcomes: tuple[Outcome, ...] = ()

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
                    "links_removed": dict(step.links),
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

    def _table(self) -> Table:
        table = Table(box=box.SIMPLE, pad_edge=False)
        table.add_column("#", justify="right")
        table.add_column("Object type", no_wrap=True)
        table.add_column("Label", no_wrap=True)
        for name in (*self._columns, "Links lost"):
            table.add_column(name, justify="right", no_wrap=True)
        for row in self._rows():
            table.add_row(*row)
        return table

    @property
    def _columns(self) -> tuple[str, ...]:
        if not self.outcomes:
            return _PLANNED
        return (*_CARRIED_OUT, _HELD_BACK) if self._is_held_back else _CARRIED_OUT

    @property
    def _is_held_back(self) -> bool:
        """Whether any rows were, for sure."""
        return any(each.held_back for each in self.outcomes)

    def _numbers(self, step: Step, outcome: Outcome | None) -> tuple[int | None, ...]:
        if outcome is None:
            return (step.found, step.to_delete, len(step.kept))
        held = (outcome.held_back,) if self._is_held_back else ()
        return (outcome.found, outcome.deleted, outcome.kept, outcome.failed, *held)

    def _rows(self) -> Iterator[list[str]]:
        """A row for each object type that has records; links to itself on rows of their own."""
        outcomes = {each.name: each for each in self.outcomes}
        came = {each.name for each in self.outcomes if each.found}
        shown_steps = (each for each in self._steps if each.found or each.name in came)
        for number, step in enumerate(shown_steps, 1):
            numbers = [shown(each) for each in self._numbers(step, outcomes.get(step.name))]
            links = shown(self._lost(step.name))
            yield [str(number), step.name, step.kind.label, *numbers, links]
            for label, count in step.links.items():
                if count != 0:
                    yield ["", "", f"  {label}", *([""] * len(numbers)), shown(count)]

    def _lost(self, name: str) -> int:
        """Lookups of other objects to this one that go blank."""
        links = self.plan.blank_links if self.plan else ()
        return sum(rows for link, rows in links if link.parent == name)


def _numbers(outcome: Outcome | None, kept: int) -> dict[str, Any]:
    """Of a step without an outcome nothing was deleted: nobody has begun to."""
    if outcome is None:
        return {"deleted": 0, "kept": kept, "failed": 0, **_NOTHING}
    return {
        "deleted": outcome.deleted,
        "kept": outcome.kept,
        "failed": outcome.failed,
        "held_back": outcome.held_back,
        "ended": outcome.ended,
        "error": outcome.error or None,
    }
