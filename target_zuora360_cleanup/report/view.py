"""What `report.html` shows, picked from `report.json`. Pure: documented JSON in, plain data out.

Keys that a mode doesn't have are left out of the view; numbers of an unknown mode are shown as they
are named.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.plan.estimate import Estimate
from target_zuora360_cleanup.report.object_table import is_carried_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_SAMPLES: Final = 5
_NOT_ENDED: Final = {"not begun": "not begun", "unknown": "what became of it is not known"}
_ALLOWANCES: Final = {
    "DailyApiRequests": "API requests",
    "DailyBulkApiBatches": "Bulk API batches",
    "DailyBulkV2QueryJobs": "Bulk query jobs",
    "DailyBulkV2QueryFileStorageMB": "Bulk query results, MB",
}


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
        varies: Whether a message stands for others that differ from it in their values alone.
        samples: The first ids.
    """

    object: str
    code: str
    message: str
    others: int
    varies: bool
    count: int
    samples: tuple[str, ...]


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
    """What brings the rows of one object type back, in words.

    Attributes:
        rows: Those that were deleted, or that are to be; None where nobody knows.
    """

    name: str
    rows: int | None
    words: str
    comes_back: bool


_COMES_BACK: Final = {
    "none stored": "no bookmark is stored: its stream is sent in full",
    "no stream": "no stream of this tap feeds it: not by this pipeline",
    "unknown": "not known",
}


def feeds(report: Mapping[str, Any]) -> tuple[Feed, ...]:
    """By what the rows of each object type come back that has some to delete, or has lost some."""
    gone: dict[str, int | None] = {}
    if is_carried_out(report):
        gone = {each["api_name"]: each["deleted"] for each in report["objects"]}
    return tuple(
        Feed(
            each["object"],
            rows,
            ", ".join(each["bookmarks"]) or _COMES_BACK[each["comes_back"]],
            each["comes_back"] in ("reset", "none stored"),
        )
        for each in report["state"].get("by_object", ())
        if (rows := gone.get(each["object"], each["rows"])) != 0
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
            each[0].get("example") or each[0]["message"],
            len(each) - 1,
            any(one.get("example") for one in each),
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
    "COMES_WITH_THE_NEXT_SYNC": "put off until the next sync",
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


def is_looked_at(report: Mapping[str, Any]) -> bool:
    """Whether the org was, where the mode does so: else nothing is known of what is there."""
    return report["mode"] not in ("plan", "cleanup") or report.get("estimate") is not None


def estimate(report: Mapping[str, Any]) -> str:
    """How long a cleanup takes, in a sentence; blank where there is none to come."""
    given = report.get("estimate")
    if not given or is_carried_out(report) or not given["bytes_freed"]:
        return ""
    quick, slow = given["seconds"]
    words = Estimate(quick, slow, given["bytes_freed"]).words
    return f"{words.removesuffix('.')} ({given['basis']})."


def allowance(name: str) -> str:
    """What a person calls one of Salesforce's allowances."""
    return _ALLOWANCES.get(name, name)
