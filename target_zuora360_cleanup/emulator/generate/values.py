"""Values of fields that nothing depends on: deterministic, of the field's type, awkward on purpose.

Each field draws from a small pool in a stride of its own, so that rows differ and a million of them
cost little. Text holds what hurts careless CSV code: commas, quotes, line breaks, other scripts.
"""

from __future__ import annotations

import random
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.generate.filled import samples
from target_zuora360_cleanup.emulator.org.write import auto_number
from target_zuora360_cleanup.emulator.schema.zuora import zuora_id, zuora_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_zuora360_cleanup.emulator.schema.objects import Field, SObject

__all__ = ["column"]

_POOL: Final = 89
_DAY: Final = 86_400
_FIRST_DAY: Final = 1_546_300_800
"""2019-01-01, in seconds since 1970."""
_WORDS: Final = (
    "Acme", "Ångström", "Blue Sky", "Ćevapi & Co.", "Delta, Inc.", "Écran", "Fuji 富士", "Große",
    'Hill "West"', "İstanbul", "Jäger", "Kyiv Київ", "Łódź", "Müller", "Nørrebro", "O'Neil", "Pão",
    "Quartz", "Río", "Straße", "Tōkyō", "Übung", "Víðir", "Wien", "Xi'an", "Yeti", "Zoë", "100 %",
)  # fmt: skip
_KEY_ENDINGS: Final = (
    "Zuora_Id__c", "ZuoraId__c", "Number__c", "OriginalId__c", "PreviousSubscriptionId__c",
    "InvoiceTemplateId__c", "Communication_Profile_Id__c", "AmendmentSubscriptionRatePlanId__c",
)  # fmt: skip
_OF_OTHERS: Final = (
    "Original", "RatePlan", "Previous", "InvoiceTemplate", "Communication", "Amendment",
)  # fmt: skip
"""Beginnings of the names of keys that are not the record's own."""
_PREFIXES: Final = {
    ("Zuora__Subscription__c", "Name"): "A-S",
    ("Zuora__ZInvoice__c", "Name"): "INV",
    ("Zuora__Payment__c", "Name"): "P-",
    ("Zuora__Refund__c", "Name"): "R-",
    ("Zuora__CreditMemo__c", "Name"): "CM",
    ("Zuora__DebitMemo__c", "Name"): "DM",
}
_UNITS: Final = ("Each", "Seat", "GB", "Hour", "API Call", "License")
_IN_TURN: Final = {
    ("Zuora__UnitOfMeasure__c", "Name"): _UNITS,
    ("zqu__ZUnitOfMeasure__c", "Name"): _UNITS,
    ("Zuora__PaymentTerm__c", "Name"): (
        "Due Upon Receipt", "Net 15", "Net 30", "Net 45", "Net 60",
    ),
}  # fmt: skip
_TERMS: Final = ("1", "12", "12", "24", "36")
_DAYS: Final = (1, 5, 15, 20, 28)
_CHOICES: Final[dict[tuple[str, str], Sequence[Any]]] = {
    # What the 360 keeps of a tenant: no expired version of a subscription, no draft of an invoice.
    ("Zuora__CustomerAccount__c", "Zuora__Status__c"): ("Active",),
    ("Zuora__Subscription__c", "Zuora__Status__c"): (
        *("Active",) * 28, "Cancelled", "Cancelled", "Suspended",
    ),
    ("Zuora__Subscription__c", "Zuora__Version__c"): (1, 1, 1, 2, 3),
    ("Zuora__Subscription__c", "Zuora__InitialTerm__c"): _TERMS,
    ("Zuora__Subscription__c", "Zuora__CurrentTerm__c"): _TERMS,
    ("Zuora__Subscription__c", "Zuora__RenewalTerm__c"): _TERMS,
    ("Zuora__SubscriptionRatePlan__c", "Zuora__AmendmentType__c"): ("NewProduct", "UpdateProduct"),
    ("Zuora__SubscriptionProductCharge__c", "Zuora__BillCycleDay__c"): _DAYS,
    ("Zuora__SubscriptionProductCharge__c", "Zuora__Segment__c"): (1, 1, 2),
    ("Zuora__SubscriptionProductCharge__c", "Zuora__Version__c"): (1, 1, 2),
    ("Zuora__SubscriptionRatePlanChargeTier__c", "Zuora__Tier__c"): (1, 2, 3, 4),
    ("Zuora__ZInvoice__c", "Zuora__Status__c"): ("Posted",),
    ("Zuora__ZInvoice__c", "Zuora__Generated_Date__c"): tuple(
        _FIRST_DAY + number * 3_111_111 for number in range(50)
    ),
    ("Zuora__Payment__c", "Zuora__Status__c"): (*("Processed",) * 9, "Voided"),
    ("Zuora__PaymentMethod__c", "Zuora__CreditCardExpirationMonth__c"): tuple(range(1, 13)),
    ("Zuora__PaymentMethod__c", "Zuora__CreditCardExpirationYear__c"): tuple(range(2026, 2032)),
    ("Zuora__CreditMemo__c", "Zuora__Status__c"): ("Posted",),
    ("Zuora__DebitMemo__c", "Zuora__Status__c"): ("Posted",),
    ("zqu__ProductRatePlanCharge__c", "zqu__BillCycleDay__c"): tuple(map(str, _DAYS)),
    ("zqu__ProductRatePlanChargeTier__c", "zqu__Tier__c"): (1, 2, 3, 4),
    ("zqu__ProductRatePlanChargeTier__c", "zqu__Currency2__c"): ("USD", "EUR", "GBP", "JPY"),
}  # fmt: skip
_FED: Final = frozenset({
    "zqu__ZProduct__c", *(item.sobject for item in zuora_objects().values()),
})  # fmt: skip
"""Objects whose text comes from Zuora."""
_ENDINGS: Final = ("Ltd", "GmbH", "S.A.", "LLC", "KK", "Oy", "Group", "Partners")


def column(seed: int, sobject: SObject, field: Field, count: int) -> Iterable[Any]:
    """Return one value a row, of `count` rows."""
    if field.auto_number:
        return (auto_number(field.auto_number, number) for number in range(1, count + 1))
    place = sobject.name, field.name
    if place in _PREFIXES:
        return (f"{_PREFIXES[place]}{number:08d}" for number in range(1, count + 1))
    if place in _IN_TURN:
        return islice(cycle(_IN_TURN[place]), count)
    if _is_key(field):
        return _keys(seed, sobject.name, field, count)
    chance = random.Random(f"{seed}:{sobject.name}:{field.name}")  # noqa: S311 - repeatable
    pool = [_chosen(chance, place, field) for _ in range(min(_POOL, count))]
    return islice(cycle(pool), count)


def _chosen(chance: random.Random, place: tuple[str, str], field: Field) -> Any:  # noqa: ANN401
    if place in _CHOICES:
        return chance.choice(_CHOICES[place])
    words = samples(place)
    value = chance.choice(words) if words else _value(chance, field)
    # No line of an export holds a line break, so one in Zuora's text would not come back.
    return value.replace("\n", " ") if field.type == "textarea" and place[0] in _FED else value


def _is_key(field: Field) -> bool:
    return field.type == "string" and (
        field.external_id or field.unique or field.name.endswith(_KEY_ENDINGS)
    )


def _keys(seed: int, object_name: str, field: Field, count: int) -> Iterator[str]:
    numbers = range(1, count + 1)
    short = {"SubscriptionNumber": "A-S", "ChargeNumber": "C-", "AccountNumber": "A", "SKU": "SKU-"}
    for word, prefix in short.items():
        if word in field.name:
            return (f"{prefix}{number:08d}" for number in numbers)
    # Every other key of a record is the same id, but for those that name another record.
    salt = field.name if field.name.split("__")[1].startswith(_OF_OTHERS) else ""
    return (zuora_id(seed, object_name + salt, number) for number in numbers)


def _value(chance: random.Random, field: Field) -> Any:  # noqa: ANN401 - any of the field types
    if field.picklist:
        return chance.choice(field.picklist)
    makers: dict[str, Callable[[], Any]] = {
        "boolean": lambda: int(chance.random() < 0.5),  # noqa: PLR2004 - a coin
        "int": lambda: chance.randrange(1000),
        "double": lambda: round(chance.uniform(0, 90), field.scale),
        "percent": lambda: chance.randrange(101),
        "currency": lambda: round(chance.uniform(0, 9000), 2),
        "date": lambda: _date(chance),
        "datetime": lambda: _FIRST_DAY + chance.randrange(2800 * _DAY),
        "email": lambda: f"user{chance.randrange(10**6)}@example.com",
        "phone": lambda: f"+1 555 {chance.randrange(10**4):04d}",
        "url": lambda: f"https://example.com/{chance.randrange(10**6)}",
        "textarea": lambda: _text(chance, field.length, "\n"),
    }
    make = makers.get(field.type)
    return make() if make else _text(chance, field.length, " ")


def _date(chance: random.Random) -> str:
    year, month, day = (
        chance.randrange(2016, 2027),
        chance.randrange(1, 13),
        chance.randrange(1, 29),
    )
    return f"{year}-{month:02d}-{day:02d}"


def _text(chance: random.Random, length: int, between: str) -> str:
    text = f"{chance.choice(_WORDS)}{between}{chance.choice(_ENDINGS)} {chance.randrange(10**5)}"
    return text[: length or 80]
