"""Values of fields that nothing depends on: deterministic, of the field's type, awkward on purpose.

Each field draws from a small pool in a stride of its own, so that rows differ and a million of them
cost little. Text holds what hurts careless CSV code: commas, quotes, line breaks, other scripts.
"""

from __future__ import annotations

import random
from hashlib import md5
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.dml_write import auto_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_zuora360_cleanup.emulator.schema import Field, SObject

__all__ = ["column", "zuora_id"]

_POOL: Final = 89
_DAY: Final = 86_400
_FIRST_DAY: Final = 1_546_300_800
"""2019-01-01, in seconds since 1970."""
_WORDS: Final = (
    "Acme", "Ångström", "Blue Sky", "Ćevapi & Co.", "Delta, Inc.", "Écran", "Fuji 富士", "Große",
    'Hill "West"', "İstanbul", "Jäger", "Kyiv Київ", "Łódź", "Müller", "Nørrebro", "O'Neil", "Pão",
    "Quartz", "Río", "Straße", "Tōkyō", "Übung", "Víðir", "Wien", "Xi'an", "Yeti", "Zoë", "100 %",
)  # fmt: skip
_ENDINGS: Final = ("Ltd", "GmbH", "S.A.", "LLC", "KK", "Oy", "Group", "Partners")


def zuora_id(seed: int, object_name: str, number: int) -> str:
    """Return the 32 hexadecimal digits by which Zuora knows a record."""
    text = f"{seed}:{object_name}:{number}"
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def column(seed: int, sobject: SObject, field: Field, count: int) -> Iterable[Any]:
    """Return one value a row, of `count` rows."""
    if field.auto_number:
        return (auto_number(field.auto_number, number) for number in range(1, count + 1))
    if _is_key(field):
        return _keys(seed, sobject.name, field, count)
    chance = random.Random(f"{seed}:{sobject.name}:{field.name}")  # noqa: S311 - repeatable
    pool = [_value(chance, field) for _ in range(_POOL)]
    return islice(cycle(pool), count)


def _is_key(field: Field) -> bool:
    named = field.name.endswith(("Zuora_Id__c", "ZuoraId__c", "Number__c"))
    return field.type == "string" and (field.external_id or field.unique or named)


def _keys(seed: int, object_name: str, field: Field, count: int) -> Iterator[str]:
    numbers = range(1, count + 1)
    short = {"SubscriptionNumber": "A-S", "ChargeNumber": "C-", "AccountNumber": "A", "SKU": "SKU-"}
    for word, prefix in short.items():
        if word in field.name:
            return (f"{prefix}{number:08d}" for number in numbers)
    # Every other key of a record is the same id, but for those that name another record.
    salt = field.name if field.name.split("__")[1].startswith(("Original", "RatePlan")) else ""
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
