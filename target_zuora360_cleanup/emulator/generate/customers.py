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
    from collections.abc import Collection, Iterator, Sequence

    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.schema.objects import Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["customers_links", "link_customers", "remember_links", "remove_synced"]

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
    for name, links in _required(schema, synced).items():
        marks = ", ".join("?" * len(links))
        store.run(
            f"CREATE TABLE {_held(name)} AS SELECT * FROM {quote(name)} WHERE Id IN"
            f" (SELECT origin FROM _links WHERE object = ? AND field IN ({marks}))",
            (name, *(each.field for each in links)),
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


def customers_links(org: Org) -> dict[str, int]:
    """How many lookups led to Zuora's records when the org was filled, by `Object.Field`."""
    with org.lock:
        return dict(org.store.run("SELECT object || '.' || field, count(*) FROM _links GROUP BY 1"))


def link_customers(org: Org) -> dict[str, int]:
    """Set customers' blank lookups as users would; returns how many, by `Object.Field`."""
    with org.lock, org.store.transaction():
        return _link(org.store, org.schema)


def _link(store: Store, schema: Schema) -> dict[str, int]:
    counts: dict[str, int] = {}
    synced = [item.name for item in schema.objects.values() if item.name in _keys()]
    for name, links in _required(schema, synced).items():
        created = _create(store, schema, name, links)
        counts |= {f"{name}.{each.field}": created for each in links}
    for each in _links(schema, synced):
        if not each.required:
            counts[f"{each.object}.{each.field}"] = _set(store, schema, each)
    return {name: count for name, count in counts.items() if count}


def _required(schema: Schema, synced: Collection[str]) -> dict[str, list[_Link]]:
    """The links that a row can't be without, by object: one, or two where it has two masters."""
    found: dict[str, list[_Link]] = {}
    for each in _links(schema, synced):
        if each.required:
            found.setdefault(each.object, []).append(each)
    return found


def _held(object_name: str) -> str:
    """The table with the rows that went with their parents."""
    return quote(f"held_{object_name}")


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


def _create(store: Store, schema: Schema, name: str, links: Sequence[_Link]) -> int:
    """Write the rows again that went with their parents, where all of these are back."""
    found = store.run(*_gone(name, links)).fetchall()
    item, now = schema.get(name), int(time.time())
    blank = {other.field for other in _links(schema, ()) if other.object == name}
    given = {**dict.fromkeys(blank, "NULL"), **dict.fromkeys(_stamps(item), str(now))}
    given |= {each.field: f":parent{at}" for at, each in enumerate(links)}
    given["Id"] = ":number"
    values = ", ".join(given.get(each, quote(each)) for each in item.fields)
    numbers = store.take_ids(name, len(found))
    store.run_many(
        f"INSERT INTO {quote(name)} ({', '.join(map(quote, item.fields))})"
        f" SELECT {values} FROM {_held(name)} WHERE Id = :origin",
        [
            {"origin": origin, "number": number,
             **{f"parent{at}": parent for at, parent in enumerate(parents)}}
            for number, (origin, *parents) in zip(numbers, found, strict=True)
        ],
    )  # fmt: skip
    store.run_many(
        "UPDATE _links SET number = ? WHERE object = ? AND origin = ?",
        [(number, name, row[0]) for number, row in zip(numbers, found, strict=True)],
    )
    return len(found)


def _gone(name: str, links: Sequence[_Link]) -> tuple[str, list[str]]:
    """The statement for the rows that are not there, and the parents that each needs."""
    joins = [
        f" JOIN _links AS l{at} ON l{at}.object = ? AND l{at}.field = ? AND l{at}.origin = h.Id"
        f" JOIN {quote(each.target)} AS t{at} ON t{at}.{quote(each.key)} = l{at}.key"
        f" AND t{at}.IsDeleted = 0"
        for at, each in enumerate(links)
    ]
    parents = "".join(f", t{at}.Id" for at in range(len(links)))
    sql = (
        f"SELECT h.Id{parents} FROM {_held(name)} AS h{''.join(joins)}"
        f" LEFT JOIN {quote(name)} AS c ON c.Id = l0.number AND c.IsDeleted = 0"
        " WHERE c.Id IS NULL ORDER BY h.Id"
    )
    return sql, [text for each in links for text in (name, each.field)]


def _stamps(item: SObject) -> list[str]:
    return [name for name in _STAMPS if name in item.fields]
