"""The part of a report that lists what is to be weighed, or, after a cleanup, what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.plan.finding import rank
from target_zuora360_cleanup.report.numbers import Total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import RenderableType

    from target_zuora360_cleanup.plan.finding import After, Finding
    from target_zuora360_cleanup.reach import Path

_MARKS: Final = {"blocks": "STOP", "warns": "WARN", "tells": "NOTE"}


@dataclass(frozen=True)
class Happened:
    """What a cleanup has done, as far as the findings of its plan speak of it.

    Attributes:
        rows: By the way to them, rows of others that went along, were detached, or lost their
            lookup; None where nobody has counted them. Of what was not begun there are none.
        deleted: Records by object type; None where nobody knows.
    """

    rows: Mapping[Path, int | None] = field(default_factory=dict)
    deleted: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Findings:
    """Findings, to be read in this order: what stops a cleanup, what warns, what only tells.

    What there is to do about those that only tell is on the page: a summary is short.

    Attributes:
        planned: Those of the plan.
        later: What was found besides.
        happened: What came of the plan, where it was carried out, wholly or in part: then what it
            said of that is told as it was counted, and what it only tells is for the page.
    """

    planned: tuple[Finding, ...] = ()
    later: tuple[Finding, ...] = ()
    happened: Happened | None = None

    def as_json(self) -> dict[str, Any]:
        """The key `findings`."""
        told = [*self._of_plan, *((each, True) for each in self.later)]
        return {
            "findings": [
                {
                    "code": each.code,
                    "severity": each.severity,
                    "message": each.message,
                    "remedy": each.remedy,
                    "objects": dict(each.objects),
                    "found": "after" if is_after else "before",
                }
                for each, is_after in sorted(told, key=lambda one: rank(one[0].severity))
            ]
        }

    def lines(self) -> Iterator[RenderableType]:
        """A paragraph for each."""
        told = [(each.severity, _short(each)) for each, _ in self._of_plan]
        if self.happened is not None:
            told = [each for each in told if each[0] != "tells"]
        told += ((each.severity, each.words) for each in self.later)
        for severity, words in sorted(told, key=lambda one: rank(one[0])):
            yield Text(f"{_MARKS[severity]} {words}")

    @property
    def _of_plan(self) -> tuple[tuple[Finding, bool], ...]:
        """Those of the plan as they are told now, and whether that is of afterwards."""
        if self.happened is None:
            return tuple((each, False) for each in self.planned)
        return tuple(filter(None, (_retold(each, self.happened) for each in self.planned)))


def _short(finding: Finding) -> str:
    return finding.message if finding.severity == "tells" else finding.words


def _retold(finding: Finding, happened: Happened) -> tuple[Finding, bool] | None:
    """A finding of a plan that was carried out; None where nothing came of it."""
    after = finding.after
    if after is None:
        return finding, False
    if after.types:
        return _of_types(finding, after, happened)
    if not after.message:
        return None
    rows = {path: happened.rows.get(path, 0) for path, _ in after.ways}
    said = replace(
        finding,
        message=after.message.replace("{}", _counted(after, Total.of(rows.values()))),
        remedy=after.remedy,
        objects=tuple((path.name, count) for path, count in rows.items()) or finding.objects,
    )
    return said, True


def _counted(after: After, total: Total) -> str:
    """How many rows, and of how many that were planned where these are others."""
    planned = sum(rows for _, rows in after.ways)
    if total.is_all and total.known >= planned:
        return counted(total.known, *after.rows)
    most = "up to " if after.is_most else ""
    of = f"of {most}{counted(planned, *after.rows)}"
    if total.is_all:
        return f"{total.known:,} {of}" if total.known else f"none {of}"
    return f"at least {total.known:,} {of}" if total.known else f"an unknown number {of}"


def _of_types(finding: Finding, after: After, happened: Happened) -> tuple[Finding, bool] | None:
    """The same of object types of which records were deleted, or may have been."""
    gone = {name: happened.deleted.get(name, 0) for name in after.types}
    gone = {name: rows for name, rows in gone.items() if rows != 0}
    if not gone:
        return None
    names = (f"{name} ({counted(rows, 'record')} deleted)" for name, rows in gone.items())
    said = replace(
        finding,
        message=after.message.replace("{}", listed(names, of="object types")),
        remedy=after.remedy,
        # (one that names no types is not about their records, but about what went with them)
        objects=tuple(gone.items()) if "{}" in after.message else finding.objects,
    )
    return said, True
