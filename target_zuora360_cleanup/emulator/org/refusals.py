"""Errors of single rows that writing and deleting share, and what is asked before either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from target_zuora360_cleanup.emulator.wire.errors import RowError

__all__ = ["GONE", "UNKNOWN", "RowHook"]

RowHook = Callable[[str, str, str], RowError | None]
"""Is asked with operation, object and id; an error refuses the row."""
GONE: Final = RowError("ENTITY_IS_DELETED", "entity is deleted")
UNKNOWN: Final = RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
