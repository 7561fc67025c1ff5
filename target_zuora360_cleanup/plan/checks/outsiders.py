"""What a cleanup does to rows that are not to be cleaned: destroys, is held by, or blanks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import is_discoverable, of_package
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import blank_links, strong_links
from target_zuora360_cleanup.plan.finding import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.facts.relationships import Relationship
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding, Severity

ALLOWED: Final = Code(
    "allowed-rows-taken-along",
    "tells",
    "rows of an object in `allow_cascade_to` will be destroyed with their parents",
    "none needed: it is allowed",
)
OF_PACKAGE: Final = Code(
    "package-rows-taken-along",
    "blocks",
    "rows of a package object that is not to be cleaned would be destroyed with their parents",
    "clean that object too, or leave its parents alone",
)
OF_CUSTOMER: Final = Code(
    "customer-rows-taken-along",
    "blocks",
    "rows of your own objects would be destroyed with their parents",
    "move or export them, or name the object in `allow_cascade_to`",
)
HELD: Final = Code(
    "rows-hold-records",
    "blocks",
    "rows of yours whose lookup forbids the deletion, with the first ids",
    "blank the lookup, or leave the parent alone",
)
GO_BLANK: Final = Code(
    "lookups-go-blank",
    "tells",
    "lookups of your objects that lose their parents, by field",
    "[relink](relink.md) after the next full sync",
    setting="lookup_links",
    otherwise=("warns", "blocks"),
)
_BY_SETTING: Final[dict[str, tuple[Severity, str]]] = {
    "snapshot": ("tells", "Where they led is written to links/ in the output folder beforehand."),
    "ignore": ("warns", "Set lookup_links to snapshot to have a file that tells where they led."),
    "refuse": ("blocks", "Set lookup_links to snapshot to go on with a file that tells them."),
}


@check(OF_CUSTOMER, OF_PACKAGE, HELD, ALLOWED)
def taken_along(weighed: Weighed) -> Iterator[Finding]:
    """Rows of others that a cascade destroys, or that hold a record."""
    facts = weighed.facts
    strong = sorted(strong_links(facts), key=lambda pair: (pair[0].child, pair[0].field))
    for relationship, rows in strong:
        if relationship.on_delete == "cascade":
            allowed = relationship.child in weighed.settings.allow_cascade_to
            some_stay = bool(facts.kept.get(relationship.parent))
            yield _cascade(relationship, rows, some_stay=some_stay, allowed=allowed)
        else:
            holders = facts.holders.get(relationship, Unknown("they were not read"))
            yield _restrict(relationship, rows, holders)


def _cascade(by: Relationship, rows: int, *, some_stay: bool, allowed: bool) -> Finding:
    most = "Up to " if some_stay else ""
    what = f"{most}{rows:,} rows of {by.child} would be destroyed with their {by.parent}"
    if allowed:
        return ALLOWED.found(
            f"{what} (field {by.field}).",
            f"That is allowed: {by.child} is named in allow_cascade_to.",
            ((by.child, rows),),
        )
    if of_package(by.child) and is_discoverable(by.child):
        return OF_PACKAGE.found(
            f"{what}, although {by.child} is not to be cleaned.",
            f"Clean {by.child} too, or leave {by.parent} alone as well (include_objects, "
            "exclude_objects).",
            ((by.child, rows),),
        )
    return OF_CUSTOMER.found(
        f"{what} (field {by.field}). They are not Zuora's, and no sync brings them back.",
        f"Move or export them first, or name {by.child} in allow_cascade_to.",
        ((by.child, rows),),
    )


def _restrict(by: Relationship, rows: int, holders: Fact[tuple[str, ...]]) -> Finding:
    match holders:
        case Known(ids) if ids:
            first = f" The first: {', '.join(ids)}."
        case Known() | Unknown():
            # The count blocks in any case; without the ids it is only harder to act upon.
            first = ""
    return HELD.found(
        f"{rows:,} rows of {by.child} hold their {by.parent} (field {by.field}): Salesforce "
        f"refuses to delete a record that is held so.{first}",
        f"Blank {by.field} on these rows, or leave {by.parent} alone.",
        ((by.child, rows),),
    )


@check(GO_BLANK)
def lookups(weighed: Weighed) -> Iterator[Finding]:
    """Lookups of the customer's objects that go blank."""
    blank = [pair for pair in blank_links(weighed.facts) if not of_package(pair[0].child)]
    if not blank:
        return
    severity, remedy = _BY_SETTING[weighed.settings.lookup_links]
    total = sum(rows for _, rows in blank)
    yield GO_BLANK.found(
        f"Up to {total:,} lookups of your own objects will go blank; Salesforce keeps no history "
        "of them.",
        remedy,
        tuple(sorted((f"{each.child}.{each.field}", rows) for each, rows in blank)),
        severity,
    )
