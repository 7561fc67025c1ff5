"""Ways from a record of Zuora's to another's field, as SQL over the tables of its data sources.

A path is dotted, as Zuora's pages of field maps write it: `RatePlanCharge.RatePlan.Name` begins
with the data source whose record it starts from. A step leads to the record that the one before
names (`RatePlan` by `RatePlan.Id`), or to all those that name it (`Subscription` to each
`RatePlanCharge`), of which something is gathered. `AccountId` stands for `Account.Id`.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.zuora import CREATED, UPDATED, zuora_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.schema.zuora import ZuoraField, ZuoraObject

__all__ = ["NoSuchPath", "Paths", "Value"]

_TARGETS: Final = {
    "BillToContact": "Contact", "SoldToContact": "Contact", "InvoiceOwner": "Account",
    "DefaultPaymentMethod": "PaymentMethod",
}  # fmt: skip
"""Joins that are not named like their data source."""
_GATHERED: Final = {"sum": "round(sum({}), 2)", "min": "min({})", "first": "{}"}
_TIERS: Final = 1_000_000_000_000
"""More than there are records: a tier's number counts before its place."""


class NoSuchPath(ValueError):
    """A step of a path leads nowhere."""


class Value(NamedTuple):
    """What stands at the end of a path.

    Attributes:
        sql: How a statement reads it.
        type: As Zuora's describe names it.
        name: The field, with its data source; blank of what is made of several.
    """

    sql: str
    type: str
    name: str = ""


class Paths:
    """The paths of one statement over a data source's table.

    Args:
        item: The data source.
        alias: The table's alias in the statement.
    """

    def __init__(self, item: ZuoraObject, alias: str = "z") -> None:
        self._item, self._alias = item, alias
        self._joins: dict[tuple[str, str], str] = {}
        self._names = count(1)

    @property
    def joins(self) -> str:
        """What has to follow the table in the statement's FROM."""
        return " ".join(
            f"LEFT JOIN {table} AS {alias} ON {alias}.{condition}"
            for (table, condition), alias in self._joins.items()
        )

    def value(self, path: str, gather: str = "") -> Value:
        """Read a path; what several records have is gathered to `sum`, `min` or the `first`.

        Raises:
            NoSuchPath: It begins with another data source, or leads nowhere.
        """
        head, *steps = path.split(".")
        if head != self._item.name or not steps:
            raise NoSuchPath(f"{path} is no path of {self._item.name}")
        return self._walk(self._item, self._alias, steps, gather)

    def join(self, table: str, column: str, value: str) -> str:
        """Join a table by the value of a column; return its alias."""
        key = table, f"{quote(column)} = {value}"
        return self._joins.setdefault(key, f"{self._alias}{next(self._names)}")

    def _walk(self, item: ZuoraObject, alias: str, steps: list[str], gather: str) -> Value:
        step, *rest = steps
        if not rest:
            return _column(item, alias, step)
        link = item.find(f"{step}.Id")
        if link is not None:
            target = zuora_objects()[_TARGETS.get(step, step)]
            further = self.join(quote(target.table), "Id", f"{alias}.{quote(link.name)}")
            return self._walk(target, further, rest, gather)
        child = zuora_objects().get(step)
        if child is None or child.find(f"{item.name}.Id") is None or gather not in _GATHERED:
            raise NoSuchPath(f"{step} is no step from {item.name}")
        return self._gathered(item, alias, child, rest, gather)

    def _gathered(
        self, item: ZuoraObject, alias: str, child: ZuoraObject, steps: list[str], gather: str
    ) -> Value:
        below = Paths(child, f"{alias}_")
        value = below.value(".".join((child.name, *steps)))
        parent = f"{alias}_.{quote(f'{item.name}.Id')}"
        order = f"{alias}_._n"
        if child.find("Tier"):
            order = f"coalesce({alias}_.Tier, 0) * {_TIERS} + {order}"
        table = (
            # (with min() SQLite takes the other columns from the row that has the least)
            f"(SELECT {parent} AS parent, {_GATHERED[gather].format(value.sql)} AS found,"
            f" min({order if gather == 'first' else '0'}) FROM {quote(child.table)} AS {alias}_"
            f" {below.joins} WHERE {alias}_._deleted = 0 GROUP BY 1)"
        )
        further = self.join(table, "parent", f"{alias}.Id")
        return value._replace(sql=f"{further}.found")


def _column(item: ZuoraObject, alias: str, name: str) -> Value:
    if name == "Deleted" and item.has_deleted:
        return Value(f"{alias}._deleted", "boolean", f"{item.name}.{name}")
    for field in _fields(item, name):
        own = {CREATED: "_created", UPDATED: "_updated"}.get(field.source)
        column = own or quote(field.name)
        return Value(f"{alias}.{column}", field.type, f"{item.name}.{field.name}")
    raise NoSuchPath(f"{item.name} has no field {name}")


def _fields(item: ZuoraObject, name: str) -> Iterator[ZuoraField]:
    for each in (name, f"{name[:-2]}.Id" if name.endswith("Id") else name):
        if field := item.find(each):
            yield field
