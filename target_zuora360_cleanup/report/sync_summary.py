"""What a person reads after a sync: one sentence, a table, what was left out and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.table import Table
from rich.text import Text

from target_zuora360_cleanup.sync.tally import NO_ACCOUNT, NO_PARENT, NOT_THERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from target_zuora360_cleanup.report.document import Report

_COLUMNS: Final = ("received", "upserted", "deleted", "merged", "skipped", "failed")
_WHY: Final = {
    NO_ACCOUNT: "have no Salesforce Account (CrmId). Once they get one, what is below them comes "
    "with the next full sync",
    NO_PARENT: "are below records that are not in Salesforce, such as those of such accounts",
    NOT_THERE: "were to be removed and were not there",
}


def headline(report: Report) -> str:
    """What happened, in one sentence."""
    org = f"{report.org.name} ({report.org.id})" if report.org else "Salesforce"
    counts = [each for _, _, each in report.loaded.values()]
    numbers = ", ".join(
        f"{sum(each[key] for each in counts):,} {word}"
        for key, word in (("upserted", "records loaded"), ("deleted", "deleted"))
    )
    told = f"{numbers} in {org}."
    if report.status == "done":
        return f"Done: {told}"
    return f"{report.status.capitalize()}: {told} {report.error}"


def parts(report: Report) -> Iterator[RenderableType]:
    """Everything below the headline."""
    if report.loaded:
        yield _table(report)
    yield from (Text(line) for line in _notes(report))


def state_line(report: Report) -> str:
    """What became of the state."""
    where = f" of {report.state_id}" if report.state_id else ""
    if report.status != "done":
        passed = "stays before what is not loaded" if report.written else "stays as it was"
        return f"State{where}: {passed}; the next sync sends the rest again."
    return f"State{where}: {'passed on' if report.written else 'the tap sent none'}."


def _table(report: Report) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in ("Object type", "Label"):
        table.add_column(name, no_wrap=True)
    for name in ("Received", "Loaded", "Deleted", "Merged", "Skipped", "Failed"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, (label, _, counts) in sorted(report.loaded.items()):
        table.add_row(name, label, *(f"{counts[key]:,}" for key in _COLUMNS))
    return table


def _notes(report: Report) -> Iterator[str]:
    for reason, words in _WHY.items():
        if count := sum(each["skipped_why"].get(reason, 0) for each in _counts(report)):
            yield f"NOTE {count:,} records {words}."
    for name, (_, _, counts) in sorted(report.loaded.items()):
        for field, count in counts["cut"].items():
            yield f"WARN {name}: {count:,} texts were cut to the length of {field}."
        for lookup, count in counts["blank_links"].items():
            yield f"WARN {name}: {count:,} times {lookup} stays blank: its parent did not come."


def _counts(report: Report) -> list[dict[str, Any]]:
    return [counts for _, _, counts in report.loaded.values()]
