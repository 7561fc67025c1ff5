"""Text fields in which a record keeps the Zuora id of another, next to a lookup or without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.generate_values import zuora_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.generate_links import Links

__all__ = ["copy"]

_PLAN: Final = "zqu__ProductRatePlan__c"
_CHARGE: Final = "zqu__ProductRatePlanCharge__c"
_COPIES: Final = {
    # object, field: the lookup beside it, and the object that it points to
    ("Zuora__SubscriptionProductCharge__c", "Zuora__RatePlanId__c"): (
        "Zuora__SubscriptionRatePlan__c",
        "Zuora__SubscriptionRatePlan__c",
    ),
    (_CHARGE, "zqu__ZUom_Id__c"): ("zqu__ZUnitOfMeasure__c", "zqu__ZUnitOfMeasure__c"),
    ("zqu__QuoteRatePlan__c", "zqu__ProductRatePlanZuoraId__c"): (_PLAN, _PLAN),
    ("zqu__QuoteRatePlanCharge__c", "zqu__ProductRatePlanChargeZuoraId__c"): (_CHARGE, _CHARGE),
    ("zqu__QuoteChargeDetail__c", "zqu__OriginalRatePlanId__c"): (_PLAN, _PLAN),
    ("zqu__QuoteProductFeature__c", "zqu__ProductRatePlanZuoraId__c"): (_PLAN, _PLAN),
    ("zqu__QuoteProductFeature__c", "zqu__ProductZuoraId__c"): ("zqu__Product__c", "Product2"),
    ("zqu__QuoteProductFeature__c", "zqu__FeatureZuoraId__c"): (
        "zqu__ZFeature__c",
        "zqu__ZFeature__c",
    ),
}


def copy(seed: int, links: Links, object_name: str, field: str) -> Iterator[str | None] | None:
    """Return the ids that a field holds, row by row; None when the field is no copy."""
    reference, parent = _COPIES.get((object_name, field), ("", ""))
    numbers = links.of(object_name, reference)
    if numbers is None:
        return None
    return (zuora_id(seed, parent, number) if number else None for number in numbers)
