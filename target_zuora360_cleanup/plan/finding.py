"""One thing to weigh before a cleanup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["blocks", "warns", "tells"]


@dataclass(frozen=True)
class Finding:
    """One thing to weigh.

    Attributes:
        code: Stable name for programs.
        severity: `blocks` refuses a cleanup.
        message: What was found, in words.
        remedy: What to do about it.
        objects: API names concerned, with the number of rows.
    """

    code: str
    severity: Severity
    message: str
    remedy: str
    objects: tuple[tuple[str, int], ...] = ()
