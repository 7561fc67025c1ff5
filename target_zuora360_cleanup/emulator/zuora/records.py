"""Single records of the emulated Zuora: picked by chance, copied, changed, deleted."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.zuora import CREATED, UPDATED, zuora_id, zuora_objects

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from target_zuora360_cleanup.emulator.schema.store import Store
    from target_zuora360_cleanup.emulator.schema.zuora import ZuoraObject

__all__ = ["Record", "Records"]

_LIVE: Final = "_deleted = 0 AND _synced = 1"


class Record:
    """One record: its number in the table and its values."""

    def __init__(self, item: ZuoraObject, number: int, values: Mapping[str, Any]) -> None:
        self.item, self.number = item, number
        self._values = values

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - of any field type
        return self._values[name]

    @property
    def id(self) -> str:
        """Its Zuora id."""
        return str(self["Id"])


class Records:
    """Reads and writes records. Made inside of a transaction.

    Args:
        store: Where they are.
        seed: The org's, for new ids.
        clock: When an object's record is changed whose last change was at the time given.
    """

    def __init__(self, store: Store, seed: int, clock: Callable[[int], int]) -> None:
        self._store, self._seed, self._clock = store, seed, clock
        self._last: dict[str, int] = {}

    @cached_property
    def filled(self) -> list[ZuoraObject]:
        """The objects that have records which the 360 syncs."""
        items = (each for each in zuora_objects().values() if each.is_synced)
        return [each for each in items if self.find(each.name) is not None]

    def find(self, name: str, where: str = _LIVE, *values: Any) -> Record | None:  # noqa: ANN401
        """Return the first record that meets a condition."""
        found = self.all(name, f"{where} ORDER BY _n LIMIT 1", *values)
        return found[0] if found else None

    def all(self, name: str, where: str, *values: Any) -> list[Record]:  # noqa: ANN401 - SQLite's
        """Return the records that meet a condition."""
        item = zuora_objects()[name]
        columns = _columns(item)
        sql = f"SELECT _n, {', '.join(map(quote, columns))} FROM {quote(item.table)} WHERE {where}"
        rows = self._store.run(sql, values).fetchall()
        return [Record(item, row[0], dict(zip(columns, row[1:], strict=True))) for row in rows]

    def pick(self, chance: random.Random, name: str, where: str = _LIVE) -> Record | None:
        """Return any record that meets a condition."""
        table = quote(zuora_objects()[name].table)
        most = self._store.value(f"SELECT max(_n) FROM {table}") or 0
        start = chance.randrange(most + 1)
        return self.find(name, f"_n >= ? AND {where}", start) or self.find(name, where)

    def copy(self, record: Record, **values: Any) -> Record:  # noqa: ANN401 - of any field type
        """Add a record that differs from another in its id and in `values`.

        Joined ids are named with an underscore: `Account_Id`. `synced` says whether the 360 holds
        it; blank, it is like its model.
        """
        item, table = record.item, quote(record.item.table)
        number = 1 + int(self._store.value(f"SELECT max(_n) FROM {table}"))
        now = self._tick(item)
        new_id = zuora_id(self._seed, f"new {item.name}", number)
        made = {"Id": new_id, **_named(values), "_n": number, "_updated": now, "_created": now}
        columns = ["_n", *_columns(item), "_updated", "_created", "_synced"]
        shown = ["?" if name in made else quote(name) for name in columns]
        self._store.run(
            f"INSERT INTO {table} ({', '.join(map(quote, columns))})"
            f" SELECT {', '.join(shown)} FROM {table} WHERE _n = ?",
            [*(made[name] for name in columns if name in made), record.number],
        )
        found = self.find(item.name, "_n = ?", number)
        assert found is not None  # noqa: S101 - it was inserted just now
        return found

    def change(self, record: Record, **values: Any) -> None:  # noqa: ANN401 - of any field type
        """Change a record now."""
        self.write(record, **values, updated=self._tick(record.item))

    def write(self, record: Record, **values: Any) -> None:  # noqa: ANN401 - of any field type
        """Write values without a change of the time: those of a new record, or the 360's."""
        made = _named(values)
        marks = ", ".join(f"{quote(name)} = ?" for name in made)
        self._store.run(
            f"UPDATE {quote(record.item.table)} SET {marks} WHERE _n = ?",
            [*made.values(), record.number],
        )

    def _tick(self, item: ZuoraObject) -> int:
        last = self._last.get(item.name)
        if last is None:
            last = int(self._store.value(f"SELECT max(_updated) FROM {quote(item.table)}"))
        self._last[item.name] = self._clock(last)
        return self._last[item.name]


def _columns(item: ZuoraObject) -> list[str]:
    return [each.name for each in item.fields.values() if each.source not in (CREATED, UPDATED)]


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    own = {"deleted": "_deleted", "synced": "_synced", "updated": "_updated"}
    return {
        own.get(name, f"{name[:-3]}.Id" if name.endswith("_Id") else name): value
        for name, value in values.items()
    }
