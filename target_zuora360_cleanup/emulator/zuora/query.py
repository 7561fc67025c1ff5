"""Export ZOQL: a query of one data source, compiled to a statement over its table.

`select Id, Balance, BillToContact.Id from Account where UpdatedDate >= '…' order by UpdatedDate`
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlglot import exp

from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.values import datetime_seconds
from target_zuora360_cleanup.emulator.schema.zuora import CREATED, UPDATED, zuora_objects
from target_zuora360_cleanup.emulator.soql.dialect import parse
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.schema.zuora import ZuoraField, ZuoraObject

__all__ = ["TENANT_ZONE", "Export", "InvalidQuery", "UnknownObject", "compile_export"]

TENANT_ZONE: Final = ZoneInfo("America/Los_Angeles")
"""The tenant's own time zone, which times without an offset are in."""
_COMPARISONS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
    exp.Like: "LIKE",
}  # fmt: skip
_UTC_TIME: Final = "strftime('%Y-%m-%dT%H:%M:%SZ', {}, 'unixepoch')"
_TENANT_TIME: Final = "tenant_time({})"


class InvalidQuery(ValueError):
    """The query is no export ZOQL, or names a field that its data source has not."""


class UnknownObject(InvalidQuery):
    """There is no such data source."""


@dataclass(frozen=True)
class Export:
    """What a query asks for.

    Attributes:
        item: The data source.
        columns: The fields, in the query's order.
        where: Conditions that all must hold.
        values: The conditions' parameters.
        order: What the rows are ordered by.
        deleted: Name of the column that tells deleted records; blank leaves them out.
        deleted_values: What that column says of a deleted record and of another.
        utc: Whether times are in UTC.
    """

    item: ZuoraObject
    columns: tuple[ZuoraField, ...]
    where: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    order: str = "_n"
    limit: int | None = None
    deleted: str = ""
    deleted_values: tuple[str, str] = ("true", "false")
    utc: bool = False

    @property
    def header(self) -> list[str]:
        """The first line of the file."""
        names = (each.name for each in self.columns)
        header = [name if "." in name else f"{self.item.name}.{name}" for name in names]
        return header + [self.deleted] * bool(self.deleted)

    @property
    def sql(self) -> str:
        """The statement that yields the lines' values."""
        shown = [self._shown(each) for each in self.columns]
        if self.deleted:
            yes, no = self.deleted_values
            shown.append(f"CASE _deleted WHEN 1 THEN '{yes}' ELSE '{no}' END")
        where = " AND ".join(self.where) or "1"
        limit = "" if self.limit is None else f" LIMIT {self.limit}"
        return (
            f"SELECT {', '.join(shown)} FROM {quote(self.item.table)} WHERE {where}"
            f" ORDER BY {self.order}{limit}"
        )

    def only(self, condition: str, *values: Any) -> Export:  # noqa: ANN401 - SQLite's
        """The same with one more condition."""
        return replace(self, where=(*self.where, condition), values=(*self.values, *values))

    def _shown(self, field: ZuoraField) -> str:
        column = _column(field)
        if field.type == "datetime":
            return (_UTC_TIME if self.utc else _TENANT_TIME).format(column)
        if field.type == "boolean":
            return f"CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
        if field.type == "decimal":
            whole = f"CAST({column} AS INTEGER)"
            return f"CASE {column} WHEN {whole} THEN {whole} ELSE {column} END"
        if field.type == "text":
            # A line of the file is a record, so a line break becomes a blank.
            return f"replace(replace({column}, char(13), ''), char(10), ' ')"
        return column


def compile_export(zoql: str) -> Export:
    """Compile a query.

    Raises:
        UnknownObject: It names no data source.
        InvalidQuery: Anything else is wrong with it.
    """
    try:
        tree = parse(zoql).tree
    except SalesforceError as error:
        raise InvalidQuery(error.message) from error
    _refuse_more(tree)
    item = _object(tree)
    export = Export(item, _columns(item, tree))
    if where := tree.args.get("where"):
        values: list[Any] = []
        export = replace(
            export, where=(_condition(item, where.this, values),), values=tuple(values)
        )
    if order := tree.args.get("order"):
        export = replace(export, order=", ".join(_order(item, each) for each in order.expressions))
    if limit := tree.args.get("limit"):
        export = replace(export, limit=_limit(limit.expression))
    return export


def _refuse_more(tree: exp.Select) -> None:
    known = {"expressions", "from_", "where", "order", "limit", "kind"}
    more = sorted(name for name, value in tree.args.items() if value and name not in known)
    if more:
        raise InvalidQuery(f"{more[0]} is not supported")


def _object(tree: exp.Select) -> ZuoraObject:
    source = tree.args.get("from_")
    name = source.this.name if source else ""
    for item in zuora_objects().values():
        if item.name.lower() == name.lower():
            return item
    raise UnknownObject(name)


def _columns(item: ZuoraObject, tree: exp.Select) -> tuple[ZuoraField, ...]:
    if any(isinstance(each, exp.Star) for each in tree.expressions):
        return item.plain
    return tuple(_field(item, each) for each in tree.expressions)


def _field(item: ZuoraObject, node: exp.Expr) -> ZuoraField:
    if not isinstance(node, exp.Column):
        raise InvalidQuery(f"{node.sql()} is no field")
    name = ".".join(part.name for part in node.parts)
    own = name.removeprefix(f"{item.name}.")
    field = item.find(name) or item.find(own)
    if field is None:
        raise InvalidQuery(f"There is no field named {name} in {item.name}")
    return field


def _column(field: ZuoraField) -> str:
    return {UPDATED: "_updated", CREATED: "_created"}.get(field.source, quote(field.name))


def _condition(item: ZuoraObject, node: exp.Expr, values: list[Any]) -> str:
    if isinstance(node, exp.Paren):
        return f"({_condition(item, node.this, values)})"
    if isinstance(node, exp.Not):
        return f"NOT ({_condition(item, node.this, values)})"
    if isinstance(node, (exp.And, exp.Or)):
        word = "AND" if isinstance(node, exp.And) else "OR"
        left = _condition(item, node.left, values)
        return f"({left} {word} {_condition(item, node.right, values)})"
    sign = _COMPARISONS.get(type(node))
    if sign is None or not isinstance(node, exp.Binary):
        raise InvalidQuery(f"{node.sql()} is no condition")
    return _comparison(_field(item, node.left), sign, node.right, values)


def _comparison(field: ZuoraField, sign: str, node: exp.Expr, values: list[Any]) -> str:
    column = _column(field)
    if isinstance(node, exp.Null):
        return f"{column} IS {'NOT ' if sign == '<>' else ''}NULL"
    values.append(_parameter(field, node))
    return f"{column} {sign} ?"


def _parameter(field: ZuoraField, node: exp.Expr) -> Any:  # noqa: ANN401 - by the field's type
    text = node.name if isinstance(node, exp.Literal) else node.sql()
    try:
        if field.type == "datetime":
            return tenant_seconds(text)
        if field.type == "boolean":
            return int({"true": True, "false": False}[text.lower()])
        return float(text) if field.type in {"decimal", "integer"} else text
    except (ValueError, KeyError):
        raise InvalidQuery(f"{text} is no value of {field.name}") from None


def tenant_seconds(text: str) -> int:
    """Return the seconds since 1970 of a time; one without an offset is the tenant's.

    Raises:
        ValueError: It is no time.
    """
    plain = text.replace(" ", "T", 1)
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return datetime_seconds(plain)
    if moment.tzinfo is None:
        return int(moment.replace(tzinfo=TENANT_ZONE).timestamp())
    return int(moment.timestamp())


def _order(item: ZuoraObject, node: exp.Expr) -> str:
    field = _field(item, node.this)
    return f"{_column(field)} {'DESC' if node.args.get('desc') else 'ASC'}"


def _limit(node: exp.Expr) -> int:
    if not node.name.isdecimal():
        raise InvalidQuery(f"{node.sql()} is no number of records")
    return int(node.name)
