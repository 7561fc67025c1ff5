"""`report.html`: one file for people, made of nothing but the documented `report.json`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.checks.approval import TOLERANCE
from target_zuora360_cleanup.report import object_table, view, weighing
from target_zuora360_cleanup.report.comparison import changed_fields, comparison_table
from target_zuora360_cleanup.report.drawing import drawing
from target_zuora360_cleanup.report.graph import BOX_WIDTH, LINE_HEIGHT
from target_zuora360_cleanup.report.links import link_table
from target_zuora360_cleanup.report.numbers import shown
from target_zuora360_cleanup.report.returned import return_table, state_words
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
    name = report["mode"] if report["mode"] in _OWN_PAGES else "report"
    context = _shared(report) | _OWN_PAGES.get(name, _context)(report)
    return environment().get_template(f"{name}.html.j2").render(context)


@cache
def environment() -> Environment:
    """What makes pages of templates; kept, since to compile one takes longer than to fill it."""
    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number=shown,
        counted=counted,
        moment=_moment,
        duration=duration,
        css_text=_css_text,
        spans=_spans,
        became=weighing.paired,
        state_words=state_words,
    )
    return made


def _shared(report: Mapping[str, Any]) -> dict[str, Any]:
    """What every page shows."""
    return {
        "report": report,
        "headline": _headline(report),
        "running": _running(report),
        "took": (_time(report["finished_at"]) - _time(report["started_at"])).total_seconds(),
        "reasons": view.reasons(report),
    }


def _of_links(report: Mapping[str, Any]) -> dict[str, Any]:
    return {"table": link_table(report), "labels": {}, "broken": (), "failure_file": "relink.csv"}


def _of_undo(report: Mapping[str, Any]) -> dict[str, Any]:
    return {"table": return_table(report), "labels": {}, "broken": (), "failure_file": "undo.csv"}


def _of_comparison(report: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "table": comparison_table(report),
        "links": link_table(report),
        "fields": changed_fields(report),
        "labels": {each["object"]: each["label"] for each in report["compared"]},
    }


_OWN_PAGES: Final = {"relink": _of_links, "verify": _of_comparison, "undo": _of_undo}
"""Of modes whose page is another than a cleanup's: what it shows."""


def _context(report: Mapping[str, Any]) -> dict[str, Any]:
    table = object_table.objects(report)
    return {
        "fingerprint": report.get("plan_fingerprint"),
        "guards": report.get("guards", {}),
        "can_be_approved": weighing.can_be_approved(report),
        "tolerance": TOLERANCE,
        "groups": weighing.groups(report),
        "touched": weighing.touched(report),
        "undone": weighing.taken_back(report),
        "carried_out": object_table.is_carried_out(report),
        "is_looked_at": view.is_looked_at(report),
        "table": table,
        "graph": drawing(report, table),
        "box_width": BOX_WIDTH,
        "line_height": LINE_HEIGHT,
        "labels": object_table.labels(report),
        "chart": chart(report.get("timeline", ())),
        "allowances_needed": report.get("allowances_needed", ()),
        "taken_along": report.get("taken_along", ()),
        "bodies": report.get("bodies", {}),
        "detached": report.get("detached", ()),
        "estimate": view.estimate(report),
        "kinds": _KINDS,
        "most_objects": _MOST_FINDING_OBJECTS,
        "blocking": view.findings(report, "blocks"),
        "warning": view.findings(report, "warns"),
        "left_out": view.left_out(report),
        "broken": list(view.broken(report)),
        "failure_file": "failures.csv",
        "bookmarks": view.bookmarks(report),
        "feeds": view.feeds(report),
        "allowance": view.allowance,
        "paired": report["state"].get("paired", ()),
    }


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _moment(text: str) -> str:
    return f"{_time(text):%Y-%m-%d %H:%M:%S} UTC"


def _headline(report: Mapping[str, Any]) -> str:
    """What happened. A failure's own text comes below: it may be long, and is no title."""
    plain = f"{report['mode']}: {report['status']}"
    if report["status"] == "failed" and report["error"]:
        return plain.capitalize()
    headline, error = str(report.get("headline") or plain), report["error"] or ""
    return headline.removesuffix(error).rstrip() or headline


def _running(report: Mapping[str, Any]) -> str:
    """What stands on each printed page and beside the signature: org, plan and time."""
    org, plan = report["org"], report.get("plan_fingerprint")
    parts = [
        f"{org['name']} ({org['id']})" if org else "",
        f"plan {plan}" if plan else "",
        _moment(report["started_at"]),
    ]
    return ", ".join(part for part in parts if part)


def _spans(text: str) -> Markup:
    """A text in which what stands between backticks is code."""
    parts = (escape(part) for part in text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part
        for number, part in enumerate(parts)
    )


def _css_text(text: str) -> Markup:
    """A text within a string of CSS: whatever it holds, it can't end the string."""
    plain = " -.,:"
    return Markup(  # noqa: S704 - nothing is left in it that HTML or CSS reads
        "".join(
            each if (each.isascii() and each.isalnum()) or each in plain else f"\\{ord(each):06x}"
            for each in text
        )
    )
