"""Zuora Quotes: from 3.x on a cleanup of the catalogue is safe (page "About 360 Sync Cleanup")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import QUOTE_PREFIX
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import linked, named_rows, rows_of
from target_zuora360_cleanup.plan.finding import After, Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.facts.org_facts import OrgFacts
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.reach import Path

_SAFE: Final = 3
VERSION_UNKNOWN: Final = Code(
    "quotes-version-unknown",
    "blocks",
    "the version of Zuora Quotes could not be read",
    "give View Setup and Configuration, or clean `accounts` alone",
)
TOO_OLD: Final = Code(
    "quotes-too-old",
    "blocks",
    "Zuora Quotes below 3.0: the catalogue is not safe to clean",
    "upgrade, or clean `accounts` alone",
)
VERSIONS_DIFFER: Final = Code(
    "quotes-versions-differ",
    "warns",
    "the package says 3.0 or newer, Zuora's settings in the org say older",
    "look at Setup, Installed Packages",
)
NOT_SEEN: Final = Code(
    "quotes-not-seen",
    "blocks",
    "no object of quotes is shown to this user, so that the products they use can't be kept",
    "give the user Read on the objects of Zuora Quotes, or switch `keep_quoted_products` off",
)
_ON_THE_WAY: Final = ("zqu__ProductRatePlan__c", "zqu__ProductRatePlanCharge__c")
"""What quotes always use, and what hangs the rest of the catalogue together."""
NOT_TRACED: Final = Code(
    "quotes-not-traced",
    "blocks",
    "catalogue rows are cleaned, and others, over which quotes use them, can't be read",
    "give the user Read on it, or switch `keep_quoted_products` off",
)
LOSE_PRODUCTS: Final = Code(
    "quotes-lose-products",
    "warns",
    "quotes would lose the products they use",
    "leave `keep_quoted_products` on",
)


@check(VERSION_UNKNOWN, TOO_OLD, VERSIONS_DIFFER)
def version(weighed: Weighed) -> Iterator[Finding]:
    """Whether the catalogue is safe to clean with this version of Quotes."""
    facts = weighed.facts
    catalog = named_rows(
        each for each in facts.objects if each.kind.group == "product_catalog" and rows_of(each)
    )
    if not catalog:
        return
    configured = facts.conditions.config_version
    match facts.conditions.quotes_version:
        case Unknown():
            yield VERSION_UNKNOWN.found(
                f"The version of Zuora Quotes (package zqu) could not be read{_hint(configured)}, "
                "and below 3.0 a cleanup of the product catalogue is not safe.",
                "Give the user the permission to view setup and configuration, or clean only "
                "object_groups accounts.",
                catalog,
            )
        case Known(installed) if _is_old(installed):
            yield TOO_OLD.found(
                f"Zuora Quotes is {installed}; below 3.0 a cleanup of the product catalogue is not "
                "safe.",
                "Upgrade Zuora Quotes, or clean only object_groups accounts.",
                catalog,
            )
        case Known(installed):
            yield from _doubt(installed, configured, catalog)


def _doubt(
    installed: str, configured: Fact[str], catalog: tuple[tuple[str, int], ...]
) -> Iterator[Finding]:
    match configured:
        case Known(other) if _is_old(other):
            yield VERSIONS_DIFFER.found(
                f"Zuora Quotes is {installed}, but Zuora's own settings in the org say {other}, "
                "and below 3.0 a cleanup of the product catalogue is not safe.",
                "See Setup, Installed Packages, for the version that is really there.",
                catalog,
            )
        case Known() | Unknown():
            pass  # (The installed package is what counts; a refusal is told by `not-checked`.)


def _is_old(version: str) -> bool:
    return int(version.partition(".")[0]) < _SAFE


def _hint(configured: Fact[str]) -> str:
    match configured:
        case Known(version):
            return f" (Zuora's own settings in the org say {version})"
        case Unknown():
            return ""


@check(NOT_SEEN)
def unseen(weighed: Weighed) -> Iterator[Finding]:
    """Quotes that may be there, although this user sees no object of theirs."""
    facts = weighed.facts
    catalog = named_rows(
        each for each in facts.objects if each.kind.group == "product_catalog" and rows_of(each)
    )
    if catalog and weighed.settings.keep_quoted_products and not facts.quote_objects:
        yield NOT_SEEN.found(
            "This user sees no object of Zuora Quotes, so that nobody can say which products "
            "quotes use.",
            "Give the user Read on the objects that begin with zqu__Quote; if there are none, "
            "switch keep_quoted_products off.",
            catalog,
        )


@check(NOT_TRACED)
def untraced(weighed: Weighed) -> Iterator[Finding]:
    """Catalogue rows over which quotes may use others, and that this user may not read."""
    facts = weighed.facts
    is_cleaned = any(
        each.kind.group == "product_catalog" and rows_of(each) for each in facts.objects
    )
    if not (is_cleaned and facts.quote_objects and weighed.settings.keep_quoted_products):
        return
    beside = facts.beside.objects
    unknown = [each.kind.api_name for each in beside if isinstance(each.found, Unknown)]
    seen = facts.names | {each.kind.api_name for each in beside}
    unknown += [name for name in _ON_THE_WAY if name not in seen]
    if unknown:
        yield NOT_TRACED.found(
            f"What quotes use can't be followed over {', '.join(unknown)}, which this user can't "
            "read: nobody can say which of the records to clean they use.",
            "Give the user Read on them, or switch keep_quoted_products off.",
            tuple((name, 0) for name in unknown),
        )


@check(LOSE_PRODUCTS)
def unprotected(weighed: Weighed) -> Iterator[Finding]:
    """Quotes that use what will be deleted."""
    lost = () if weighed.settings.keep_quoted_products else _quote_lookups(weighed.facts)
    if lost:
        total = sum(rows for _, rows in lost)
        yield LOSE_PRODUCTS.found(
            f"{counted(total, 'lookup')} of quote records to the catalogue will go blank: these "
            "quotes may not work afterwards.",
            "Leave keep_quoted_products on, so that what quotes use is kept.",
            tuple((path.name, rows) for path, rows in lost),
            after=After(
                "Blank on quote records since the catalogue is gone: {}. These quotes may not work "
                "until they are set again.",
                "relink sets them again after the next full sync.",
                ("lookup", "lookups"),
                lost,
            ),
        )


def _quote_lookups(facts: OrgFacts) -> tuple[tuple[Path, int], ...]:
    catalog = {each.kind.api_name for each in facts.objects if each.kind.group == "product_catalog"}
    return tuple(
        sorted(
            (
                (path, rows)
                for path, rows in linked(facts)
                if path.child.startswith(QUOTE_PREFIX) and path.parent in catalog
            ),
            key=lambda each: each[0].name,
        )
    )
