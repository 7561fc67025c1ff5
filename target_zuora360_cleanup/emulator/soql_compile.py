"""From a query's tree to SQL: what it selects, from where, in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from target_zuora360_cleanup.emulator.schema import Field
from target_zuora360_cleanup.emulator.soql_dialect import Parsed, malformed, parse
from target_zuora360_cleanup.emulator.soql_scope import (
    Place,
    Resolved,
    Scope,
    find_object,
    names_of,
)
from target_zuora360_cleanup.emulator.soql_where import Condition, Conditions
from target_zuora360_cleanup.emulator.store import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_zuora360_cleanup.emulator.schema import ChildRelationship, Schema, SObject

__all__ = ["Child", "Column", "Plan", "compile_query"]

_AGGREGATES: Final = frozenset({"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"})
_ALLOWED: Final = frozenset(
    {"kind", "expressions", "from_", "where", "group", "having", "order", "limit", "offset"}
)
_FIELDS_LIMIT: Final = 200


@dataclass(frozen=True)
class Column:
    """A selected value: the header, the path in a REST record, its type and its reader."""

    header: str
    names: tuple[str, ...]
    type: str
    read: Callable[[Any], Any] | None


@dataclass(frozen=True)
class Child:
    """A child subquery: where its records go in a REST record, and its own plan by parent id."""

    name: str
    parent_field: Field
    plan: Plan
    limit: int | None


@dataclass(frozen=True)
class Plan:
    """A compiled query.

    The statement yields the columns, then the hidden ids: first the record's own, then one for each
    path in `parents`, in order. `hidden` says at which position each of these ids is.
    """

    sobject: SObject
    columns: tuple[Column, ...]
    sql: str
    values: list[Any]
    is_count: bool
    is_aggregate: bool
    children: tuple[Child, ...] = ()
    hidden: tuple[tuple[tuple[str, ...], SObject, int], ...] = ()


def compile_query(schema: Schema, text: str, *, all_rows: bool = False, tooling: bool) -> Plan:
    """Return the plan of a SOQL query.

    Raises:
        SalesforceError: The query is no SOQL, or names what the org has not.
    """
    parsed = parse(text)
    source = _source(parsed.tree)
    sobject = find_object(schema, text, source.this, tooling=tooling)
    made = _Compiler(schema, parsed, sobject, all_rows=all_rows or parsed.all_rows)
    return made.plan()


def _source(tree: exp.Select) -> exp.Table:
    clause = tree.args.get("from_")
    if clause is None or not isinstance(clause.this, exp.Table):
        raise malformed("unexpected token: '<EOF>'")
    extra = {key for key, value in tree.args.items() if value} - _ALLOWED
    if extra or clause.this.args.get("db"):
        raise malformed(f"unexpected token: '{sorted(extra)[0] if extra else '.'}'")
    return clause.this


class _Compiler:
    """Compiles one SELECT, with those inside of it."""

    def __init__(  # noqa: PLR0913 - what surrounds a SELECT
        self,
        schema: Schema,
        parsed: Parsed,
        sobject: SObject,
        *,
        all_rows: bool,
        alias: str = "m",
        parent: Field | None = None,
    ) -> None:
        self._schema = schema
        self._parsed = parsed
        self._tree = parsed.tree
        self._all_rows = all_rows
        self._parent = parent
        self._alias = alias
        called = _source(parsed.tree).alias
        self._scope = Scope(schema, parsed.text, sobject, alias, called)
        self._conditions = Conditions(self._scope, self._semi_join, self._aggregate)
        self._children: list[Child] = []
        self._grouped = parsed.tree.args.get("group")

    def plan(self) -> Plan:
        """Return the plan of this SELECT."""
        items = self._tree.expressions
        if len(items) == 1 and _is_plain_count(items[0]):
            return self._count_plan()
        aggregate = bool(self._grouped) or any(_is_aggregate(item) for item in items)
        selected = self._selected(aggregate=aggregate)
        columns = tuple(
            Column(header, names, found.field.type, found.reader(self._schema))
            for header, names, found in selected
        )
        sqls = [found.sql for _, _, found in selected]
        hidden = () if aggregate else self._hidden(selected, sqls)
        tail, values = self._tail(with_order=True)
        sql = f"SELECT {', '.join(sqls)} {self._from()}{tail}"  # noqa: S608 - values are parameters
        return Plan(
            self._scope.sobject,
            columns,
            sql,
            values,
            False,
            aggregate,
            tuple(self._children),
            hidden,
        )

    def _count_plan(self) -> Plan:
        tail, values = self._tail(with_order=False)
        limited = "LIMIT" in tail
        inner = f"SELECT {'1' if limited else 'count(*)'} {self._from()}{tail}"  # noqa: S608 - values are parameters
        sql = f"SELECT count(*) FROM ({inner})" if limited else inner  # noqa: S608 - the same
        return Plan(self._scope.sobject, (), sql, values, True, True)

    def _hidden(
        self, selected: list[tuple[str, tuple[str, ...], Resolved]], sqls: list[str]
    ) -> tuple[tuple[tuple[str, ...], SObject, int], ...]:
        """Add the ids that a REST record's `attributes` need and return where they are."""
        paths = {
            found.path[:depth] for _, _, found in selected for depth in range(len(found.path) + 1)
        }
        found_ids = []
        for path in sorted(paths | {()}, key=len):
            own = self._scope.parent_id(path) if path else self._scope.own_field("Id")
            if own.sql not in sqls:
                sqls.append(own.sql)
            found_ids.append((path, own.sobject, sqls.index(own.sql)))
        return tuple(found_ids)

    def _selected(self, *, aggregate: bool) -> list[tuple[str, tuple[str, ...], Resolved]]:
        selected: list[tuple[str, tuple[str, ...], Resolved]] = []
        for item in self._tree.expressions:
            if isinstance(item, exp.Subquery):
                self._children.append(self._child(item.this))
            elif aggregate:
                selected.append(self._aggregate_item(item, selected))
            else:
                selected.extend(self._plain_items(item))
        if self._parent is not None:
            found = self._scope.own_field(self._parent.name)
            selected.append(("", (), found))
        return selected

    def _plain_items(self, item: exp.Expr) -> Iterator[tuple[str, tuple[str, ...], Resolved]]:
        if isinstance(item, exp.Alias):
            raise malformed("only aggregate expressions use field aliasing")
        if isinstance(item, exp.Anonymous) and item.name.upper() == "FIELDS":
            for name in self._fields_function(item):
                yield name, (name,), self._scope.own_field(name)
            return
        found = self._scope.resolve(item)
        yield ".".join(identifier.name for identifier in names_of(item)), found.names, found

    def _fields_function(self, item: exp.Anonymous) -> Iterator[str]:
        kind = item.expressions[0].name.upper() if len(item.expressions) == 1 else ""
        if kind not in {"ALL", "STANDARD", "CUSTOM"}:
            raise malformed(f"unexpected token: '{item.name}'")
        if kind != "STANDARD" and not 0 <= (_number(self._tree, "limit") or 201) <= _FIELDS_LIMIT:
            raise malformed("The SOQL FIELDS function must have a LIMIT of at most 200")
        for field in self._scope.sobject.fields.values():
            if kind == "ALL" or field.custom == (kind == "CUSTOM"):
                yield field.name

    def _aggregate_item(
        self, item: exp.Expr, before: list[tuple[str, tuple[str, ...], Resolved]]
    ) -> tuple[str, tuple[str, ...], Resolved]:
        alias = item.alias if isinstance(item, exp.Alias) else ""
        node = item.this if isinstance(item, exp.Alias) else item
        if isinstance(node, exp.Anonymous):
            unnamed = sum(1 for header, _, _ in before if header.startswith("expr"))
            header = alias or f"expr{unnamed}"
            return header, (header,), self._aggregate(node)
        found = self._scope.resolve(node)
        grouped = self._grouped.expressions if self._grouped else []
        if found.sql not in {self._scope.resolve(by).sql for by in grouped}:
            place = self._scope.place(next(names_of(node)))
            raise place.error(
                "MALFORMED_QUERY", f"Field must be grouped or aggregated: {found.field.name}"
            )
        header = alias or found.field.name
        return header, (header,), found

    def _aggregate(self, node: exp.Expr) -> Resolved:
        name = node.name.upper()
        if name not in _AGGREGATES or len(node.expressions) != 1:
            raise malformed(f"unexpected token: '{node.name}'")
        found = self._scope.resolve(node.expressions[0])
        inner = f"DISTINCT {found.sql}" if name == "COUNT_DISTINCT" else found.sql
        sql = f"{name.removesuffix('_DISTINCT').lower()}({inner})"
        if name in {"MIN", "MAX"}:
            return replace(found, sql=sql)
        kind = "int" if name.startswith("COUNT") else "double"
        return replace(found, sql=sql, field=Field(found.field.name, found.field.label, kind))

    def _from(self) -> str:
        joins = "".join(f" {join}" for join in self._scope.joins)
        return f"FROM {quote(self._scope.sobject.name)} AS {self._alias}{joins}"

    def _tail(self, *, with_order: bool) -> Condition:
        """Return what follows FROM and its joins. Resolving names here may add joins."""
        where, values = self._where()
        parts = [where] if where else []
        if self._grouped:
            by = ", ".join(self._scope.resolve(item).sql for item in self._grouped.expressions)
            parts.append(f"GROUP BY {by}")
        having = self._tree.args.get("having")
        if having is not None:
            sql, more = self._conditions.condition(having.this)
            parts.append(f"HAVING {sql}")
            values += more
        if with_order and self._tree.args.get("order"):
            parts.append(f"ORDER BY {', '.join(self._orders())}")
        parts.extend(self._window() if self._parent is None else ())
        return "".join(f" {part}" for part in parts), values

    def _where(self) -> Condition:
        clause = self._tree.args.get("where")
        sql, values = self._conditions.condition(clause.this) if clause else ("", [])
        parts = [] if self._parent is None else [f'{self._alias}."{self._parent.name}" IN ({{}})']
        if not self._all_rows:
            # The plus keeps SQLite from choosing the index on a column that tells rows hardly apart.
            plus = "+" if sql or parts else ""
            parts.append(f"{plus}{self._alias}.IsDeleted = 0")
        if sql:
            parts.append(sql)
        return (f"WHERE {' AND '.join(parts)}" if parts else ""), values

    def _orders(self) -> Iterator[str]:
        for item in self._tree.args["order"].expressions:
            node = item.this
            found = self._aggregate(node) if _is_aggregate(node) else self._scope.resolve(node)
            direction = "DESC" if item.args.get("desc") else "ASC"
            nulls = "FIRST" if item.args.get("nulls_first") else "LAST"
            # An id is never empty, and SQLite can't use the primary key with NULLS.
            suffix = "" if found.field.type == "id" else f" NULLS {nulls}"
            yield f"{found.sql} {direction}{suffix}"

    def _window(self) -> Iterator[str]:
        limit, offset = _number(self._tree, "limit"), _number(self._tree, "offset")
        if limit is not None or offset is not None:
            yield f"LIMIT {-1 if limit is None else limit}"
        if offset is not None:
            yield f"OFFSET {offset}"

    def _semi_join(self, tree: exp.Select) -> Condition:
        source = _source(tree)
        sobject = find_object(self._schema, self._parsed.text, source.this, tooling=False)
        parsed = replace(self._parsed, tree=tree)
        inner = _Compiler(
            self._schema, parsed, sobject, all_rows=self._all_rows, alias=f"{self._alias}s"
        )
        return inner.semi_join_sql()

    def semi_join_sql(self) -> Condition:
        """Return the SELECT of one field whose empty values are left out."""
        if len(self._tree.expressions) != 1:
            raise malformed("a semi-join selects exactly one field")
        found = self._scope.resolve(self._tree.expressions[0])
        tail, values = self._tail(with_order=False)
        word = "AND" if "WHERE" in tail else "WHERE"
        return f"SELECT {found.sql} {self._from()}{tail} {word} {found.sql} IS NOT NULL", values  # noqa: S608 - values are parameters

    def _child(self, tree: exp.Select) -> Child:
        source = _source(tree)
        related = self._child_relationship(source.this)
        parsed = replace(self._parsed, tree=tree)
        sobject = self._schema.get(related.child)
        inner = _Compiler(
            self._schema, parsed, sobject, all_rows=self._all_rows, parent=related.field
        )
        limit = _number(tree, "limit")
        return Child(related.name or "", related.field, inner.plan(), limit)

    def _child_relationship(self, node: exp.Expr) -> ChildRelationship:
        wanted = node.name.lower()
        for related in self._schema.children_of(self._scope.sobject.name):
            if related.name and related.name.lower() == wanted:
                return related
        detail = (
            f"Didn't understand relationship '{node.name}' in FROM part of query call. If you are "
            "attempting to use a custom relationship, be sure to append the '__r' after the custom "
            "relationship name. Please reference your WSDL or the describe call for the appropriate "
            "names."
        )
        raise Place(self._parsed.text, int(node.meta.get("start", 0))).error("INVALID_TYPE", detail)


def _is_plain_count(item: exp.Expr) -> bool:
    return isinstance(item, exp.Anonymous) and item.name.upper() == "COUNT" and not item.expressions


def _is_aggregate(item: exp.Expr) -> bool:
    node = item.this if isinstance(item, exp.Alias) else item
    return isinstance(node, exp.Anonymous) and node.name.upper() in _AGGREGATES


def _number(tree: exp.Select, clause: str) -> int | None:
    node = tree.args.get(clause)
    if node is None:
        return None
    literal = node.expression
    if not isinstance(literal, exp.Literal) or not literal.name.isdigit():
        raise malformed(f"unexpected token: '{literal.name if literal else '<EOF>'}'")
    return int(literal.name)
