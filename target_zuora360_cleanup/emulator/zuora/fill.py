"""Fills the emulated Zuora: its records are those that the generated Salesforce rows come from."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.zuora import CREATED, UPDATED, zuora_id, zuora_objects
from target_zuora360_cleanup.emulator.zuora.made import made_sql
from target_zuora360_cleanup.emulator.zuora.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store
    from target_zuora360_cleanup.emulator.schema.zuora import ZuoraField, ZuoraObject

__all__ = ["FIRST_UPDATE", "create_zuora", "fill_zuora", "index_zuora"]

FIRST_UPDATE: Final = 1_705_276_800
"""2024-01-15, in seconds since 1970: no record was updated before."""
_LAST_UPDATE: Final = 1_767_225_599
"""2025-12-31T23:59:59: the last of the generated records was updated before."""
_OLDEST_DAYS: Final = 700
_TYPES: Final = {"boolean": "INTEGER", "integer": "INTEGER", "datetime": "INTEGER",
                 "decimal": "REAL"}  # fmt: skip


def create_zuora(store: Store) -> None:
    """Create the tables of all of Zuora's objects, without their indexes."""
    for item in zuora_objects().values():
        store.run(_table_sql(item))


def fill_zuora(
    store: Store,
    schema: Schema,
    seed: int,
    counts: Mapping[str, int],
    lost: Iterable[tuple[str, int, int | None]],
) -> None:
    """Fill the tables of all of Zuora's objects from the org's rows.

    Args:
        store: Where both are.
        schema: The org's.
        seed: The org's, for ids.
        counts: Number of generated rows, by object.
        lost: Lookups that Salesforce has lost: object, row number, number of the former parent.
    """
    store.function("sf_id", 2, lambda prefix, number: number and ids.encode(prefix, number))
    store.function("zuora_id", 2, partial(zuora_id, seed))
    keys = {item.sobject: item.key for item in zuora_objects().values() if item.key}
    _keep_lost(store, lost)
    for item in zuora_objects().values():
        sobject = schema.find(item.sobject)
        if sobject is not None and (not item.key or item.key in sobject.fields):
            store.run(_Filling(schema, keys, item, counts).sql())
    store.run("DROP TABLE temp.lost")
    for item in zuora_objects().values():
        if followed := [each for each in item.fields.values() if each.source.startswith(">")]:
            store.run(_followed_sql(item, followed))


def index_zuora(store: Store) -> None:
    """Index what exports are ordered by, with what records are counted by."""
    for item in zuora_objects().values():
        name, table = quote(f"{item.table}._updated"), quote(item.table)
        store.run(f"CREATE INDEX {name} ON {table} (_updated, _deleted, _synced)")


def _table_sql(item: ZuoraObject) -> str:
    columns = ", ".join(
        f"{quote(each.name)} {_TYPES.get(each.type, 'TEXT')}"
        for each in item.fields.values()
        if each.source not in (CREATED, UPDATED)
    )
    return (
        f"CREATE TABLE {quote(item.table)} (_n INTEGER PRIMARY KEY, {columns},"
        " _updated INTEGER NOT NULL, _created INTEGER NOT NULL,"
        " _deleted INTEGER NOT NULL DEFAULT 0, _synced INTEGER NOT NULL DEFAULT 1)"
    )


def _followed_sql(item: ZuoraObject, fields: Sequence[ZuoraField]) -> str:
    """The statement that takes fields from the records that a record names."""
    paths, table = Paths(item), quote(item.table)
    found = [paths.value(f"{item.name}.{each.source[1:]}").sql for each in fields]
    columns = ", ".join(f"{sql} AS c{at}" for at, sql in enumerate(found))
    marks = ", ".join(f"{quote(each.name)} = v.c{at}" for at, each in enumerate(fields))
    return (
        f"UPDATE {table} SET {marks} FROM"
        f" (SELECT z._n AS number, {columns} FROM {table} AS z {paths.joins}) AS v"
        " WHERE v.number = _n"
    )


def _keep_lost(store: Store, lost: Iterable[tuple[str, int, int | None]]) -> None:
    """Zuora still knows whose a record is where Salesforce has lost the lookup."""
    store.run(
        "CREATE TABLE temp.lost (object TEXT, number INTEGER, parent INTEGER,"
        " PRIMARY KEY (object, number)) WITHOUT ROWID"
    )
    store.run_many("INSERT INTO temp.lost VALUES (?, ?, ?)", lost)


class _Filling:
    """The statement that fills one object's table."""

    def __init__(
        self,
        schema: Schema,
        keys: Mapping[str, str],
        item: ZuoraObject,
        counts: Mapping[str, int],
    ) -> None:
        self._schema, self._keys, self._item = schema, keys, item
        self._counts = counts
        self._sobject = schema.get(item.sobject)
        self._joins: dict[tuple[str, str], str] = {}
        self._names = count(1)

    def sql(self) -> str:
        """INSERT … SELECT."""
        item = self._item
        fields = [each for each in item.fields.values() if each.source not in (CREATED, UPDATED)]
        values = [self._typed(each) for each in fields]
        columns = ", ".join(quote(each.name) for each in fields)
        total = self._counts.get(item.sobject, 0) + 1
        span = _LAST_UPDATE - FIRST_UPDATE
        updated = f"{FIRST_UPDATE} + {span} * s.Id / {total}"
        created = f"{updated} - 86400 * (s.Id % {_OLDEST_DAYS})"
        where = [f"s.Id % {item.every} = 0"]
        if item.key:
            where.append(f"s.{quote(item.key)} IS NOT NULL")
        return (
            f"INSERT INTO {quote(item.table)} (_n, {columns}, _updated, _created)"
            f" SELECT s.Id, {', '.join(values)}, {updated}, {created}"
            f" FROM {quote(self._sobject.name)} AS s {self._join_sql()}"
            f" WHERE {' AND '.join(where)}"
        )

    def _join_sql(self) -> str:
        return " ".join(
            f"LEFT JOIN {quote(table)} AS {name} ON {name}.Id = {condition}"
            for (table, condition), name in self._joins.items()
        )

    def _typed(self, field: ZuoraField) -> str:
        if field.name == "Id" and not self._item.key:
            return f"zuora_id('{self._item.name}', s.Id)"
        if field.source.startswith("?"):
            return made_sql(field, "s.Id")
        value = self._value(field.source)
        source = self._sobject.find(field.source)
        if field.type == "boolean" and source is not None and source.type != "boolean":
            return f"{value} = 'true'"
        return value

    def _value(self, source: str) -> str:
        if source.startswith(">"):
            return "NULL"
        if source.startswith("="):
            return f"'{source[1:]}'"
        if source.startswith("#"):
            some = f"1 + (s.Id - 1) % {max(1, self._counts.get(source[1:], 0))}"
            return self._key(source[1:], some)
        return self._path(source.split("."), self._sobject, "s")

    def _path(self, path: list[str], sobject: SObject, alias: str) -> str:
        if path == ["Id"]:
            return f"{alias}.{quote(self._keys[sobject.name])}"
        field = sobject.find(path[0])
        if field is None:
            return "NULL"
        if field.type != "reference":
            return f"{alias}.{quote(field.name)}"
        number, target = self._number(sobject, field, alias), field.reference_to[0]
        if path[1:]:
            return self._path(path[1:], self._schema.get(target), self._join(target, number))
        if target not in self._keys:
            return f"sf_id('{self._schema.get(target).key_prefix}', {number})"
        return self._key(target, number)

    def _number(self, sobject: SObject, field: Field, alias: str) -> str:
        number = f"{alias}.{quote(field.name)}"
        if (sobject.name, field.name) not in _LOSERS:
            return number
        lost = f"SELECT parent FROM temp.lost WHERE object = '{sobject.name}'"
        return f"coalesce({number}, ({lost} AND number = {alias}.Id))"

    def _key(self, target: str, number: str) -> str:
        found = self._schema.find(target)
        if found is None or self._keys[target] not in found.fields:
            return "NULL"
        return f"{self._join(target, number)}.{quote(self._keys[target])}"

    def _join(self, target: str, number: str) -> str:
        return self._joins.setdefault((target, number), f"p{next(self._names)}")


_LOSERS: Final[Iterable[tuple[str, str]]] = frozenset({
    ("Zuora__Subscription__c", "Zuora__CustomerAccount__c"),
    ("Zuora__ZInvoice__c", "Zuora__BillingAccount__c"),
})  # fmt: skip
