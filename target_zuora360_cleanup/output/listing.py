"""Names in a sentence: the first of them, and how many more there are. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def listed(names: Iterable[str], most: int = 3, *, of: str = "") -> str:
    """The first names, such as `a, b and 3 more`.

    Args:
        names: All of them.
        most: How many are told; a single one more is told too.
        of: What the others are, in the plural.
    """
    every = list(names)
    if len(every) <= most + 1:
        return ", ".join(every)
    noun = f" {of}" if of else ""
    return f"{', '.join(every[:most])} and {len(every) - most} more{noun}"
