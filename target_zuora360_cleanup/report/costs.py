"""The part of a report that says what carrying a plan out costs: time, allowances, links."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rich.text import Text

from target_zuora360_cleanup.plan.estimate import BASIS, Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import RenderableType

    from target_zuora360_cleanup.deletion.links_lost import LinksLost
    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.reach import Path


@dataclass(frozen=True)
class Costs:
    """What a plan comes to; nothing where there is none.

    Attributes:
        lost: What became of its lookups once it was carried out, so that an estimate is of no use
            any more.
        left: What was left of the daily allowances afterwards; None where nobody could tell.
    """

    plan: Plan | None = None
    lost: LinksLost | None = None
    left: Mapping[str, int | None] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The keys `estimate`, `allowances_needed`, `blank_links` and `strong_links`."""
        plan = self.plan
        return {
            "estimate": _estimate(plan.to_delete) if plan else None,
            "allowances_needed": [
                {**asdict(each), "left_after": self.left.get(each.name)}
                for each in (plan.needs if plan else ())
            ],
            "blank_links": [self._blank(*each) for each in plan.blank_links] if plan else [],
            "strong_links": [
                {**_link(link, rows), "on_delete": link.on_delete}
                for link, rows in (plan.strong_links if plan else ())
            ],
        }

    def lines(self) -> Iterator[RenderableType]:
        """How long a cleanup takes, while that is to come."""
        if self.plan and self.plan.to_delete and self.lost is None:
            yield Text(Estimate.of(self.plan.to_delete).words)

    def _blank(self, link: Path, rows: int) -> dict[str, Any]:
        return {**_link(link, rows), "gone": self.lost.blank[link] if self.lost else 0}


def _estimate(records: int) -> dict[str, Any]:
    estimate = Estimate.of(records)
    return {
        "seconds": [estimate.quick, estimate.slow],
        "bytes_freed": estimate.freed,
        "basis": BASIS,
    }


def _link(link: Path, rows: int) -> dict[str, Any]:
    return {
        "object": link.child,
        "field": link.field,
        "parent": link.parent,
        "path": link.words,
        "rows": rows,
    }
