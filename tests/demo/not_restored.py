"""What a cleanup and a full sync don't bring back of what Zuora's own 360 had written, and why.

Fields as `Object.Field` in an image; the emulated 360 has written something into each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.demo.image import differing

if TYPE_CHECKING:
    from tests.demo.image import Image

__all__ = ["NOT_RESTORED", "not_restored", "values_not_restored"]

_SYNCED_TOO: Final = (
    "Product2", "zqu__ProductRatePlan__c", "zqu__ProductRatePlanCharge__c",
    "zqu__ProductRatePlanChargeTier__c", "zqu__ZFeature__c", "zqu__ZProductFeature__c",
)  # fmt: skip
NOT_RESTORED: Final[dict[str, tuple[str, ...]]] = {
    "Zuora's own sync writes its messages there": tuple(
        f"{name}.zqu__Sync{kind}__c" for name in _SYNCED_TOO for kind in ("Message", "Status")
    ),
    "a text whose form is not documented": (
        "Zuora__CustomerAccount__c.Zuora__CreditCardExpiration__c",
        "Zuora__SubscriptionProductCharge__c.Zuora__PriceTable__c",
        "Zuora__SubscriptionProductChargeHistory__c.Zuora__PriceTable__c",
        "zqu__ProductRatePlan__c.zqu__Price_Summary__c",
        "zqu__ProductRatePlanCharge__c.zqu__PriceTable__c",
        "zqu__ProductRatePlanChargePriceSummary__c.zqu__PriceSummary__c",
    ),
    "no export of Zuora's tells it": (
        "Zuora__Payment__c.Zuora__InvoiceNumber__c",
        "Zuora__Payment__c.Zuora__Invoice__r.Zuora__External_Id__c",
        "Zuora__PaymentGateway__c.Zuora__IsActive__c",
        "Zuora__Product__c.Zuora__EntityID__c",
        "Zuora__SubscriptionProductCharge__c.Zuora__UnusedUnitsCreditRates__c",
        "Zuora__SubscriptionProductCharge__c.Zuora__UsageRecordRatingOption__c",
        "Zuora__SubscriptionProductCharge__c.Zuora__UseDiscountSpecificAccountingCode__c",
        "Zuora__SubscriptionRatePlan__c.Zuora__AmendmentSubscriptionRatePlanId__c",
        "zqu__ProductRatePlanCharge__c.zqu__PrepaymentPeriods__c",
    ),
    "no page names its source": (
        "Zuora__SubscriptionRatePlanChargeTier__c.Name",
        "zqu__ProductRatePlanCharge__c.zqu__Recognize_revenue_without_deferral__c",
    ),
    "the id of a name, in no export: the name is the key instead": (
        "Zuora__PaymentGateway__c.Zuora__External_Id__c",
        "Zuora__PaymentTerm__c.Zuora__External_Id__c",
        "Zuora__UnitOfMeasure__c.Zuora__External_Id__c",
    ),
    "how a charge's id and a currency make one id is not documented": (
        "zqu__ProductRatePlanChargePriceSummary__c.zqu__ZuoraId__c",
    ),
    "of several currencies the tenant's own counts, which no export tells": (
        "zqu__ProductRatePlanCharge__c.zqu__ListPrice__c",
    ),
    "users have added it to a product": (
        "Product2.Family",
        "Product2.IsActive",
        "Product2.ProductCode",
        "Product2.QuantityUnitOfMeasure",
        "Product2.StockKeepingUnit",
        "Product2.zqu__Type__c",
    ),
}


def not_restored(before: Image, after: Image) -> tuple[set[str], set[str]]:
    """Fields that differ and are not listed, and fields that are listed and don't differ."""
    listed = {field for fields in NOT_RESTORED.values() for field in fields}
    found = set(differing(before, after))
    return found - listed, listed - found


def values_not_restored(before: Image, after: Image) -> dict[str, int]:
    """How many values of each listed field differ."""
    listed = {field for fields in NOT_RESTORED.values() for field in fields}
    found = differing(before, after)
    return {field: count for field, count in found.items() if field in listed}
