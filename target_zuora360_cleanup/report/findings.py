"""The part of a report that lists what is to be weighed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from target_zuora360_cleanup.plan.finding import Finding

_MARKS: Final = {"blocks": "STOP", "warns": "WARN", "tells": "NOTE"}


@dataclass(frozen=True)
class Findings:
    """Findings, to be read in this order: what stops a cleanup, what warns, what only tells."""

    findings: tuple[Finding, ...] = ()

    @property
    def _sorted(self) -> list[Finding]:
        return sorted(self.findings, key=lambda each: list(_MARKS).index(each.severity))

    def as_json(self) -> dict[str, Any]:
        """The key `findings`."""
        return {
            "findings": [{**asdict(each), "objects": dict(each.objects)} for each in self._sorted]
        }

    def lines(self) -> Iterator[RenderableType]:
        """A paragraph for each."""
        for each in self._sorted:
            yield Text(f"{_MARKS[each.severity]} {each.message} {each.remedy}")
