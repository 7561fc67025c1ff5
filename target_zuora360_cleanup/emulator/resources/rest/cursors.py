"""Results of REST queries that a client is still paging through."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.org.org import QueryResult

__all__ = ["Cursors"]

# Salesforce closes the oldest cursor of a user who opens more.
_OPEN_AT_ONCE = 10


@dataclass(frozen=True)
class _Cursor:
    result: QueryResult
    batch_size: int


class Cursors:
    """Query locators: an id that stands for a result. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._open: OrderedDict[str, _Cursor] = OrderedDict()

    def keep(self, result: QueryResult, batch_size: int) -> str:
        """Remember a result; returns its locator without an offset."""
        with self._lock:
            key = f"01gEM{next(self._numbers):013d}"
            self._open[key] = _Cursor(result, batch_size)
            if len(self._open) > _OPEN_AT_ONCE:
                self._open.popitem(last=False)[1].result.close()
        return key

    def find(self, key: str) -> tuple[QueryResult, int]:
        """The result and its batch size.

        Raises:
            SalesforceError: INVALID_QUERY_LOCATOR, for one that is closed or never was.
        """
        with self._lock:
            cursor = self._open.get(key)
        if cursor is None:
            raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return cursor.result, cursor.batch_size
