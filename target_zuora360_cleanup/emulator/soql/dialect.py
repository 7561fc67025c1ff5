"""SOQL as a dialect of sqlglot: its tokens, its date literals, the clauses SQL has not.

The parser makes a tree; whether the tree is SOQL is for `soql_compile` to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Final

from sqlglot import exp, parser, tokens
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType
from typing_extensions import override

from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

__all__ = ["REMEMBERED", "Parsed", "malformed", "parse"]

_DATE_CHARACTERS: Final = frozenset("0123456789-:.+TZtz")
_YEAR_DIGITS: Final = 4
_DATE = TokenType.RAW_STRING  # SOQL has no raw strings: the token stands for a date literal
_RELATIVE_PREFIXES: Final = ("LAST_N_", "NEXT_N_", "N_")


class Soql(Dialect):
    """Tokens and grammar of SOQL, as far as they differ from SQL's."""

    class Tokenizer(tokens.Tokenizer):
        """Few keywords, so that fields and objects may be called like SQL's others."""

        QUOTES: ClassVar[list[str | tuple[str, str]]] = ["'"]
        IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = ["`"]
        COMMENTS: ClassVar[list[str | tuple[str, str]]] = []
        STRING_ESCAPES: ClassVar[list[str]] = ["\\"]
        KEYWORDS: ClassVar[dict[str, TokenType]] = {
            "SELECT": TokenType.SELECT,
            "FROM": TokenType.FROM,
            "WHERE": TokenType.WHERE,
            "AND": TokenType.AND,
            "OR": TokenType.OR,
            "NOT": TokenType.NOT,
            "IN": TokenType.IN,
            "LIKE": TokenType.LIKE,
            "GROUP BY": TokenType.GROUP_BY,
            "HAVING": TokenType.HAVING,
            "ORDER BY": TokenType.ORDER_BY,
            "ASC": TokenType.ASC,
            "DESC": TokenType.DESC,
            "LIMIT": TokenType.LIMIT,
            "OFFSET": TokenType.OFFSET,
            "NULL": TokenType.NULL,
            "TRUE": TokenType.TRUE,
            "FALSE": TokenType.FALSE,
            "!=": TokenType.NEQ,
            "<>": TokenType.NEQ,
            "<=": TokenType.LTE,
            ">=": TokenType.GTE,
        }

    class Parser(parser.Parser):
        """Every function is taken by its name; date literals are values."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {}
        NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {}

        @override
        def _parse_ordered(self, parse_method: Any = None) -> exp.Ordered | None:
            """Put nulls first unless the query says otherwise, in both directions."""
            ordered = super()._parse_ordered(parse_method)
            if ordered and self._prev.text.upper() not in {"FIRST", "LAST"}:
                ordered.set("nulls_first", True)  # noqa: FBT003 - sqlglot's signature
            return ordered


REMEMBERED: Final = 2_000
"""Characters of the longest query whose tree and plan are kept."""


@dataclass(frozen=True)
class Parsed:
    """A query's tree and what stood at its end beyond SQL: `ALL ROWS`."""

    text: str
    tree: exp.Select
    all_rows: bool


def parse(text: str) -> Parsed:
    """Return the tree of a SOQL query, which nobody may change: clients ask the same again.

    Raises:
        SalesforceError: `MALFORMED_QUERY`.
    """
    return _remembered(text) if len(text) <= REMEMBERED else _parse(text)


@lru_cache(maxsize=4_096)
def _remembered(text: str) -> Parsed:
    return _parse(text)


def _parse(text: str) -> Parsed:
    dialect = Soql()
    try:
        found = _join_dates(text, dialect.tokenize(text))
    except TokenError:
        raise malformed("unexpected token: '<EOF>'") from None
    found, all_rows = _strip_tail(found)
    if not found or found[0].token_type is not TokenType.SELECT:
        raise malformed(f"unexpected token: '{found[0].text if found else '<EOF>'}'")
    if any(token.token_type is TokenType.SEMICOLON for token in found):
        raise malformed("unexpected token: ';'")
    return Parsed(text, _tree(dialect, found, text), all_rows)


def malformed(message: str) -> SalesforceError:
    """Return the error for a query that is no SOQL."""
    return SalesforceError("MALFORMED_QUERY", message)


def _tree(dialect: Soql, found: list[Token], text: str) -> exp.Select:
    try:
        trees = dialect.parser().parse(found, text)
    except ParseError as error:
        raise malformed(f"unexpected token: '{_culprit(error)}'") from None
    tree = trees[0] if trees else None
    if not isinstance(tree, exp.Select):
        raise malformed(f"unexpected token: '{found[0].text}'")
    return tree


def _culprit(error: ParseError) -> str:
    facts = error.errors[0] if error.errors else {}
    description = str(facts.get("description", ""))
    ended = ("missing" in description or "Expected" in description) and not facts.get("end_context")
    return "<EOF>" if ended else str(facts.get("highlight") or "<EOF>")


def _strip_tail(found: list[Token]) -> tuple[list[Token], bool]:
    all_rows = False
    while len(found) > 2:  # noqa: PLR2004 - the two words of each of these clauses
        words = tuple(token.text.upper() for token in found[-2:])
        if words == ("ALL", "ROWS"):
            all_rows = True
        elif words not in {("FOR", "VIEW"), ("FOR", "REFERENCE"), ("FOR", "UPDATE")}:
            break
        found = found[:-2]
    return found, all_rows


def _join_dates(text: str, found: list[Token]) -> list[Token]:
    """Make one token of what SQL takes for several: `2024-01-01T00:00:00Z`, `LAST_N_DAYS:3`.

    String tokens keep their escapes, since `LIKE` gives some of them another meaning.
    """
    joined: list[Token] = []
    end = -1
    for token in found:
        if token.start <= end:
            continue
        stop = _literal_end(text, token)
        if stop is not None:
            end = stop - 1
            joined.append(_token(_DATE, text[token.start : stop], token, end))
        elif token.token_type is TokenType.STRING:
            raw = text[token.start + 1 : token.end]
            joined.append(_token(TokenType.STRING, raw, token, token.end))
        else:
            joined.append(token)
    return joined


def _token(kind: TokenType, text: str, place: Token, end: int) -> Token:
    return Token(kind, text, line=place.line, col=place.col, start=place.start, end=end)


def _literal_end(text: str, token: Token) -> int | None:
    if token.token_type is TokenType.NUMBER:
        return _date_end(text, token)
    following = text[token.end + 1 : token.end + 2]
    if following == ":" and token.text.upper().startswith(_RELATIVE_PREFIXES):
        stop = token.end + 2
        while stop < len(text) and text[stop].isdigit():
            stop += 1
        return stop
    return None


def _date_end(text: str, token: Token) -> int | None:
    stop = token.start
    while stop < len(text) and text[stop] in _DATE_CHARACTERS:
        stop += 1
    is_date = len(token.text) == _YEAR_DIGITS and text[token.end + 1 : token.end + 2] == "-"
    return stop if is_date else None
