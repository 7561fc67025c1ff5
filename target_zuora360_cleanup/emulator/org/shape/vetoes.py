"""Triggers of the shape that refuse deletions. Rows that go along by a cascade run no triggers.

Apex Developer Guide, "Operations That Don't Invoke Triggers".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.org.shape.rows import is_named
from target_zuora360_cleanup.emulator.org.shape.shape import ShapeError
from target_zuora360_cleanup.emulator.schema.ids import parse
from target_zuora360_cleanup.emulator.wire.errors import RowError

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.org.refusals import RowHook
    from target_zuora360_cleanup.emulator.org.shape.shape import Part, Shape
    from target_zuora360_cleanup.emulator.schema.objects import Schema
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["check_vetoes", "first_of", "veto_hook"]

_CODE: Final = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
"""What a trigger's `addError` answers."""
_DELETES: Final = frozenset({"delete", "hardDelete"})


def veto_hook(shape: Shape, store: Store) -> RowHook | None:
    """Return what is asked before a row is deleted; None where the shape has no vetoes."""
    vetoes = shape.parts("vetoes")
    if not vetoes:
        return None

    def ask(operation: str, object_name: str, record_id: str) -> RowError | None:
        for veto in vetoes if operation in _DELETES else ():
            if veto["object"] == object_name and _chooses(veto, store, record_id):
                return RowError(veto.get("code", _CODE), veto["message"])
        return None

    return ask


def first_of(hooks: list[RowHook | None]) -> RowHook | None:
    """Return a hook that asks these in turn."""
    kept = [hook for hook in hooks if hook is not None]
    if len(kept) < 2:  # noqa: PLR2004 - one answers by itself
        return kept[0] if kept else None

    def ask(operation: str, object_name: str, record_id: str) -> RowError | None:
        answers = (hook(operation, object_name, record_id) for hook in kept)
        return next((answer for answer in answers if answer is not None), None)

    return ask


def check_vetoes(shape: Shape, schema: Schema) -> None:
    """Refuse vetoes on what the org has not.

    Raises:
        ShapeError: There is no such object.
    """
    for at, veto in enumerate(shape.parts("vetoes")):
        if veto["object"] not in schema.objects:
            text = f"the org has no object {veto['object']}. Name one that it has, or add it."
            raise ShapeError(f"vetoes[{at}]", text)


def _chooses(veto: Part, store: Store, record_id: str) -> bool:
    number = parse(record_id)[1]
    if number % veto.get("every", 1):
        return False
    names = veto.get("rows")
    return names is None or any(is_named(store, name, veto["object"], number) for name in names)
