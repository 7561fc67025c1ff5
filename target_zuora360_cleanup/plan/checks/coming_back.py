"""Whether the next sync brings everything back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import named_rows, rows_of
from target_zuora360_cleanup.plan.finding import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_zuora360_cleanup.facts.known import Fact
    from target_zuora360_cleanup.facts.org_facts import ObjectFacts
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding

_FIRST: Final = "2000-01-01"
"""With which Zuora's own full sync begins."""
NO_KEY: Final = Code(
    "rows-without-key",
    "tells",
    "records without an external id, which no sync brings back, with the first ids; or that they "
    "could not be counted",
    "see where they come from, and export them if they are needed",
)
TOO_LATE: Final = Code(
    "start-date-too-late",
    "warns",
    "the tap's `start_date` is later than the oldest data, which would not come back, or nobody "
    "can say how old that is",
    "set it earlier",
)


@check(NO_KEY)
def keyless(weighed: Weighed) -> Iterator[Finding]:
    """Rows of which no sync knows."""
    present = [each for each in weighed.facts.objects if rows_of(each)]
    counts = {each.kind.api_name: each.keyless.rows for each in present}
    if told := tuple(filter(None, (_keyless_words(present), _unknown_words(counts)))):
        yield NO_KEY.found(
            " ".join(told),
            "See where they come from, and export them if they are needed.",
            tuple((name, rows.or_else(0)) for name, rows in counts.items() if rows != Known(0)),
        )


def _keyless_words(objects: Iterable[ObjectFacts]) -> str:
    found = [each for each in objects if each.keyless.rows.or_else(0)]
    if not found:
        return ""
    total = sum(each.keyless.rows.or_else(0) for each in found)
    first = "; ".join(
        f"{each.kind.api_name}: {', '.join(each.keyless.first)}"
        for each in found
        if each.keyless.first
    )
    records = counted(total, "record has", "records have")
    return (
        f"{records} no external id that this user can read, and no sync brings "
        f"{'it' if total == 1 else 'them'} back.{f' The first: {first}.' if first else ''}"
    )


def _unknown_words(counts: Mapping[str, Fact[int]]) -> str:
    unknown = [f"{name} ({each.why})" for name, each in counts.items() if isinstance(each, Unknown)]
    if not unknown:
        return ""
    return f"How many records have no external id could not be counted: {'; '.join(unknown)}."


@check(TOO_LATE)
def start_date(weighed: Weighed) -> Iterator[Finding]:
    """Data that the tap would not send again."""
    start = weighed.pipeline.start_date[: len("2000-01-01")]
    present = [each for each in weighed.facts.objects if start > _FIRST and rows_of(each)]
    older = [each for each in present if _is_older(each, start)]
    unknown = [each for each in present if isinstance(each.oldest, Unknown)]
    dates = [each.oldest.or_else("")[: len(start)] for each in older]
    if older or unknown:
        told = (
            f"there is data from {min(dates)}" if dates else "",
            f"how old the data is could not be read ({_names(unknown)})" if unknown else "",
        )
        yield TOO_LATE.found(
            f"The tap's start_date is {start}, but {' and '.join(filter(None, told))}: what is "
            "older than start_date would not come back.",
            f"Set the tap's start_date to {_FIRST if unknown else min(dates)} or earlier (Zuora's "
            f"own full sync begins with {_FIRST}).",
            named_rows(iter([*older, *unknown])),
        )


def _is_older(each: ObjectFacts, start: str) -> bool:
    match each.oldest:
        case Known(date):
            return date[: len(start)] < start
        case Unknown():
            return False  # (told beside those that are)


def _names(objects: Iterable[ObjectFacts]) -> str:
    return ", ".join(each.kind.api_name for each in objects)
