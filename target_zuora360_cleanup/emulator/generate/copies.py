"""Fields that say the same as others: ids and names behind a lookup, twins, second homes.

One field of Zuora's feeds all of them, so that the next sync would make them equal anyway.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.generate.values import column
from target_zuora360_cleanup.emulator.schema.zuora import zuora_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.emulator.generate.links import Links
    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject

__all__ = ["copy"]

_ACCOUNT: Final = "Zuora__CustomerAccount__c"
_SUBSCRIPTION_PLAN: Final = "Zuora__SubscriptionRatePlan__c"
_SUBSCRIPTION_CHARGE: Final = "Zuora__SubscriptionProductCharge__c"
_PLAN: Final = "zqu__ProductRatePlan__c"
_CHARGE: Final = "zqu__ProductRatePlanCharge__c"
_TIER: Final = "zqu__ProductRatePlanChargeTier__c"
_UNIT: Final = "zqu__ZUnitOfMeasure__c"
_IDS: Final = {
    # object, field: the lookup beside it, and the object that it points to
    (_ACCOUNT, "Zuora__BillToId__c"): ("Zuora__BillToContact__c", "Zuora__ZContact__c"),
    (_ACCOUNT, "Zuora__SoldToId__c"): ("Zuora__SoldToContact__c", "Zuora__ZContact__c"),
    (_SUBSCRIPTION_PLAN, "Zuora__ProductRatePlanId__c"): ("(plan)", _PLAN),
    (_SUBSCRIPTION_PLAN, "Zuora__AmendmentId__c"): ("(amendment)", "Amendment"),
    (_SUBSCRIPTION_CHARGE, "Zuora__ProductRatePlanChargeId__c"): ("(charge)", _CHARGE),
    (_SUBSCRIPTION_CHARGE, "Zuora__RatePlanId__c"): (_SUBSCRIPTION_PLAN, _SUBSCRIPTION_PLAN),
    ("Zuora__SubscriptionProductFeature__c", "Zuora__RatePlanZuoraId__c"): (
        "(plan)",
        _SUBSCRIPTION_PLAN,
    ),
    (_CHARGE, "zqu__ZUom_Id__c"): (_UNIT, _UNIT),
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
_NAMES: Final = {
    # object, field: the lookup beside it, and the object whose name it repeats
    (_SUBSCRIPTION_CHARGE, "Zuora__UOM__c"): (
        "Zuora__UnitOfMeasure__c",
        "Zuora__UnitOfMeasure__c",
    ),
    (_CHARGE, "zqu__UOM__c"): (_UNIT, _UNIT),
    (_ACCOUNT, "Zuora__PaymentTerm__c"): ("Zuora__Payment_Term__c", "Zuora__PaymentTerm__c"),
}
_TWINS: Final = {
    # object, field: the field of the same row that it is equal to
    ("Zuora__Subscription__c", "Zuora__NextRenewalDate__c"): "Zuora__TermEndDate__c",
    ("Product2", "zqu__SKU2__c"): "zqu__SKU__c",
    (_PLAN, "zqu__ProductRatePlanFullName__c"): "Name",
    (_CHARGE, "zqu__ProductRatePlanChargeFullName__c"): "Name",
    ("zqu__ZFeature__c", "zqu__FeatureName__c"): "Name",
    (_TIER, "Name"): "zqu__Tier__c",
}
_PRODUCT_FIELDS: Final = ("Category", "EffectiveEndDate", "EffectiveStartDate", "ZuoraId")
_HOMES: Final = {
    # object, field: the object and field whose rows it repeats, and how many rows later
    ("zqu__ZProduct__c", "Name"): ("Product2", "Name", 1),
    ("zqu__ZProduct__c", "zqu__Description__c"): ("Product2", "Description", 1),
    ("zqu__ZProduct__c", "zqu__SKU__c"): ("Product2", "zqu__SKU__c", 1),
    **{
        ("zqu__ZProduct__c", f"zqu__{name}__c"): ("Product2", f"zqu__{name}__c", 1)
        for name in _PRODUCT_FIELDS
    },
    ("Zuora__UnitOfMeasure__c", "Zuora__External_Id__c"): (_UNIT, "zqu__ZuoraId__c", 0),
}


def copy(
    seed: int, links: Links, schema: Schema, item: SObject, field: Field
) -> Iterable[Any] | None:
    """Return what a field repeats, row by row; None when it repeats nothing."""
    place = item.name, field.name
    count = links.counts[item.name]
    if place in _IDS:
        return _ids(seed, links, item.name, *_IDS[place])
    if place in _NAMES:
        return _names(seed, links, schema, item.name, *_NAMES[place])
    if place in _TWINS:
        return map(_text if field.name == "Name" else _same, _twin(seed, item, place, count))
    if place in _HOMES:
        return _home(seed, schema, item, field, count)
    return None


def _ids(
    seed: int, links: Links, object_name: str, reference: str, parent: str
) -> Iterator[str | None] | None:
    numbers = links.of(object_name, reference)
    if numbers is None:
        return None
    return (zuora_id(seed, parent, number) if number else None for number in numbers)


def _names(  # noqa: PLR0913, PLR0917 - where from, and where to
    seed: int, links: Links, schema: Schema, object_name: str, reference: str, parent: str
) -> Iterator[str | None] | None:
    numbers, target = links.of(object_name, reference), schema.find(parent)
    if numbers is None or target is None:
        return None
    names = list(column(seed, target, target.fields["Name"], links.counts[parent]))
    return (names[number - 1] if number else None for number in numbers)


def _twin(seed: int, item: SObject, place: tuple[str, str], count: int) -> Iterable[Any]:
    return column(seed, item, item.fields[_TWINS[place]], count)


def _home(
    seed: int, schema: Schema, item: SObject, field: Field, count: int
) -> Iterable[Any] | None:
    other_name, other_field, later = _HOMES[item.name, field.name]
    other = schema.find(other_name)
    if other is None or other_field not in other.fields:
        return None
    first = column(seed, item, field, min(later, count))
    return chain(first, column(seed, other, other.fields[other_field], max(0, count - later)))


def _same(value: Any) -> Any:  # noqa: ANN401 - of any type
    return value


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
