"""The tables of an undo: what became of the records, object type by object type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TITLES: Final = {
    "in_backup": "Records",
    "back": "Back",
    "to_restore": "To come back",
    "conflict": "Come again since",
    "gone": "Gone for good",
    "failed": "Failed",
    "unknown": "Not known",
}
"""Headings of the numbers of an object type, in their order."""
_RARE: Final = frozenset({"to_restore", "unknown"})


def columns(objects: Iterable[Mapping[str, Any]]) -> list[str]:
    """The numbers that are shown: rare ones only where there are some."""
    every = list(objects)
    return [name for name in TITLES if name not in _RARE or any(each[name] for each in every)]


@dataclass(frozen=True)
class ReturnTable:
    """The table of an undo, by object type.

    Attributes:
        titles: Headings of the numbers.
        rows: API name and its numbers.
        totals: The sum of each.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    totals: tuple[int, ...]


def return_table(report: Mapping[str, Any]) -> ReturnTable:
    """The table of an undo's report."""
    objects: list[Mapping[str, Any]] = report["returned"]
    names = columns(objects)
    rows = tuple((each["api_name"], tuple(each[name] for name in names)) for each in objects)
    totals = tuple(sum(numbers) for numbers in zip(*(row[1] for row in rows), strict=True))
    return ReturnTable(tuple(TITLES[name] for name in names), rows, totals)


def state_words(state: Mapping[str, Any]) -> str:
    """What became of a state, as a sentence without its subject.

    Args:
        state: An entry of `states` in an undo's report.
    """
    kept = state["bookmarks_kept_reset"]
    of_kept = ", whose records, or what they lead to, are not all back"
    reset = f"; reset stay {', '.join(kept)}{of_kept}" if kept else ""
    words = {
        "put back": f"as it was before the cleanup{reset}.",
        "as before": f"nothing to put back{reset}." if kept else "as before the cleanup already.",
        "planned": f"would be as it was before the cleanup{reset}.",
    }
    why = (state["why"] or "").rstrip(".")
    return words.get(state["fate"], f"not put back: {why}{reset}.")
