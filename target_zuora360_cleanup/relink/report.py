"""What a relink says: `report.json`, `relink.csv` and the summary. Data in, text out."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from target_zuora360_cleanup.report.document import SCHEMA_VERSION
from target_zuora360_cleanup.rows.errors import RowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from rich.console import RenderableType

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.relink.plan import Way
    from target_zuora360_cleanup.relink.snapshot import Lookup
    from target_zuora360_cleanup.relink.store import NotRestored
    from target_zuora360_cleanup.report.document import Status
    from target_zuora360_cleanup.rows.failures import FailureGroup, Failures

COLUMNS: Final = ("object", "id", "field", "reason", "parent_external_id", "detail")
TO_RESTORE: Final = "to_restore"
_WIDTH: Final = 110
_TABLE_WIDTH: Final = 150
_GROUPS_SHOWN: Final = 10
_TITLES: Final = {
    "in_snapshot": "Links",
    "restored": "Restored",
    "to_restore": "To restore",
    "already_set": "Set otherwise",
    "parent_not_back": "Parent not back",
    "record_gone": "Record gone",
    "failed": "Failed",
    "superseded": "In a newer one",
}
_RARE: Final = frozenset({"to_restore", "superseded"})
"""Shown where there are some."""


@dataclass(frozen=True)
class LinkOutcome:
    """What became of the links of one lookup.

    Attributes:
        in_snapshot: Links that the snapshot names; the sum of the following numbers.
        restored: Lookups that lead to the record with the same external id again, whoever set them.
        to_restore: Of a dry run: those that would be set.
        already_set: Lookups that lead to something else, and stay so.
        parent_not_back: Links whose parent is not there.
        record_gone: Records that are not there any more, or hidden from the user.
        failed: Lookups that could not be set.
        superseded: Links that a newer snapshot names too, which counts.
        lost: Of `parent_not_back`, those that no sync can bring back.
    """

    lookup: Lookup
    restored: int = 0
    to_restore: int = 0
    already_set: int = 0
    parent_not_back: int = 0
    record_gone: int = 0
    failed: int = 0
    superseded: int = 0
    lost: int = 0

    @property
    def in_snapshot(self) -> int:
        """How many links the snapshot has."""
        handled = self.restored + self.to_restore + self.already_set + self.superseded
        return handled + self.parent_not_back + self.record_gone + self.failed

    @property
    def left(self) -> int:
        """Links that a later relink may restore."""
        return self.failed + self.parent_not_back - self.lost

    @classmethod
    def of(cls, lookup: Lookup, counts: dict[str, int]) -> LinkOutcome:
        """Read the counts of a store."""
        renamed = {TO_RESTORE if name == "blank" else name: n for name, n in counts.items()}
        return cls(lookup, **renamed)

    def as_json(self) -> dict[str, Any]:
        """The entry of the report."""
        names = ("object", "field", "parent")
        told = {name: getattr(self.lookup, name) for name in names}
        numbers = {name: n for name, n in asdict(self).items() if name not in ("lookup", "lost")}
        return {**told, "in_snapshot": self.in_snapshot, **numbers}


@dataclass
class RelinkReport:
    """Gathers what a relink has to say. Whatever is missing stays empty.

    Attributes:
        snapshot: The cleanup's folder.
        notes: What a person has to know, a sentence or two each.
        calls: Requests to Salesforce, by HTTP method.
        usage: Calls used and allowed in 24 hours, as Salesforce counts.
    """

    started_at: datetime
    dry_run: bool
    status: Status = "done"
    error: str = ""
    org: OrgInfo | None = None
    snapshot: Path | None = None
    links: tuple[LinkOutcome, ...] = ()
    failures: tuple[FailureGroup, ...] = ()
    notes: list[str] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    usage: tuple[int, int] | None = None

    def total(self, name: str) -> int:
        """A number of the outcomes, over all lookups."""
        return sum(getattr(each, name) for each in self.links)

    def as_json(self, finished_at: datetime) -> dict[str, Any]:
        """The report in its documented form."""
        org = self.org
        used, allowed = self.usage or (None, None)
        return {
            "schema_version": SCHEMA_VERSION,
            "mode": "relink",
            "dry_run": self.dry_run,
            "status": self.status,
            "error": self.error or None,
            "org": {"id": org.id, "name": org.name, "is_sandbox": org.is_sandbox} if org else None,
            "snapshot": str(self.snapshot) if self.snapshot else None,
            "started_at": self.started_at.isoformat(),
            "finished_at": finished_at.isoformat(),
            "links": [each.as_json() for each in self.links],
            "failures": [asdict(each) for each in self.failures],
            "notes": self.notes,
            "api_calls": {
                "total": sum(self.calls.values()),
                "by_method": self.calls,
                "org_used": used,
                "org_allowed": allowed,
            },
        }


def write_not_restored(
    path: Path, rows: Iterable[NotRestored], ways: Sequence[Way], failures: Failures
) -> None:
    """Write `relink.csv`, a line for each link that is not restored; no file where all are.

    Args:
        path: Of the file.
        rows: The links.
        ways: Of their lookups.
        failures: Takes in those that failed.

    Raises:
        OSError: The file can't be written.
    """
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in _with(first, rows):
            lookup = ways[row.number].lookup
            reason = {"blank": TO_RESTORE, "": "failed"}.get(row.result, row.result)
            told = (lookup.object, row.record, lookup.field, reason, row.external_id)
            writer.writerow((*told, _detail(row, lookup)))
            if row.result == "failed":
                failures.add(lookup.name, RowError(row.record, row.code, row.message))


def _with(first: NotRestored, rows: Iterable[NotRestored]) -> Iterator[NotRestored]:
    yield first
    yield from rows


def _detail(row: NotRestored, lookup: Lookup) -> str:
    if row.result == "already_set":
        since = ", which somebody set while relink ran" if row.tried else ""
        return f"leads to {row.value}{since}"
    if row.result == "parent_not_back":
        had_none = "the parent had no external id by which it could come back"
        none = f"{lookup.parent} has no record with this external id, or hides it from the user"
        return had_none if row.lost else row.message or none
    told = {
        "record_gone": "deleted, or hidden from the user",
        "failed": f"{row.code}: {row.message}",
        "superseded": "a newer snapshot names this link too",
    }
    return told.get(row.result, "")


def relink_summary(report: RelinkReport, folder: Path) -> str:
    """The report as a person reads it, with a line end."""
    out = StringIO()
    console = Console(file=out, width=_TABLE_WIDTH, color_system=None, highlight=False)
    for part in _parts(report, folder):
        console.print(part, width=None if isinstance(part, Table) else _WIDTH)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _parts(report: RelinkReport, folder: Path) -> Iterator[RenderableType]:
    yield Text(headline(report))
    if any(each.in_snapshot for each in report.links):
        yield _table(report)
    yield from (Text(f"WARN {note}") for note in report.notes)
    for group in report.failures[:_GROUPS_SHOWN]:
        ids = ", ".join(group.samples)
        told = f"{group.count:,} times {group.code}: {group.message} ({ids})"
        yield Text(f"FAIL {group.object}: {told}")
    if (more := len(report.failures) - _GROUPS_SHOWN) > 0:
        yield Text(f"FAIL … and {more} more reasons, see relink.csv.")
    if report.snapshot:
        yield Text(f"Snapshot: {report.snapshot}")
    yield Text(f"Report: {folder / 'report.json'}")


def headline(report: RelinkReport) -> str:
    """What happened, in one sentence or two."""
    org = f"{report.org.name} ({report.org.id})" if report.org else "Salesforce"
    if report.status == "done" and not report.snapshot:
        return f"Done: every snapshot of links of {org} is relinked; there is nothing to do."
    restored, total = report.total("restored"), report.total("in_snapshot")
    if report.dry_run and report.status == "done":
        would = report.total("to_restore")
        return f"Dry run: {would:,} of {total:,} links would be set again in {org}."
    sentences = {
        "done": f"Done: {restored:,} of {total:,} links lead where they did in {org}.",
        "partial": f"Partial: {restored:,} of {total:,} links lead where they did in {org}. "
        f"{report.error}",
        "refused": f"Refused: nothing was changed. {report.error}",
        "failed": f"Failed: {report.error}",
    }
    return sentences[report.status]


def _table(report: RelinkReport) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("Lookup", no_wrap=True)
    names = [name for name in _TITLES if name not in _RARE or report.total(name)]
    for name in names:
        table.add_column(_TITLES[name], justify="right", no_wrap=True)
    for each in report.links:
        table.add_row(each.lookup.name, *(f"{getattr(each, name):,}" for name in names))
    return table
