"""What an org knows of its objects and fields. Facts only: `reading` reads them from files."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

__all__ = ["ChildRelationship", "Field", "OnDelete", "SObject", "Schema"]

OnDelete = Literal["cascade", "restrict", "set_null"]
INTEGER_TYPES = frozenset({"id", "reference", "boolean", "int", "datetime"})
_LONG = 255
_NOT_GROUPED = frozenset({
    "double", "currency", "percent", "datetime", "encryptedstring", "base64",
})  # fmt: skip
REAL_TYPES = frozenset({"double", "currency", "percent"})


@dataclass(frozen=True)
class Field:
    """One field of an object, in the terms of Salesforce's describe.

    `type` is a describe type (`string`, `double`, `reference`, …). `on_delete` says what happens to
    the row when the record that a reference points to is deleted; a master-detail is a cascade with
    `master_detail` set. `auto_number` is the display format of an auto-number, such as `IP-{000}`.
    `length` is the precision of a number. A calculated field is a formula or a roll-up. A
    restricted picklist takes its own values only. `default` is what a new row has, as text.
    A polymorphic reference may lead to several objects and is kept as a tagged number. `key` is the
    parent's field that the value is compared with where a relationship is followed.
    """

    name: str
    label: str
    type: str
    length: int = 0
    scale: int = 0
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    required: bool = False
    createable: bool = True
    updateable: bool = True
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    child_relationship: str | None = None
    on_delete: OnDelete | None = None
    master_detail: bool = False
    polymorphic: bool = False
    key: str = "Id"
    picklist: tuple[str, ...] = ()
    restricted: bool = False
    default: str = ""
    calculated: bool = False
    auto_number: str | None = None
    system: bool = False

    @property
    def custom(self) -> bool:
        """Whether the field was added by a package or a customer."""
        return self.name.endswith(("__c", "__pc"))

    @property
    def nillable(self) -> bool:
        """Whether the field may be empty."""
        return not (self.required or self.type in {"boolean", "id"})

    @property
    def textual(self) -> bool:
        """Whether values are text that has a length and a collation."""
        return self.type not in INTEGER_TYPES | REAL_TYPES | {"date"}

    @property
    def lookup(self) -> bool:
        """Whether the field is one of an upsert's possible keys."""
        return self.external_id or self.name == "Id"

    @property
    def long(self) -> bool:
        """Whether it is a long text area, which can't be compared, sorted or grouped."""
        return self.type == "textarea" and self.length > _LONG

    @property
    def filterable(self) -> bool:
        """Whether a query may compare it."""
        return not (self.long or self.type in {"encryptedstring", "base64"})

    @property
    def sortable(self) -> bool:
        """Whether a query may order by it."""
        return self.filterable

    @property
    def groupable(self) -> bool:
        """Whether a query may group by it: no number with decimals, no time, nothing computed."""
        computed = self.calculated or self.auto_number is not None
        return not (self.long or computed or self.type in _NOT_GROUPED)

    @property
    def aggregatable(self) -> bool:
        """Whether a function of groups may have it."""
        return self.filterable and self.type != "boolean"


@dataclass(frozen=True)
class RecordType:
    """A kind of rows that an org has made for an object; `is_default` of what the user makes."""

    id: str
    name: str
    is_active: bool
    is_default: bool


@dataclass(frozen=True)
class ChildRelationship:
    """A reference field, seen from the object that it points to."""

    child: str
    field: Field

    @property
    def name(self) -> str | None:
        """The name for a child subquery, if there is one."""
        return self.field.child_relationship


@dataclass(frozen=True)
class SObject:
    """An object: its names, what may be done with it, its fields in describe's order.

    `setting` is `List` or `Hierarchy` for a custom setting. `api` says where it can be queried.
    `activities` says whether activities, notes, files and feeds may hang on its rows. `companion`
    is what it is to another object, and that one's name: `("Share", "Foo__c")`; only objects with
    ids of their own have a key prefix. The last ones say what this user may not: see the object,
    delete rows, see every n-th row, see the rows that the store lists as hidden, ask for more rows
    at once than so many.
    """

    name: str
    label: str
    label_plural: str
    key_prefix: str
    fields: Mapping[str, Field]
    setting: str | None = None
    deletable: bool = True
    createable: bool = True
    updateable: bool = True
    queryable: bool = True
    api: Literal["data", "tooling", "both"] = "data"
    activities: bool = False
    companion: tuple[str, str] | None = None
    visible: bool = True
    may_delete: bool = True
    hidden_every: int = 0
    hidden_rows: bool = False
    most_rows: int | None = None
    record_types: tuple[RecordType, ...] = ()
    _by_lower: Mapping[str, Field] = field(default_factory=dict, repr=False, compare=False)

    @property
    def custom(self) -> bool:
        """Whether it is a package's or a customer's object."""
        return self.name.endswith("__c")

    @property
    def custom_setting(self) -> bool:
        """Whether it is a custom setting, which has rows but is no table for users."""
        return self.setting is not None

    @property
    def namespace(self) -> str | None:
        """The package's namespace, if the object comes with one."""
        head, separator, rest = self.name.partition("__")
        return head if separator and "__" in rest else None

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """The reference fields."""
        return tuple(item for item in self.fields.values() if item.type == "reference")

    def find(self, name: str) -> Field | None:
        """Return the field of that name, whatever its case."""
        return self.fields.get(name) or self._by_lower.get(name.lower())

    def parent(self, relationship: str) -> Field | None:
        """Return the reference field behind a relationship name such as `Zuora__Account__r`."""
        return self._by_relationship.get(relationship.lower())

    @cached_property
    def _by_relationship(self) -> dict[str, Field]:
        named = [item for item in self.fields.values() if item.relationship_name]
        return {str(item.relationship_name).lower(): item for item in reversed(named)}

    def unseen(self, alias: str) -> list[str]:
        """Return the SQL conditions under which the user sees a row."""
        every = [f"{alias}.Id % {self.hidden_every} != 0"] if self.hidden_every else []
        listed = f"{alias}.Id NOT IN (SELECT id FROM _hidden WHERE object = '{self.name}')"
        return [*every, listed] if self.hidden_rows else every


class Schema:
    """All objects of an org, found by name in any case, by key prefix and by relationship.

    Attributes:
        remembered: What others have worked out of it and would again; it goes with the schema.
    """

    def __init__(self, objects: Iterable[SObject]) -> None:
        self.remembered: dict[Hashable, Any] = {}
        self.objects = MappingProxyType({item.name: item for item in objects})
        self._by_lower = {name.lower(): item for name, item in self.objects.items()}
        self._by_prefix = {
            item.key_prefix: item for item in self.objects.values() if item.key_prefix
        }
        self._children = self._index_children()

    def _index_children(self) -> dict[str, tuple[ChildRelationship, ...]]:
        found: dict[str, list[ChildRelationship]] = {name: [] for name in self.objects}
        for item in self.objects.values():
            for reference in item.references:
                for target in reference.reference_to:
                    if target in found:
                        found[target].append(ChildRelationship(item.name, reference))
        return {name: tuple(children) for name, children in found.items()}

    def find(self, name: str) -> SObject | None:
        """Return the object of that name, whatever its case, or None."""
        return self._by_lower.get(name.lower())

    def get(self, name: str) -> SObject:
        """Return the object of that name, whatever its case.

        Raises:
            SalesforceError: `NOT_FOUND`, as REST answers for an unknown object in a path.
        """
        found = self.find(name)
        if found is None:
            raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
        return found

    def by_prefix(self, prefix: str) -> SObject | None:
        """Return the object whose ids begin with these three characters."""
        return self._by_prefix.get(prefix)

    def children_of(self, name: str) -> tuple[ChildRelationship, ...]:
        """Return every reference field in the org that points to this object."""
        return self._children[self.get(name).name]
