"""What has become of what a cleanup deleted: the words for it, and the view of a comparison.

Pure: documented JSON in, plain data out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMNS: Final = {
    "in_backup": "In the backup",
    "back": "Back",
    "stayed": "Same id",
    "not_back": "Not back",
    "no_key": "Without a key",
    "twice": "Twice",
    "rows_changed": "Changed",
    "not_compared": "Not compared",
    "not_backed_up": "In no backup",
    "new_since": "New since",
}
"""What each number of an object type is called."""
_RARE: Final = frozenset(
    {"stayed", "no_key", "twice", "rows_changed", "not_compared", "not_backed_up"}
)
MATTERS: Final = ("unknown", "left", "not_backed_up")
"""What of an object type is to be looked into."""


def told_of(compared: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The object types of which there is something to say."""
    return [each for each in compared if each["in_backup"] or any(map(each.get, MATTERS))]


def shown_columns(compared: Iterable[Mapping[str, Any]]) -> list[str]:
    """The numbers that a table of object types has; rare ones where there are some."""
    every = list(compared)
    return [name for name in COLUMNS if name not in _RARE or any(each[name] for each in every)]


@dataclass(frozen=True)
class ComparisonTable:
    """The table of a comparison, by object type.

    Attributes:
        titles: Headings of the numbers.
        rows: Object, its label, its numbers, None where nobody knows, and why rows are not back.
        totals: The sum of each.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[int | None, ...], str], ...]
    totals: tuple[int, ...]


def comparison_table(report: Mapping[str, Any]) -> ComparisonTable:
    """The table of a comparison's report; object types without rows are left out."""
    told = told_of(report["compared"])
    names = shown_columns(told)
    rows = tuple(
        (each["object"], each["label"], tuple(each[name] for name in names), _why(each))
        for each in told
    )
    totals = tuple(sum(each[name] or 0 for each in told) for name in names)
    return ComparisonTable(tuple(COLUMNS[name] for name in names), rows, totals)


def _why(each: Mapping[str, Any]) -> str:
    if each["unknown"]:
        return f"unknown: {each['unknown']}"
    if not each["not_back"]:
        return ""
    if told := each.get("undo_told"):
        return f"of {told:,} undo has told why"
    return str(each["why"] or "")


def changed_fields(report: Mapping[str, Any]) -> list[tuple[str, str, int, str]]:
    """Object, field, rows that differ and why, those that nothing explains first."""
    found = [
        (each["object"], field["field"], field["rows"], field["why"] or "")
        for each in report["compared"]
        for field in each["changed"]
    ]
    return sorted(found, key=lambda each: (bool(each[3]), -each[2], each[:2]))
