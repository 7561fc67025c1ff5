"""Records of one stream, taken together: what is asked and written for many at once costs less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - public shape
from typing import Any, Protocol


class Taker(Protocol):
    """Takes the records of a stream."""

    def take(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take records in, in their order."""

    def refuse(self, record: Mapping[str, Any], why: str) -> None:
        """Take note of a record that can't be loaded."""


class Block:
    """Gathers records until they are enough, or those of another stream come.

    Args:
        size: How many are enough.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._takers: Sequence[Taker] = ()
        self._records: list[Mapping[str, Any]] = []

    def add(self, takers: Sequence[Taker], record: Mapping[str, Any]) -> bool:
        """Gather a record of a stream that these take; whether any were handed on."""
        is_other = takers is not self._takers and bool(self._records)
        if is_other:
            self.hand_on()
        self._takers = takers
        self._records.append(record)
        is_full = len(self._records) >= self._size
        if is_full:
            self.hand_on()
        return is_other or is_full

    def hand_on(self) -> None:
        """Have taken what has come."""
        records, self._records = self._records, []
        if records:
            for each in self._takers:
                each.take(records)
