"""From a query's tree to SQL: what it selects, from where, in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.soql.clauses import (
    Above,
    check_clauses,
    number,
    source,
    window,
)
from target_zuora360_cleanup.emulator.soql.dialect import REMEMBERED, Parsed, malformed, parse
from target_zuora360_cleanup.emulator.soql.object_limits import check_limits, ignores_window
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
from target_zuora360_cleanup.emulator.soql.semi_joins import (
    check_inner,
    check_pair,
    check_place,
    compared,
)
from target_zuora360_cleanup.emulator.soql.where import Condition, Conditions
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.schema.objects import (
        ChildRelationship,
        Schema,
        SObject,
    )

__all__ = ["compile_query"]

_MAX_LENGTH: Final = 100_000
_MOST_PLANS: Final = 4_096
"""That a schema remembers."""
_NARROW: Final = 20
"""Characters of a number, a date or an id, about."""


def compile_query(schema: Schema, text: str, *, all_rows: bool = False, tooling: bool) -> Plan:
    """Return the plan of a SOQL query, which nobody may change: clients ask the same again.

    Raises:
        SalesforceError: The query is no SOQL, or names what the org has not.
    """
    if len(text) > REMEMBERED:
        return _compile(schema, text, all_rows=all_rows, tooling=tooling)
    # (a plan has today's dates in it)
    key = "plan", text, all_rows, tooling, datetime.now(UTC).date()
    if (known := schema.remembered.get(key)) is None:
        known = _compile(schema, text, all_rows=all_rows, tooling=tooling)
        if len(schema.remembered) < _MOST_PLANS:
            schema.remembered[key] = known
    plan: Plan = known
    return plan


def _compile(schema: Schema, text: str, *, all_rows: bool, tooling: bool) -> Plan:
    if len(text) > _MAX_LENGTH:
        raise malformed(f"SOQL statements cannot be longer than {_MAX_LENGTH} characters.")
    try:
        parsed = parse(text)
        sobject = find_object(schema, text, source(parsed.tree).this, tooling=tooling)
        made = _Compiler(schema, parsed, sobject, all_rows=all_rows or parsed.all_rows)
        return made.plan()
    except RecursionError:
        message = "SOQL query is either selecting too many fields or the filter conditions are"
        raise SalesforceError("QUERY_TOO_COMPLICATED", f"{message} too complicated.") from None


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
        above: Above | None = None,
        nested: bool = False,
    ) -> None:
        self._schema = schema
        self._parsed = parsed
        self._tree = parsed.tree
        self._all_rows = all_rows
        self._above = above
        self._nested = nested
        self._alias = alias
        called = source(parsed.tree).alias
        self._scope = Scope(schema, parsed.text, sobject, alias, called)
        self._conditions = Conditions(self._scope, self._semi_join, self._aggregate)
        group = parsed.tree.args.get("group")
        self._grouped: list[exp.Expr] = group.expressions if group else []

    def plan(self) -> Plan:
        """Return the plan of this SELECT."""
        items = self._tree.expressions
        counts = len(items) == 1 and is_count(items[0]) and self._above is None
        aggregates = bool(self._grouped) or any(map(is_aggregate, items))
        if self._above is None:
            check_limits(self._scope.sobject, self._tree, aggregates=counts or aggregates)
        check_clauses(self._tree, counts=counts, aggregates=aggregates)
        if counts:
            return self._count_plan()
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
        if below and (aggregates or self._above is not None):
            raise malformed("unexpected token: '('")
        children = [self._child(item.this) for item in below]
        if aggregates:
            return aggregate_items(self._scope, items, self._grouped), children
        selected = field_items(self._scope, items, number(self._tree, "limit"))
        if self._above is not None:
            own = self._scope.own_field(self._above.field.name)
            found = replace(own, sql=self._above.number(self._alias))
            selected.append(Selected("", (), found))
        return selected, children

    def _column(self, item: Selected) -> Column:
        found = item.found
        # Rows of a child subquery are put together by the parent's number, not by its id.
        read = found.reader(self._schema) if item.names else None
        width = found.field.length if found.field.textual else _NARROW
        return Column(item.header, item.names, found.field.type, read, width)

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
            read = own.reader(self._schema)
            assert read is not None  # noqa: S101 - ids have one, for the type checker
            yield Hidden(path, own.sobject, sqls.index(own.sql), read)

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
            by = ", ".join(self._scope.allowed(item, "grouped").sql for item in self._grouped)
            parts.append(f"GROUP BY {by}")
        having = self._tree.args.get("having")
        if having is not None:
            check_place(having.this, outermost=False, nested=self._nested)
            sql, more = self._conditions.condition(having.this)
            parts.append(f"HAVING {sql}")
            values += more
        if with_order and self._tree.args.get("order"):
            parts.append(f"ORDER BY {', '.join(self._orders())}")
        if self._above is None and not ignores_window(self._scope.sobject):
            parts.extend(window(self._tree))
        return "".join(f" {part}" for part in parts), values

    def _where(self) -> Condition:
        clause = self._tree.args.get("where")
        outermost = self._above is None and not self._nested
        check_place(clause and clause.this, outermost=outermost, nested=self._nested)
        sql, values = self._conditions.condition(clause.this) if clause else ("", [])
        parts = [self._above.condition(self._alias)] if self._above else []
        parts += self._kept(bare=not (sql or parts))
        parts += self._scope.sobject.unseen(self._alias)
        if sql:
            parts.append(sql)
        return (f"WHERE {' AND '.join(parts)}" if parts else ""), values

    def _kept(self, *, bare: bool) -> Iterator[str]:
        """What leaves out the recycle bin and archived activities, unless all rows are wanted."""
        if self._all_rows:
            return
        # The plus keeps SQLite from choosing an index that tells rows hardly apart.
        yield f"{'' if bare else '+'}{self._alias}.IsDeleted = 0"
        if "IsArchived" in self._scope.sobject.fields:
            yield f"{self._alias}.IsArchived = 0"

    def _orders(self) -> Iterator[str]:
        for item in self._tree.args["order"].expressions:
            node = item.this
            found = self._aggregate(node) if is_aggregate(node) else self._sorted(node)
            direction = "DESC" if item.args.get("desc") else "ASC"
            nulls = "FIRST" if item.args.get("nulls_first") else "LAST"
            # An id is never empty, and SQLite can't use the primary key with NULLS.
            suffix = "" if found.field.type == "id" else f" NULLS {nulls}"
            yield f"{found.sql} {direction}{suffix}"

    def _sorted(self, node: exp.Expr) -> Resolved:
        return self._scope.allowed(node, "sorted")

    def _semi_join(self, node: exp.Expr, left: Resolved, tree: exp.Select) -> Condition:
        sobject = find_object(self._schema, self._parsed.text, source(tree).this, tooling=False)
        inner = _Compiler(
            self._schema,
            replace(self._parsed, tree=tree),
            sobject,
            all_rows=self._all_rows,
            alias=f"{self._alias}s",
            nested=True,
        )
        return inner.semi_join_sql(self._scope, node, left)

    def semi_join_sql(self, outer: Scope, node: exp.Expr, left: Resolved) -> Condition:
        """Return the SELECT of one field, as the left operand is kept.

        Empty values are left out: they match nothing.
        """
        check_inner(self._scope, self._tree, outer.sobject)
        check_limits(self._scope.sobject, self._tree, aggregates=False)
        found = self._scope.resolve(self._tree.expressions[0])
        check_pair(outer, node, left, found)
        value, condition = compared(self._schema, left, found)
        tail, values = self._tail(with_order=True)
        sql = f"SELECT {found.sql} AS v {self._from()}{tail}"
        return f"SELECT {value} FROM ({sql}) WHERE {condition}", values

    def _child(self, tree: exp.Select) -> Child:
        related = self._child_relationship(source(tree).this)
        sobject = self._schema.get(related.child)
        inner = _Compiler(
            self._schema,
            replace(self._parsed, tree=tree),
            sobject,
            all_rows=self._all_rows,
            above=Above(related.field, self._scope.sobject.key_prefix),
        )
        return Child(related.name or "", inner.plan(), number(tree, "limit"))

    def _child_relationship(self, node: exp.Expr) -> ChildRelationship:
        wanted = node.name.lower()
        for related in self._schema.children_of(self._scope.sobject.name):
            child = self._schema.get(related.child)
            seen = child.visible and child.queryable
            if seen and related.name and related.name.lower() == wanted:
                return related
        detail = (
            f"Didn't understand relationship '{node.name}' in FROM part of query call. If you are"
            " attempting to use a custom relationship, be sure to append the '__r' after the"
            " custom relationship name. Please reference your WSDL or the describe call for the"
            " appropriate names."
        )
        place = Place(self._parsed.text, int(node.meta.get("start", 0)))
        raise place.error("INVALID_TYPE", detail)
