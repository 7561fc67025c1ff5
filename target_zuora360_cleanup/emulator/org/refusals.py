"""Errors of single rows that writing and deleting share, and what is asked before either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from target_zuora360_cleanup.emulator.wire.errors import RowError

__all__ = ["GONE", "NO_ACCESS", "NO_CROSS_ACCESS", "UNKNOWN", "Refused", "RowHook"]

RowHook = Callable[[str, str, str], RowError | None]
"""Is asked with operation, object and id; an error refuses the row."""
GONE: Final = RowError("ENTITY_IS_DELETED", "entity is deleted")
NO_ACCESS: Final = RowError(
    "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"
)
NO_CROSS_ACCESS: Final = RowError(
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    "insufficient access rights on cross-reference id",
)
UNKNOWN: Final = RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")


class Refused(Exception):
    """A row that is not written, and why."""

    def __init__(self, error: RowError) -> None:
        super().__init__(error.message)
        self.error = error
