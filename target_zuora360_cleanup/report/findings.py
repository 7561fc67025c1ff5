"""The part of a report that lists what is to be weighed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from target_zuora360_cleanup.plan.finding import by_severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from target_zuora360_cleanup.plan.finding import Finding

_MARKS: Final = {"blocks": "STOP", "warns": "WARN", "tells": "NOTE"}


@dataclass(frozen=True)
class Findings:
    """Findings, to be read in this order: what stops a cleanup, what warns, what only tells.

    What there is to do about those that only tell is on the page: a summary is short.

    Attributes:
        planned: Those of the plan.
        later: What was found besides.
        is_carried_out: Whether the plan was, or partly: then what it only tells is for the page,
            since other lines tell what came of it.
    """

    planned: tuple[Finding, ...] = ()
    later: tuple[Finding, ...] = ()
    is_carried_out: bool = False

    def as_json(self) -> dict[str, Any]:
        """The key `findings`."""
        return {
            "findings": [
                {**asdict(each), "objects": dict(each.objects)}
                for each in by_severity((*self.planned, *self.later))
            ]
        }

    def lines(self) -> Iterator[RenderableType]:
        """A paragraph for each."""
        weighed = tuple(each for each in self.planned if each.severity != "tells")
        planned = weighed if self.is_carried_out else self.planned
        for each in by_severity((*planned, *self.later)):
            words = each.message if each.severity == "tells" else each.words
            yield Text(f"{_MARKS[each.severity]} {words}")
