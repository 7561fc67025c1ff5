"""Zuora's values as a Bulk API CSV spells them, by the type that the org's describe gives a field.

Rules: Salesforce's "Bulk API 2.0 and Bulk API Developer Guide", section "Valid Date Format in
Records" and "Prepare CSV Files": an empty value leaves a field as it is, `#N/A` clears it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

NULL: Final = "#N/A"
_NUMBERS: Final = frozenset({"int", "double", "currency", "percent"})
_CUT: Final = frozenset({"string", "textarea", "phone", "encryptedstring"})
"""Texts that mean something without their end; a picklist's value or an address does not."""
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?=$|[T ])")
_DATETIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?"
)
_BOOLEANS: Final = {"true": "true", "false": "false", "1": "true", "0": "false"}


class Unfit(ValueError):
    """A value that a field of this type can't take; the message has the type, never the value."""


@dataclass(frozen=True)
class Field:
    """A field of a 360 object, as the describe tells it.

    Attributes:
        type: Salesforce's name of the type, such as `currency`.
        length: Characters of a text; 0 where there is no limit.
    """

    name: str
    type: str
    length: int = 0


@dataclass(frozen=True)
class Cell:
    """A value of a CSV row.

    Attributes:
        is_cut: Whether the end of a text is missing.
    """

    text: str
    is_cut: bool = False


def cell(value: object, field: Field) -> Cell:
    """A value as CSV has it; what is null or empty in Zuora clears the field.

    Raises:
        Unfit: The field can't take it.
    """
    if value is None or value == "":
        # A checkbox knows no null.
        return Cell("false" if field.type == "boolean" else NULL)
    if field.type == "boolean":
        return Cell(_boolean(value))
    if field.type in _NUMBERS:
        return Cell(_number(value, field))
    if field.type == "date":
        return Cell(_date(value))
    if field.type == "datetime":
        return Cell(_datetime(value))
    return _text(value, field)


def _boolean(value: object) -> str:
    try:
        return _BOOLEANS[str(value).lower()]
    except KeyError:
        raise Unfit("is no boolean") from None


def _number(value: object, field: Field) -> str:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise Unfit(f"is no number, which a field of type {field.type} takes")
    if field.type == "int" and number != number.to_integral_value():
        raise Unfit("is no whole number")
    return f"{number:f}"


def _date(value: object) -> str:
    # Zuora writes the day of the tenant's own time zone, so the offset must not move it.
    if found := _DATE.match(str(value)):
        return found[0]
    raise Unfit("is no date")


def _datetime(value: object) -> str:
    text = str(value)
    if found := _DATETIME.fullmatch(text):
        day, time, fraction, zone = found.groups()
        return f"{day}T{time}.{(fraction or '')[:3]:0<3}{zone or 'Z'}"
    if _DATE.fullmatch(text):
        return f"{text}T00:00:00.000Z"
    raise Unfit("is no date with a time")


def _text(value: object, field: Field) -> Cell:
    text = _plain(value)
    if text == NULL:
        # There is no way to write this very text.
        raise Unfit("is the text with which Salesforce clears a field")
    if not field.length or len(text) <= field.length:
        return Cell(text)
    if field.type in _CUT:
        return Cell(text[: field.length], is_cut=True)
    raise Unfit(f"has {len(text):,} characters, of {field.length:,} that the field takes")


def _plain(value: Any) -> str:  # noqa: ANN401 - whatever the tap sent
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # CSV has no way to write a NUL.
    return str(value).replace("\0", "")
