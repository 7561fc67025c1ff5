"""What a comparison says: its parts of the report, and `verify.csv`. Data in, text out."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

from rich.text import Text

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.private import harmless, open_file
from target_zuora360_cleanup.relink.report import shares, table_of_links
from target_zuora360_cleanup.report.comparison import COLUMNS as NUMBERS
from target_zuora360_cleanup.report.comparison import MATTERS, shown_columns, told_of
from target_zuora360_cleanup.report.document import Report
from target_zuora360_cleanup.report.failures import Failures
from target_zuora360_cleanup.report.part import Headline
from target_zuora360_cleanup.report.summary import most, table_of_objects
from target_zuora360_cleanup.verify.comparing import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rich.console import RenderableType
    from rich.table import Table

    from target_zuora360_cleanup.relink.report import LinkOutcome
    from target_zuora360_cleanup.report.header import Header
    from target_zuora360_cleanup.verify.comparing import Compared, Difference

COLUMNS: Final = ("object", "id", "external_id", "difference", "field", "was", "now", "why")
_COUNTED: Final = (
    "stayed", "back", "not_back", "undo_told", "no_key", "twice", "new_since", "rows_changed",
    "not_compared", "not_backed_up", "left",
)  # fmt: skip
_LEFT: Final = {
    "left": ("record is not as it was", "records are not as they were"),
    "not_compared": (
        "record shares an external id and was not compared",
        "records share an external id and were not compared",
    ),
    "not_backed_up": (
        "record that was deleted is in no file of the backup",
        "records that were deleted are in no file of the backup",
    ),
}
"""Numbers that are to be looked into, in words."""
_MOST_FIELDS: Final = 8
_NO_KEY: Final = "it had no external id, so nothing could bring it back"


@dataclass(frozen=True)
class Verified:
    """What has become of what a cleanup deleted.

    Attributes:
        compared: By object type.
        links: By lookup.
        along: Rows of other objects that had gone along, by object; None where nobody knows.
        unseen: Fields of the backup that nobody could compare, as `Object.Field`.
        notes: What a person has to know of it, a sentence or two each.
        undo: The file of an undo of the cleanup, which names what that could not bring back.
    """

    compared: tuple[Compared, ...] = ()
    links: tuple[LinkOutcome, ...] = ()
    along: tuple[tuple[str, int | None], ...] = ()
    unseen: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    undo: Path | None = None

    def total(self, name: str) -> int:
        """A number of all object types."""
        return sum(getattr(each, name) for each in self.compared)

    @property
    def unknown(self) -> tuple[Compared, ...]:
        """Object types of which nothing is known."""
        return tuple(each for each in self.compared if each.unknown)

    @property
    def links_left(self) -> int:
        """Lookups that a relink may still set again."""
        return sum(each.left + each.to_restore for each in self.links)

    @property
    def is_well(self) -> bool:
        """Whether everything is back, or it is known why not."""
        left = any(map(self.total, ("only_by_sync", *_LEFT))) or bool(self.links_left)
        return not (left or self.unknown or self.unseen)

    def as_json(self) -> dict[str, Any]:
        """The keys `compared`, `links`, `along`, `unseen` and `notes`."""
        return {
            "compared": [_entry(each) for each in self.compared],
            "links": [each.as_json() for each in self.links],
            "along": [{"object": name, "rows": rows} for name, rows in self.along],
            "unseen": list(self.unseen),
            "notes": list(self.notes),
        }

    def lines(self) -> Iterator[RenderableType]:
        """Tables of object types and lookups, the fields that differ, and the notes."""
        if self.compared:
            yield self._table()
        yield from (Text(each) for each in self._fields())
        if self.links:
            yield table_of_links(self.links)
        yield from (Text(f"UNKNOWN {each.object_name}: {each.unknown}.") for each in self.unknown)
        if self.unseen:
            yield Text(f"UNKNOWN fields that the org does not show: {', '.join(self.unseen)}.")
        yield from (Text(f"NOTE {_went(*each)}") for each in self.along if each[1] != 0)
        yield from (Text(f"WARN {note}") for note in self.notes)

    def _table(self) -> Table:
        entries = [_entry(each) for each in self.compared]
        names = shown_columns(entries)
        told = told_of(entries)
        listed = most({each["object"]: each["in_backup"] for each in told})
        listed |= {each["object"] for each in told if any(map(each.get, MATTERS))}
        rows = {each["object"]: [each[name] for name in names] for each in told}
        return table_of_objects((NUMBERS[name] for name in names), rows, listed)

    def _fields(self) -> Iterator[str]:
        """The fields in which most rows differ that nothing explains."""
        found = sorted(
            (-rows, f"{each.object_name}.{name}")
            for each in self.compared
            for name, rows in each.changed.items()
            if name not in each.why
        )
        for rows, name in found[:_MOST_FIELDS]:
            yield f"CHANGED {name}: {counted(-rows, 'record')}"
        if (more := len(found) - _MOST_FIELDS) > 0:
            yield f"CHANGED {counted(more, 'more field', 'more fields')}, in verify.csv"


@dataclass(frozen=True)
class Source:
    """The cleanups' folders with the backups, the newest first; none where none was chosen."""

    folders: tuple[Path, ...]

    def as_json(self) -> dict[str, Any]:
        """The key `backups`."""
        return {"backups": list(map(str, self.folders))}

    def lines(self) -> Iterator[RenderableType]:
        """Where they are."""
        yield from (Text(f"Compared with: {each}") for each in self.folders)


def verify_report(header: Header, verified: Verified, folders: tuple[Path, ...]) -> Report:
    """The report of a comparison.

    Args:
        header: Which run it was and how it ended.
        verified: What was found.
        folders: Those of the cleanups, the newest first.
    """
    failures = Failures((), file="verify.csv")
    return Report(
        header, (Headline(headline(header, verified)), verified, failures, Source(folders))
    )


def headline(header: Header, verified: Verified) -> str:
    """What was found, in one sentence or two."""
    if header.status in ("refused", "failed"):
        return f"{header.status.capitalize()}: {header.error}"
    unknown = sum(each.in_backup for each in verified.unknown)
    there, whole = verified.total("back") + verified.total("stayed"), verified.total("in_backup")
    of_all = counted(whole - unknown, "record is", "records are")
    lead = f"{there:,} of {of_all} in {header.place}"
    if any(each.in_snapshot for each in verified.links):
        lead += f", with {shares(verified.links, 'restored')}"
    if unknown:
        lead += f"; of {unknown:,} it is not known"
    if header.status == "done":
        return f"Done: {lead}.{_known_why(verified)}"
    return f"Partial: {lead}.{_known_why(verified)} {header.error}"


def _went(name: str, rows: int | None) -> str:
    how_many = counted(rows, "row")
    how_many = f"{how_many[0].upper()}{how_many[1:]}"
    return (
        f"{how_many} of {name} went along with others, as the plan had told: not compared, and no "
        "sync brings them back."
    )


def _known_why(verified: Verified) -> str:
    """That some are known not to come back, if there are any."""
    known = verified.total("known_why")
    return f" Why {known:,} {'is' if known == 1 else 'are'} not is known." if known else ""


def left_words(verified: Verified) -> str:
    """What is to be looked into, in a sentence or two."""
    counts = [
        *((verified.total(name), *words) for name, words in _LEFT.items()),
        (
            verified.links_left,
            "link or value is not as it was",
            "links or values are not as they were",
        ),
        (
            len(verified.unknown),
            "object type could not be looked at",
            "object types could not be looked at",
        ),
        (len(verified.unseen), "field could not be compared", "fields could not be compared"),
    ]
    told = [counted(*each) for each in counts if each[0]]
    relink = " Relink sets links again." if verified.links_left else ""
    sentences = [
        _only_by_sync(verified),
        f"{'; '.join(told)}, and nobody has said why: verify.csv names each.{relink} Zuora may "
        "have changed or removed what differs since."
        if told
        else "",
    ]
    return " ".join(filter(None, sentences))


def _only_by_sync(verified: Verified) -> str:
    """What an undo has told that it could not bring back; blank where there is none."""
    if not (count := verified.total("only_by_sync")) or not verified.undo:
        return ""
    records = counted(count, "record is", "records are")
    return (
        f"{records} not back, and {verified.undo.name} of {verified.undo.parent} says why: a full "
        "sync brings what it has a stream for."
    )


class DifferenceFile:
    """`verify.csv`: a line for each thing that is not as it was; no file where nothing is.

    Args:
        path: Of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def add(self, each: Difference, why: Mapping[str, str]) -> None:
        """Append a line.

        Args:
            each: What is different.
            why: What explains it, as `Compared` has it.

        Raises:
            OSError: The file can't be written.
        """
        if self._file is None:
            self._file = open_file(self._path, "w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(COLUMNS)
        words = (harmless(text) for text in (each.key, each.kind, each.field, each.was, each.now))
        csv.writer(self._file).writerow((each.object_name, each.id, *words, _why(each, why)))

    def close(self) -> None:
        """End the file.

        Raises:
            OSError: It can't be written.
        """
        if self._file is not None:
            self._file.close()


def _why(each: Difference, why: Mapping[str, str]) -> str:
    if each.why:
        return harmless(each.why)
    match each.kind:
        case "no_key":
            return _NO_KEY
        case "twice":
            return ""
    return why.get(each.field or ROWS, "")


def _entry(each: Compared) -> dict[str, Any]:
    return {
        "object": each.object_name,
        "label": each.label,
        "in_backup": each.in_backup,
        **{name: None if each.unknown else getattr(each, name) for name in _COUNTED},
        "is_whole": each.is_whole,
        "changed": [
            {"field": name, "rows": rows, "why": each.why.get(name)}
            for name, rows in sorted(each.changed.items())
        ],
        "why": each.why.get(ROWS),
        "unknown": each.unknown or None,
    }
