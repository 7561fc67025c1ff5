"""Headings and small tables, as they read well in Meltano's log.

Meltano drops the empty lines of a plugin's output, so a heading is a ruled line.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WIDTH = 78


def heading(number: int, text: str) -> None:
    """Print a ruled line with `text` in it."""
    say(f"━━ {number} ━ {text} ".ljust(_WIDTH, "━"))


def table(first: str, others: Iterable[str], rows: Mapping[str, tuple[object, ...]]) -> None:
    """Print `rows` by their names, and the sums of the columns that hold numbers."""
    lines = [(first, *others), *((name, *map(_cell, cells)) for name, cells in rows.items())]
    lines.append(("together", *map(_sum, zip(*rows.values(), strict=True))))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for name, *cells in lines:
        right = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        say("   ".join([f"   {name.ljust(widths[0])}", *right]).rstrip())


def say(line: str) -> None:
    """Print a line for Meltano to pass on."""
    sys.stdout.write(line + "\n")


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _sum(column: tuple[object, ...]) -> str:
    numbers = [cell for cell in column if isinstance(cell, int)]
    return _cell(sum(numbers)) if numbers else ""
