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
    """Findings, to be read in this order: what stops a cleanup, what warns, what only tells."""

    findings: tuple[Finding, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The key `findings`."""
        return {
            "findings": [
                {**asdict(each), "objects": dict(each.objects)}
                for each in by_severity(self.findings)
            ]
        }

    def lines(self) -> Iterator[RenderableType]:
        """A paragraph for each."""
        for each in by_severity(self.findings):
            yield Text(f"{_MARKS[each.severity]} {each.message} {each.remedy}")
