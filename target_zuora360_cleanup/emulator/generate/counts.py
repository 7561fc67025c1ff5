"""How many rows of each object a generated org has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.org.options import OrgOptions
    from target_zuora360_cleanup.emulator.schema.objects import Schema

__all__ = ["row_counts"]

_REST: Final = "Zuora__InvoiceItem__c"
"""Takes what is left over, so that the sum is what was asked for."""
_FIXED: Final = {
    "Zuora__PaymentTerm__c": 5,
    "Zuora__PaymentGateway__c": 3,
    "Zuora__UnitOfMeasure__c": 6,
    "Zuora__Product__c": 12,
    "zqu__ZUnitOfMeasure__c": 6,
    "zqu__ZFeature__c": 8,
}
_PER_THOUSAND: Final = {
    # What is first is the last to be left out of a very small org.
    "Zuora__CustomerAccount__c": 50,
    "Zuora__Subscription__c": 85,
    "Zuora__SubscriptionRatePlan__c": 110,
    "Zuora__SubscriptionProductCharge__c": 170,
    "Zuora__ZInvoice__c": 140,
    _REST: 100,
    "Zuora__Payment__c": 60,
    "Zuora__PaymentInvoice__c": 65,
    "Zuora__PaymentMethod__c": 25,
    "Zuora__ZContact__c": 20,
    "Zuora__TaxationItem__c": 20,
    "Zuora__SubscriptionProductFeature__c": 8,
    "Zuora__SubscriptionRatePlanChargeTier__c": 6,
    "Zuora__Refund__c": 4,
    "Zuora__RefundInvoicePayment__c": 4,
    "Zuora__RefundPart__c": 2,
    "Zuora__CreditMemo__c": 3,
    "Zuora__CreditMemoItem__c": 4,
    "Zuora__CreditMemoPart__c": 2,
    "Zuora__DebitMemo__c": 2,
    "Zuora__DebitMemoItem__c": 3,
    "Zuora__PaymentPart__c": 2,
    "Zuora__SubscriptionHistory__c": 2,
    "Zuora__SubscriptionRatePlanHistory__c": 3,
    "Zuora__SubscriptionProductChargeHistory__c": 4,
    "Zuora__SubscriptionChargeTierHistory__c": 4,
}
_CATALOG_PER_THOUSAND: Final = {
    "Product2": 1,
    "zqu__ZProduct__c": 1,
    "zqu__ProductRatePlan__c": 3,
    "zqu__ProductRatePlanCharge__c": 6,
    "zqu__ProductRatePlanChargeTier__c": 9,
    "zqu__ProductRatePlanChargePriceSummary__c": 6,
    "zqu__ZProductFeature__c": 2,
}
_SMALL: Final = 1_000
"""A smaller org has one product and of most objects one row."""
_CATALOG_LEAST: Final = 12
"""A product catalogue does not shrink with the number of customers ..."""
_CATALOG_MOST: Final = 400
"""... nor grow with it without end: most products of an org (thousandths of this many thousand)."""


def row_counts(options: OrgOptions, schema: Schema) -> dict[str, int]:
    """Return the number of Zuora's rows, by object; they add up to `options.records`."""
    records = options.records
    fixed = {name: min(count, records // 20) for name, count in _FIXED.items()}
    thousands = min(max(records // 1000, _CATALOG_LEAST), _CATALOG_MOST)
    scale = thousands if records >= _SMALL else 1
    fixed |= {name: share * scale for name, share in _CATALOG_PER_THOUSAND.items()}
    fixed = {name: count for name, count in fixed.items() if name in schema.objects}
    if records < _SMALL:
        accounts = _accounts(records, schema)
        return _fitted(accounts | fixed, records)
    accounts = _accounts(records - sum(fixed.values()), schema)
    return _fitted(fixed | accounts, records)


def _accounts(records: int, schema: Schema) -> dict[str, int]:
    return {
        name: max(1, records * share // 1000)
        for name, share in _PER_THOUSAND.items()
        if name in schema.objects
    }


def _fitted(counts: dict[str, int], records: int) -> dict[str, int]:
    """Make the counts add up: what is too much goes from the end, what is left over to one."""
    left, fitted = records, dict[str, int]()
    for name, count in counts.items():
        fitted[name] = min(count, left)
        left -= fitted[name]
    if _REST in fitted:
        fitted[_REST] += left
    return fitted
