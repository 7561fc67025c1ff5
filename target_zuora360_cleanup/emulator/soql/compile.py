"""From a query's tree to SQL: what it selects, from where, in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.soql.dialect import Parsed, malformed, parse
from target_zuora360_cleanup.emulator.soql.plan import Child, Column, Hidden, Plan
from target_zuora360_cleanup.emulator.soql.scope import Place, Resolved, Scope, find_object
from target_zuora360_cleanup.emulator.soql.select import (
    Selected,
    aggregate,
    aggregate_items,
    field_items,
    is_aggregate,
    is_count,
)
from target_zuora360_cleanup.emulator.soql.where import Condition, Conditions
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.schema.objects import (
        ChildRelationship,
        Field,
        Schema,
        SObject,
    )

__all__ = ["compile_query"]

_ALLOWED: Final = frozenset(
    {"expressions", "from_", "where", "group", "having", "order", "limit", "offset"}
)
_MAX_OFFSET: Final = 2_000
_MAX_LENGTH: Final = 100_000


def compile_query(schema: Schema, text: str, *, all_rows: bool = False, tooling: bool) -> Plan:
    """Return the plan of a SOQL query.

    Raises:
        SalesforceError: The query is no SOQL, or names what the org has not.
    """
    if len(text) > _MAX_LENGTH:
        raise malformed(f"SOQL statements cannot be longer than {_MAX_LENGTH} characters.")
    try:
        parsed = parse(text)
        source = _source(parsed.tree)
        sobject = find_object(schema, text, source.this, tooling=tooling)
        made = _Compiler(schema, parsed, sobject, all_rows=all_rows or parsed.all_rows)
        return made.plan()
    except RecursionError:
        message = "SOQL query is either selecting too many fields or the filter conditions are"
        raise SalesforceError("QUERY_TOO_COMPLICATED", f"{message} too complicated.") from None


def _source(tree: exp.Select) -> exp.Table:
    clause = tree.args.get("from_")
    if clause is None or not isinstance(clause.this, exp.Table) or not clause.this.name:
        raise malformed("unexpected token: '<EOF>'")
    if not tree.expressions:
        raise malformed("unexpected token: 'FROM'")
    extra = {key for key, value in tree.args.items() if value} - _ALLOWED
    if extra:
        raise malformed(f"unexpected token: '{',' if 'joins' in extra else min(extra)}'")
    if clause.this.args.get("db"):
        raise malformed("unexpected token: '.'")
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
        group = parsed.tree.args.get("group")
        self._grouped: list[exp.Expr] = group.expressions if group else []

    def plan(self) -> Plan:
        """Return the plan of this SELECT."""
        items = self._tree.expressions
        if len(items) == 1 and is_count(items[0]) and self._parent is None:
            return self._count_plan()
        aggregates = bool(self._grouped) or any(map(is_aggregate, items))
        selected, children = self._selected(aggregates=aggregates)
        sqls = [each.found.sql for each in selected]
        hidden = () if aggregates else tuple(self._hidden(selected, sqls))
        tail, values = self._tail(with_order=True)
        return Plan(
            sobject=self._scope.sobject,
            sql=f"SELECT {', '.join(sqls)} {self._from()}{tail}",
            values=values,
            columns=tuple(map(self._column, selected)),
            hidden=hidden,
            children=tuple(children),
            is_aggregate=aggregates,
        )

    def _count_plan(self) -> Plan:
        tail, values = self._tail(with_order=False)
        limited = "limit" in {key for key, value in self._tree.args.items() if value}
        sql = f"SELECT {'1' if limited else 'count(*)'} {self._from()}{tail}"
        if limited:
            sql = f"SELECT count(*) FROM ({sql})"
        return Plan(self._scope.sobject, sql, values, is_count=True, is_aggregate=True)

    def _selected(self, *, aggregates: bool) -> tuple[list[Selected], list[Child]]:
        below = [item for item in self._tree.expressions if isinstance(item, exp.Subquery)]
        items = [item for item in self._tree.expressions if not isinstance(item, exp.Subquery)]
        if below and (aggregates or self._parent is not None):
            raise malformed("unexpected token: '('")
        children = [self._child(item.this) for item in below]
        if aggregates:
            return aggregate_items(self._scope, items, self._grouped), children
        selected = field_items(self._scope, items, _number(self._tree, "limit"))
        if self._parent is not None:
            selected.append(Selected("", (), self._scope.own_field(self._parent.name)))
        return selected, children

    def _column(self, item: Selected) -> Column:
        found = item.found
        # Rows of a child subquery are put together by the parent's number, not by its id.
        read = found.reader(self._schema) if item.names else None
        return Column(item.header, item.names, found.field.type, read)

    def _hidden(self, selected: list[Selected], sqls: list[str]) -> Iterator[Hidden]:
        """Add the ids that the `attributes` of REST records need and say where they are."""
        paths = {()} | {
            each.found.path[:depth]
            for each in selected
            for depth in range(1, len(each.found.path) + 1)
        }
        for path in sorted(paths, key=len):
            own = self._scope.parent_id(path) if path else self._scope.own_field("Id")
            if own.sql not in sqls:
                sqls.append(own.sql)
            yield Hidden(path, own.sobject, sqls.index(own.sql))

    def _aggregate(self, node: exp.Expr) -> Resolved:
        return aggregate(self._scope, node)

    def _from(self) -> str:
        joins = "".join(f" {join}" for join in self._scope.joins)
        return f"FROM {quote(self._scope.sobject.name)} AS {self._alias}{joins}"

    def _tail(self, *, with_order: bool) -> Condition:
        """Return what follows FROM and its joins. Resolving names here may add joins."""
        where, values = self._where()
        parts = [where] if where else []
        if self._grouped:
            by = ", ".join(self._scope.resolve(item).sql for item in self._grouped)
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
            # The plus keeps SQLite from choosing an index that tells rows hardly apart.
            plus = "+" if sql or parts else ""
            parts.append(f"{plus}{self._alias}.IsDeleted = 0")
        if every := self._scope.sobject.hidden_every:
            parts.append(f"{self._alias}.Id % {every} != 0")
        if sql:
            parts.append(sql)
        return (f"WHERE {' AND '.join(parts)}" if parts else ""), values

    def _orders(self) -> Iterator[str]:
        for item in self._tree.args["order"].expressions:
            node = item.this
            found = self._aggregate(node) if is_aggregate(node) else self._scope.resolve(node)
            direction = "DESC" if item.args.get("desc") else "ASC"
            nulls = "FIRST" if item.args.get("nulls_first") else "LAST"
            # An id is never empty, and SQLite can't use the primary key with NULLS.
            suffix = "" if found.field.type == "id" else f" NULLS {nulls}"
            yield f"{found.sql} {direction}{suffix}"

    def _window(self) -> Iterator[str]:
        limit, offset = _number(self._tree, "limit"), _number(self._tree, "offset")
        if limit is not None or offset is not None:
            yield f"LIMIT {-1 if limit is None else limit}"
        if offset is not None and offset > _MAX_OFFSET:
            message = "Maximum SOQL offset allowed is 2000"
            raise SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", message)
        if offset is not None:
            yield f"OFFSET {offset}"

    def _semi_join(self, tree: exp.Select) -> Condition:
        sobject = find_object(self._schema, self._parsed.text, _source(tree).this, tooling=False)
        inner = _Compiler(
            self._schema,
            replace(self._parsed, tree=tree),
            sobject,
            all_rows=self._all_rows,
            alias=f"{self._alias}s",
        )
        return inner.semi_join_sql()

    def semi_join_sql(self) -> Condition:
        """Return the SELECT of one field. Its empty values are left out: they match nothing."""
        if len(self._tree.expressions) != 1:
            raise malformed("a semi-join selects exactly one field")
        found = self._scope.resolve(self._tree.expressions[0])
        tail, values = self._tail(with_order=True)
        sql = f"SELECT {found.sql} AS v {self._from()}{tail}"
        return f"SELECT v FROM ({sql}) WHERE v IS NOT NULL", values

    def _child(self, tree: exp.Select) -> Child:
        related = self._child_relationship(_source(tree).this)
        sobject = self._schema.get(related.child)
        inner = _Compiler(
            self._schema,
            replace(self._parsed, tree=tree),
            sobject,
            all_rows=self._all_rows,
            parent=related.field,
        )
        return Child(related.name or "", inner.plan(), _number(tree, "limit"))

    def _child_relationship(self, node: exp.Expr) -> ChildRelationship:
        wanted = node.name.lower()
        for related in self._schema.children_of(self._scope.sobject.name):
            if related.name and related.name.lower() == wanted:
                return related
        detail = (
            f"Didn't understand relationship '{node.name}' in FROM part of query call. If you are"
            " attempting to use a custom relationship, be sure to append the '__r' after the"
            " custom relationship name. Please reference your WSDL or the describe call for the"
            " appropriate names."
        )
        place = Place(self._parsed.text, int(node.meta.get("start", 0)))
        raise place.error("INVALID_TYPE", detail)


def _number(tree: exp.Select, clause: str) -> int | None:
    node = tree.args.get(clause)
    if node is None:
        return None
    literal = node.expression
    if not isinstance(literal, exp.Literal) or not literal.name.isdigit():
        raise malformed(f"unexpected token: '{literal.name if literal else '<EOF>'}'")
    return int(literal.name)
