"""Writes the rows of a shape: all ids first, so that rows may name each other in any order."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.org.shape.shape import ShapeError
from target_zuora360_cleanup.emulator.org.shape.values import Named, References, each_of
from target_zuora360_cleanup.emulator.org.write import auto_number
from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_zuora360_cleanup.emulator.org.shape.shape import Part
    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["Planting", "is_named"]

_STAMPS: Final = ("CreatedDate", "LastModifiedDate", "SystemModstamp")


@dataclass(frozen=True)
class _Group:
    """Rows of one object that are written alike.

    Attributes:
        place: Where they stand in the shape.
        values: By field, as the shape has them.
        ids: Their numbers.
        entry: The numbers of all rows of the same entry.
        first: How many of these come before.
    """

    place: str
    sobject: SObject
    values: dict[str, Any]
    ids: Sequence[int]
    entry: Sequence[int]
    first: int = 0


class Planting:
    """Writes rows, made inside of a transaction.

    Args:
        schema: All objects, whatever the user may see.
        store: Where.
        now: Seconds since 1970, for the rows' stamps.
    """

    def __init__(self, schema: Schema, store: Store, now: int) -> None:
        self._schema, self._store, self._now = schema, store, now
        self._references = References(schema, store)
        self._references.named |= _known(store)

    def insert(self, parts: Sequence[Part], place: str) -> None:
        """Write groups of rows.

        Raises:
            ShapeError: One has a value that can't be, or lacks one.
        """
        groups = [
            group for at, part in enumerate(parts) for group in self._groups(part, f"{place}[{at}]")
        ]
        for group in groups:
            if group.ids:
                self._write(group)
        for name in {group.sobject.name for group in groups}:
            self._check_unique(self._schema.get(name), groups)

    def change(self, parts: Sequence[Part]) -> None:
        """Change rows that are there.

        Raises:
            ShapeError: A value can't be, or there is no such row.
        """
        for at, part in enumerate(parts):
            place = f"changes[{at}]"
            sobject, numbers = self._chosen(part, place)
            makers = self._makers(_Group(place, sobject, part["values"], numbers, numbers))
            marks = ", ".join(f"{quote(name)} = ?" for name in makers)
            self._store.run_many(
                f"UPDATE {quote(sobject.name)} SET {marks} WHERE Id = ?",
                ((*(make(at) for make in makers.values()), n) for at, n in enumerate(numbers)),
            )

    def hide(self, parts: Sequence[Part]) -> None:
        """Keep from the user's eyes those of these rows that are there by now."""
        for at, part in enumerate(parts):
            if "every" not in part:
                found = self._hidden(part, f"hidden.rows[{at}]")
                rows = ((found.object, number) for number in found.ids)
                self._store.run_many("INSERT OR IGNORE INTO _hidden VALUES (?, ?)", rows)

    def _hidden(self, part: Part, place: str) -> Named:
        if "row" in part:
            return self._references.named.get(part["row"], Named("", ()))
        sobject, numbers = self._chosen(part, place)
        return Named(sobject.name, numbers)

    def _chosen(self, part: Part, place: str) -> tuple[SObject, Sequence[int]]:
        sobject = self._object(part["object"], place)
        every, live = part.get("every", 1), self._references.live(sobject.name)
        if "at" in part:
            return sobject, live[part["at"] - 1 : part["at"]]
        return sobject, live[every - 1 :: every]

    def _groups(self, part: Part, place: str) -> Iterator[_Group]:
        sobject = self._object(part["object"], place)
        values = part.get("values", {})
        listed = values if isinstance(values, list) else [values]
        taken = [self._take(sobject, each, part, place) for each in listed]
        entry = [number for numbers in taken for number in numbers]
        if name := part.get("name"):
            self._name(name, Named(sobject.name, entry), place)
        first = 0
        for each, numbers in zip(listed, taken, strict=True):
            yield _Group(place, sobject, each, numbers, entry, first)
            first += len(numbers)

    def _take(
        self, sobject: SObject, values: dict[str, Any], part: Part, place: str
    ) -> Sequence[int]:
        lengths = [len(self._references.each(each, place)) for each in each_of(values)]
        count = part.get("count", 1) * (0 if 0 in lengths else max(lengths, default=1))
        numbers = self._store.take_ids(sobject.name, count)
        self._references.add(sobject.name, numbers)
        return numbers

    def _name(self, name: str, rows: Named, place: str) -> None:
        if name in self._references.named:
            raise ShapeError(place, f"other rows are called {name} too. Choose another name.")
        self._references.named[name] = rows
        lines = ((name, at, rows.object, number) for at, number in enumerate(rows.ids, 1))
        self._store.run_many("INSERT INTO _named VALUES (?, ?, ?, ?)", lines)

    def _write(self, group: _Group) -> None:
        makers = self._makers(group)
        self._require(group, makers)
        self._store.insert(
            group.sobject.name,
            ["Id", *_stamps(group.sobject), *makers],
            self._lines(group, makers.values()),
        )

    def _lines(
        self, group: _Group, makers: Iterable[Callable[[int], Any]]
    ) -> Iterator[tuple[Any, ...]]:
        stamps = [self._now] * len(_stamps(group.sobject))
        for at, number in enumerate(group.ids):
            yield (number, *stamps, *(make(at) for make in makers))

    def _makers(self, group: _Group) -> dict[str, Callable[[int], Any]]:
        makers = {}
        for name, value in group.values.items():
            place = f"{group.place}.values.{name}"
            field = self._field(group.sobject, name, place)
            makers[field.name] = self._references.maker(
                field, value, place, group.entry, group.first
            )
        if "Name" not in makers and group.place.startswith(("rows", "later")):
            makers |= _own_name(group)
        if "Body" in makers and "BodyLength" in group.sobject.fields:
            body = makers["Body"]
            makers["BodyLength"] = lambda at: len(base64.b64decode(body(at) or ""))
        return makers

    def _object(self, name: str, place: str) -> SObject:
        found = self._schema.find(name)
        if found is None:
            text = f"the org has no object {name}. Name one that it has, or add it."
            raise ShapeError(place, text)
        return found

    @staticmethod
    def _field(sobject: SObject, name: str, place: str) -> Field:
        found = sobject.find(name)
        if found is None or found.name == "Id":
            text = f"{sobject.name} has no field {name} to fill. Name one that it has, or add it."
            raise ShapeError(place, text)
        return found

    @staticmethod
    def _require(group: _Group, makers: dict[str, Callable[[int], Any]]) -> None:
        missing = [
            field.name
            for field in group.sobject.fields.values()
            if (field.required or field.master_detail)
            and not field.system
            and field.createable
            and field.type != "boolean"
            and (field.name not in makers or makers[field.name](0) is None)
        ]
        if missing:
            text = f"{group.sobject.name} needs {', '.join(missing)}. Give values."
            raise ShapeError(f"{group.place}.values", text)

    def _check_unique(self, sobject: SObject, groups: Sequence[_Group]) -> None:
        given = {name for group in groups if group.sobject is sobject for name in group.values}
        for field in sobject.fields.values():
            if not field.unique or field.name not in given:
                continue
            column = quote(field.name)
            twice = self._store.value(
                f"SELECT {column} FROM {quote(sobject.name)} WHERE {column} IS NOT NULL"
                f" GROUP BY {column} HAVING count(*) > 1 LIMIT 1"
            )
            if twice is not None:
                text = f"two rows have {twice!r}, which must be unique. Put {{n}} into the value."
                raise ShapeError(f"{sobject.name}.{field.name}", text)


def is_named(store: Store, name: str, object_name: str, number: int) -> bool:
    """Whether a row is one of those that the shape calls so."""
    sql = "SELECT 1 FROM _named WHERE name = ? AND object = ? AND id = ?"
    return store.value(sql, (name, object_name, number)) is not None


def _known(store: Store) -> dict[str, Named]:
    """The rows that have names already."""
    store.run(
        "CREATE TABLE IF NOT EXISTS _named (name TEXT, at INTEGER, object TEXT, id INTEGER,"
        " PRIMARY KEY (name, at)) WITHOUT ROWID"
    )
    found: dict[str, tuple[str, list[int]]] = {}
    for name, object_name, number in store.run(
        "SELECT name, object, id FROM _named ORDER BY name, at"
    ):
        found.setdefault(name, (object_name, []))[1].append(number)
    return {name: Named(*each) for name, each in found.items()}


def _stamps(sobject: SObject) -> list[str]:
    return [name for name in _STAMPS if name in sobject.fields]


def _own_name(group: _Group) -> dict[str, Callable[[int], Any]]:
    """What rows are called that have no name in the shape."""
    field = group.sobject.fields.get("Name")
    if field is None:
        return {}
    form, prefix, numbers = field.auto_number, group.sobject.key_prefix, group.ids
    if form is not None:
        return {"Name": lambda at: auto_number(form, numbers[at])}
    return {"Name": lambda at: ids.encode(prefix, numbers[at])}
