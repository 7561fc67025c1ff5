"""Which parent a row lacks, by Salesforce's words. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.sync.rows import ParentColumn

_NO_PARENT: Final = re.compile(
    r"foreign key external id: (?P<key>.*) not found for field \S+ in entity (?P<parent>\w+)",
    re.IGNORECASE | re.DOTALL,
)


def missing_parent(
    message: str, columns: Sequence[ParentColumn], links: Sequence[str | None]
) -> ParentColumn | None:
    """The column whose parent Salesforce did not find; None where it says something else.

    Args:
        message: Why the row was not taken.
        columns: The row's columns of parents.
        links: What stands in them, in their order.
    """
    found = _NO_PARENT.search(message)
    if not found:
        return None
    filled = [(column, key) for column, key in zip(columns, links, strict=True) if key]
    wanted = found["parent"], found["key"].strip().casefold()
    exact = [column for column, key in filled if (column.parent, key.casefold()) == wanted]
    of_object = [column for column, _ in filled if column.parent == wanted[0]]
    return next(iter(exact or of_object), None)
