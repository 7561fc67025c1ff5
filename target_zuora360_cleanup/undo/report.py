"""What an undo says: its parts of the report, and `undo.csv`. Data in, text out."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.private import harmless, open_file
from target_zuora360_cleanup.report.document import Report
from target_zuora360_cleanup.report.failures import Failures as Failed
from target_zuora360_cleanup.report.part import Headline
from target_zuora360_cleanup.report.returned import TITLES, columns, state_words
from target_zuora360_cleanup.report.summary import most, table_of_objects
from target_zuora360_cleanup.rows.errors import RowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import RenderableType
    from rich.table import Table

    from target_zuora360_cleanup.report.header import Header
    from target_zuora360_cleanup.rows.failures import FailureGroup, Failures
    from target_zuora360_cleanup.undo.bookmarks import Putting
    from target_zuora360_cleanup.undo.order import Returning
    from target_zuora360_cleanup.undo.store import NotBack

COLUMNS: Final = ("object", "id", "reason", "other_id", "detail")
TO_RESTORE: Final = "to_restore"


@dataclass(frozen=True)
class Returned:
    """What became of the rows of one object type; all but the name are numbers of rows.

    Attributes:
        api_name: Of the object.
        back: Live, whoever brought them back, and those that were never deleted.
        to_restore: In the recycle bin: of a dry run, those that would come back.
        conflict: Not undeleted, since another record has the same external id by now.
        gone: Not in the recycle bin any more.
        failed: That Salesforce would not bring back.
        unknown: Of which nobody can say.
    """

    api_name: str
    back: int = 0
    to_restore: int = 0
    conflict: int = 0
    gone: int = 0
    failed: int = 0
    unknown: int = 0

    @property
    def in_backup(self) -> int:
        """How many rows the cleanup has written down, and how many more it has deleted."""
        return self.back + self.to_restore + self.left

    @property
    def left(self) -> int:
        """Rows that are not back and won't be."""
        return self.conflict + self.gone + self.failed + self.unknown

    @classmethod
    def of(cls, name: str, counts: Mapping[str, int], lacking: int = 0) -> Returned:
        """Read the counts of a store.

        Args:
            name: API name.
            counts: By what became of the rows.
            lacking: Rows that were deleted and that are in no file of the backup.
        """
        found = cls(name, **{TO_RESTORE if key == "bin" else key: n for key, n in counts.items()})
        return replace(found, unknown=found.unknown + lacking)

    def as_json(self) -> dict[str, Any]:
        """The entry of the report."""
        numbers = asdict(self)
        return {"api_name": numbers.pop("api_name"), "in_backup": self.in_backup, **numbers}


@dataclass(frozen=True)
class TakenBack:
    """What became of a cleanup that was taken back.

    Attributes:
        dry_run: Whether the run only looked.
        cleanups: The folders of the cleanups, the newest first.
        objects: Object types, parents first.
        states: What became of the states.
        notes: A sentence or two each.
    """

    dry_run: bool
    cleanups: tuple[str, ...] = ()
    objects: tuple[Returned, ...] = ()
    states: tuple[Putting, ...] = ()
    notes: tuple[str, ...] = ()

    def total(self, name: str) -> int:
        """A number of the object types, over all of them."""
        return sum(getattr(each, name) for each in self.objects)

    @property
    def missing(self) -> frozenset[str]:
        """API names of the object types of which rows are not back, or may not be."""
        return frozenset(each.api_name for each in self.objects if each.left)

    def as_json(self) -> dict[str, Any]:
        """The keys `dry_run`, `cleanups`, `returned`, `states` and `notes`."""
        return {
            "dry_run": self.dry_run,
            "cleanups": list(self.cleanups),
            "returned": [each.as_json() for each in self.objects],
            "states": [each.as_json() for each in self.states],
            "notes": list(self.notes),
        }

    def lines(self) -> Iterator[RenderableType]:
        """A table where there are rows, a sentence for each state, and the notes."""
        if self.total("in_backup"):
            yield self._table()
        yield from (Text(_of_state(each)) for each in self.states)
        yield from (Text(f"WARN {note}") for note in self.notes)
        yield from (Text(f"Cleanup: {each}") for each in self.cleanups)

    def _table(self) -> Table:
        names = columns(each.as_json() for each in self.objects)
        listed = most({each.api_name: each.in_backup for each in self.objects})
        listed |= {each.api_name for each in self.objects if each.failed or each.unknown}
        rows = {each.api_name: [getattr(each, name) for name in names] for each in self.objects}
        return table_of_objects((TITLES[name] for name in names), rows, listed)


def _of_state(each: Putting) -> str:
    name = f"State {each.state.state_id}" if each.state.state_id else "The state on stdout"
    return f"{name}: {state_words(each.as_json())}"


def lacking_words(name: str, rows: int) -> str:
    """That rows of an object can't even be asked for."""
    one, more = f"record of {name} that was deleted is", f"records of {name} that were deleted are"
    return f"{counted(rows, one, more)} in no file of the backup: their ids are not known."


def no_report_words(cleanup: Path) -> str:
    """That nothing says how many rows a cleanup has deleted."""
    return (
        f"The cleanup of {cleanup} has left no report, so its backup is all that is known of what "
        "it has deleted: if a file of that is gone, nobody can tell."
    )


def undo_report(
    header: Header, taken: TakenBack, failures: tuple[FailureGroup, ...] = ()
) -> Report:
    """The report of an undo.

    Args:
        header: Which run it was and how it ended.
        taken: What became of the rows and states.
        failures: Rows that could not be brought back, by reason.
    """
    return Report(
        header, (Headline(headline(header, taken)), taken, Failed(failures, file="undo.csv"))
    )


def headline(header: Header, taken: TakenBack) -> str:
    """What happened, in one sentence or two."""
    if header.status == "done" and not taken.cleanups:
        return f"Done: every cleanup of {header.place} is taken back; there is nothing to do."
    back, total = taken.total("back"), taken.total("in_backup")
    if taken.dry_run and header.status == "done":
        would = taken.total("to_restore")
        return (
            f"Dry run: up to {would:,} of {counted(total, 'record')} would come back in "
            f"{header.place}, {counted(back, 'is', 'are')} there."
        )
    lead = f"{back:,} of {counted(total, 'record is', 'records are')} back in {header.place}."
    if unknown := taken.total("unknown"):
        lead = f"at least {lead[:-1]}; of {unknown:,} it is not known."
    sentences = {
        "done": f"Done: {lead}",
        "partial": f"Partial: {lead} {header.error}",
        "refused": f"Refused: nothing was changed. {header.error}",
        "failed": f"Failed: {header.error}",
    }
    return sentences[header.status]


def write_not_back(
    path: Path, rows: Iterable[NotBack], objects: Sequence[Returning], failures: Failures
) -> None:
    """Write `undo.csv`, a line for each row that is not back; no file where all are.

    Args:
        path: Of the file.
        rows: The rows.
        objects: Their object types, by number.
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
            name = objects[row.number].name
            reason = {"bin": TO_RESTORE, "": "unknown"}.get(row.result, row.result)
            writer.writerow((name, row.id, reason, row.other, harmless(_detail(row))))
            if row.result == "failed":
                failures.add(name, RowError(row.id, row.code, row.message))


def _with(first: NotBack, rows: Iterable[NotBack]) -> Iterator[NotBack]:
    yield first
    yield from rows


def _detail(row: NotBack) -> str:
    said = f"{row.code}: {row.message}" if row.code else ""
    words = {
        "conflict": said or "a live record has the same external id",
        "gone": said or "not found, not even in the recycle bin, or hidden from the user",
        "failed": said,
        "unknown": row.message or "nobody looked",
    }
    return words.get(row.result, "in the recycle bin")
