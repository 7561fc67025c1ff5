"""Record ids: a key prefix and a number on one side, 15 or 18 characters on the other.

The store keeps the number only, and of a reference that may lead to several objects the number
with the key prefix before it, as one integer (`tagged`). An id is a key prefix (3), this emulator's
pod (3) and the number in base 62 (9): 15 case-sensitive characters; three more make it safe where
case is lost. The base 62 digits are in ASCII order, so ids sort like their numbers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

__all__ = [
    "MAX_NUMBER",
    "TAG_BITS",
    "MalformedIdError",
    "code",
    "encode",
    "encode_tagged",
    "parse",
    "tagged",
    "untagged",
]

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES: Final = {digit: value for value, digit in enumerate(_DIGITS)}
_CHECK: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_POD: Final = "5g0"
_LOW: Final = 62**5
MAX_NUMBER: Final = 62**9 - 1
TAG_BITS: Final = 40
"""Where the key prefix begins in a tagged number; the store hands out no larger number."""


class MalformedIdError(ValueError):
    """The text has not the form of a record id."""


def encode(prefix: str, number: int) -> str:
    """Return the 18 character id of a record number."""
    high, low = divmod(number, _LOW)
    head, checks = _head(prefix, high)
    upper, lower = divmod(low, 3844)
    text, bits = _digits(upper, 3)
    text2, bits2 = _digits(lower, 2)
    return f"{head}{text}{text2}{checks}{_CHECK[bits | bits2 << 3]}"


def parse(text: str) -> tuple[str, int]:
    """Return key prefix and number of a 15 or 18 character id.

    A well-formed id of another pod is answered with the number -1, which no record has.

    Raises:
        MalformedIdError: The text is no id, or its last three characters contradict the others.
    """
    if len(text) not in (15, 18) or not (text.isascii() and text.isalnum()):
        raise MalformedIdError(text)
    prefix, number = text[:3], _number(text)
    # Making the id again is the fastest way of checking this emulator's own.
    whole = encode(prefix, number) if number >= 0 else text[:15] + checksum(text[:15])
    if len(text) == len(whole) and text != whole:
        raise MalformedIdError(text)
    return prefix, number


@lru_cache(maxsize=4096)
def code(prefix: str) -> int:
    """Return a key prefix as a number; codes sort like prefixes."""
    value = 0
    for digit in prefix:
        value = value * 62 + _VALUES[digit]
    return value


def tagged(prefix: str, number: int) -> int:
    """Return prefix and number as one integer, -1 for a number that no record has."""
    return code(prefix) << TAG_BITS | number if 0 <= number < 1 << TAG_BITS else -1


def untagged(value: int) -> tuple[str, int]:
    """Return prefix and number of a tagged number."""
    return _digits(value >> TAG_BITS, 3)[0], value & (1 << TAG_BITS) - 1


def encode_tagged(value: int) -> str:
    """Return the 18 character id of a tagged number."""
    return encode(*untagged(value))


def _number(text: str) -> int:
    if text[3:6] != _POD:
        return -1
    number = 0
    for digit in text[6:15]:
        number = number * 62 + _VALUES[digit]
    return number


def checksum(text: str) -> str:
    """Return the three characters that make a 15 character id case-safe."""
    return "".join(_CHECK[_upper_bits(text[at : at + 5])] for at in (0, 5, 10))


def _upper_bits(text: str) -> int:
    return sum(1 << at for at, char in enumerate(text) if "A" <= char <= "Z")


@lru_cache(maxsize=4096)
def _head(prefix: str, high: int) -> tuple[str, str]:
    head = prefix + _POD + _digits(high, 4)[0]
    return head, checksum(head)[:2]


@lru_cache(maxsize=65_536)
def _digits(value: int, width: int) -> tuple[str, int]:
    text = ""
    for _ in range(width):
        value, digit = divmod(value, 62)
        text = _DIGITS[digit] + text
    return text, _upper_bits(text)
