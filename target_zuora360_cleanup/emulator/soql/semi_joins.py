"""Semi-joins and anti-joins, `IN (SELECT …)`: where they may stand, and their SQL.

"Comparison Operators" (SOQL and SOSL Reference) has the rules; the words are the service's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from target_zuora360_cleanup.emulator.schema.ids import TAG_BITS, code
from target_zuora360_cleanup.emulator.soql.dialect import malformed
from target_zuora360_cleanup.emulator.soql.scope import names_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.schema.objects import Schema, SObject
    from target_zuora360_cleanup.emulator.soql.scope import Resolved, Scope
    from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

__all__ = ["check_inner", "check_pair", "check_place", "compared"]

_MOST: Final = 2
_NOT_INSIDE: Final = frozenset({
    "ActivityHistory", "Attachment", "Event", "EventAttendee", "Note", "OpenActivity", "Task",
})  # fmt: skip
_CLAUSES: Final = {
    "group": "GROUP", "having": "HAVING", "order": "ORDER", "limit": "LIMIT", "offset": "OFFSET",
}  # fmt: skip
_TOP_LEVEL: Final = (
    "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested"
    " WHERE expressions."
)


def check_place(clause: exp.Expr | None, *, outermost: bool, nested: bool) -> None:
    """Refuse semi-joins where a WHERE may have none.

    Args:
        clause: What follows WHERE.
        outermost: It is the query's own, not that of a SELECT inside of it.
        nested: It is a semi-join's.

    Raises:
        SalesforceError: `MALFORMED_QUERY`.
    """
    found = [] if clause is None else list(_semi_joins(clause))
    if found and nested:
        raise malformed("Nesting of semi join sub-selects is not supported")
    if found and not outermost:
        raise malformed(_TOP_LEVEL)
    if len(found) > _MOST:
        raise malformed(f"Maximum {_MOST} semi join sub-selects are allowed.")
    for each in found:
        _check_above(each, clause)


def _semi_joins(clause: exp.Expr) -> Iterator[exp.In]:
    """The semi-joins of a clause, without those inside of them."""
    for node in clause.walk(prune=_is_select):
        if isinstance(node, exp.In) and node.args.get("query") is not None:
            yield node


def _is_select(node: exp.Expr) -> bool:
    return isinstance(node, exp.Select)


def _check_above(found: exp.In, clause: exp.Expr | None) -> None:
    node: exp.Expr = found
    while node is not clause and node.parent is not None:
        node = node.parent
        if isinstance(node, exp.Or):
            raise malformed("Semi join sub-selects are not allowed with the 'OR' operator")
        if isinstance(node, exp.Paren):
            raise malformed(_TOP_LEVEL)


def check_inner(scope: Scope, tree: exp.Select, outer: SObject) -> None:
    """Refuse a SELECT that may not be inside of a semi-join on this object.

    Raises:
        SalesforceError: `MALFORMED_QUERY`.
    """
    name = scope.sobject.name
    if name == outer.name:
        raise malformed("The inner and outer selects should not be on the same object type")
    if name in _NOT_INSIDE:
        raise malformed(f"Entity '{name}' is not supported for semi join inner selects")
    for key, word in _CLAUSES.items():
        if tree.args.get(key) is not None:
            raise malformed(f"unexpected token: '{word}'")
    _check_selected(tree)


def _check_selected(tree: exp.Select) -> None:
    if len(tree.expressions) != 1:
        raise malformed("semi join sub-selects must select exactly one field")
    item = tree.expressions[0]
    if isinstance(item, (exp.Anonymous, exp.Alias, exp.Subquery)):
        raise malformed(f"unexpected token: '{item.name or item.key}'")
    names = [each.name for each in names_of(item)]
    if len(names) > 1:
        path = ".".join(names)
        raise malformed(f"The inner select field '{path}' cannot have more than one level of"
                        " relationships")  # fmt: skip


def check_pair(scope: Scope, node: exp.Expr, left: Resolved, inner: Resolved) -> None:
    """Refuse to compare what is no id, or ids of different objects.

    Args:
        scope: The outer query's.
        node: The left operand, as it is written.
        left: The same as a field.
        inner: The selected field.

    Raises:
        SalesforceError: `MALFORMED_QUERY`, with the place.
    """
    if left.path:
        path = ".".join(left.names)
        raise malformed(f"The left operand '{path}' cannot have more than one level of"
                        " relationships")  # fmt: skip
    for each in (left, inner):
        if each.field.type not in {"id", "reference"}:
            name = each.field.name
            text = f"semi join sub-selects can only query id fields, cannot use: '{name}'"
            raise _misplaced(scope, node, text)
    if _targets(left).isdisjoint(_targets(inner)):
        raise _misplaced(
            scope,
            node,
            f"The selected field '{inner.field.name}' in the subquery and the left operand field in"
            f" the where expression in the outer query '{left.field.name}' should point to the same"
            " object type",
        )


def _misplaced(scope: Scope, node: exp.Expr, text: str) -> SalesforceError:
    return scope.place(next(names_of(node))).error("MALFORMED_QUERY", text)


def _targets(found: Resolved) -> set[str]:
    return set(found.field.reference_to) or {found.sobject.name}


def compared(schema: Schema, left: Resolved, inner: Resolved) -> tuple[str, str]:
    """Return the SQL of the inner value `v` as the left one is kept, and a condition for it."""
    if left.field.polymorphic == inner.field.polymorphic:
        return "v", "v IS NOT NULL"
    if left.field.polymorphic:
        return f"v | {_tag(schema, inner) << TAG_BITS}", "v IS NOT NULL"
    return f"v & {(1 << TAG_BITS) - 1}", f"v >> {TAG_BITS} = {_tag(schema, left)}"


def _tag(schema: Schema, found: Resolved) -> int:
    (name,) = _targets(found)
    return code(schema.get(name).key_prefix)
