"""What became of links and values that a cleanup took: the words for it, and the view of a relink.

Pure: documented JSON in, plain data out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TITLES: Final = {
    "in_snapshot": "In snapshot",
    "restored": "Restored",
    "to_restore": "To restore",
    "already_set": "Set otherwise",
    "parent_not_back": "Not back",
    "record_gone": "Record gone",
    "failed": "Failed",
    "unknown": "Unknown",
    "superseded": "In a newer one",
}
"""What each number of a lookup is called."""
_RARE: Final = frozenset({"to_restore", "superseded", "unknown"})


def columns(links: Iterable[Mapping[str, Any]]) -> list[str]:
    """The numbers that a table of lookups has; rare ones where there are some."""
    every = list(links)
    return [name for name in TITLES if name not in _RARE or any(each[name] for each in every)]


@dataclass(frozen=True)
class LinkTable:
    """The table of a relink, by lookup.

    Attributes:
        titles: Headings of the numbers.
        rows: Object, field, parent, and its numbers.
        totals: The sum of each.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, str, str, tuple[int, ...]], ...]
    totals: tuple[int, ...]


def link_table(report: Mapping[str, Any]) -> LinkTable:
    """The table of a relink's report."""
    links: list[Mapping[str, Any]] = report["links"]
    names = columns(links)
    rows = tuple(
        (each["object"], each["field"], each["parent"] or "", tuple(each[name] for name in names))
        for each in links
    )
    totals = tuple(sum(numbers) for numbers in zip(*(row[3] for row in rows), strict=True))
    return LinkTable(tuple(TITLES[name] for name in names), rows, totals)
