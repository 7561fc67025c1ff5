"""The part of a report that says which rows of other objects went with those that were deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from rich.text import Text

from target_zuora360_cleanup.deletion.bodies import BodyCount
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.report.numbers import Total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import RenderableType

    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.reach import Path


@dataclass(frozen=True)
class TakenAlong:
    """Rows that a cascade destroys with permission, by the way to them.

    Attributes:
        gone: Of each way whose root was begun, how many rows are gone; None where nobody knows.
        bodies: What became of their bodies.
    """

    plan: Plan | None
    gone: Mapping[Path, int | None]
    bodies: BodyCount = field(default_factory=BodyCount)

    def as_json(self) -> dict[str, Any]:
        """The key `taken_along`, and `bodies` where there were any to be backed up.

        What was not begun has taken nothing along.
        """
        return {
            **self._bodies(),
            "taken_along": [
                {
                    "object": path.child,
                    "path": path.words,
                    "planned": planned,
                    "gone": self.gone.get(path, 0),
                }
                for path, planned in sorted(self._planned.items())
            ],
        }

    def _bodies(self) -> dict[str, Any]:
        of = self.bodies
        first = [{"name": name, "bytes": size} for name, size in of.first]
        told = {"written": of.written, "left_out": of.left_out, "first": first}
        return {"bodies": told} if of.written or of.left_out else {}

    @property
    def _planned(self) -> dict[Path, int]:
        """How many rows were planned; of a way that has come since, none."""
        links = self.plan.strong_links if self.plan else ()
        planned = {path: rows for path, rows in links if path.on_delete == "cascade"}
        return dict.fromkeys(self.gone, 0) | planned

    @property
    def words(self) -> str:
        """How many rows in all, to follow on how many records were deleted; blank if none."""
        total = Total.of(self.gone.values())
        if total.is_all and not total.known:
            return ""
        at_least = "at least " if total.known and not total.is_all else ""
        return f" and {at_least}{_rows(total.known or None)} of other objects taken along"

    def lines(self) -> Iterator[RenderableType]:
        """A line for the rows of each object, with the way to them if it is the only one."""
        ways = sorted((path.child, path) for path, rows in self.gone.items() if rows != 0)
        for child, same in groupby(ways, itemgetter(0)):
            paths = [path for _, path in same]
            total = Total.of(self.gone[path] for path in paths)
            at_least = "at least " if total.known and not total.is_all else ""
            roots = listed(sorted({path.root for path in paths}), of="object types")
            way = f": {paths[0].words}" if len(paths) == 1 else ""
            yield Text(
                f"ALONG {at_least}{_rows(total.known or None)} of {child} went with {roots}{way}"
            )
        if left_out := self.bodies.left_out:
            first = ", ".join(f"{name} ({size:,} bytes)" for name, size in self.bodies.first)
            yield Text(
                f"WARN {counted(left_out, 'body is', 'bodies are')} larger than backup_bodies_mb "
                f"and not in the backup: {first}; backup/bodies_left_out.csv names each."
            )


def _rows(count: int | None) -> str:
    """So many rows, as a sentence has them."""
    return counted(count, "row")
