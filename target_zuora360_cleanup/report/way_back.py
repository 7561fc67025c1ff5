"""The part of a report that says whether a cleanup can be taken back, until when and how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.plan.checks.capacity import BIN_TOO_SMALL
from target_zuora360_cleanup.plan.way_back import BIN_DAYS, destroyed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.report.header import Header

COMMAND: Final = "zuora360 undo"
_MOST_NAMES: Final = 1


@dataclass(frozen=True)
class WayBack:
    """Whether it can be taken back; nothing where nothing is deleted, nor planned to be."""

    header: Header
    plan: Plan | None = None
    is_begun: bool = False

    @property
    def _is_told(self) -> bool:
        return bool(self.plan and self.plan.to_delete) and self.header.mode in ("plan", "cleanup")

    def as_json(self) -> dict[str, Any]:
        """The key `undo`."""
        if not (self._is_told and self.plan):
            return {"undo": None}
        names, why = destroyed(self.plan), self._why_not(self.plan)
        until = self.header.started_at + timedelta(days=BIN_DAYS)
        may = self.is_begun and not why
        return {
            "undo": {
                "possible": "no" if why else ("partly" if names else "yes"),
                "why": why or None,
                "destroyed": list(names),
                "until": until.isoformat() if may else None,
                "command": COMMAND if may else None,
            }
        }

    def _why_not(self, plan: Plan) -> str:
        guards = self.header.guards
        if guards.get("hard_delete") == "on":
            return "hard_delete skips the recycle bin"
        if guards.get("backup") == "none":
            return "without a backup nobody knows which records went"
        if any(each.code == BIN_TOO_SMALL.name for each in plan.findings):
            return "these are more records than the recycle bin holds"
        return ""

    def lines(self) -> Iterator[RenderableType]:
        """A sentence."""
        if told := self.as_json()["undo"]:
            yield Text(f"Can be taken back: {in_words(told)}")


def in_words(told: dict[str, Any]) -> str:
    """The same as a sentence or two.

    Args:
        told: The key `undo` of a report.
    """
    if told["possible"] == "no":
        return f"no, {told['why']}."
    until = f"until {told['until'][:10]}" if told["until"] else "for 15 days"
    by = f", by `{told['command']}`" if told["command"] else ""
    names = told["destroyed"]
    lead = f"from the recycle bin {until}, as far as its room goes{by}"
    if not names:
        return f"{lead}."
    return (
        f"in part, {lead}. Rows of {listed(names, _MOST_NAMES)} are destroyed with their parents: "
        "only a sync may bring them back."
    )
