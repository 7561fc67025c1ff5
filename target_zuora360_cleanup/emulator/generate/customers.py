"""What customers and quotes point to among Zuora's records, and how they would link it anew.

The generated org remembers every such lookup with the Zuora id behind it. Rows that can't be
without their parent (master-detail, required lookups) are kept whole, since they go with it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.zuora import zuora_objects

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.schema.objects import Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["link_customers", "remember_links", "remove_synced"]

_STAMPS: Final = ("LastModifiedDate", "SystemModstamp")
_MORE_KEYS: Final = {
    "zqu__ZProduct__c": "zqu__ZuoraId__c",
    "zqu__ProductRatePlanChargePriceSummary__c": "zqu__ZuoraId__c",
}


@dataclass(frozen=True)
class _Link:
    """A lookup from a customer's object or a quote to one of Zuora's.

    Attributes:
        target: The object that it points to.
        key: That object's field with the Zuora id.
        required: Whether a row can't be without it.
    """

    object: str
    field: str
    target: str
    key: str
    required: bool

    @property
    def held(self) -> str:
        """The table with the rows that went with this parent; a junction has two."""
        return quote(f"held_{self.object}.{self.field}")


def remember_links(store: Store, schema: Schema, synced: Collection[str]) -> None:
    """Write down what points to Zuora's records; `synced` names the objects that hold them."""
    store.run(
        "CREATE TABLE _links (object TEXT, field TEXT, origin INTEGER, number INTEGER, key TEXT,"
        " PRIMARY KEY (object, field, origin)) WITHOUT ROWID"
    )
    for each in _links(schema, synced):
        child, target, field = quote(each.object), quote(each.target), quote(each.field)
        store.run(
            f"INSERT INTO _links SELECT ?, ?, c.Id, c.Id, t.{quote(each.key)} FROM {child} AS c"
            f" JOIN {target} AS t ON t.Id = c.{field} WHERE t.{quote(each.key)} IS NOT NULL",
            (each.object, each.field),
        )
        if each.required:
            store.run(
                f"CREATE TABLE {each.held} AS SELECT * FROM {child} WHERE Id IN"
                " (SELECT origin FROM _links WHERE object = ? AND field = ?)",
                (each.object, each.field),
            )


def remove_synced(store: Store, schema: Schema, synced: Collection[str]) -> None:
    """Take Zuora's records out of a new org, as if no sync had ever been."""
    for each in _links(schema, synced):
        child, rows = quote(each.object), "SELECT origin FROM _links WHERE object = ? AND field = ?"
        change = f"UPDATE {child} SET {quote(each.field)} = NULL"
        if each.required:
            change = f"DELETE FROM {child}"
        store.run(f"{change} WHERE Id IN ({rows})", (each.object, each.field))
    for name in synced:
        where = " WHERE zqu__ZuoraId__c IS NOT NULL" if name == "Product2" else ""
        store.run(f"DELETE FROM {quote(name)}{where}")


def link_customers(org: Org) -> dict[str, int]:
    """Set customers' blank lookups as users would; returns how many, by `Object.Field`."""
    with org.lock, org.store.transaction():
        return _link(org.store, org.schema)


def _link(store: Store, schema: Schema) -> dict[str, int]:
    counts: dict[str, int] = {}
    synced = [item.name for item in schema.objects.values() if item.name in _keys()]
    links = sorted(_links(schema, synced), key=lambda each: not each.required)
    for each in links:
        # (a row that its other master's return has brought back only lacks this one)
        count = _create(store, schema, each) if each.required else 0
        count += _set(store, schema, each)
        if count:
            counts[f"{each.object}.{each.field}"] = count
    return counts


def _keys() -> dict[str, str]:
    return {item.sobject: item.key for item in zuora_objects().values() if item.key} | _MORE_KEYS


def _links(schema: Schema, synced: Collection[str]) -> Iterator[_Link]:
    keys = _keys()
    for item in schema.objects.values():
        if item.name in keys or item.name in synced:
            continue
        for field in item.references:
            if field.polymorphic:
                continue
            target = field.reference_to[0]
            found = schema.find(target)
            if target in keys and found is not None and keys[target] in found.fields:
                required = field.master_detail or field.required
                yield _Link(item.name, field.name, target, keys[target], required)


def _set(store: Store, schema: Schema, each: _Link) -> int:
    child, field = quote(each.object), quote(each.field)
    found = store.run(
        f"SELECT t.Id, c.Id FROM _links AS l JOIN {child} AS c ON c.Id = l.number"
        f" JOIN {quote(each.target)} AS t ON t.{quote(each.key)} = l.key AND t.IsDeleted = 0"
        f" WHERE l.object = ? AND l.field = ? AND c.IsDeleted = 0 AND c.{field} IS NULL",
        (each.object, each.field),
    ).fetchall()
    now = int(time.time())
    stamps = "".join(f", {name} = {now}" for name in _stamps(schema.get(each.object)))
    store.run_many(f"UPDATE {child} SET {field} = ?{stamps} WHERE Id = ?", found)
    return len(found)


def _create(store: Store, schema: Schema, each: _Link) -> int:
    """Write the rows again that went with their parent."""
    child = quote(each.object)
    found = store.run(
        "SELECT l.origin, t.Id FROM _links AS l"
        f" JOIN {quote(each.target)} AS t ON t.{quote(each.key)} = l.key AND t.IsDeleted = 0"
        f" LEFT JOIN {child} AS c ON c.Id = l.number AND c.IsDeleted = 0"
        " WHERE l.object = ? AND l.field = ? AND c.Id IS NULL",
        (each.object, each.field),
    ).fetchall()
    item, now = schema.get(each.object), int(time.time())
    given = {"Id": ":number", each.field: ":parent", **dict.fromkeys(_stamps(item), str(now))}
    links = {other.field for other in _links(schema, ()) if other.object == each.object}
    given = {**dict.fromkeys(links - {each.field}, "NULL"), **given}
    names = list(item.fields)
    values = ", ".join(given.get(name, quote(name)) for name in names)
    rows = [
        (origin, number, parent)
        for number, (origin, parent) in zip(
            store.take_ids(each.object, len(found)), found, strict=True
        )
    ]
    store.run_many(
        f"INSERT INTO {child} ({', '.join(map(quote, names))})"
        f" SELECT {values} FROM {each.held} WHERE Id = :origin",
        [{"origin": origin, "number": number, "parent": parent} for origin, number, parent in rows],
    )
    store.run_many(
        "UPDATE _links SET number = ? WHERE object = ? AND origin = ?",
        [(number, each.object, origin) for origin, number, _ in rows],
    )
    return len(rows)


def _stamps(item: SObject) -> list[str]:
    return [name for name in _STAMPS if name in item.fields]
