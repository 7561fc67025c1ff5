"""Names in a query: which field `Account__r.Owner.Name` is, and the answer when there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlglot import exp

from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.values import reader
from target_zuora360_cleanup.emulator.soql.dialect import malformed
from target_zuora360_cleanup.emulator.soql.names import NAME, name_sql, with_targets
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject

__all__ = ["Place", "Resolved", "Scope", "find_object", "names_of"]

_MAX_LEVELS: Final = 5
Use = Literal["filtered", "sorted", "grouped"]
_FLAGS: Final[dict[Use, str]] = {
    "filtered": "filterable", "sorted": "sortable", "grouped": "groupable",
}  # fmt: skip
_CUSTOM_HINT: Final = (
    "If you are attempting to use a custom {kind}, be sure to append the '__{suffix}' after the "
    "{what} name. Please reference your WSDL or the describe call for the appropriate names."
)


@dataclass(frozen=True)
class Place:
    """Where in the query something stands, for the caret under it."""

    text: str
    start: int

    def error(self, code: str, detail: str) -> SalesforceError:
        """Return an error that shows the line, a caret and the position."""
        before = self.text[: self.start]
        row = before.count("\n") + 1
        column = self.start - (before.rfind("\n") + 1)
        line = self.text.split("\n")[row - 1]
        caret = " " * column + "^"
        message = f"\n{line}\n{caret}\nERROR at Row:{row}:Column:{column + 1}\n{detail}"
        return SalesforceError(code, message)


@dataclass(frozen=True)
class Resolved:
    """A field in a query: its SQL, the field, its object and the relationships that lead there."""

    sql: str
    field: Field
    sobject: SObject
    path: tuple[str, ...]
    alias: str

    @property
    def names(self) -> tuple[str, ...]:
        """The path with the field's own name, spelled as in the schema."""
        return (*self.path, self.field.name)

    def reader(self, schema: Schema) -> Callable[[Any], Any] | None:
        """Return the function that turns a stored value into the API's."""
        return reader(schema, self.field, self.sobject.name)


@dataclass
class Scope:
    """One FROM: its object, and the joins that its relationship paths need."""

    schema: Schema
    text: str
    sobject: SObject
    alias: str
    called: str = ""
    joins: list[str] = field(default_factory=list)
    _parents: dict[tuple[str, ...], tuple[str, SObject]] = field(default_factory=dict)
    _named: dict[tuple[str, ...], tuple[str, Field]] = field(default_factory=dict)

    def resolve(self, node: exp.Expr) -> Resolved:
        """Return the field that a column or path names.

        Raises:
            SalesforceError: `INVALID_FIELD`, with the place; `MALFORMED_QUERY` for what is no name.
        """
        names = list(names_of(node))
        own = {self.called.lower(), self.sobject.name.lower()}
        if len(names) > 1 and names[0].name.lower() in own:
            names = names[1:]
        return self.resolve_names(names)

    def resolve_names(self, names: list[exp.Identifier]) -> Resolved:
        """Return the field at the end of a path of identifiers."""
        *relationships, last = names
        if len(relationships) > _MAX_LEVELS:
            raise malformed("a relationship path may have five levels at most")
        alias, sobject, path = self.alias, self.sobject, tuple[str, ...]()
        for identifier in relationships:
            path, alias, sobject = self._follow(path, alias, sobject, identifier)
        if path in self._named:
            return self._of_name(path, last)
        found = sobject.find(last.name)
        if found is None:
            raise self._no_column(last, sobject)
        return Resolved(f"{alias}.{quote(found.name)}", found, sobject, path, alias)

    def own_field(self, name: str) -> Resolved:
        """Return a field of the object itself, by its exact name."""
        found = self.sobject.fields[name]
        return Resolved(f"{self.alias}.{quote(name)}", found, self.sobject, (), self.alias)

    def parent_id(self, path: tuple[str, ...]) -> Resolved:
        """Return the id of the parent at the end of a path that was resolved before."""
        if path in self._named:
            column, reference = self._named[path]
            return Resolved(column, with_targets(reference), NAME, path, self.alias)
        alias, sobject = self._parents[path]
        return Resolved(f"{alias}.Id", sobject.fields["Id"], sobject, path, alias)

    def allowed(self, node: exp.Expr, use: Use) -> Resolved:
        """Return the field that a column or path names, where its describe allows this use of it.

        Raises:
            SalesforceError: It does not, or there is no such field.
        """
        found = self.resolve(node)
        if not getattr(found.field, _FLAGS[use]):
            code = "INVALID_FIELD" if use == "filtered" else "MALFORMED_QUERY"
            text = f"field '{found.field.name}' can not be {use} in a query call"
            raise self.place(next(names_of(node))).error(code, text)
        return found

    def place(self, identifier: exp.Expr) -> Place:
        """Return where the identifier stands."""
        return Place(self.text, int(identifier.meta.get("start", 0)))

    def _follow(
        self, path: tuple[str, ...], alias: str, sobject: SObject, identifier: exp.Identifier
    ) -> tuple[tuple[str, ...], str, SObject]:
        reference = sobject.parent(identifier.name) if path not in self._named else None
        parent = self.schema.find(reference.reference_to[0]) if reference else None
        if reference is None or reference.relationship_name is None:
            raise self._no_relationship(identifier)
        path = (*path, reference.relationship_name)
        if reference.polymorphic:
            self._named[path] = (f"{alias}.{quote(reference.name)}", reference)
            return path, alias, NAME
        if parent is None or not parent.visible:
            raise self._no_relationship(identifier)
        if path not in self._parents:
            joined = f"{self.alias}_{len(self._parents)}"
            self._parents[path] = (joined, parent)
            self.joins.append(
                f"LEFT JOIN {quote(parent.name)} AS {joined}"
                f" ON {joined}.{quote(reference.key)} = {alias}.{quote(reference.name)}"
            )
        return path, *self._parents[path]

    def _of_name(self, path: tuple[str, ...], identifier: exp.Identifier) -> Resolved:
        column, reference = self._named[path]
        found = NAME.find(identifier.name)
        if found is None:
            raise self._no_column(identifier, NAME)
        if found.name == "Id":
            found = with_targets(reference)
        sql = name_sql(self.schema, reference, column, found.name)
        return Resolved(sql, found, NAME, path, self.alias)

    def _no_column(self, identifier: exp.Identifier, sobject: SObject) -> SalesforceError:
        hint = _CUSTOM_HINT.format(kind="field", suffix="c", what="custom field")
        detail = f"No such column '{identifier.name}' on entity '{sobject.name}'. {hint}"
        return self.place(identifier).error("INVALID_FIELD", detail)

    def _no_relationship(self, identifier: exp.Identifier) -> SalesforceError:
        hint = _CUSTOM_HINT.format(kind="relationship", suffix="r", what="custom relationship")
        detail = f"Didn't understand relationship '{identifier.name}' in field path. {hint}"
        return self.place(identifier).error("INVALID_FIELD", detail)


def names_of(node: exp.Expr) -> Iterator[exp.Identifier]:
    """Yield the identifiers of a dotted name, from the left.

    Raises:
        SalesforceError: `MALFORMED_QUERY`, for anything that is no dotted name.
    """
    if isinstance(node, exp.Identifier) and not node.args.get("quoted"):
        yield node
    elif isinstance(node, exp.Column):
        for part in node.parts:
            yield from names_of(part)
    elif isinstance(node, exp.Dot):
        yield from names_of(node.this)
        yield from names_of(node.expression)
    else:
        raise malformed(f"unexpected token: '{_shown(node)}'")


def find_object(schema: Schema, text: str, node: exp.Expr, *, tooling: bool) -> SObject:
    """Return the object of a FROM.

    Raises:
        SalesforceError: `INVALID_TYPE`, with the place; another code where it has no queries.
    """
    found = schema.find(node.name)
    served = {"both", "tooling" if tooling else "data"}
    if found and found.visible and (found.api in served or (tooling and not found.custom)):
        if not found.queryable:
            text = f"entity type {found.name} does not support query"
            raise SalesforceError("INVALID_TYPE_FOR_OPERATION", text)
        return found
    hint = _CUSTOM_HINT.format(kind="object", suffix="c", what="entity")
    place = Place(text, int(node.meta.get("start", 0)))
    raise place.error("INVALID_TYPE", f"sObject type '{node.name}' is not supported. {hint}")


def _shown(node: exp.Expr) -> str:
    signs: dict[type[exp.Expr], str] = {
        exp.Star: "*",
        exp.Add: "+",
        exp.Sub: "-",
        exp.Mul: "*",
        exp.Div: "/",
    }
    return signs.get(type(node)) or str(node.name or node.key)
