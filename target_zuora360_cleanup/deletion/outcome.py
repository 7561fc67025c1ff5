"""What became of each object type of a cleanup. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ended = Literal["done", "partial", "not begun"]


@dataclass(frozen=True)
class Outcome:
    """What became of one object type.

    Attributes:
        found: Rows when the cleanup was planned.
        deleted: Rows that are gone.
        kept: Rows that stay on purpose.
        failed: Rows that should be gone but are not, counted in the org afterwards.
        ended: How it ended.
        error: Why it stopped, if it did.
    """

    name: str
    found: int
    deleted: int
    kept: int
    failed: int
    ended: Ended = "done"
    error: str = ""
