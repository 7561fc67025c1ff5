"""The records of a CSV upload: their ends, and values of any length.

Python's own reader takes no value above 131,072 characters, and its limit is one for the whole
process. So records with more are taken apart here, and the others by the reader.
"""

from __future__ import annotations

import csv
import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ending_of", "read_records", "split_records"]

_LIMIT: Final = 131_072


def split_records(lines: Iterable[str]) -> Iterator[str]:
    """Yield the records, with their ends: a line break in quotes ends none."""
    parts: list[str] = []
    inside = False
    for line in lines:
        inside ^= line.count('"') % 2 == 1
        if inside or parts:
            parts.append(line)
        if inside:
            continue
        yield "".join(parts) if parts else line
        parts = []
    if parts:
        yield "".join(parts)


def ending_of(record: str) -> str:
    """Return the line break at the end of a record; blank: none."""
    if record.endswith("\r\n"):
        return "\r\n"
    return record[-1:] if record.endswith(("\n", "\r")) else ""


def read_records(records: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the values of each record.

    Raises:
        csv.Error: It is no CSV.
    """
    for is_long, some in groupby(records, lambda record: len(record) >= _LIMIT):
        if is_long:
            yield from (_values(record.rstrip("\r\n"), delimiter) for record in some)
        else:
            yield from csv.reader(some, delimiter=delimiter, strict=True)


def _values(record: str, delimiter: str) -> list[str]:
    other = re.escape(delimiter)
    value = re.compile(rf'(?:"((?:[^"]+|"")*)"|([^"{other}]*))({other}|\Z)')
    found: list[str] = []
    at, more = 0, True
    while more:
        match = value.match(record, at)
        if match is None:
            raise csv.Error(f"unexpected character at {at + 1} of a row")
        quoted, plain, separator = match.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"'))
        at, more = match.end(), bool(separator)
    return found
