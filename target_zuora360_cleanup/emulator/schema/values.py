"""Values in three forms: what the API takes, what the store keeps, what the API answers.

The store keeps ids and datetimes as integers (datetimes in seconds since 1970, UTC), dates as text,
booleans as 0 and 1.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.objects import REAL_TYPES
from target_zuora360_cleanup.emulator.wire.errors import RowError

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema

__all__ = ["BadValueError", "datetime_seconds", "reader", "to_storage"]

_TRUE: Final = frozenset({"true", "1", "yes", "y", "t"})
_NUMBERS: Final = REAL_TYPES | {"int"}
_INTEGER_DIGITS: Final = 9
_EMAIL: Final = re.compile(r"[^@\s,;<>()\[\]\"]+@[^@\s.,;]+(\.[^@\s.,;]+)+")
_FALSE: Final = frozenset({"false", "0", "no", "n", "f"})


class BadValueError(ValueError):
    """A value that its field does not take; `error` is the row error to answer."""

    def __init__(self, code: str, message: str, field: str) -> None:
        super().__init__(message)
        self.error = RowError(code, message, (field,))


def reader(schema: Schema, field: Field, object_name: str) -> Callable[[Any], Any] | None:
    """Return the function that turns a stored value into the API's, None if it is the same."""
    if field.type == "id":
        return partial(_read_id, schema.get(object_name).key_prefix)
    if field.polymorphic:
        return _read_tagged
    if field.type == "reference" and field.reference_to[0] in schema.objects:
        return partial(_read_id, schema.get(field.reference_to[0]).key_prefix)
    return _READERS.get(field.type)


def to_storage(schema: Schema, field: Field, value: Any) -> Any:  # noqa: ANN401 - JSON or text
    """Return the value as the store keeps it.

    Takes typed values (REST's JSON) and text (Bulk's CSV) alike; None and blank text clear.

    Raises:
        BadValueError: The field does not take the value.
    """
    if value is None or value == "":
        return 0 if field.type == "boolean" else None
    if field.type in {"id", "reference"}:
        return _id_number(schema, field, value)
    convert = _CONVERTERS.get(field.type)
    if convert is None:
        return _text(field, value)
    try:
        converted = convert(value)
    except (ValueError, TypeError, OverflowError):
        raise _wrong_type(field, value) from None
    if field.type in _NUMBERS and abs(converted) >= _limit(field):
        raise _refused(
            "NUMBER_OUTSIDE_VALID_RANGE", field,
            f"value outside of valid range on numeric field: {value}",
        )  # fmt: skip
    return converted


@lru_cache(maxsize=4096)
def datetime_seconds(text: str) -> int:
    """Return the seconds since 1970 of an ISO 8601 datetime or date; no zone means UTC.

    Raises:
        ValueError: It is neither.
    """
    normal = text.replace("Z", "+00:00") if text.endswith("Z") else text
    if len(normal) > 5 and normal[-5] in "+-" and normal[-3] != ":" and "T" in normal:  # noqa: PLR2004 - the form +0000
        normal = f"{normal[:-2]}:{normal[-2:]}"
    head, dot, rest = normal.partition(".")
    if dot:
        normal = head + rest.lstrip("0123456789")
    moment = datetime.fromisoformat(normal)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _read_id(prefix: str, number: int | None) -> str | None:
    return None if number is None else ids.encode(prefix, number)


def _read_tagged(value: int | None) -> str | None:
    return None if value is None else ids.encode_tagged(value)


def _read_boolean(value: int | None) -> bool | None:
    return None if value is None else bool(value)


@lru_cache(maxsize=65_536)
def _read_datetime(value: int | None) -> str | None:
    if value is None:
        return None
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _id_number(schema: Schema, field: Field, value: Any) -> int:  # noqa: ANN401 - JSON or text
    try:
        prefix, number = ids.parse(str(value))
    except ids.MalformedIdError:
        message = f"{field.label}: id value of incorrect type: {value}"
        raise BadValueError("MALFORMED_ID", message, field.name) from None
    targets = {schema.get(name).key_prefix for name in field.reference_to}
    if targets and prefix not in targets:
        message = f"{field.label}: id value of incorrect type: {value}"
        raise BadValueError("FIELD_INTEGRITY_EXCEPTION", message, field.name)
    return ids.tagged(prefix, number) if field.polymorphic else number


def _text(field: Field, value: Any) -> str:  # noqa: ANN401 - JSON or text
    if isinstance(value, (dict, list)):
        raise _wrong_type(field, value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if field.length and len(text) > field.length:
        told = f"data value too large: {text[:50]} (max length={field.length})"
        raise _refused("STRING_TOO_LONG", field, told)
    if field.restricted and text not in field.picklist:
        told = f"bad value for restricted picklist field: {text}"
        raise _refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", field, told)
    if field.type == "email" and not _EMAIL.fullmatch(text):
        raise _refused("INVALID_EMAIL_ADDRESS", field, f"invalid email address: {text}")
    return text


def _boolean(value: Any) -> int:  # noqa: ANN401 - JSON or text
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise ValueError(text)
    return int(text in _TRUE)


def _integer(value: Any) -> int:  # noqa: ANN401 - JSON or text
    number = float(value)
    if isinstance(value, bool) or number != int(number):
        raise ValueError(value)
    return int(number)


def _number(value: Any) -> float:  # noqa: ANN401 - JSON or text
    if isinstance(value, bool):
        raise TypeError(value)
    number = float(value)
    if number != number or number in {float("inf"), float("-inf")}:  # noqa: PLR0124 - is NaN
        raise ValueError(value)
    return number


def _date(value: Any) -> str:  # noqa: ANN401 - JSON or text
    return date.fromisoformat(str(value)).isoformat()


def _limit(field: Field) -> int:
    """What a number must stay below: the digits before the decimal point count."""
    limit: int = 10 ** ((field.length or _INTEGER_DIGITS) - field.scale)
    return limit


def _wrong_type(field: Field, value: Any) -> BadValueError:  # noqa: ANN401 - JSON or text
    told = f"value not of required type: {value}"
    return _refused("INVALID_TYPE_ON_FIELD_IN_RECORD", field, told)


def _refused(code: str, field: Field, told: str) -> BadValueError:
    return BadValueError(code, f"{field.label}: {told}", field.name)


_CONVERTERS: Final[dict[str, Callable[[Any], Any]]] = {
    "boolean": _boolean,
    "int": _integer,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": lambda value: datetime_seconds(str(value)),
}

_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "boolean": _read_boolean,
    "datetime": _read_datetime,
}
