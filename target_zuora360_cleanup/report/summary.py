"""Texts and tables as lines of plain text, narrow enough for a terminal and for a mail."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.report.numbers import Total, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from rich.console import RenderableType

_WIDTH: Final = 110
_LISTED: Final = 8
_TABLE_WIDTH: Final = 1_000
"""More than any table takes: none of its numbers may be cut."""


def table_of(*texts: str, numbers: Iterable[str] = ()) -> Table:
    """A table without rows yet: columns of texts, then columns of numbers.

    No line of it begins with a blank, as Meltano would strip it.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in texts:
        table.add_column(name, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def most(sizes: Mapping[str, int]) -> set[str]:
    """Which object types a table lists: those with most rows, and all where one more is left.

    The page and `report.json` have all of them.

    Args:
        sizes: Rows by object type.
    """
    names = sorted(sizes, key=lambda name: -sizes[name])
    return set(names if len(names) <= _LISTED + 1 else names[:_LISTED])


def table_of_objects(
    titles: Iterable[str], rows: Mapping[str, Sequence[int | None]], listed: Collection[str]
) -> Table:
    """A table of object types: a row for each that is listed, and one for the others together.

    Args:
        titles: Headings of the numbers.
        rows: Numbers by object type, None where nobody knows.
        listed: The object types that have a row of their own.
    """
    table = table_of("Object", numbers=titles)
    for name, numbers in rows.items():
        if name in listed:
            table.add_row(name, *map(shown, numbers))
    if others := [numbers for name, numbers in rows.items() if name not in listed]:
        sums = (Total.of(column).words for column in zip(*others, strict=True))
        table.add_row(counted(len(others), "other object type"), *sums)
    return table


def as_text(parts: Iterable[RenderableType]) -> str:
    """One below the other, with a line end; tables may be wider than what is read."""
    out = StringIO()
    # (a label with brackets in it is no markup)
    console = Console(
        file=out, width=_TABLE_WIDTH, color_system=None,
        highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    for part in parts:
        # (of a text alone `print` would forget that it is not to be wrapped)
        is_whole = isinstance(part, Text) and part.no_wrap is True
        width = None if is_whole or isinstance(part, Table) else _WIDTH
        console.print(part, width=width, soft_wrap=is_whole)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
