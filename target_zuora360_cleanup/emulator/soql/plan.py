"""What a query is compiled to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.emulator.schema.objects import SObject

__all__ = ["Child", "Column", "Hidden", "Plan"]


@dataclass(frozen=True)
class Column:
    """A selected value: the header, the path in a REST record, its type and its reader.

    `width` is how many characters it may have.
    A column without names is for the emulator's own use and shown to nobody.
    """

    header: str
    names: tuple[str, ...]
    type: str
    read: Callable[[Any], Any] | None
    width: int = 0


@dataclass(frozen=True)
class Hidden:
    """The id of the record itself (an empty path) or of a parent, and its place in a row.

    `read` makes the id of the number there.
    """

    path: tuple[str, ...]
    sobject: SObject
    place: int
    read: Callable[[Any], Any]


@dataclass(frozen=True)
class Child:
    """A child subquery: its name in a REST record, its plan, and how many rows a parent gets.

    The plan's statement has `{}` where a list of parent ids goes; its last column is the parent's.
    """

    name: str
    plan: Plan
    limit: int | None


@dataclass(frozen=True)
class Plan:
    """A compiled query: a statement that yields the columns, and what to make of its rows."""

    sobject: SObject
    sql: str
    values: list[Any]
    columns: tuple[Column, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    children: tuple[Child, ...] = ()
    is_count: bool = False
    is_aggregate: bool = False
