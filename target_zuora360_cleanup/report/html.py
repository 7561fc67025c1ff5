"""`report.html`: one file for people, made of nothing but the documented `report.json`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from target_zuora360_cleanup.report import view as report_view
from target_zuora360_cleanup.report.drawing import drawing
from target_zuora360_cleanup.report.graph import BOX_WIDTH, LINE_HEIGHT
from target_zuora360_cleanup.report.numbers import shown
from target_zuora360_cleanup.report.timeline_chart import chart, duration

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS: Final = {"blocks": "Stops the cleanup", "warns": "Warning", "tells": "Note"}
_MOST_FINDING_OBJECTS: Final = 12


def render(report: Mapping[str, Any]) -> str:
    """The page for a report, as a whole HTML document without any reference to the outside.

    Args:
        report: The document that `report.json` holds, of schema version 1.

    Raises:
        KeyError: It lacks what every report has.
        CycleError: Its object types go before each other.
    """
    return _environment().get_template("report.html.j2").render(_context(report))


@cache
def _environment() -> Environment:
    """Kept, since to compile the template takes longer than to fill it."""
    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(number=shown, moment=_moment, duration=duration)
    return made


def _context(report: Mapping[str, Any]) -> dict[str, Any]:
    table = report_view.objects(report)
    return {
        "report": report,
        "fingerprint": report.get("plan_fingerprint"),
        "headline": report.get("headline") or f"{report['mode']}: {report['status']}",
        "took": (_time(report["finished_at"]) - _time(report["started_at"])).total_seconds(),
        "carried_out": report_view.is_carried_out(report),
        "table": table,
        "graph": drawing(report, table),
        "box_width": BOX_WIDTH,
        "line_height": LINE_HEIGHT,
        "labels": report_view.labels(report),
        "chart": chart(report.get("timeline", ())),
        "allowances_needed": report.get("allowances_needed", ()),
        "taken_along": report.get("taken_along", ()),
        "estimate": report_view.estimate(report),
        "kinds": _KINDS,
        "most_objects": _MOST_FINDING_OBJECTS,
        "blocking": report_view.findings(report, "blocks"),
        "warning": report_view.findings(report, "warns"),
        "left_out": report_view.left_out(report),
        "reasons": report_view.reasons(report),
        "broken": list(report_view.broken(report)),
        "bookmarks": report_view.bookmarks(report),
        "allowance": report_view.allowance,
    }


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _moment(text: str) -> str:
    return f"{_time(text):%Y-%m-%d %H:%M:%S} UTC"
