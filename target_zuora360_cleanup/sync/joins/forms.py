"""What is made of values that were found for a field. Pure.

Sources: Zuora's pages of field maps. The 360 writes a term with its unit ("12 Months"), an amount
as the monthly one times the months of the billing period, and of `ApplyDiscountTo` a number and
three checkboxes.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class NotKnown(LookupError):
    """A value is not known, or not yet; its field stays as it is."""


_MONTHS: Final = {
    "month": 1, "quarter": 3, "semi-annual": 6, "annual": 12, "eighteen months": 18,
    "two years": 24, "three years": 36, "five years": 60,
}  # fmt: skip
_DISCOUNTS: Final = {
    "ONETIME": 1, "RECURRING": 2, "ONETIMERECURRING": 3, "USAGE": 4, "ONETIMEUSAGE": 5,
    "RECURRINGUSAGE": 6, "ONETIMERECURRINGUSAGE": 7,
}  # fmt: skip
_ONETIME, _RECURRING, _USAGE = 1, 2, 4


def made_of(form: str, found: Sequence[Sequence[Any]], me: str) -> object:
    """The value that a form makes.

    Args:
        form: Its name; blank to take the only value.
        found: What was found at the end of each path.
        me: The record's own id.

    Raises:
        NotKnown: It can't be told.
    """
    if form == "is_me":
        return _first(found[0]) == me
    return _FORMS[form](found)


def _first(values: Sequence[Any]) -> object:
    return values[0] if values else None


def _only(found: Sequence[Sequence[Any]]) -> object:
    return _first(found[0])


def _text(found: Sequence[Sequence[Any]]) -> object:
    """Those of several that are not blank, in their order."""
    parts = [str(value) for each in found if (value := _first(each)) not in (None, "")]
    return " ".join(parts) or None


def _term(found: Sequence[Sequence[Any]]) -> object:
    """A number with its unit: 12 and "Month" are "12 Months"."""
    number, unit = (_first(each) for each in found)
    if number in (None, "") or unit in (None, ""):
        return number
    return f"{number} {str(unit).removesuffix('s')}{'' if str(number) == '1' else 's'}"


def _extended(found: Sequence[Sequence[Any]]) -> object:
    """What a month costs, times the months of a billing period."""
    amount, period = (_first(each) for each in found)
    if amount in (None, ""):
        return None
    months = _MONTHS.get(str(period).lower())
    if months is None:
        raise NotKnown
    return _number(amount) * months


def _discounted(values: Sequence[Sequence[Any]]) -> int | None:
    said = _first(values[0])
    if said in (None, ""):
        return None
    text = str(said).replace("_", "").upper()
    number = int(text) if text.isdecimal() else _DISCOUNTS.get(text)
    if number is None or number not in _DISCOUNTS.values():
        raise NotKnown
    return number


def _applies(part: int) -> Callable[[Sequence[Sequence[Any]]], object]:
    return lambda found: bool((_discounted(found) or 0) & part)


def _sum(found: Sequence[Sequence[Any]]) -> object:
    numbers = [_number(each) for each in found[0] if each not in (None, "")]
    return sum(numbers, Decimal()) if numbers else None


def _min(found: Sequence[Sequence[Any]]) -> object:
    """The earliest: days and times of one form can be compared as texts."""
    return min((str(each) for each in found[0] if each not in (None, "")), default=None)


def _agreed(found: Sequence[Sequence[Any]]) -> object:
    """The one value that all of the first have; where they differ nobody can tell which counts."""
    values = {str(each): each for each in found[0]}
    if len(values) > 1:
        raise NotKnown
    return next(iter(values.values()), None)


def _number(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise NotKnown from None
    if not number.is_finite():
        raise NotKnown
    return number


_FORMS: Final[dict[str, Callable[[Sequence[Sequence[Any]]], object]]] = {
    "": _only, "text": _text, "term": _term, "extended": _extended, "sum": _sum, "min": _min,
    "first": _agreed, "apply_type": _discounted, "onetime": _applies(_ONETIME),
    "recurring": _applies(_RECURRING), "usage": _applies(_USAGE),
}  # fmt: skip
