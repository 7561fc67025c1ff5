"""Whether the next sync brings everything back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import named_rows, rows_of
from target_zuora360_cleanup.plan.finding import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.facts.org_facts import ObjectFacts
    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding

WOULD_NOT_HOLD: Final = Code(
    "reset-would-not-hold",
    "blocks",
    "a flag of Meltano's would keep the reset from being stored",
    "run without it; with `--full-refresh` add `--state-strategy overwrite`",
)
NO_KEY: Final = Code(
    "rows-without-key",
    "tells",
    "records without an external id, which no sync brings back, with the first ids",
    "see where they come from, and export them if they are needed",
)
TOO_LATE: Final = Code(
    "start-date-too-late",
    "warns",
    "the tap's `start_date` is later than the oldest data, which would not come back",
    "set it earlier",
)


@check(WOULD_NOT_HOLD)
def reset_holds(weighed: Weighed) -> Iterator[Finding]:
    """Whether Meltano would store the reset."""
    if flag := weighed.pipeline.undone_by:
        yield WOULD_NOT_HOLD.found(
            f"With {flag} Meltano would not store the bookmark reset: the next sync would be "
            "incremental and the deleted records lost.",
            f"Run again without {flag}; for a full refresh add --state-strategy overwrite.",
        )


def reset_alone_holds(pipeline: Pipeline) -> Iterator[Finding]:
    """The same for mode `reset`, in which no records are lost."""
    if flag := pipeline.undone_by:
        yield WOULD_NOT_HOLD.found(
            f"With {flag} Meltano would not store the bookmark reset.", f"Run again without {flag}."
        )


@check(NO_KEY)
def keyless(weighed: Weighed) -> Iterator[Finding]:
    """Rows of which no sync knows."""
    found = [each for each in weighed.facts.objects if each.keyless.rows.or_else(0)]
    if found:
        total = sum(each.keyless.rows.or_else(0) for each in found)
        first = "; ".join(
            f"{each.kind.api_name}: {', '.join(each.keyless.first)}"
            for each in found
            if each.keyless.first
        )
        yield NO_KEY.found(
            f"{total:,} records have no external id that this user can read, and no sync brings "
            f"them back.{f' The first: {first}.' if first else ''}",
            "See where they come from, and export them if they are needed.",
            tuple((each.kind.api_name, each.keyless.rows.or_else(0)) for each in found),
        )


@check(TOO_LATE)
def start_date(weighed: Weighed) -> Iterator[Finding]:
    """Data that the tap would not send again."""
    start = weighed.pipeline.start_date[: len("2000-01-01")]
    dated = [(each, _oldest(each)[: len(start)]) for each in weighed.facts.objects if rows_of(each)]
    older = [(each, date) for each, date in dated if start and date and date < start]
    if older:
        oldest = min(date for _, date in older)
        yield TOO_LATE.found(
            f"The tap's start_date is {start}, but there is data from {oldest}: what is older than "
            "start_date would not come back.",
            f"Set the tap's start_date to {oldest} or earlier (Zuora's own full sync begins with "
            "2000-01-01).",
            named_rows(each for each, _ in older),
        )


def _oldest(each: ObjectFacts) -> str:
    match each.oldest:
        case Known(date):
            return date
        case Unknown():
            return ""  # (Of the object types together, those with dates tell enough.)
