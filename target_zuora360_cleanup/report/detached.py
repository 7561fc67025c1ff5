"""The part of a report that says which rows of people were kept from going with the records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.report.numbers import Total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import RenderableType

    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.reach import Path


@dataclass(frozen=True)
class Detached:
    """Rows whose lookup was blanked before the deletion, by the way to them.

    Attributes:
        done: Of each way whose root was begun, how many rows; None where nobody knows.
    """

    plan: Plan | None
    done: Mapping[Path, int | None]

    def as_json(self) -> dict[str, Any]:
        """The key `detached`; of what was not begun, none were."""
        return {
            "detached": [
                {
                    "object": path.child,
                    "field": path.field,
                    "parent": path.parent,
                    "path": path.words,
                    "rows": rows,
                    "detached": self.done.get(path, 0),
                }
                for path, rows in (self.plan.detached if self.plan else ())
            ]
        }

    def lines(self) -> Iterator[RenderableType]:
        """How many in all, once some were; the page has each way."""
        ways = {path: rows for path, rows in self.done.items() if rows != 0}
        if ways:
            total = Total.of(ways.values())
            at_least = "" if total.is_all else "at least "
            names = ", ".join(sorted({path.child for path in ways}))
            yield Text(
                f"DETACHED {at_least}{counted(total.known, 'row')} of {names}: "
                f"{'it stays' if total.known == 1 else 'they stay'}, and relink attaches "
                f"{'it' if total.known == 1 else 'them'} again after the sync"
            )
