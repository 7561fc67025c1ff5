"""What a relink says: its parts of the report, and `relink.csv`. Data in, text out."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.private import harmless, open_file
from target_zuora360_cleanup.report.document import Report
from target_zuora360_cleanup.report.failures import Failures as Failed
from target_zuora360_cleanup.report.links import TITLES, columns
from target_zuora360_cleanup.report.part import Headline
from target_zuora360_cleanup.report.summary import table_of
from target_zuora360_cleanup.rows.errors import RowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from rich.console import RenderableType
    from rich.table import Table

    from target_zuora360_cleanup.reach import Relationship
    from target_zuora360_cleanup.relink.plan import Restoration
    from target_zuora360_cleanup.relink.store import NotRestored
    from target_zuora360_cleanup.report.header import Header
    from target_zuora360_cleanup.rows.failures import FailureGroup, Failures

COLUMNS: Final = ("object", "id", "field", "reason", "parent_external_id", "detail")
TO_RESTORE: Final = "to_restore"
_LOST: Final = "the snapshot has no external id of the parent by which it could come back"


@dataclass(frozen=True)
class LinkOutcome:
    """What became of the links of one relationship, whatever keys their parents have.

    Of a field that people fill, its values count as links that lead nowhere.

    Attributes:
        in_snapshot: Links that the snapshot names; the sum of the following numbers.
        restored: Lookups that lead to the record with the same external id again, whoever set them.
        to_restore: Of a dry run: those that would be set.
        already_set: Lookups that lead to something else, and stay so.
        parent_not_back: Links whose parent is not there; values whose record is not.
        record_gone: Records that are not there any more, or hidden from the user.
        failed: Lookups that could not be set.
        unknown: Links of which nobody can say, since the run broke off before it had looked again.
        superseded: Links that a newer snapshot names too, which counts.
        lost: Of `parent_not_back`, those that no sync can bring back.
    """

    relationship: Relationship
    restored: int = 0
    to_restore: int = 0
    already_set: int = 0
    parent_not_back: int = 0
    record_gone: int = 0
    failed: int = 0
    superseded: int = 0
    unknown: int = 0
    lost: int = 0

    @property
    def is_value(self) -> bool:
        """Whether they are values that lead nowhere, of a field that people fill."""
        return not self.relationship.parent

    @property
    def in_snapshot(self) -> int:
        """How many links the snapshot has."""
        handled = self.restored + self.to_restore + self.already_set + self.superseded
        return handled + self.parent_not_back + self.record_gone + self.failed + self.unknown

    @property
    def left(self) -> int:
        """Links that a later relink may restore."""
        return self.failed + self.unknown + self.parent_not_back - self.lost

    @classmethod
    def of(cls, relationship: Relationship, counts: dict[str, int]) -> LinkOutcome:
        """Read the counts of a store."""
        renamed = {TO_RESTORE if name == "blank" else name: n for name, n in counts.items()}
        return cls(relationship, **renamed)

    def as_json(self) -> dict[str, Any]:
        """The entry of the report."""
        of = self.relationship
        where = {"object": of.child, "field": of.field, "parent": of.parent or None}
        left_out = ("relationship", "lost")
        numbers = {name: n for name, n in asdict(self).items() if name not in left_out}
        return {**where, "in_snapshot": self.in_snapshot, **numbers}


@dataclass(frozen=True)
class Relinked:
    """What became of the links, lookup by lookup, and what a person has to know of it.

    Attributes:
        dry_run: Whether the run only looked.
        notes: A sentence or two each.
    """

    dry_run: bool
    links: tuple[LinkOutcome, ...] = ()
    notes: tuple[str, ...] = ()

    def total(self, name: str) -> int:
        """A number of the outcomes, over all lookups."""
        return sum(getattr(each, name) for each in self.links)

    def as_json(self) -> dict[str, Any]:
        """The keys `dry_run`, `links` and `notes`."""
        return {
            "dry_run": self.dry_run,
            "links": [each.as_json() for each in self.links],
            "notes": list(self.notes),
        }

    def lines(self) -> Iterator[RenderableType]:
        """A table where there are links, and the notes."""
        if self.total("in_snapshot"):
            yield table_of_links(self.links)
        yield from (Text(f"WARN {note}") for note in self.notes)


def table_of_links(links: Sequence[LinkOutcome]) -> Table:
    """What became of each lookup, told by where it leads if another one has the same name."""
    names = columns(each.as_json() for each in links)
    table = table_of("Field", numbers=(TITLES[name] for name in names))
    how_often = Counter(each.relationship.name for each in links)
    for each in links:
        name, parent = each.relationship.name, each.relationship.parent
        label = f"{name} to {parent}" if how_often[name] > 1 else name
        table.add_row(label, *(f"{getattr(each, title):,}" for title in names))
    return table


@dataclass(frozen=True)
class Source:
    """The cleanups' folders whose links were taken, the newest first; maybe none."""

    snapshots: tuple[Path, ...]

    def as_json(self) -> dict[str, Any]:
        """The key `snapshot`, the newest; and `snapshots` where there are several."""
        names = [str(each) for each in self.snapshots]
        several = {"snapshots": names} if len(names) > 1 else {}
        return {"snapshot": next(iter(names), None), **several}

    def lines(self) -> Iterator[RenderableType]:
        """Where they are."""
        yield from (Text(f"Snapshot: {each}") for each in self.snapshots)


def relink_report(
    header: Header,
    relinked: Relinked,
    *,
    snapshots: tuple[Path, ...] = (),
    failures: tuple[FailureGroup, ...] = (),
) -> Report:
    """The report of a relink.

    Args:
        header: Which run it was and how it ended.
        relinked: What became of the links.
        snapshots: The cleanups' folders.
        failures: Links that could not be set, by reason.
    """
    return Report(
        header,
        (
            Headline(headline(header, relinked, snapshots)),
            relinked,
            Failed(failures, file="relink.csv"),
            Source(snapshots),
        ),
    )


def headline(header: Header, relinked: Relinked, snapshots: tuple[Path, ...]) -> str:
    """What happened, in one sentence or two."""
    if header.status == "done" and not snapshots:
        every = f"every snapshot of links of {header.place} is relinked"
        return f"Done: {every}; there is nothing to do."
    if relinked.dry_run and header.status == "done":
        would = shares(relinked.links, "to_restore")
        return f"Dry run: {would} would be set again in {header.place}."
    is_one = sum(each.in_snapshot - each.superseded for each in relinked.links) == 1
    verb = "is as it was" if is_one else "are as they were"
    lead = f"{shares(relinked.links, 'restored')} {verb} in {header.place}."
    if unknown := relinked.total("unknown"):
        lead = f"at least {lead[:-1]}; of {unknown:,} it is not known."
    sentences = {
        "done": f"Done: {lead}",
        "partial": f"Partial: {lead} {header.error}",
        "refused": f"Refused: nothing was changed. {header.error}",
        "failed": f"Failed: {header.error}",
    }
    return sentences[header.status]


def shares(links: Iterable[LinkOutcome], name: str) -> str:
    """How many links, and how many values, as `151 of 157 links and 3 of 4 values`."""
    every = tuple(links)
    kinds = {
        noun: [each for each in every if each.is_value is is_value]
        for noun, is_value in (("link", False), ("value", True))
    }
    return " and ".join(
        f"{sum(getattr(each, name) for each in of_kind):,} of "
        + counted(sum(each.in_snapshot - each.superseded for each in of_kind), noun)
        for noun, of_kind in kinds.items()
        if of_kind or noun == "link"
    )


def write_not_restored(
    path: Path, rows: Iterable[NotRestored], restorations: Sequence[Restoration], failures: Failures
) -> None:
    """Write `relink.csv`, a line for each link that is not restored; no file where all are.

    Args:
        path: Of the file.
        rows: The links.
        restorations: How they are set again, by number.
        failures: Takes in those that failed.

    Raises:
        OSError: The file can't be written.
    """
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    with open_file(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in _with(first, rows):
            restoration = restorations[row.number]
            relationship = restoration.relationship
            reason = {"blank": TO_RESTORE, "": "unknown"}.get(row.result, row.result)
            link = (relationship.child, row.record, relationship.field, reason, row.external_id)
            writer.writerow((*link, harmless(_detail(row, restoration))))
            if row.result == "failed":
                failures.add(relationship.name, RowError(row.record, row.code, row.message))


def _with(first: NotRestored, rows: Iterable[NotRestored]) -> Iterator[NotRestored]:
    yield first
    yield from rows


def _detail(row: NotRestored, restoration: Restoration) -> str:
    if row.result == "already_set":
        since = ", which somebody set while relink ran" if row.tried else ""
        return f"{'is' if restoration.own else 'leads to'} {row.value}{since}"
    if row.result == "parent_not_back" and restoration.own:
        return row.message
    if row.result == "parent_not_back":
        return _LOST if row.lost else row.message or _not_back(restoration)
    if row.result == "record_gone" and restoration.joined:
        return f"what it was joined to is gone or inactive: {row.code}: {row.message}"
    words = {
        "record_gone": "deleted, or hidden from the user",
        "failed": f"{row.code}: {row.message}",
        "unknown": f"nobody looked again: {row.message}",
        "superseded": "a newer snapshot has it too",
    }
    return words.get(row.result, "")


def _not_back(restoration: Restoration) -> str:
    return (
        f"{restoration.relationship.parent} has no record with this {restoration.key}, "
        "or hides it from the user"
    )
