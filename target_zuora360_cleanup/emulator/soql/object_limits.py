"""Objects that take part of SOQL only.

"SOQL Object Limits" (SOQL and SOSL Reference) has those of files, the Object Reference those of
EntitySubscription ("a WHERE clause can only filter by fields on the EntitySubscription object")
and, for users without View All Data, of it and of TopicAssignment (a LIMIT, or one record),
"SOQL Operation Limitations" (Tooling API) those of metadata, whose column in brackets a query must
filter by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from target_zuora360_cleanup.emulator.soql.clauses import number
from target_zuora360_cleanup.emulator.soql.dialect import malformed
from target_zuora360_cleanup.emulator.soql.scope import names_of
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.schema.objects import SObject

__all__ = ["METADATA", "check_limits", "ignores_window"]

_LINKS: Final = ("Id", "ContentDocumentId", "LinkedEntityId")
METADATA: Final = {
    "EntityDefinition": (),
    "FieldDefinition": ("EntityDefinitionId", "DurableId"),
    "RelationshipDomain": (
        "FieldId", "ChildSobjectId", "ParentSobjectId", "RelationshipInfoId", "DurableId",
    ),
    "RelationshipInfo": ("ChildSobjectId", "FieldId", "DurableId"),
}  # fmt: skip
"""Objects that tell metadata, and the columns of which a query has to name one."""


def check_limits(sobject: SObject, tree: exp.Select, *, aggregates: bool) -> None:
    """Refuse what this object does not take.

    Raises:
        SalesforceError: `MALFORMED_QUERY` and others.
    """
    where = tree.args.get("where")
    clause = where.this if where is not None else None
    if sobject.name == "ContentDocumentLink" and not _is_filtered(clause, _LINKS, levels=1):
        raise malformed(
            "Implementation restriction: ContentDocumentLink requires a filter by a single Id on"
            " ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using"
            " the IN operator."
        )
    if sobject.name == "EntitySubscription" and _leaves(clause):
        raise malformed(
            "Implementation restriction: a query of EntitySubscription can only filter by fields"
            " of EntitySubscription."
        )
    if sobject.most_rows is not None and not _is_bounded(sobject, tree, clause):
        raise malformed(
            f"Implementation restriction: without the permission View All Data, a query of"
            f" {sobject.name} must have a LIMIT of {sobject.most_rows} or less."
        )
    if sobject.name in METADATA:
        _check_metadata(sobject, clause, aggregates=aggregates)


def ignores_window(sobject: SObject) -> bool:
    """Whether LIMIT and OFFSET are read and have no effect."""
    return sobject.name in METADATA


def _is_bounded(sobject: SObject, tree: exp.Select, clause: exp.Expr | None) -> bool:
    """Whether few enough rows are asked for; of topics, those of one record are."""
    if sobject.name == "TopicAssignment" and any(
        isinstance(each, exp.EQ) and _chooses(each, ("Id", "EntityId"), 1)
        for each in _conjuncts(clause)
    ):
        return True
    limit = number(tree, "limit")
    return limit is not None and limit <= (sobject.most_rows or 0)


def _check_metadata(sobject: SObject, clause: exp.Expr | None, *, aggregates: bool) -> None:
    if aggregates:
        raise SalesforceError(
            "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
            "The requested operation is not yet supported by this SObject storage type, contact"
            " salesforce.com support for more information.",
        )
    nodes = [] if clause is None else list(clause.walk())
    if any(isinstance(node, exp.Or) for node in nodes):
        raise malformed("Disjunctions not supported")
    if any(isinstance(node, (exp.Not, exp.NEQ)) for node in nodes):
        raise malformed("Only equals comparisons permitted")
    columns = METADATA[sobject.name]
    if columns and not _is_filtered(clause, columns, levels=2):
        text = f"{sobject.name}: a filter on a reified column is required [{','.join(columns)}]"
        raise malformed(text)


def _leaves(clause: exp.Expr | None) -> bool:
    """Whether a condition follows a relationship; what is within a SELECT of its own may."""
    nodes = () if clause is None else clause.walk(prune=lambda node: isinstance(node, exp.Select))
    return any(isinstance(node, exp.Column) and len(list(names_of(node))) > 1 for node in nodes)


def _is_filtered(clause: exp.Expr | None, columns: tuple[str, ...], *, levels: int) -> bool:
    """Whether one of the conditions that all must hold chooses by one of these columns.

    With two levels a field of the parent behind a column does as well: `Field.DurableId`.
    """
    return any(_chooses(each, columns, levels) for each in _conjuncts(clause))


def _conjuncts(clause: exp.Expr | None) -> Iterator[exp.Expr]:
    if isinstance(clause, exp.Paren):
        yield from _conjuncts(clause.this)
    elif isinstance(clause, exp.And):
        for each in clause.flatten(unnest=False):
            yield from _conjuncts(each)
    elif clause is not None:
        yield clause


def _chooses(node: exp.Expr, columns: tuple[str, ...], levels: int) -> bool:
    if not isinstance(node, (exp.EQ, exp.In)) or isinstance(node.args.get("expression"), exp.Null):
        return False
    names = [each.name.lower() for each in names_of(node.this)]
    named = {column.lower() for column in columns}
    if len(names) == 1:
        return names[0] in named
    return len(names) == levels and f"{names[0]}id" in named
