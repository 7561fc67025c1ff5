"""What `report.html` shows, picked from `report.json`. Pure: documented JSON in, plain data out.

Keys that a mode doesn't have are left out of the view; numbers of an unknown mode are shown as they
are named.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.plan.estimate import Estimate
from target_zuora360_cleanup.report.numbers import Total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_SAMPLES: Final = 5
_PLANNED: Final = ("found", "to_delete", "kept")
_CARRIED_OUT: Final = ("found", "deleted", "kept", "failed")
_NOT_ENDED: Final = {"not begun": "not begun", "unknown": "what became of it is not known"}
_ALLOWANCES: Final = {
    "DailyApiRequests": "API requests",
    "DailyBulkApiBatches": "Bulk API batches",
    "DailyBulkV2QueryJobs": "Bulk query jobs",
    "DailyBulkV2QueryFileStorageMB": "Bulk query results, MB",
}


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


@dataclass(frozen=True)
class Bookmark:
    """One entry of the state, before and after; blank where there is none."""

    name: str
    before: str
    after: str
    is_reset: bool


@dataclass(frozen=True)
class Reason:
    """Why records of one object type failed: Salesforce's code with its most frequent words.

    Attributes:
        others: How many other messages came with the same code.
        samples: The first ids.
    """

    object: str
    code: str
    message: str
    others: int
    count: int
    samples: tuple[str, ...]


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
        numbers = (*(each.get(key, 0) for key in keys), *_extra(lost, each["api_name"]))
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
        return tuple(found)
    if not is_carried_out(report):
        return _PLANNED
    is_held_back = any(each.get("held_back") for each in report["objects"])
    return (*_CARRIED_OUT, "held_back") if is_held_back else _CARRIED_OUT


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _heading(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _links_lost(report: Mapping[str, Any]) -> dict[str, int]:
    lost: dict[str, int] = {}
    for link in report["blank_links"]:
        lost[link["parent"]] = lost.get(link["parent"], 0) + link["rows"]
    return lost


def _extra(lost: Mapping[str, int], name: str) -> tuple[int, ...]:
    return (lost.get(name, 0),) if lost else ()


def bookmarks(report: Mapping[str, Any]) -> tuple[Bookmark, ...]:
    """The state entry by entry; where none was written, what a cleanup would make of it."""
    state = report["state"]
    before, after = (_entries(state[key]) for key in ("before", "written"))
    return tuple(
        Bookmark(name, before.get(name, ""), *_after(state, name, before, after))
        for name in sorted({*before, *after})
    )


@dataclass(frozen=True)
class Feed:
    """What brings the rows of one object type back, in words."""

    name: str
    rows: int
    words: str
    comes_back: bool


_COMES_BACK: Final = {
    "none stored": "no bookmark is stored: its stream is sent in full",
    "no stream": "no stream of this tap feeds it: not by this pipeline",
    "unknown": "not known",
}


def feeds(report: Mapping[str, Any]) -> tuple[Feed, ...]:
    """By what the rows of each object type come back that has some to delete."""
    return tuple(
        Feed(
            each["object"],
            each["rows"],
            ", ".join(each["bookmarks"]) or _COMES_BACK[each["comes_back"]],
            each["comes_back"] in ("reset", "none stored"),
        )
        for each in report["state"].get("by_object", ())
    )


def _entries(state: Mapping[str, Any] | None) -> dict[str, str]:
    """Each bookmark, and each other key of the state, as JSON."""
    if not state:
        return {}
    others = {name: value for name, value in state.items() if name != "bookmarks"}
    entries = {**others, **state.get("bookmarks", {})}
    return {name: json.dumps(value, ensure_ascii=False) for name, value in entries.items()}


def _after(
    state: Mapping[str, Any], name: str, before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[str, bool]:
    if state["written"] is not None:
        return after.get(name, ""), name not in after
    if not (state["bookmarks_reset"] or state["bookmarks_kept"]):
        return before[name], False
    kept = name in state["bookmarks_kept"]
    return (before[name] if kept else ""), not kept


def findings(report: Mapping[str, Any], severity: str) -> int:
    """How many findings of a severity there are."""
    return sum(each["severity"] == severity for each in report["findings"])


def reasons(report: Mapping[str, Any]) -> tuple[Reason, ...]:
    """The failures by object type and code, largest first.

    Salesforce's messages often name the record, so that they alone would group nothing.
    """
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in report["failures"]:
        groups.setdefault((each["object"], each["code"]), []).append(each)
    found = [
        Reason(
            name,
            code,
            each[0]["message"],
            len(each) - 1,
            sum(one["count"] for one in each),
            tuple(id_ for one in each for id_ in one["samples"])[:_MOST_SAMPLES],
        )
        for (name, code), each in groups.items()
    ]
    return tuple(sorted(found, key=lambda reason: -reason.count))


@dataclass(frozen=True)
class LeftOut:
    """What a sync did not load, or not as it came."""

    object: str
    what: str
    count: int


_SKIPPED: Final = {
    "NO_SALESFORCE_ACCOUNT": "skipped: no Salesforce Account (CrmId)",
    "PARENT_NOT_IN_SALESFORCE": "skipped: the parent is not in Salesforce",
    "NOT_IN_SALESFORCE": "to be removed, but not there",
}


def left_out(report: Mapping[str, Any]) -> tuple[LeftOut, ...]:
    """What a sync left out, by object type."""
    return tuple(
        LeftOut(each["api_name"], what, count)
        for each in report["objects"]
        for what, count in _left_out(each)
    )


def _left_out(each: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for reason, count in each.get("skipped_why", {}).items():
        yield _SKIPPED.get(reason, reason), count
    for field, count in each.get("cut", {}).items():
        yield f"texts cut to the length of {field}", count
    for field, count in each.get("blank_links", {}).items():
        yield f"{field} stays blank: no such parent", count


def broken(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Object types that did not come to their end, with the reason."""
    for each in report["objects"]:
        if each.get("error"):
            yield each["api_name"], each["error"]
        elif (ended := each.get("ended")) in _NOT_ENDED:
            yield each["api_name"], _NOT_ENDED[ended]


def estimate(report: Mapping[str, Any]) -> str:
    """How long a cleanup takes, in a sentence; blank where there is none to come."""
    given = report.get("estimate")
    if not given or is_carried_out(report) or not given["bytes_freed"]:
        return ""
    quick, slow = given["seconds"]
    return Estimate(quick, slow, given["bytes_freed"]).words


def allowance(name: str) -> str:
    """What a person calls one of Salesforce's allowances."""
    return _ALLOWANCES.get(name, name)
