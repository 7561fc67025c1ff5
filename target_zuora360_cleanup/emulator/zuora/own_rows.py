"""Which records of Zuora's make the rows of each object that the emulated 360 fills.

Of most objects the generator has made a row for each record that is synced. The others get their
rows here: the products a second time, each version of a subscription and what is below it, and a
row for each name that records have.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.zuora import zuora_objects
from target_zuora360_cleanup.emulator.zuora.own_table import own_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.emulator.schema.zuora import ZuoraObject

__all__ = ["OwnRows", "own_rows"]

_KEY: Final = "Zuora__External_Id__c"


@dataclass(frozen=True)
class OwnRows:
    """The rows of an object.

    Attributes:
        item: The data source of the records that make them.
        key: The field by which lookups find a row.
        where: Which of the records do, as SQL about `z`.
        made: Whether the rows are made here; else the generator has, numbered like the records.
    """

    item: ZuoraObject
    key: str
    where: str
    made: bool = True

    @property
    def number(self) -> str:
        """The row's number, as SQL about `z`."""
        return "row_number() OVER (ORDER BY z._n)" if self.made else "z._n"


@cache
def own_rows() -> Mapping[str, OwnRows]:
    """Return what makes the rows of each object, parents before children."""
    items = zuora_objects()
    made = {
        "zqu__ZProduct__c": OwnRows(items["Product"], "zqu__ZuoraId__c", "z._synced"),
        "Zuora__Product__c": OwnRows(items["Product"], _KEY, "z._synced"),
        "Zuora__PaymentTerm__c": _named("Account", "PaymentTerm"),
        "Zuora__PaymentGateway__c": _named("Account", "PaymentGateway"),
        "Zuora__UnitOfMeasure__c": _named("RatePlanCharge", "UOM"),
        "zqu__ProductRatePlanChargePriceSummary__c": _named(
            "ProductRatePlanChargeTier", "ProductRatePlanCharge.Id", "Currency"
        ),
        "Zuora__SubscriptionHistory__c": OwnRows(
            items["Subscription"],
            _KEY,
            "z.Status <> 'Draft' AND z.\"Account.Id\" IN"
            f" (SELECT Id FROM {quote(items['Account'].table)} WHERE _synced)",
        ),
        "Zuora__SubscriptionRatePlanHistory__c": _below(
            "RatePlan", "Subscription", "Zuora__SubscriptionHistory__c"
        ),
        "Zuora__SubscriptionProductChargeHistory__c": _below(
            "RatePlanCharge", "RatePlan", "Zuora__SubscriptionRatePlanHistory__c"
        ),
        "Zuora__SubscriptionChargeTierHistory__c": _below(
            "RatePlanChargeTier", "RatePlanCharge", "Zuora__SubscriptionProductChargeHistory__c"
        ),
    }
    generated = {
        item.sobject: OwnRows(item, item.key, "z._synced", made=False)
        for item in items.values()
        if item.key
    }
    return {name: each for name, each in (made | generated).items() if name in own_fields()}


def _named(item: str, *fields: str) -> OwnRows:
    source = zuora_objects()[item]
    names = ", ".join(map(quote, fields))
    filled = " AND ".join(f"{quote(each)} IS NOT NULL" for each in fields)
    firsts = f"SELECT min(_n) FROM {quote(source.table)} WHERE {filled} GROUP BY {names}"
    return OwnRows(source, "Name", f"z._n IN ({firsts})")


def _below(item: str, parent: str, history: str) -> OwnRows:
    above = f"SELECT {quote(_KEY)} FROM {quote(history)}"
    return OwnRows(zuora_objects()[item], _KEY, f"z.{quote(f'{parent}.Id')} IN ({above})")
