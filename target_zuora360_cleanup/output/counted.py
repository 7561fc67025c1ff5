"""Counts with their nouns: one record, two records. Pure."""

from __future__ import annotations


def counted(count: int | None, one: str, more: str = "") -> str:
    """A count with its noun, such as `1 record`, `1,200 rows`, `an unknown number of links`.

    Args:
        count: How many; None where it is not known.
        one: What one of them is called, and what else one of them alone is said of: `row is left`.
        more: The same of several; by default `one` with an `s`.
    """
    several = more or f"{one}s"
    if count is None:
        return f"an unknown number of {several}"
    return f"{count:,} {one if count == 1 else several}"
