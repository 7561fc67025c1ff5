"""`report.json`: what a run found, did and left. `SCHEMA_VERSION` grows when keys change."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from target_zuora360_cleanup.errors import Partial, Refused
from target_zuora360_cleanup.plan.estimate import BASIS, Estimate
from target_zuora360_cleanup.report.headline import headline

if TYPE_CHECKING:
    from datetime import datetime

    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.facts.relationships import Relationship
    from target_zuora360_cleanup.output.timeline import Span
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.rows.failures import FailureGroup
    from target_zuora360_cleanup.state.outcome import PairedState
    from target_zuora360_cleanup.state.reset import Reset

SCHEMA_VERSION: Final = 1

Status = Literal["done", "refused", "partial", "failed"]


def status_of(error: BaseException | None) -> Status:
    """How a run ended that failed with this, if with anything."""
    if error is None:
        return "done"
    if isinstance(error, Refused):
        return "refused"
    return "partial" if isinstance(error, Partial) else "failed"


@dataclass
class Report:
    """Gathers what a run has to say. Whatever is missing stays empty.

    Attributes:
        started_at: When the run began, in UTC.
        error: Why the run failed or was refused, in one sentence.
        records: RECORD messages that the tap sent, by stream.
        written: States that were written to stdout, in order.
        paired: States of other pipelines and what was done to them.
        findings: What was found besides the plan's findings.
        calls: Requests to Salesforce, by HTTP method.
        usage: Calls used and allowed in 24 hours, as Salesforce counts.
        org: Which org it is, where there is no plan to tell.
        loaded: In mode `sync`, label, group and counts of each object type, by API name.
    """

    mode: str
    started_at: datetime
    status: Status = "done"
    error: str = ""
    plan: Plan | None = None
    outcomes: tuple[Outcome, ...] = ()
    timeline: tuple[Span, ...] = ()
    failures: tuple[FailureGroup, ...] = ()
    reset: Reset | None = None
    state_id: str = ""
    records: dict[str, int] = field(default_factory=dict)
    written: list[dict[str, Any]] = field(default_factory=list)
    paired: tuple[PairedState, ...] = ()
    findings: tuple[Finding, ...] = ()
    calls: dict[str, int] = field(default_factory=dict)
    usage: tuple[int, int] | None = None
    org: OrgInfo | None = None
    loaded: dict[str, tuple[str, str, dict[str, Any]]] = field(default_factory=dict)

    def as_json(self, finished_at: datetime) -> dict[str, Any]:
        """The report in its documented form."""
        return {
            "schema_version": SCHEMA_VERSION,
            "mode": self.mode,
            "status": self.status,
            "headline": headline(self),
            "error": self.error or None,
            "org": self._org(),
            "started_at": self.started_at.isoformat(),
            "finished_at": finished_at.isoformat(),
            "objects": self._objects(),
            "timeline": [each.as_json() for each in self.timeline],
            "estimate": self._estimate(),
            "allowances_needed": [asdict(each) for each in self.plan.needs] if self.plan else [],
            "blank_links": self._blank_links(),
            "strong_links": self._strong_links(),
            "findings": [_finding(each) for each in self.all_findings],
            "failures": [asdict(each) for each in self.failures],
            "state": self._state(),
            "records_read": dict(sorted(self.records.items())),
            "api_calls": self._api_calls(),
        }

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Those of the plan, then the others."""
        return (*(self.plan.findings if self.plan else ()), *self.findings)

    def _org(self) -> dict[str, Any] | None:
        org = self.plan.org if self.plan else self.org
        if org is None:
            return None
        return {"id": org.id, "name": org.name, "is_sandbox": org.is_sandbox}

    def _estimate(self) -> dict[str, Any] | None:
        if self.plan is None:
            return None
        estimate = Estimate.of(self.plan.to_delete)
        return {
            "seconds": [estimate.quick, estimate.slow],
            "bytes_freed": estimate.freed,
            "basis": BASIS,
        }

    def _objects(self) -> list[dict[str, Any]]:
        if self.loaded:
            return [
                {"api_name": name, "label": label, "group": group, **counts}
                for name, (label, group, counts) in sorted(self.loaded.items())
            ]
        outcomes = {each.name: each for each in self.outcomes}
        steps = self.plan.steps if self.plan else ()
        return [
            {
                "api_name": step.name,
                "label": step.kind.label,
                "group": step.kind.group,
                "found": step.found,
                "to_delete": step.to_delete,
                **_numbers(outcomes.get(step.name), len(step.kept)),
                "links_removed": dict(step.links),
                "after": sorted(step.after),
            }
            for step in steps
        ]

    def _blank_links(self) -> list[dict[str, Any]]:
        links = self.plan.blank_links if self.plan else ()
        return [_link(link, rows) for link, rows in links]

    def _strong_links(self) -> list[dict[str, Any]]:
        links = self.plan.strong_links if self.plan else ()
        return [{**_link(link, rows), "on_delete": link.on_delete} for link, rows in links]

    def _state(self) -> dict[str, Any]:
        reset = self.reset
        return {
            "state_id": self.state_id or None,
            "before": reset.before if reset else None,
            "written": self.written[-1] if self.written else None,
            "bookmarks_reset": list(reset.dropped) if reset else [],
            "bookmarks_kept": list(reset.kept) if reset else [],
            "paired": [_paired(each) for each in self.paired],
        }

    def _api_calls(self) -> dict[str, Any]:
        used, allowed = self.usage or (None, None)
        total = sum(self.calls.values())
        return {"total": total, "by_method": self.calls, "org_used": used, "org_allowed": allowed}


def _link(link: Relationship, rows: int) -> dict[str, Any]:
    return {"object": link.child, "field": link.field, "parent": link.parent, "rows": rows}


def _numbers(outcome: Outcome | None, kept: int) -> dict[str, Any]:
    if outcome is None:
        return {"deleted": 0, "kept": kept, "failed": 0, "ended": None, "error": None}
    return {
        "deleted": outcome.deleted,
        "kept": outcome.kept,
        "failed": outcome.failed,
        "ended": outcome.ended,
        "error": outcome.error or None,
    }


def _paired(state: PairedState) -> dict[str, Any]:
    return {
        "state_id": state.state_id,
        "before": state.before,
        "written": state.written,
        "verified": state.verified,
        "overwritten": state.overwritten,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "objects": dict(finding.objects)}
