"""Finds the ids in blocks of CSV without parsing the rows."""

from __future__ import annotations

import re
from typing import Final

from target_zuora360_cleanup.salesforce.errors import ApiError

_QUOTED: Final = re.compile(rb'^"([a-zA-Z0-9]{18})"[^\n]*', re.MULTILINE)
"""Takes in the rest of the line, since to skip it costs less than to search it."""
_PLAIN: Final = re.compile(rb"^([a-zA-Z0-9]{18})(?=[\r\n])", re.MULTILINE)


def without(kept: frozenset[str], ids: list[bytes]) -> list[bytes]:
    """The ids that may go."""
    return [each for each in ids if each.decode() not in kept] if kept else ids


def find_ids(header: bytes, block: bytes) -> list[bytes]:
    """The ids in the first column of CSV rows, without parsing the other columns.

    Salesforce quotes every value. No line inside a quoted value can begin with a quoted word, since
    a quote in a value is doubled; so the pattern is exact.

    Raises:
        ApiError: Values are not quoted although there are other columns, which may hold anything.
    """
    if header.startswith(b'"'):
        return _QUOTED.findall(block)
    if header.strip() not in (b"", b"Id"):
        raise ApiError(200, "UNQUOTED_CSV", "the query's result can't be told apart into values")
    return _PLAIN.findall(block)
