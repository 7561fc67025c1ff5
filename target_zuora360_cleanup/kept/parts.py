"""Keys in parts, each of which one query asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence  # noqa: TC003 - public shape
from itertools import islice
from typing import Final

_PART: Final = 500
"""SQLite takes 999 values in a query at least."""


def parts(keys: Iterable[str]) -> Iterator[list[str]]:
    """Keys in parts of a size that a query takes."""
    each = iter(keys)
    while part := list(islice(each, _PART)):
        yield part


def marks(part: Sequence[str]) -> str:
    """The places that a query has for a part."""
    return ", ".join("?" * len(part))
