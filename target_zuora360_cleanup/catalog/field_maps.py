"""Which fields of Zuora's records go into which fields of the 360 objects.

The table is `field_maps.tsv`, one line a field; this module reads it. Its sources: Zuora's pages
"Sync field mappings" of Account, Subscription and Product Catalog objects, and the packages' own
metadata for what those pages leave out. The org's describe decides which fields there are; a map
may name more.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Final

DELETED: Final = "Deleted"
"""A field of the tap's own, which says that a record is deleted in Zuora (AQuA)."""
_TABLE: Final = "field_maps.tsv"


@dataclass(frozen=True)
class FilledRelationship:
    """A relationship to another 360 object that a record's own field fills.

    Attributes:
        source: Zuora's field, which holds the parent's Zuora id.
        field: API name of the Salesforce field.
        parent: API name of the parent.
    """

    source: str
    field: str
    parent: str


@dataclass(frozen=True)
class FieldMap:
    """How the records of one stream fill one object type.

    Attributes:
        stream: Name of the Zuora object.
        object: API name of the 360 object.
        fields: Zuora's field -> API names of the Salesforce fields that get its value.
        parents: Relationships to other 360 objects.
        account: Zuora's field with the id of the Salesforce Account, where a record has no place
            without one.
        status: Zuora's field that tells whether a record belongs to the 360 objects.
        elsewhere: Values of it with which a record does not; a row that is there is removed.
    """

    stream: str
    object: str
    fields: Mapping[str, tuple[str, ...]]
    parents: tuple[FilledRelationship, ...] = field(default=())
    account: str = ""
    status: str = ""
    elsewhere: frozenset[str] = frozenset()

    def deleted_flag(self) -> str:
        """The Salesforce field that marks what is deleted in Zuora; blank if there is none."""
        return next(iter(self.fields.get(DELETED, ())), "")


@cache
def field_maps() -> tuple[FieldMap, ...]:
    """All maps, in the order of the table, which is read once."""
    from importlib.resources import files

    text = files(__package__).joinpath(_TABLE).read_text(encoding="utf-8")
    return read_field_maps(text.splitlines())


def read_field_maps(lines: Iterable[str]) -> tuple[FieldMap, ...]:
    """The maps that lines of the table say; those of one map follow each other.

    The columns are `stream`, `object`, `field` (Zuora's), `use` and `to`. By the use of a field,
    `to` is:

    - `value`: the Salesforce field that gets its value; a field may have several such lines.
    - `parent`: the reference field that it fills, and the parent's object: `Lookup__c>Parent__c`.
    - `account`: blank; the field holds the id of the Salesforce Account, which must be there.
    - `elsewhere`: a value of the field with which a record has no place in Salesforce.
    """
    rows = csv.DictReader(lines, delimiter="\t")
    return tuple(
        _field_map(stream, name, list(of_map))
        for (stream, name), of_map in groupby(rows, itemgetter("stream", "object"))
    )


def _field_map(stream: str, name: str, rows: list[dict[str, str]]) -> FieldMap:
    fields: dict[str, tuple[str, ...]] = {}
    parents, account, status, elsewhere = [], "", "", set()
    for row in rows:
        source, to = row["field"], row["to"]
        match row["use"]:
            case "value":
                fields[source] = (*fields.get(source, ()), to)
            case "parent":
                lookup, _, parent = to.partition(">")
                parents.append(FilledRelationship(source, lookup, parent))
            case "account":
                account = source
            case "elsewhere":
                status = source
                elsewhere.add(to)
            case other:
                raise ValueError(f"{_TABLE}: {name}.{source} has the unknown use '{other}'")
    return FieldMap(
        stream,
        name,
        MappingProxyType(fields),
        tuple(parents),
        account,
        status,
        frozenset(elsewhere),
    )
