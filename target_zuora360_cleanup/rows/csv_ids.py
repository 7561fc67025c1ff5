"""Finds the ids in blocks of CSV without parsing the rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Collection

_QUOTED: Final = re.compile(rb'^"([^",\r\n][^"\n]*)"[^\n]*', re.MULTILINE)
"""Takes in the rest of the line, since to skip it costs less than to search it."""
_PLAIN: Final = re.compile(rb"^([^\r\n]+)(?=[\r\n])", re.MULTILINE)
_LENGTH: Final = 18


class WrongId(Exception):
    """What came as an id of an object is none; nothing of it may be sent."""


def checked(name: str, prefix: str, ids: list[bytes]) -> list[bytes]:
    """The same ids, if each is one of this object.

    Args:
        name: API name of the object.
        prefix: With which its ids begin.
        ids: As they came.

    Raises:
        WrongId: One is no id, or another object's.
    """
    begin = prefix.encode()
    # (nearly always all are, and to look at them together is many times as fast)
    if _are_all(begin, ids):
        return ids
    for each in ids:
        if len(each) != _LENGTH or not each.startswith(begin) or not each.isalnum():
            raise WrongId(
                f"'{each.decode(errors='replace')}' came as an id of {name}, whose ids have "
                f"{_LENGTH} characters and begin with '{prefix}'; it was not sent"
            )
    return ids


def _are_all(begin: bytes, ids: list[bytes]) -> bool:
    joined = b"".join(ids)
    return (
        set(map(len, ids)) == {_LENGTH}
        and joined.isalnum()
        and all(joined[at::_LENGTH] == begin[at : at + 1] * len(ids) for at in range(len(begin)))
    )


def without(kept: Collection[str], ids: list[bytes]) -> list[bytes]:
    """The ids that may go."""
    return [each for each in ids if each.decode() not in kept] if kept else ids


def find_ids(header: bytes, block: bytes) -> list[bytes]:
    """What is in the first column of CSV rows, without parsing the other columns.

    Salesforce quotes every value. No line inside a quoted value can begin with a quoted word, since
    a quote in a value is doubled, and one that ends it is followed by a comma or a line end; so the
    pattern is exact, but for rows whose first column is blank: they are left out.

    Raises:
        ApiError: Values are not quoted although there are other columns, which may hold anything.
    """
    if header.startswith(b'"'):
        return (_only_words(block) if b"," not in header else []) or _QUOTED.findall(block)
    if header.strip() not in (b"", b"Id"):
        raise ApiError(200, "UNQUOTED_CSV", "the query's result can't be told apart into values")
    return _PLAIN.findall(block)


def _only_words(block: bytes) -> list[bytes]:
    """The rows of a block of which each is one word in quotes, as ids are; none of any other."""
    if not (block.startswith(b'"') and block.endswith(b'"\n')):
        return []
    words = block[1:-2].split(b'"\n"')
    return words if b"" not in words and b"".join(words).isalnum() else []
