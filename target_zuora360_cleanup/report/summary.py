"""The report as a person reads it: one sentence, a table, what to weigh, what failed."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from target_zuora360_cleanup.plan.estimate import Estimate
from target_zuora360_cleanup.report import sync_summary
from target_zuora360_cleanup.report.headline import headline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import RenderableType

    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.report.document import Report

_WIDTH: Final = 110
_TABLE_WIDTH: Final = 150
_GROUPS_SHOWN: Final = 10
_MARKS: Final = {"blocks": "STOP", "warns": "WARN", "tells": "NOTE"}


def summary(report: Report, folder: Path | None) -> str:
    """The text, with a line end."""
    out = StringIO()
    console = Console(file=out, width=_TABLE_WIDTH, color_system=None, highlight=False)
    for part in _parts(report, folder):
        console.print(part, width=None if isinstance(part, Table) else _WIDTH)
    text = out.getvalue()
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _parts(report: Report, folder: Path | None) -> Iterator[RenderableType]:
    yield Text(headline(report))
    if report.plan and report.plan.steps:
        yield _table(report)
    if report.plan and not report.outcomes and report.plan.to_delete:
        yield Text(Estimate.of(report.plan.to_delete).words)
    yield from (_finding(each) for each in report.all_findings)
    if report.mode == "sync":
        yield from sync_summary.parts(report)
    yield from _failures(report)
    yield from (Text(line) for line in _paired(report))
    yield from (Text(line) for line in _state(report))
    if folder:
        where = f"Report: {folder / 'report.html'}; as data: report.json"
        # (a path that is broken in two can't be copied)
        yield Text(where, no_wrap=True, overflow="ignore")


def _table(report: Report) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("Object type", no_wrap=True)
    table.add_column("Label", no_wrap=True)
    names = (
        ("Found", "Deleted", "Kept", "Failed") if report.outcomes else ("Found", "Delete", "Keep")
    )
    for name in (*names, "Links lost"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in _rows(report):
        table.add_row(*row)
    return table


def _rows(report: Report) -> Iterator[list[str]]:
    """A row for each object type that has records; links to itself on rows of their own."""
    outcomes = {each.name: each for each in report.outcomes}
    steps = report.plan.steps if report.plan else ()
    for number, step in enumerate((each for each in steps if each.found), 1):
        done = outcomes.get(step.name)
        numbers = (
            (step.found, done.deleted, done.kept, done.failed)
            if done
            else (step.found, step.to_delete, len(step.kept))
        )
        links = f"{_lost(report, step.name):,}"
        yield [str(number), step.name, step.kind.label, *map(_number, numbers), links]
        for label, count in step.links.items():
            if count:
                blanks = [""] * len(numbers)
                yield ["", "", f"  {label}", *blanks, f"{count:,}"]


def _number(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def _lost(report: Report, name: str) -> int:
    """Lookups of other objects to this one that go blank."""
    links = report.plan.blank_links if report.plan else ()
    return sum(rows for link, rows in links if link.parent == name)


def _planned_state(report: Report) -> Iterator[str]:
    """Which state a cleanup would reset, since that is what decides whether data comes back."""
    reset = report.reset
    if report.mode != "plan" or reset is None:
        return
    dropped = ", ".join((*reset.dropped, *reset.dropped_unsafe, *reset.tangled)) or "none yet"
    where = f"state {report.state_id}" if report.state_id else "state of whatever runs the target"
    yield f"A cleanup would reset the {where}: bookmarks of {dropped}."


def _finding(finding: Finding) -> Text:
    return Text(f"{_MARKS[finding.severity]} {finding.message} {finding.remedy}")


def _failures(report: Report) -> Iterator[RenderableType]:
    for group in report.failures[:_GROUPS_SHOWN]:
        ids = ", ".join(group.samples)
        yield Text(
            f"FAIL {group.object}: {group.count:,} times {group.code}: {group.message} ({ids})"
        )
    if (more := len(report.failures) - _GROUPS_SHOWN) > 0:
        yield Text(f"FAIL … and {more} more reasons, see failures.csv.")
    for outcome in report.outcomes:
        if outcome.error:
            yield Text(f"FAIL {outcome.name}: {outcome.error}")


def _paired(report: Report) -> Iterator[str]:
    for each in report.paired:
        if each.written is not None:
            kept = ", ".join(each.reset.kept) or "none"
            checked = "reset and read back" if each.verified else "reset, but not sure to hold"
            yield (
                f"State {each.state_id}: {checked}; the next sync is a full one. Bookmarks kept: "
                f"{kept}."
            )


def _state(report: Report) -> Iterator[str]:
    if report.mode == "sync":
        yield sync_summary.state_line(report)
        return
    if report.reset is None:
        return
    if not report.written:
        yield from _planned_state(report)
        return
    where = f" of {report.state_id}" if report.state_id else ""
    kept = ", ".join(report.reset.kept) or "none"
    yield f"State{where}: reset; the next sync is a full one. Bookmarks kept: {kept}."
    if report.reset.dropped_unsafe:
        names = ", ".join(report.reset.dropped_unsafe)
        yield (
            f"WARN The tap sent no STATE before the first record of {names}, so it is not known "
            "what was loaded before: its bookmark is dropped too and its next sync is full."
        )
    if report.reset.tangled:
        names = ", ".join(report.reset.tangled)
        yield f"WARN The bookmark of {names} was mixed up with a cleaned stream's: dropped too."
