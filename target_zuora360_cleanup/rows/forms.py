"""Values in the form compared: REST and Bulk API write some of them differently. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

_NUMBERS: Final = frozenset({"double", "currency", "percent", "int", "long"})


def plain(kind: str, value: str) -> str:
    """A value in the form compared; what can't be read as its type stays as it is.

    Args:
        kind: The field's type, as the describe has it.
        value: As an answer has it.
    """
    if not value:
        return value
    if kind in _NUMBERS:
        return _number(value)
    return _moment(value) if kind == "datetime" else value.replace("\r\n", "\n")


def _number(value: str) -> str:
    try:
        return format(Decimal(value).normalize(), "f")
    except InvalidOperation:
        return value


def _moment(value: str) -> str:
    try:
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    except ValueError:
        return value
