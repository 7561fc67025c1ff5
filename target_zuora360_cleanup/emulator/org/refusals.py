"""Errors of single rows that writing and deleting share, and what is asked before either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "GONE",
    "INACTIVE",
    "NO_ACCESS",
    "NO_CROSS_ACCESS",
    "UNKNOWN",
    "Refused",
    "RowHook",
    "too_often",
]

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
INACTIVE: Final = RowError("INACTIVE_OWNER_OR_USER", "operation performed with inactive user")
UNKNOWN: Final = RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
_MOST_TIMES: Final = 12
"""How often one call may update a record ("update()", SOAP API Developer Guide). Of deletions
nothing is written: there the second time meets a deleted record."""


class Refused(Exception):
    """A row that is not written, and why."""

    def __init__(self, error: RowError) -> None:
        super().__init__(error.message)
        self.error = error


def too_often(ids: Sequence[str]) -> dict[int, RowResult]:
    """The results of rows that one call updates too often, by their places."""
    times: Counter[str] = Counter()
    found: dict[int, RowResult] = {}
    for at, each in enumerate(ids):
        times[each[:15]] += 1
        if each and times[each[:15]] > _MOST_TIMES:
            told = f"Maximum number of duplicate updates in one batch ({_MOST_TIMES} allowed)."
            again = f"Attempt to update Id more than once in this Api call: {each[:15]}"
            found[at] = RowResult(each, error=RowError("DUPLICATE_VALUE", f"{told} {again}"))
    return found
