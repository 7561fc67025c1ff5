"""Which parent a row lacks, by the error of Salesforce. Pure.

`RowError.misses` tells it by the code and by the names of the API; here it is looked which column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.rows.errors import RowError
    from target_zuora360_cleanup.sync.columns import ParentColumn


def missing_parent(
    error: RowError, columns: Sequence[ParentColumn], links: Sequence[str | None]
) -> ParentColumn | None:
    """The column whose parent Salesforce did not find; None where it says something else.

    Args:
        error: Why the row was not taken.
        columns: The row's columns of parents.
        links: What stands in them, in their order.
    """
    named = [
        (column, key)
        for column, key in zip(columns, links, strict=True)
        if key and error.misses(column.parent, column.key.name)
    ]
    # (Salesforce may write the key in a form of its own)
    exact = [column for column, key in named if error.names(key)]
    return next(iter(exact or [column for column, _ in named]), None)
