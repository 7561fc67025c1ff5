"""Rows of an upsert from the records of a stream: which columns there are, and what is in them.

A parent is named by its external id in a column `Relationship__r.ExternalId__c`, so that no
Salesforce id has to be looked up (Bulk API 2.0, "Relationship Fields in a Header Row").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.field_values import Field, Unfit, cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_zuora360_cleanup.field_maps import FieldMap

_SOURCE_KEY = "Id"


@dataclass(frozen=True)
class TargetObject:
    """What the org's describe says of a 360 object, as far as an upsert needs it.

    Attributes:
        external_id: API name of the key by which rows are found.
        fields: Fields that may be written, by API name.
        relationships: Lookup's API name -> name of its relationship, such as `Zuora__Account__r`.
    """

    name: str
    external_id: str
    fields: Mapping[str, Field]
    relationships: Mapping[str, str]


@dataclass(frozen=True)
class Column:
    """A column of the CSV.

    Attributes:
        source: Zuora's field.
        header: The column's name.
        field: What the values must fit.
    """

    source: str
    header: str
    field: Field


@dataclass(frozen=True)
class Row:
    """Values in the columns' order.

    Attributes:
        cut: Headers of the columns whose text was cut.
    """

    values: tuple[str, ...]
    cut: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowShape:
    """The columns of an upsert.

    Attributes:
        left_out: Fields that the map names and the org doesn't have.
    """

    columns: tuple[Column, ...]
    left_out: tuple[str, ...] = ()

    @classmethod
    def of(cls, made_by: FieldMap, objects: Mapping[str, TargetObject]) -> RowShape:
        """The columns for a map in an org.

        Args:
            made_by: The map.
            objects: The org's 360 objects by API name; the map's own must be among them.
        """
        target = objects[made_by.object]
        key = Field(target.external_id, "string", target.fields[target.external_id].length)
        columns = [Column(_SOURCE_KEY, target.external_id, key)]
        left_out = []
        for column, name in (*_fields(made_by, target), *_parents(made_by, objects)):
            if column:
                columns.append(column)
            else:
                left_out.append(name)
        return cls(tuple(columns), tuple(left_out))

    def row(self, record: Mapping[str, Any]) -> Row:
        """A record's row. A field that the record doesn't have stays as it is in Salesforce.

        Raises:
            Unfit: A value doesn't fit; the message names the column.
        """
        values, cut = [], []
        for column in self.columns:
            if column.source not in record:
                values.append("")
                continue
            try:
                made = cell(record[column.source], column.field)
            except Unfit as exc:
                raise Unfit(f"{column.source} for {column.header} {exc}") from None
            values.append(made.text)
            if made.is_cut:
                cut.append(column.header)
        return Row(tuple(values), tuple(cut))


def _fields(made_by: FieldMap, target: TargetObject) -> Iterator[tuple[Column | None, str]]:
    for source, names in made_by.fields.items():
        for name in names:
            found = target.fields.get(name)
            yield Column(source, name, found) if found else None, name


def _parents(
    made_by: FieldMap, objects: Mapping[str, TargetObject]
) -> Iterator[tuple[Column | None, str]]:
    target = objects[made_by.object]
    for link in made_by.parents:
        parent, relationship = objects.get(link.object), target.relationships.get(link.lookup)
        if parent is None or relationship is None:
            yield None, link.lookup
            continue
        key = Field(parent.external_id, "reference", parent.fields[parent.external_id].length)
        yield Column(link.source, f"{relationship}.{parent.external_id}", key), link.lookup
