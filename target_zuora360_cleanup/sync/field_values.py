"""Zuora's values as a Bulk API CSV spells them, by the type that the org's describe gives a field.

Rules: Salesforce's "Bulk API 2.0 and Bulk API Developer Guide", section "Valid Date Format in
Records" and "Prepare CSV Files": an empty value leaves a field as it is, `#N/A` clears it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence  # noqa: TC003 - public shape
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final, cast

from target_zuora360_cleanup.output.counted import counted

NULL: Final = "#N/A"
_CUT: Final = frozenset({"string", "textarea", "phone", "encryptedstring"})
"""Texts that mean something without their end; a picklist's value or an address does not."""
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?=$|[T ])")
_DATETIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?"
)
_PLAIN_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?").fullmatch
"""A number that a decimal spells in the same way."""
_SELF_SAME: Final = frozenset({str, type(None)})
"""Types of which equal values are written alike; a number is not, which may equal a boolean."""
_BOOLEANS: Final = {"true": "true", "false": "false", "1": "true", "0": "false"}


class Unfit(ValueError):
    """A value that a field of this type can't take; the message says why, never the value."""


@dataclass(frozen=True)
class Field:
    """A field of a 360 object, as the describe tells it.

    Attributes:
        type: Salesforce's name of the type, such as `currency`.
        length: Characters of a text; 0 where there is no limit.
        known: Of a key: the external ids of rows by the name that they stand for, where that is
            another. Zuora's own sync gives such rows ids that no export tells.
    """

    name: str
    type: str
    length: int = 0
    known: Mapping[str, str] = field(default_factory=dict, compare=False)


class Cut(str):
    """A text whose end is missing."""

    __slots__ = ()


def writer(field: Field) -> Callable[[object], str]:
    """What writes values of a field as CSV has them; what is null or empty in Zuora clears it.

    Returns:
        A function that raises `Unfit` where the field can't take a value, and returns a `Cut` where
        it took only the beginning of a text.
    """
    plain, known = (_text if is_text(field) else _typed)(field), field.known
    return (lambda value: known.get(str(value or "")) or plain(value)) if known else plain


def column_writer(field: Field) -> Callable[[Sequence[object]], Sequence[str]]:
    """What writes many values of a field, in their order, as `writer` writes one."""
    write = writer(field)
    if field.known:
        return lambda values: list(map(write, values))
    write_all = partial(_texts, write, field.length or sys.maxsize)
    return partial(_alike, write, write_all if is_text(field) else partial(_no_texts, write))


def is_repeated(values: Sequence[object]) -> bool:
    """Whether values are one value again and again; numbers may equal others that are not them."""
    if not values:
        return False
    first = values[0]
    return type(first) in _SELF_SAME and first == values[-1] and values.count(first) == len(values)


def _alike(
    write: Callable[[object], str],
    write_all: Callable[[Sequence[object]], Sequence[str]],
    values: Sequence[object],
) -> Sequence[str]:
    """Values of records that come together: of many fields all have the same, or none has any."""
    return [write(values[0])] * len(values) if is_repeated(values) else write_all(values)


def _no_texts(write: Callable[[object], str], values: Sequence[object]) -> list[str]:
    """Values that are no texts: most come again and again, such as days, amounts and nothing."""
    if set(map(type, values)) <= _SELF_SAME:
        written = {each: write(each) for each in set(values)}
        return [written[each] for each in values]
    return list(map(write, values))


def _texts(write: Callable[[object], str], longest: int, values: Sequence[object]) -> Sequence[str]:
    """Texts; the values themselves where all are as they shall be, as nearly all are."""
    if set(map(type, values)) == {str}:
        texts = cast("Sequence[str]", values)
        joined, sizes = "".join(texts), list(map(len, texts))
        if min(sizes) and max(sizes) <= longest and "\0" not in joined and NULL not in joined:
            return texts
    return [
        value
        if type(value) is str and 0 < len(value) <= longest
        and "\0" not in value and value != NULL
        else NULL if value is None
        else write(value)
        for value in values
    ]  # fmt: skip


def is_text(field: Field) -> bool:
    """Whether the values of a field are texts, and so may be long, or look like parts of a CSV."""
    return field.type not in _WRITERS


def _typed(field: Field) -> Callable[[object], str]:
    write = _WRITERS[field.type]
    # A checkbox knows no null.
    nothing = "false" if field.type == "boolean" else NULL
    return lambda value: nothing if value is None or value == "" else write(value)


def _text(field: Field) -> Callable[[object], str]:
    return lambda value: NULL if value is None or value == "" else _any_text(field, value)


def _boolean(value: object) -> str:
    try:
        return _BOOLEANS[str(value).lower()]
    except KeyError:
        raise Unfit("is no boolean") from None


def _number(value: object) -> str:
    text = str(value)
    return text if _PLAIN_NUMBER(text) else f"{_decimal(value):f}"


def _whole_number(value: object) -> str:
    number = _decimal(value)
    if number != number.to_integral_value():
        raise Unfit("is no whole number")
    return str(int(number))


def _decimal(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise Unfit("is no number")
    return number


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


def _any_text(field: Field, value: object) -> str:
    text = _plain(value)
    if not text:
        return NULL
    if text == NULL:
        # There is no way to write this very text.
        raise Unfit("is the text with which Salesforce clears a field")
    if not field.length or len(text) <= field.length:
        return text
    if field.type in _CUT:
        return Cut(text[: field.length])
    raise Unfit(f"has {counted(len(text), 'character')}, of {field.length:,} that the field takes")


def _plain(value: Any) -> str:  # noqa: ANN401 - whatever the tap sent
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # CSV has no way to write a NUL.
    return str(value).replace("\0", "")


_WRITERS: Final[dict[str, Callable[[object], str]]] = {
    "boolean": _boolean, "date": _date, "datetime": _datetime, "int": _whole_number,
    "double": _number, "currency": _number, "percent": _number,
}  # fmt: skip
"""Types whose values are no texts."""
