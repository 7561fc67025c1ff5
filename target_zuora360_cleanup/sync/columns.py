"""The columns of an upsert: which field of a record, or what is made of others, goes where. Pure.

Of the Salesforce fields that a map names those are filled that the org has. A field of a customer's
own that has the same API name on both sides is filled without a word in a map, as Zuora's own sync
does.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.paths import by_lower, sent_name
from target_zuora360_cleanup.sync.field_values import Field, column_writer, writer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.catalog.field_maps import FieldMap, Made
    from target_zuora360_cleanup.sync.org_objects import TargetObject, TargetRelationship

JOINED_KEY: Final = "=key"
"""The source of a key that is made of several fields."""
CURRENCY: Final = "CurrencyIsoCode"
"""A field that only orgs with several currencies have."""
_CUSTOM: Final = "__c"


def joined_key(parts: Sequence[str]) -> str:
    """The key of a row that stands for a name of several parts, as a price summary does.

    Zuora's own sync makes that of a charge's id and the currency, joined as they are: so says the
    package's metadata of `zqu__ProductRatePlanChargePriceSummary__c.zqu__ZuoraId__c`.
    """
    return "".join(parts)


def source_of(made: Made) -> str:
    """The name under which a record has what is made for a field."""
    return f"={made.field}"


@dataclass(frozen=True)
class Column:
    """A plain column.

    Attributes:
        source: Zuora's field.
        header: The column's name.
        field: What the values must fit.
        write: Writes a value.
        write_all: Writes many, in their order.
    """

    source: str
    header: str
    field: Field
    write: Callable[[object], str] = dataclasses.field(init=False, repr=False, compare=False)
    write_all: Callable[[Sequence[object]], Sequence[str]] = dataclasses.field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "write", writer(self.field))
        object.__setattr__(self, "write_all", column_writer(self.field))


@dataclass(frozen=True)
class ParentColumn:
    """A column that names the parent of a row.

    Attributes:
        source: Zuora's field, which holds the parent's Zuora id.
        header: `Relationship__r.ExternalId__c`.
        parent: API name of the parent.
        key: The parent's external id field.
        late: Whether it is set only after the parent's rows have come, since their parents are
            rows of this object.
    """

    source: str
    header: str
    parent: str
    key: Field
    relationship: TargetRelationship
    late: bool = False
    write: Callable[[object], str] = dataclasses.field(init=False, repr=False, compare=False)
    write_all: Callable[[Sequence[object]], Sequence[str]] = dataclasses.field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "write", writer(self.key))
        object.__setattr__(self, "write_all", column_writer(self.key))


def columns_of(
    made_by: FieldMap, target: TargetObject, sent: Collection[str]
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """The plain columns, the key first, and the fields that the org has not.

    Args:
        made_by: The map.
        target: The org's object.
        sent: Names of the fields that the stream has.
    """
    names = by_lower(sent)
    columns = {target.external_id: _key_column(made_by, target, names)}
    left_out: list[str] = []
    for source, wanted in _sources(made_by, names):
        fields = {name: _plain_field(target, name) for name in wanted if name not in columns}
        found = {name: field for name, field in fields.items() if field}
        columns |= {name: Column(source, name, field) for name, field in found.items()}
        if not found:
            left_out += [name for name in fields if name != CURRENCY]
    own = _same_names(made_by, target, names, columns)
    return tuple((columns | own).values()), tuple(dict.fromkeys(left_out))


def _key_column(made_by: FieldMap, target: TargetObject, names: Mapping[str, str]) -> Column:
    field = Field(target.external_id, "reference", target.key.length, target.key.known)
    one = len(made_by.key) == 1
    source = (sent_name(made_by.key, names) or made_by.key[0]) if one else JOINED_KEY
    return Column(source, target.external_id, field)


def _sources(made_by: FieldMap, names: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What there is of a map's sources, and the fields that each of them fills."""
    for spelled, wanted in made_by.fields.items():
        if source := sent_name(spelled.split("|"), names):
            yield source, wanted
    for made in made_by.made:
        if not made.parent and may_be_made(made, names):
            yield source_of(made), (made.field,)


def may_be_made(made: Made, names: Mapping[str, str]) -> bool:
    """Whether the stream has what the way to a value begins with."""
    first = made.paths[:1] if made.is_own else made.paths
    return all(sent_name(each.names, names) for each in first)


def _same_names(
    made_by: FieldMap,
    target: TargetObject,
    names: Mapping[str, str],
    columns: Collection[str],
) -> dict[str, Column]:
    if made_by.by_name:
        return {}
    taken = {name.lower() for name in columns} | {
        each.lower() for spelled in made_by.fields for each in spelled.split("|")
    }
    return {
        name: Column(names[name.lower()], name, field)
        for name, field in target.fields.items()
        if name.endswith(_CUSTOM) and name.lower() in names and name.lower() not in taken
        and name not in target.relationships
    }  # fmt: skip


def _plain_field(target: TargetObject, name: str) -> Field | None:
    """A field that takes a value as it is: also a lookup's, or a parent's external id."""
    relationship, dot, _ = name.partition(".")
    if not dot:
        return target.fields.get(name)
    known = any(each.path == relationship for each in target.relationships.values())
    return Field(name, "reference") if known else None


def parent_columns(
    made_by: FieldMap,
    objects: Mapping[str, TargetObject],
    sent: Collection[str],
    late: Collection[tuple[str, str]],
) -> Iterator[ParentColumn]:
    """Lookups to objects that are there; a package version may lack one."""
    target, filled = objects[made_by.object], set[str]()
    owners = {each.field for each in made_by.parents if each.owns}
    for source, lookup, name in _parents(made_by, by_lower(sent)):
        parent, own = objects.get(name), target.relationships.get(lookup)
        if not own or not parent or not parent.external_id or lookup in filled:
            continue
        filled.add(lookup)
        key = Field(parent.external_id, "reference", parent.key.length, parent.key.known)
        header = f"{own.path}.{parent.external_id}"
        is_late = (target.name, own.name) in late
        own = dataclasses.replace(own, owning=True) if lookup in owners else own
        yield ParentColumn(source, header, parent.name, key, own, is_late)


def lookups_left_out(
    made_by: FieldMap, sent: Collection[str], columns: Collection[ParentColumn]
) -> Iterator[str]:
    """The lookups that have no column, since the org has not them or what they lead to."""
    filled = {each.relationship.name for each in columns}
    for _, lookup, parent in _parents(made_by, by_lower(sent)):
        if lookup not in filled:
            yield f"{lookup} (to {parent})"


def _parents(made_by: FieldMap, names: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for each in made_by.parents:
        if source := sent_name(each.source.split("|"), names):
            yield source, each.field, each.parent
    for made in made_by.made:
        if made.parent and may_be_made(made, names):
            yield source_of(made), made.field, made.parent
