"""Values that Zuora alone has: fields of records that no generated Salesforce row tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.schema.zuora import ZuoraField

__all__ = ["made_sql"]

_BLANK_EVERY: Final = 5
_FIRST_SECOND: Final = 1_577_836_800
"""2020-01-01."""
_SPAN: Final = 180_000_000
_STRIDES: Final = (11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53)
"""Primes, so that each value of a few has its turn."""


def made_sql(field: ZuoraField, number: str) -> str:
    """Return SQL for a field's value in the record of that number, blank in some.

    Fields have different strides, so that those of a record rarely repeat each other.
    """
    stride = _STRIDES[crc32(field.name.encode()) % len(_STRIDES)]
    turn = f"({number} * {stride})"
    if field.type == "boolean":
        return f"{turn} % 2"
    return f"CASE WHEN {number} % {_BLANK_EVERY} <> 0 THEN {_value(field, turn)} END"


def _value(field: ZuoraField, turn: str) -> str:
    if samples := field.source[1:].split(";") if field.source[1:] else ():
        cases = " ".join(f"WHEN {at} THEN '{text}'" for at, text in enumerate(samples))
        return f"CASE {turn} % {len(samples)} {cases} END"
    plain = {
        "decimal": f"({turn} * 7919 % 90000) / 100.0",
        "integer": f"1 + {turn} % 28",
        "date": f"date({_FIRST_SECOND} + {turn} * 86399 % {_SPAN}, 'unixepoch')",
        "datetime": f"{_FIRST_SECOND} + {turn} * 86399 % {_SPAN}",
    }
    if field.type in plain:
        return plain[field.type]
    if "Email" in field.name:
        return f"'user' || ({turn} % 9973) || '@example.com'"
    return f"'{field.name} ' || ({turn} % 9973)"
