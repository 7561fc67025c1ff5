"""The part of a report that says which rows of people were kept from going with the records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from target_zuora360_cleanup.report.numbers import counted

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
        """A line for each way, once it was begun."""
        for path, rows in sorted(self.done.items()):
            if rows != 0:
                many = "an unknown number of rows" if rows is None else counted(rows, "row", "rows")
                yield Text(
                    f"DETACHED {many} of {path.child} from {path.root} ({path.name}): relink "
                    "attaches them again after the sync"
                )
