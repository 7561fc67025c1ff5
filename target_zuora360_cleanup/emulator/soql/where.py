"""Conditions of a query, as SQL with parameters.

SOQL's logic has two values: a comparison with an empty field is false, so its negation is true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.objects import REAL_TYPES
from target_zuora360_cleanup.emulator.soql import dates as soql_dates
from target_zuora360_cleanup.emulator.soql.dialect import malformed
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.emulator.schema.objects import Field
    from target_zuora360_cleanup.emulator.soql.scope import Resolved, Scope

__all__ = ["Condition", "Conditions", "pattern", "unescape"]

Condition = tuple[str, list[Any]]
_OPERATORS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_NUMERIC: Final = REAL_TYPES | {"int"}


class Conditions:
    """Turns the conditions of one scope into SQL.

    `subquery` makes the SQL of a semi-join, given its left operand, as written and as a field, and
    its SELECT; `aggregate` that of a function in HAVING.
    """

    def __init__(
        self,
        scope: Scope,
        subquery: Callable[[exp.Expr, Resolved, exp.Select], Condition],
        aggregate: Callable[[exp.Expr], Resolved] | None = None,
    ) -> None:
        self._scope = scope
        self._subquery = subquery
        self._aggregate = aggregate

    def condition(self, node: exp.Expr) -> Condition:
        """Return the SQL and the parameters of a condition."""
        if isinstance(node, exp.Paren):
            sql, values = self.condition(node.this)
            return f"({sql})", values
        if isinstance(node, exp.Not):
            return self._negation(node.this)
        if isinstance(node, (exp.And, exp.Or)):
            return self._both(node, "AND" if isinstance(node, exp.And) else "OR")
        if isinstance(node, exp.In):
            return self._membership(node)
        if isinstance(node, exp.Like):
            return self._likeness(node)
        if type(node) in _OPERATORS:
            return self._comparison(node, _OPERATORS[type(node)])
        raise malformed(f"unexpected token: '{node.name or node.key}'")

    def _both(self, node: exp.And | exp.Or, word: str) -> Condition:
        parts = [self.condition(each) for each in node.flatten(unnest=False)]
        sql = _balanced([sql for sql, _ in parts], word)
        return sql, [value for _, values in parts for value in values]

    def _negation(self, node: exp.Expr) -> Condition:
        sql, values = self.condition(node)
        return f"NOT coalesce({sql}, 0)", values

    def _field(self, node: exp.Expr) -> Resolved:
        if self._aggregate and isinstance(node, exp.Anonymous):
            return self._aggregate(node)
        return self._scope.allowed(node, "filtered")

    def _membership(self, node: exp.In) -> Condition:
        found = self._field(node.this)
        query = node.args.get("query")
        if query is not None:
            sql, values = self._subquery(node.this, found, query.this)
            return f"{found.sql} IN ({sql})", values
        if not node.expressions:
            raise malformed("unexpected token: ')'")
        kept = [self._value(found, item) for item in node.expressions]
        marks = ", ".join("?" for value in kept if value is not None)
        blank = f" OR {found.sql} IS NULL" if None in kept else ""
        return f"({found.sql} IN ({marks}){blank})", [value for value in kept if value is not None]

    def _likeness(self, node: exp.Like) -> Condition:
        found = self._field(node.this)
        if not found.field.textual or not _is_text(node.expression):
            raise _invalid_operator(found.field)
        return f"{found.sql} LIKE ? ESCAPE '\\'", [pattern(node.expression.name)]

    def _comparison(self, node: exp.Expr, operator: str) -> Condition:
        found = self._field(node.this)
        span = _relative_span(found.field, node.expression)
        if span is not None:
            return _span_condition(found, operator, span)
        value = self._value(found, node.expression)
        if operator == "=":
            return (f"{found.sql} = ?", [value]) if value is not None else _null(found, "IS")
        if operator == "!=":
            return f"{found.sql} IS NOT ?", [value]
        if value is None or found.field.type == "boolean":
            raise _invalid_operator(found.field)
        return f"{found.sql} {operator} ?", [value]

    def _value(self, found: Resolved, node: exp.Expr) -> Any:  # noqa: ANN401 - a stored value
        field = found.field
        if isinstance(node, exp.Null):
            return None
        if isinstance(node, exp.Placeholder):
            raise malformed("Bind variables only allowed in Apex code")
        if field.type in {"date", "datetime"}:
            return _moment(field, node)
        if field.type == "boolean":
            return _truth(field, node)
        if field.type in _NUMERIC:
            return _number(field, node)
        if not _is_text(node):
            raise _wrong_criterion(field, f"of type {_TYPE_NAMES.get(field.type, field.type)}")
        text = unescape(node.name)
        return self._id(found, text) if field.type in {"id", "reference"} else text or None

    def _id(self, found: Resolved, text: str) -> int | None:
        if not text:
            return None
        try:
            prefix, number = ids.parse(text)
        except ids.MalformedIdError:
            message = f"invalid ID field: {text}"
            raise SalesforceError("INVALID_QUERY_FILTER_OPERATOR", message) from None
        owner = self._scope.schema.by_prefix(prefix)
        targets = found.field.reference_to or (found.sobject.name,)
        if owner is None or owner.name not in targets:
            return -1
        return ids.tagged(prefix, number) if found.field.polymorphic else number


_TYPE_NAMES: Final = {"id": "ID", "reference": "ID", "textarea": "string", "picklist": "string"}


def unescape(raw: str) -> str:
    r"""Return what a string literal means: `\'` is a quote, `\n` a line break.

    Raises:
        SalesforceError: `MALFORMED_QUERY`, for a backslash with nothing behind it.
    """
    characters = iter(raw)
    return "".join(
        _escaped(next(characters, "")) if character == "\\" else character
        for character in characters
    )


def pattern(raw: str) -> str:
    r"""Return a LIKE pattern for SQLite: `\%` and `\_` stay escaped, the rest is unescaped."""
    parts: list[str] = []
    characters = iter(raw)
    for character in characters:
        if character != "\\":
            parts.append(character)
            continue
        following = next(characters, "")
        meant = following if following in {"%", "_"} else _escaped(following)
        parts.append(f"\\{meant}" if meant in {"%", "_", "\\"} else meant)
    return "".join(parts)


def _escaped(character: str) -> str:
    if not character:
        raise malformed("unexpected token: '\\'")
    return _ESCAPES.get(character.lower(), character)


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and bool(node.is_string)


def _balanced(parts: list[str], word: str) -> str:
    """Join conditions as a flat tree: SQLite takes no expression deeper than 1,000."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_balanced(parts[:half], word)} {word} {_balanced(parts[half:], word)})"


def _null(found: Resolved, word: str) -> Condition:
    return f"{found.sql} {word} NULL", []


def _relative_span(field: Field, node: exp.Expr) -> soql_dates.Span | None:
    if field.type not in {"date", "datetime"} or not isinstance(node, (exp.Column, exp.RawString)):
        return None
    return soql_dates.relative(node.name)


def _span_condition(found: Resolved, operator: str, span: soql_dates.Span) -> Condition:
    first, end = span.bounds(found.field.type)
    inside = f"({found.sql} >= ? AND {found.sql} < ?)"
    return {
        "=": (inside, [first, end]),
        "!=": (f"NOT coalesce({inside}, 0)", [first, end]),
        "<": (f"{found.sql} < ?", [first]),
        "<=": (f"{found.sql} < ?", [end]),
        ">": (f"{found.sql} >= ?", [end]),
        ">=": (f"{found.sql} >= ?", [first]),
    }[operator]


def _moment(field: Field, node: exp.Expr) -> str | int:
    if isinstance(node, exp.RawString):
        try:
            return soql_dates.exact(node.name, field.type)
        except ValueError:
            pass
    raise _wrong_criterion(field, f"of type {field.type}")


def _truth(field: Field, node: exp.Expr) -> int:
    if isinstance(node, exp.Boolean):
        return int(node.this)
    raise _wrong_criterion(field, "of type boolean")


def _number(field: Field, node: exp.Expr) -> float:
    negative = isinstance(node, exp.Neg)
    literal = node.this if negative else node
    if isinstance(literal, exp.Literal) and not literal.is_string:
        return -float(literal.name) if negative else float(literal.name)
    raise _wrong_criterion(field, f"of type {field.type}")


def _wrong_criterion(field: Field, expected: str) -> SalesforceError:
    quotes = " and should be enclosed in quotes" if "string" in expected or "ID" in expected else ""
    message = f"value of filter criterion for field '{field.name}' must be {expected}{quotes}"
    return SalesforceError("INVALID_FIELD", message)


def _invalid_operator(field: Field) -> SalesforceError:
    return SalesforceError(
        "INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {field.type} field"
    )
