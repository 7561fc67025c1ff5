"""Rows that appear while a run goes on: when an object's deletion begins, or so many are gone."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.org.shape.rows import Planting
from target_zuora360_cleanup.emulator.org.shape.shape import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.emulator.org.shape.shape import Part, Shape
    from target_zuora360_cleanup.emulator.schema.objects import Schema
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["Later"]

_META: Final = "later"
_NOW: Final = 1_700_000_000


class _Tried(Exception):
    """Leaves a savepoint whose rows were written to see whether they can be."""


class Later:
    """What is still to come. Every method is called inside of a transaction, under the org's lock.

    What has come is remembered in the file, with how many rows were missing at first.
    """

    def __init__(self, shape: Shape, schema: Schema, store: Store) -> None:
        self._parts = shape.parts("later")
        self._hidden = shape.hidden.get("rows", ())
        self._schema, self._store = schema, store

    def begin(self) -> None:
        """Note what is missing in a new org, and see that what is to come can be.

        Raises:
            ShapeError: A row can't be.
        """
        for at, part in enumerate(self._parts):
            if part["object"] not in self._schema.objects:
                text = f"the org has no object {part['object']}. Name one that it has, or add it."
                raise ShapeError(f"later[{at}]", text)
            self._try(at)
        objects = {part["object"] for part in self._parts}
        missing = {name: self._absent(name) for name in objects}
        self._remember({"done": [], "missing": missing})

    def _try(self, at: int) -> None:
        with suppress(_Tried), self._store.savepoint("tried"):
            self._plant(at, _NOW)
            raise _Tried

    def on_delete(self, object_name: str) -> None:
        """Rows of an object are about to be deleted."""
        self._bring(
            at
            for at, part in self._pending()
            if "gone" not in part and part["object"] == object_name
        )

    def after_delete(self) -> None:
        """Rows have been deleted."""
        self._bring(
            at
            for at, part in self._pending()
            if "gone" in part and self._gone(part["object"]) >= part["gone"]
        )

    def _pending(self) -> list[tuple[int, Part]]:
        done = self._known()["done"] if self._parts else []
        return [(at, part) for at, part in enumerate(self._parts) if at not in done]

    def _gone(self, object_name: str) -> int:
        missing: int = self._known()["missing"][object_name]
        return self._absent(object_name) - missing

    def _absent(self, object_name: str) -> int:
        """The rows that have had an id and are not there."""
        return self._store.handed_out(object_name) - self._store.count(object_name)

    def _bring(self, places: Iterable[int]) -> None:
        for at in list(places):
            known = self._known()
            self._remember({**known, "done": [*known["done"], at]})
            try:
                with self._store.savepoint("later"):
                    self._plant(at, int(time.time()))
            except ShapeError:
                # What the rows lead to is gone by now, so nobody could have written them.
                continue

    def _plant(self, at: int, now: int) -> None:
        planting = Planting(self._schema, self._store, now)
        planting.insert(self._parts[at]["rows"], f"later[{at}].rows")
        planting.hide(self._hidden)

    def _known(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._store.get_meta(_META) or "{}")
        return found

    def _remember(self, known: dict[str, Any]) -> None:
        self._store.set_meta(_META, json.dumps(known))
