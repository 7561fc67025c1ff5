"""What a shape puts into the file of a new org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.org.shape.later import Later
from target_zuora360_cleanup.emulator.org.shape.record_types import record_type_rows
from target_zuora360_cleanup.emulator.org.shape.rows import Planting
from target_zuora360_cleanup.emulator.org.shape.vetoes import check_vetoes

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.org.shape.shape import Shape
    from target_zuora360_cleanup.emulator.schema.objects import Schema
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["begin_later", "plant"]

_CREATED: Final = 1_700_000_000


def plant(shape: Shape, schema: Schema, store: Store) -> None:
    """Write a shape's rows into an org that has its others. Made inside of a transaction.

    Raises:
        ShapeError: A row can't be.
    """
    if not shape:
        return
    check_vetoes(shape, schema)
    planting = Planting(schema, store, _CREATED)
    planting.insert(record_type_rows(shape), "record_types")
    planting.insert(shape.parts("rows"), "rows")
    planting.change(shape.parts("changes"))
    planting.hide(shape.hidden.get("rows", ()))


def begin_later(shape: Shape, schema: Schema, store: Store) -> None:
    """Make ready what is to come, once the file takes back what is undone.

    Raises:
        ShapeError: A row can't be.
    """
    if shape.parts("later"):
        with store.transaction():
            Later(shape, schema, store).begin()
