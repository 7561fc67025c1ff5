"""Headings and tables, as they read well in Meltano's log.

Meltano drops the empty lines of a plugin's output and the blanks that a line begins with, so a
heading is a ruled line and a table's first column stands on the left.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WIDTH = 110


def heading(text: str) -> None:
    """Print a ruled line with `text` in it."""
    say(f"━━ {text} ".ljust(_WIDTH, "━"))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows: the first and the last column on the left, numbers on the right, None blank."""
    made = Table(box=box.SIMPLE, pad_edge=False)
    for at, name in enumerate(columns):
        made.add_column(
            name, justify="left" if at in (0, len(columns) - 1) else "right", no_wrap=True
        )
    for row in rows:
        made.add_row(*map(_cell, row))
    Console(file=sys.stdout, width=_WIDTH, highlight=False).print(made)


def say(line: str) -> None:
    """Print a line for Meltano to pass on."""
    sys.stdout.write(line + "\n")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)
