"""A whole report: its header and parts, gathered into `report.json` and into a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from target_zuora360_cleanup.report.part import Headline
from target_zuora360_cleanup.report.summary import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import RenderableType

    from target_zuora360_cleanup.report.header import Header
    from target_zuora360_cleanup.report.part import Part

KEYS: Final = (
    "schema_version", "mode", "dry_run", "status", "headline", "error", "org", "snapshot",
    "snapshots", "cleanups", "backups",
    "started_at", "finished_at", "tool_version", "guards", "user", "plan_fingerprint", "accounts",
    "objects", "compared", "along", "unseen", "links", "returned", "timeline", "estimate",
    "allowances_needed", "blank_links", "strong_links", "undo", "taken_along", "bodies",
    "detached",
    "findings", "kept",
    "failures", "notes", "state", "states",
    "records_read", "api_calls",
)  # fmt: skip
"""The keys of `report.json` in their order; which of them a mode has is decided by its parts."""


@dataclass(frozen=True)
class Report:
    """What a run has to say.

    Attributes:
        parts: In the order in which a person reads them.
    """

    header: Header
    parts: tuple[Part, ...]

    def as_json(self) -> dict[str, Any]:
        """The report in its documented form.

        Raises:
            ValueError: A part has a key that is not documented.
        """
        gathered = self.header.as_json()
        for each in self.parts:
            gathered.update(each.as_json())
        return {key: gathered[key] for key in sorted(gathered, key=KEYS.index)}

    @property
    def headline(self) -> str:
        """What happened, as the summary begins."""
        return "".join(each.short for each in self.parts if isinstance(each, Headline))

    def summary(self, folder: Path, *, headline: bool = True) -> str:
        """The report as a person reads it, with a line end.

        Args:
            folder: Where the report's files are.
            headline: Whether to begin with what happened.
        """
        return as_text(self._lines(folder, headline=headline))

    def _lines(self, folder: Path, *, headline: bool) -> Iterator[RenderableType]:
        for each in self.parts:
            if headline or not isinstance(each, Headline):
                yield from each.lines()
        page = folder / "report.html"
        # (a path that is broken in two can't be copied)
        yield Text(f"Report: {page}; as data: report.json", no_wrap=True, overflow="ignore")
