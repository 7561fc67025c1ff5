"""Whether a report tells what happened in the org, whatever ended the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.runs import zuora_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.emulator.org.org import Org

Numbers = dict[str, int | None]


def assert_report_agrees(org: Org, before: Mapping[str, int], report: Mapping[str, Any]) -> None:
    """Compare a report's numbers with an org in which nothing happens any more.

    A step whose outcome is unknown has to say so, and to give no number of what it did.

    Args:
        org: The org.
        before: Zuora's rows when the run began, as `zuora_rows` counts them.
        report: The report of a plan, a cleanup or a reset.
    """
    now = zuora_rows(org)
    told = {each["api_name"]: _told(each) for each in report["objects"]}
    seen = {
        each["api_name"]: _seen(each, before.get(each["api_name"], 0), now.get(each["api_name"], 0))
        for each in report["objects"]
    }
    assert told == seen
    changed = {name for name, rows in before.items() if now.get(name, 0) != rows}
    assert changed - told.keys() == set(), "rows went of which the report says nothing"


def _told(entry: Mapping[str, Any]) -> Numbers:
    return {name: entry[name] for name in ("found", "deleted", "failed")}


def _seen(entry: Mapping[str, Any], before: int, now: int) -> Numbers:
    """What the org says, in a report's terms; nothing has failed that nobody tried to delete."""
    if entry["ended"] == "unknown":
        return {"found": before, "deleted": None, "failed": None}
    failed = max(0, now - entry["kept"]) if entry["ended"] else 0
    return {"found": before, "deleted": before - now, "failed": failed}
