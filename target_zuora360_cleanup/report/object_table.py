"""The table by object type of `report.html`. Pure: documented JSON in, plain data out.

Numbers of a mode that is not known here are shown as they are named.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.deletion.outcome import total
from target_zuora360_cleanup.report.numbers import Total

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLANNED: Final = ("found", "to_delete", "kept")
_CARRIED_OUT: Final = ("found", "deleted", "kept", "failed")
_RARE: Final = ("held_back", "not_begun")
_RARE_OF_SYNC: Final = frozenset({"merged", "unknown", "caught_up", "links_set", "refilled"})


@dataclass(frozen=True)
class TableRow:
    """One object type of the table.

    Attributes:
        step: Its number in the order, from 1.
        numbers: One for each column; None where it is not known.
        links: Links to itself that go with it, as (label, count).
    """

    step: int
    name: str
    label: str
    numbers: tuple[int | None, ...]
    links: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ObjectTable:
    """The table by object type.

    Attributes:
        columns: Headings of the numbers.
        totals: The sums of what is known of them.
        empty: Labels of the object types without records.
    """

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    totals: tuple[Total, ...]
    empty: tuple[str, ...]


def is_carried_out(report: Mapping[str, Any]) -> bool:
    """Whether the report tells of a deletion, not of a plan."""
    return any(each.get("ended") for each in report["objects"])


def objects(report: Mapping[str, Any]) -> ObjectTable:
    """The table by object type, in the order of the report."""
    keys = _keys(report)
    lost = _links_lost(report)
    rows: list[TableRow] = []
    for each in report["objects"]:
        links = tuple((label, n) for label, n in each.get("links_removed", {}).items() if n != 0)
        numbers = (*(_number(each, key) for key in keys), *_extra(lost, each["api_name"]))
        if any(number != 0 for number in numbers):
            rows.append(TableRow(len(rows) + 1, each["api_name"], _label(each), numbers, links))
    shown = {row.name for row in rows}
    return ObjectTable(
        (*(_heading(key) for key in keys), *(["Links lost"] if lost else [])),
        tuple(rows),
        tuple(Total.of(column) for column in zip(*(row.numbers for row in rows), strict=True)),
        tuple(_label(each) for each in report["objects"] if each["api_name"] not in shown),
    )


def labels(report: Mapping[str, Any]) -> dict[str, str]:
    """What a person calls each object type; with its API name where two are called the same."""
    plain = {each["api_name"]: _label(each) for each in report["objects"]}
    counts = Counter(plain.values())
    return {
        name: f"{label} ({name})" if counts[label] > 1 and label != name else label
        for name, label in plain.items()
    }


def _label(entry: Mapping[str, Any]) -> str:
    return str(entry.get("label") or entry["api_name"])


def _keys(report: Mapping[str, Any]) -> tuple[str, ...]:
    """Which numbers to show."""
    found: dict[str, None] = {}
    for each in report["objects"]:
        found.update((key, None) for key, value in each.items() if _is_count(value))
    if "to_delete" not in found:
        every = report["objects"]
        return tuple(
            name
            for name in found
            if name not in _RARE_OF_SYNC or any(each.get(name) for each in every)
        )
    if not is_carried_out(report):
        return _PLANNED
    some = (key for key in _RARE if any(each.get(key) for each in report["objects"]))
    return (*_CARRIED_OUT, *some)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(entry: Mapping[str, Any], key: str) -> int | None:
    """A number of an object type; what never had its turn has a column of its own."""
    number: int | None = entry.get(key, 0)
    return number - entry.get("not_begun", 0) if key == "failed" and number else number


def _heading(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _links_lost(report: Mapping[str, Any]) -> dict[str, int | None]:
    """Lookups that went blank, or that would, by the object type that they led to."""
    key = "gone" if is_carried_out(report) else "rows"
    found: dict[str, list[int | None]] = {}
    for link in report["blank_links"]:
        found.setdefault(link["parent"], []).append(link.get(key))
    return {name: total(rows) for name, rows in found.items()}


def _extra(lost: Mapping[str, int | None], name: str) -> tuple[int | None, ...]:
    return (lost.get(name, 0),) if lost else ()
