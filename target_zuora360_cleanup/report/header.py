"""What every report begins with, whatever the run was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from target_zuora360_cleanup.errors import Partial, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from target_zuora360_cleanup.facts.org_facts import OrgInfo

SCHEMA_VERSION: Final = 1
"""Grows when keys of `report.json` change."""

Status = Literal["done", "refused", "partial", "failed"]


@dataclass(frozen=True)
class Header:
    """Which run it was, where, when, and how it ended.

    Attributes:
        mode: `plan`, `cleanup`, `reset`, `sync` or `relink`.
        started_at: When the run began, in UTC.
        finished_at: When it ended, in UTC.
        failure: What it failed with, or was refused by; None where it came to a good end.
        org: Which org it was, once that is known.
        calls: Requests to Salesforce, by HTTP method; None where nobody has counted them.
        usage: Calls used and allowed in 24 hours, as Salesforce counts.
        guards: The settings in force that guard what is there, and others that differ from their
            defaults, as a person writes them.
        tool_version: Version of this package.
    """

    mode: str
    started_at: datetime
    finished_at: datetime
    failure: BaseException | None = None
    org: OrgInfo | None = None
    calls: Mapping[str, int] | None = field(default_factory=dict)
    usage: tuple[int, int] | None = None
    guards: Mapping[str, str] = field(default_factory=dict)
    tool_version: str = ""

    @property
    def status(self) -> Status:
        """How the run ended."""
        if self.failure is None:
            return "done"
        if isinstance(self.failure, Refused):
            return "refused"
        return "partial" if isinstance(self.failure, Partial) else "failed"

    @property
    def error(self) -> str:
        """Why the run failed or was refused, in a sentence or two; blank where it did not."""
        return str(self.failure or "")

    @property
    def place(self) -> str:
        """The org as a sentence names it."""
        return f"{self.org.name} ({self.org.id})" if self.org else "Salesforce"

    def as_json(self) -> dict[str, Any]:
        """The header's keys."""
        used, allowed = self.usage or (None, None)
        return {
            "schema_version": SCHEMA_VERSION,
            "mode": self.mode,
            "status": self.status,
            "error": self.error or None,
            "org": self._org(),
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            "tool_version": self.tool_version,
            "guards": dict(self.guards),
            "api_calls": {
                "total": None if self.calls is None else sum(self.calls.values()),
                "by_method": dict(self.calls or {}),
                "org_used": used,
                "org_allowed": allowed,
            },
        }

    def _org(self) -> dict[str, Any] | None:
        org = self.org
        if org is None:
            return None
        return {
            "id": org.id,
            "name": org.name,
            "is_sandbox": org.is_sandbox,
            "instance": org.instance,
        }
