"""Checks of the data that a cleanup concerns: records, relationships, quotes, dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import QUOTE_PREFIX, is_discoverable, of_package
from target_zuora360_cleanup.plan.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.facts.org_facts import OrgFacts, Relationship
    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.settings.declared import Settings

_SAFE_QUOTES: Final = 3
_LOOKUP_LINKS: Final[dict[str, tuple[Severity, str]]] = {
    "snapshot": ("tells", "Where they led is written to links/ in the output folder beforehand."),
    "ignore": ("warns", "Set lookup_links to snapshot to have a file that tells where they led."),
    "refuse": ("blocks", "Set lookup_links to snapshot to go on with a file that tells them."),
}


def records(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    """How many records there are."""
    total = sum(each.found - len(facts.kept.get(each.kind.api_name, ())) for each in facts.objects)
    if total > settings.max_records:
        yield Finding(
            "too-many-records",
            "blocks",
            f"The cleanup would delete {total:,} records, more than max_records "
            f"({settings.max_records:,}). Zuora recommends no cleanup above 1,000,000.",
            "Clean one object group at a time, ask Zuora's support for a full sync, use mode "
            "'reset', or raise max_records.",
            tuple((each.kind.api_name, each.found) for each in facts.objects if each.found),
        )
    elif facts.objects and not total:
        yield Finding(
            "nothing-to-delete",
            "tells",
            "There are no Zuora records to delete.",
            "Nothing to do. For a full sync alone, mode 'reset' is enough.",
        )


def taken_along(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    """Rows of others that a cascade destroys, or that hold a record."""
    held = sorted(strong_links(facts), key=lambda pair: (pair[0].child, pair[0].field))
    for link, rows in held:
        if link.on_delete == "cascade":
            allowed = link.child in settings.allow_cascade_to
            some_stay = bool(facts.kept.get(link.parent))
            yield _cascade(link, rows, some_stay=some_stay, allowed=allowed)
        else:
            yield _restrict(link, rows, facts.holders.get(link, ()))


def _cascade(link: Relationship, rows: int, *, some_stay: bool, allowed: bool) -> Finding:
    most = "Up to " if some_stay else ""
    via = f"{most}{rows:,} rows of {link.child} would be destroyed with their {link.parent}"
    if allowed:
        return Finding(
            "allowed-rows-taken-along",
            "tells",
            f"{via} (field {link.field}).",
            f"That is allowed: {link.child} is named in allow_cascade_to.",
            ((link.child, rows),),
        )
    if of_package(link.child) and is_discoverable(link.child):
        return Finding(
            "package-rows-taken-along",
            "blocks",
            f"{via}, although {link.child} is not to be cleaned.",
            f"Clean {link.child} too, or leave {link.parent} alone as well (include_objects, "
            "exclude_objects).",
            ((link.child, rows),),
        )
    return Finding(
        "customer-rows-taken-along",
        "blocks",
        f"{via} (field {link.field}). They are not Zuora's, and no sync brings them back.",
        f"Move or export them first, or name {link.child} in allow_cascade_to.",
        ((link.child, rows),),
    )


def _restrict(link: Relationship, rows: int, ids: tuple[str, ...]) -> Finding:
    first = f" The first: {', '.join(ids)}." if ids else ""
    return Finding(
        "rows-hold-records",
        "blocks",
        f"{rows:,} rows of {link.child} hold their {link.parent} (field {link.field}): Salesforce "
        f"refuses to delete a record that is held so.{first}",
        f"Blank {link.field} on these rows, or leave {link.parent} alone.",
        ((link.child, rows),),
    )


def strong_links(facts: OrgFacts) -> Iterator[tuple[Relationship, int]]:
    """Relationships of objects outside of the cleanup that a deletion does more to than blank."""
    for link, rows in facts.linked_rows.items():
        if link.on_delete != "clear" and rows and link.child not in facts.names:
            yield link, rows


def blank_links(facts: OrgFacts) -> Iterator[tuple[Relationship, int]]:
    """Plain lookups of objects outside of the cleanup that will go blank.

    Where catalogue rows are kept for quotes, no lookup of a quote is among them.
    """
    for link, rows in facts.linked_rows.items():
        quoted = link.child.startswith(QUOTE_PREFIX) and facts.kept
        if link.on_delete == "clear" and rows and link.child not in facts.names and not quoted:
            yield link, rows


def lookups(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    """Lookups of the customer's objects that go blank."""
    links = [(link, rows) for link, rows in blank_links(facts) if not of_package(link.child)]
    if not links:
        return
    severity, remedy = _LOOKUP_LINKS[settings.lookup_links]
    total = sum(rows for _, rows in links)
    yield Finding(
        "lookups-go-blank",
        severity,
        f"Up to {total:,} lookups of your own objects will go blank; Salesforce keeps no history "
        "of them.",
        remedy,
        tuple(sorted((f"{link.child}.{link.field}", rows) for link, rows in links)),
    )


def quotes(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    """The catalogue: a cleanup is safe from Zuora Quotes 3.x on (page "About 360 Sync Cleanup")."""
    catalog = tuple(
        (each.kind.api_name, each.found)
        for each in facts.objects
        if each.kind.group == "product_catalog" and each.found
    )
    version, configured = facts.around.quotes_version, facts.around.config_version
    if catalog and not version:
        yield Finding(
            "quotes-version-unknown",
            "blocks",
            f"The version of Zuora Quotes (package zqu) could not be read{_hint(configured)}, and "
            "below 3.0 a cleanup of the product catalogue is not safe.",
            "Give the user the permission to view setup and configuration, or clean only "
            "object_groups accounts.",
            catalog,
        )
    elif catalog and _major(version) < _SAFE_QUOTES:
        yield Finding(
            "quotes-too-old",
            "blocks",
            f"Zuora Quotes is {version}; below 3.0 a cleanup of the product catalogue is not safe.",
            "Upgrade Zuora Quotes, or clean only object_groups accounts.",
            catalog,
        )
    elif catalog and configured and _major(configured) < _SAFE_QUOTES:
        yield Finding(
            "quotes-versions-differ",
            "warns",
            f"Zuora Quotes is {version}, but Zuora's own settings in the org say {configured}, and "
            "below 3.0 a cleanup of the product catalogue is not safe.",
            "See Setup, Installed Packages, for the version that is really there.",
            catalog,
        )
    if not settings.keep_quoted_products:
        yield from _unprotected_quotes(facts)


def _major(version: str) -> int:
    return int(version.partition(".")[0])


def _hint(configured: str) -> str:
    return f" (Zuora's own settings in the org say {configured})" if configured else ""


def _unprotected_quotes(facts: OrgFacts) -> Iterator[Finding]:
    links = [
        (f"{link.child}.{link.field}", rows)
        for link, rows in facts.linked_rows.items()
        if rows and link.child.startswith(QUOTE_PREFIX)
    ]
    if links:
        total = sum(rows for _, rows in links)
        yield Finding(
            "quotes-lose-products",
            "warns",
            f"{total:,} lookups of quote records to the catalogue will go blank: these quotes may "
            "not work afterwards.",
            "Leave keep_quoted_products on, so that what quotes use is kept.",
            tuple(sorted(links)),
        )


def start_date(facts: OrgFacts, pipeline: Pipeline) -> Iterator[Finding]:
    """Data that the tap would not send again."""
    dated = [each for each in facts.objects if each.found and each.oldest]
    start = pipeline.start_date[: len("2000-01-01")]
    older = [each for each in dated if start and each.oldest[: len(start)] < start]
    if older:
        oldest = min(each.oldest[: len(start)] for each in older)
        yield Finding(
            "start-date-too-late",
            "warns",
            f"The tap's start_date is {start}, but there is data from {oldest}: what is older than "
            "start_date would not come back.",
            f"Set the tap's start_date to {oldest} or earlier (Zuora's own full sync begins with "
            "2000-01-01).",
            tuple((each.kind.api_name, each.found) for each in older),
        )
