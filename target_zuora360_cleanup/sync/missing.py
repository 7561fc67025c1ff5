"""Which parent a row lacks, by the error of Salesforce. Pure.

The code tells that a name led nowhere, and the names of the API in the message which: the object,
its external id field and the key. The words around them come in the user's language.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.rows.errors import RowError
    from target_zuora360_cleanup.sync.columns import ParentColumn

NOT_FOUND: Final = "INVALID_FIELD"
"""The code of a row whose relationship names an external id that is not there."""


def missing_parent(
    error: RowError, columns: Sequence[ParentColumn], links: Sequence[str | None]
) -> ParentColumn | None:
    """The column whose parent Salesforce did not find; None where it says something else.

    Args:
        error: Why the row was not taken.
        columns: The row's columns of parents.
        links: What stands in them, in their order.
    """
    if error.code != NOT_FOUND:
        return None
    named = [
        (column, key)
        for column, key in zip(columns, links, strict=True)
        if key and _names(error.message, column.parent) and _names(error.message, column.key.name)
    ]
    # (Salesforce may write the key in a form of its own)
    exact = [column for column, key in named if _names(error.message, key)]
    return next(iter(exact or [column for column, _ in named]), None)


def _names(message: str, name: str) -> bool:
    """Whether a message holds a name as a word of its own, in whatever case."""
    # (a Japanese text may go on without a blank)
    word = rf"(?<!\w){re.escape(name.strip().casefold())}(?!\w)"
    return bool(re.search(word, message.casefold(), re.ASCII))
