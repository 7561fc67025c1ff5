"""Clauses of a SELECT beside its list and its conditions: FROM, LIMIT and OFFSET, the way up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from target_zuora360_cleanup.emulator.schema.ids import TAG_BITS, code
from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.soql.dialect import malformed
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.schema.objects import Field

__all__ = ["Above", "check_clauses", "number", "source", "window"]

_ALLOWED: Final = frozenset(
    {"expressions", "from_", "where", "group", "having", "order", "limit", "offset"}
)
_MAX_OFFSET: Final = 2_000
_NUMBERS: Final = (1 << TAG_BITS) - 1


@dataclass(frozen=True)
class Above:
    """The lookup by which the rows of a child subquery belong to their parents.

    Attributes:
        field: The lookup.
        prefix: The parents' key prefix.
    """

    field: Field
    prefix: str

    def number(self, alias: str) -> str:
        """Return the SQL of the parent's number."""
        column = f"{alias}.{quote(self.field.name)}"
        return f"({column} & {_NUMBERS})" if self.field.polymorphic else column

    def condition(self, alias: str) -> str:
        """Return the SQL that chooses rows; `{}` stands for the parents' numbers."""
        chosen = f"{self.number(alias)} IN ({{}})"
        if not self.field.polymorphic:
            return chosen
        first, column = code(self.prefix) << TAG_BITS, f"{alias}.{quote(self.field.name)}"
        return f"{column} BETWEEN {first} AND {first + _NUMBERS} AND {chosen}"


def source(tree: exp.Select) -> exp.Table:
    """Return what stands behind FROM.

    Raises:
        SalesforceError: `MALFORMED_QUERY`, for a SELECT with other clauses than SOQL's.
    """
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


def check_clauses(tree: exp.Select, *, counts: bool, aggregates: bool) -> None:
    """Refuse clauses that don't go with what is selected.

    Raises:
        SalesforceError: `MALFORMED_QUERY`.
    """
    given = {key for key, value in tree.args.items() if value}
    if "having" in given and "group" not in given:
        raise malformed("unexpected token: 'HAVING'")
    if counts and "order" in given:
        raise malformed("Count() query cannot use ORDER BY")
    if aggregates and not counts and "group" not in given and "limit" in given:
        raise malformed(
            "Non-grouped query that uses overall aggregate functions cannot also use LIMIT"
        )


def window(tree: exp.Select) -> Iterator[str]:
    """Yield the SQL of LIMIT and OFFSET.

    Raises:
        SalesforceError: `NUMBER_OUTSIDE_VALID_RANGE`.
    """
    limit, offset = number(tree, "limit"), number(tree, "offset")
    if limit is not None or offset is not None:
        yield f"LIMIT {-1 if limit is None else limit}"
    if offset is not None and offset > _MAX_OFFSET:
        message = "Maximum SOQL offset allowed is 2000"
        raise SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", message)
    if offset is not None:
        yield f"OFFSET {offset}"


def number(tree: exp.Select, clause: str) -> int | None:
    """Return the number behind `limit` or `offset`, None where there is none.

    Raises:
        SalesforceError: `MALFORMED_QUERY`, for what is no number.
    """
    node = tree.args.get(clause)
    if node is None:
        return None
    literal = node.expression
    if not isinstance(literal, exp.Literal) or not literal.name.isdigit():
        raise malformed(f"unexpected token: '{literal.name if literal else '<EOF>'}'")
    return int(literal.name)
