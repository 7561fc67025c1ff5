"""Lookups of rows that stay, which a cleanup blanks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import blank_links, detached_links, some_stay
from target_zuora360_cleanup.plan.finding import After, Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding, Severity

GO_BLANK: Final = Code(
    "lookups-go-blank",
    "tells",
    "lookups that lose their parents and that no sync fills again, by field",
    "[relink](relink.md) after the next full sync",
    setting="lookup_links",
    otherwise=("warns", "blocks"),
)
NO_WAY_BACK: Final = Code(
    "links-without-key",
    "blocks",
    "lookups that go blank and lead to rows of which no query tells the external id, so that no "
    "relink can follow",
    "give the user Read on the external id field, fill it, or set `lookup_links` to `ignore`",
    setting="lookup_links",
    otherwise=("warns",),
)
_BY_SETTING: Final[dict[str, tuple[Severity, str, str]]] = {
    "snapshot": (
        "tells",
        "Where they led is written to links/ in the output folder beforehand.",
        (
            "Where they led is written to links/ in the output folder; relink sets them again "
            "after the next full sync."
        ),
    ),
    "ignore": (
        "warns",
        "Set lookup_links to snapshot to have a file that tells where they led.",
        "Where they led is in no file: lookup_links is ignore.",
    ),
    "refuse": ("blocks", "Set lookup_links to snapshot to go on with a file that tells them.", ""),
}
"""What severity it has, what to do beforehand, and what afterwards."""


@check(GO_BLANK)
def lookups(weighed: Weighed) -> Iterator[Finding]:
    """Lookups that go blank and stay so."""
    blank = list(blank_links(weighed.facts))
    if not blank:
        return
    severity, remedy, afterwards = _BY_SETTING[weighed.settings.lookup_links]
    total = sum(rows for _, rows in blank)
    most = "Up to " if some_stay(weighed.facts, blank) else ""
    them = "it" if total == 1 else "them"
    yield GO_BLANK.found(
        f"{most}{counted(total, 'lookup')} to these records will go blank; Salesforce keeps no "
        f"history of {them}, and no sync fills {them} again.",
        remedy,
        tuple((path.name, rows) for path, rows in blank),
        severity,
        After(
            "Blank since these records are gone: {}. Salesforce keeps no history of lookups, and "
            "no sync fills these again.",
            afterwards,
            ("lookup", "lookups"),
            tuple(blank),
            is_most=bool(most),
        ),
    )


@check(NO_WAY_BACK)
def lost(weighed: Weighed) -> Iterator[Finding]:
    """Lookups of which no file could tell where they led."""
    facts = weighed.facts
    blank = {path for path, _ in (*blank_links(facts), *detached_links(facts))}
    ways = {
        path: rows.or_else(weighed.facts.reach[path].or_else(0))
        for path, rows in sorted(weighed.facts.keyless_links.items())
        if path in blank
    }
    if ways:
        lookups = counted(
            sum(ways.values()), "lookup that goes blank leads", "lookups that go blank lead"
        )
        yield NO_WAY_BACK.found(
            f"{lookups} to rows of which no query tells the external id: there is none, this user "
            "can't read it, or the lookup may lead to several objects. No relink could "
            "ever lead them back.",
            "Give the user Read on the external id field or fill it there, or set lookup_links to "
            "ignore.",
            tuple((path.name, rows) for path, rows in ways.items()),
            "warns" if weighed.settings.lookup_links == "ignore" else "blocks",
            After(
                f"Up to {counted(sum(ways.values()), 'lookup')} of those that went blank, or were "
                "detached, led to rows of which no query tells the external id.",
                "Where they led is in no file: nothing can lead them back.",
            ),
        )
