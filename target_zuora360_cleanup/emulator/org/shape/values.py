"""What a shape's rows hold: plain values, and the ids of other rows by their place or name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from target_zuora360_cleanup.emulator.org.shape.shape import ShapeError
from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.values import BadValueError, to_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["Named", "References", "each_of"]

_NUMBER: Final = "{n}"
"""Stands for a row's place among those of its entry, counted from 1."""


class Named(NamedTuple):
    """Rows by their object."""

    object: str
    ids: Sequence[int]


class References:
    """Where a shape's references lead, in an org of which some rows may not be written yet.

    Attributes:
        named: Groups of the shape's rows, by the name that it gives them.
    """

    def __init__(self, schema: Schema, store: Store) -> None:
        self._schema, self._store = schema, store
        self._live: dict[str, list[int]] = {}
        self.named: dict[str, Named] = {}

    def live(self, object_name: str) -> list[int]:
        """Return the ids of an object's live rows, and of those that are to be written."""
        if object_name not in self._live:
            sql = f"SELECT Id FROM {quote(object_name)} WHERE IsDeleted = 0 ORDER BY Id"
            self._live[object_name] = [row[0] for row in self._store.run(sql)]
        return self._live[object_name]

    def add(self, object_name: str, numbers: Sequence[int]) -> None:
        """Know rows that are to be written."""
        self.live(object_name).extend(numbers)

    def each(self, value: dict[str, Any], place: str) -> list[int]:
        """Return the rows that `{"each": X, "every": n}` stands for."""
        self._object(value["each"], place)
        every = value.get("every", 1)
        return self.live(value["each"])[every - 1 :: every]

    def maker(
        self,
        field: Field,
        value: Any,  # noqa: ANN401 - JSON
        place: str,
        entry: Sequence[int],
        first: int,
    ) -> Callable[[int], Any]:
        """Return what makes the stored value of the n-th row, counted from 0.

        Args:
            field: Whose value.
            value: As the shape has it.
            place: Where it stands in the shape.
            entry: The ids of all rows of its entry.
            first: How many of these come before the first row.

        Raises:
            ShapeError: The field does not take the value, or there is no such row.
        """
        if not isinstance(value, dict):
            return self._plain(field, value, place, first + 1)
        if field.type != "reference":
            raise ShapeError(place, f"{field.name} is no reference. Give a plain value.")
        found = self._rows(value, entry, place)
        tag = self._tag(field, found.object, place)
        numbers = found.ids
        if "previous" in value:
            return lambda at: tag(numbers[at + first - 1]) if at + first else None
        return lambda at: tag(numbers[at % len(numbers)])

    def _rows(self, value: dict[str, Any], entry: Sequence[int], place: str) -> Named:
        if value.keys() <= {"each", "every"} and "each" in value:
            return Named(value["each"], self.each(value, place))
        if value.keys() <= {"object", "at"} and "object" in value:
            self._object(value["object"], place)
            return self._at(Named(value["object"], self.live(value["object"])), value, place)
        if value.keys() <= {"row", "at"} and "row" in value:
            return self._at(self._of_name(value["row"], place), value, place)
        if value.keys() == {"previous"}:
            return Named("", entry)
        text = '{"object": X, "at": n}, {"each": X}, {"row": name} or {"previous": true}.'
        raise ShapeError(place, f"it names no row. A reference is an id, {text}")

    def _of_name(self, name: str, place: str) -> Named:
        if name not in self.named:
            raise ShapeError(place, f"no rows are called {name}. Give some that name.")
        return self.named[name]

    def _at(self, found: Named, value: dict[str, Any], place: str) -> Named:
        at = value.get("at", 1)
        return self._some(Named(found.object, found.ids[at - 1 : at]), value, place)

    @staticmethod
    def _some(found: Named, value: dict[str, Any], place: str) -> Named:
        if not found.ids:
            text = f"there is no row for {value}; {found.object} has fewer. Take another, or add."
            raise ShapeError(place, text)
        return found

    def _object(self, name: str, place: str) -> None:
        if name not in self._schema.objects:
            text = f"the org has no object {name}. Name one that it has, or add it."
            raise ShapeError(place, text)

    def _tag(self, field: Field, object_name: str, place: str) -> Callable[[int], int]:
        """What makes the stored reference of a row's number; no name means the row's own object."""
        if object_name and object_name not in field.reference_to:
            text = f"{field.name} does not lead to {object_name}. Name a row of what it leads to."
            raise ShapeError(place, text)
        if not field.polymorphic:
            return lambda number: number
        prefix = self._schema.get(object_name or field.reference_to[0]).key_prefix
        return lambda number: ids.tagged(prefix, number)

    def _plain(
        self,
        field: Field,
        value: Any,  # noqa: ANN401 - JSON
        place: str,
        first: int,
    ) -> Callable[[int], Any]:
        if not isinstance(value, str) or _NUMBER not in value:
            stored = self._stored(field, value, place)
            return lambda _: stored
        text = value
        return lambda at: self._stored(field, text.replace(_NUMBER, str(first + at)), place)

    def _stored(self, field: Field, value: Any, place: str) -> Any:  # noqa: ANN401 - JSON, SQLite's
        try:
            return to_storage(self._schema, field, value)
        except BadValueError as error:
            text = f"{error.error.message}. Give a value that {field.name} takes."
            raise ShapeError(place, text) from error


def each_of(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the values of a row that stand for each row of some object."""
    return [each for each in values.values() if isinstance(each, dict) and "each" in each]
