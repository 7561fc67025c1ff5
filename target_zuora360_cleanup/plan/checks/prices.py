"""What becomes of the prices of products that are deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import strong_links
from target_zuora360_cleanup.plan.finding import After, Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.reach import Path

PRICES: Final = Code(
    "prices-taken-along",
    "warns",
    "Salesforce deletes a product's prices with it; these are of the standard price book, and "
    "backed up whole",
    "none needed: set the prices again from the backup once a sync has brought the products back, "
    "or leave `Product2` alone",
)
OWN_PRICES: Final = Code(
    "own-prices-taken-along",
    "blocks",
    "prices that people have set in price books of their own go with their products, or it is not "
    "known whether any do, or no backup is made of them",
    "export them, or name `PricebookEntry` in `allow_cascade_to`: then they are backed up whole "
    "(unless `backup` is `none`)",
)


def is_price(path: Path, weighed: Weighed) -> bool:
    """Whether prices are weighed by themselves, and not as rows that are allowed to go."""
    return path.is_price and path.child not in weighed.settings.allow_cascade_to


@check(PRICES, OWN_PRICES)
def prices(weighed: Weighed) -> Iterator[Finding]:
    """Prices go with their product in every org; only some of them are people's work."""
    for path, rows in strong_links(weighed.facts):
        if path.on_delete == "cascade" and is_price(path, weighed):
            yield _prices(path, rows, weighed)


def _prices(path: Path, rows: int, weighed: Weighed) -> Finding:
    rows_of = ((path.child, rows),)
    which = counted(rows, "price (PricebookEntry) goes", "prices (PricebookEntry) go")
    what = f"{which} with {'its product' if rows == 1 else 'their products'}, as in every org."
    back = (
        "No sync brings prices of Salesforce back: Zuora's own are in its rate plan charges. "
        "Products on lines of opportunities, orders or quotes stay: Salesforce refuses them."
    )
    own = weighed.facts.own_prices
    if own == Known(0) and weighed.settings.backup != "none":
        return PRICES.found(
            f"{what} All are of the standard price book, and are backed up whole. {back}",
            "Set them again from the backup after the next sync, or leave Product2 alone.",
            rows_of,
            after=After(
                "Gone with their products, as in every org: {}. All were of the standard price "
                f"book, and are backed up whole. {back}",
                "Set them again from the backup after the next sync.",
                ("price (PricebookEntry)", "prices (PricebookEntry)"),
                ((path, rows),),
            ),
        )
    match own:
        case Known(count) if count:
            most = counted(count, "at most is", "at most are")
            why = f"{most} of price books that people have made."
        case Known():
            why = "backup is none, so that nothing is kept of them."
        case Unknown(reason):
            why = f"How many are of price books that people have made is not known: {reason}."
    return OWN_PRICES.found(
        f"{what} {why} {back}",
        "Export them, or name PricebookEntry in allow_cascade_to; or leave Product2 alone.",
        rows_of,
    )
