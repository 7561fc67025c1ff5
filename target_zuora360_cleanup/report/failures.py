"""The part of a report that says which rows failed, by reason, and which steps broke off."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from target_zuora360_cleanup.output.counted import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from target_zuora360_cleanup.rows.failures import FailureGroup

_GROUPS_SHOWN: Final = 10


@dataclass(frozen=True)
class Failures:
    """Rows that failed, gathered by reason.

    Attributes:
        groups: Largest first.
        broken: Object types that broke off, with the reason.
        file: The file that names each row.
    """

    groups: tuple[FailureGroup, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()
    file: str = "failures.csv"

    def as_json(self) -> dict[str, Any]:
        """The key `failures`; what broke off is told by object type."""
        return {"failures": [asdict(each) for each in self.groups]}

    def lines(self) -> Iterator[RenderableType]:
        """A line for each of the largest groups, and for each object type that broke off."""
        for each in self.groups[:_GROUPS_SHOWN]:
            ids = ", ".join(each.samples)
            times = counted(each.count, "time", "times")
            words = f", such as: {each.example}" if each.example else f": {each.message}"
            yield Text(f"FAIL {each.object}: {times} {each.code}{words} ({ids})")
        if (more := len(self.groups) - _GROUPS_SHOWN) > 0:
            yield Text(f"FAIL … and {more} more reasons, see {self.file}.")
        yield from (Text(f"FAIL {name}: {why}") for name, why in self.broken)
