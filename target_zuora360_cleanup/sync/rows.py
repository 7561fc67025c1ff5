"""Rows of an upsert from the records of a stream: which columns there are, and what is in them.

A parent is named by its external id in a column `Relationship__r.ExternalId__c`, so that no
Salesforce id has to be looked up (Bulk API 2.0, "Relationship Fields in a Header Row"). `#N/A` in
such a column would be taken for an external id, so a lookup is cleared by its own column. Pure.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from target_zuora360_cleanup.sync.columns import Column, ParentColumn, columns_of, parent_columns
from target_zuora360_cleanup.sync.field_values import NULL, Cut, Unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.sync.org_objects import TargetObject

CLEARED: Final = ""
"""Stands for a lookup that is blank in Zuora; None for one of which nothing is known."""
_NEEDS_QUOTES: Final = re.compile(r'[",\r\n]|^\s|\s$')
_SPACE_AT_COMMA: Final = re.compile(r",(?:\s|(?<=\s,))")
"""White space with which a value begins or ends, in a line with commas around all values."""


class Row(NamedTuple):
    """A record as CSV.

    Attributes:
        key: Its external id.
        cells: The plain columns, as CSV.
        links: For each lookup the parent's external id, `CLEARED`, or None to leave it.
        cut: Headers of the texts that were too long.
        is_partial: Whether the record lacks fields that others of its stream have.
    """

    key: str
    cells: str
    links: tuple[str | None, ...]
    cut: tuple[str, ...] = ()
    is_partial: bool = False


@dataclass(frozen=True)
class RowLayout:
    """How the records of one stream become rows of one object type.

    Attributes:
        object: API name.
        columns: Plain columns, the key first.
        parents: Columns of parents; the links of a row are in their order.
        left_out: API names that the map has and the org has not, of fields that the stream sends
            and that fill nothing else.
    """

    object: str
    columns: tuple[Column, ...]
    parents: tuple[ParentColumn, ...] = ()
    left_out: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        made_by: FieldMap,
        objects: Mapping[str, TargetObject],
        sent: Collection[str],
        late: Collection[tuple[str, str]] = (),
    ) -> RowLayout:
        """The columns for a map in an org.

        Args:
            made_by: The map.
            objects: The org's 360 objects by API name; the map's own must be among them.
            sent: Names of the fields that the stream has.
            late: Lookups that are set after all others, as (object, lookup).
        """
        columns, left_out = columns_of(made_by, objects[made_by.object], sent)
        parents = tuple(parent_columns(made_by, objects, sent, late))
        return cls(made_by.object, columns, parents, left_out)

    def row(self, record: Mapping[str, Any]) -> Row:
        """A record's row. A field that the record doesn't have stays as it is in Salesforce.

        Raises:
            Unfit: A value doesn't fit; the message names the column.
        """
        is_partial = not self.sources <= record.keys()
        try:
            texts = [
                write(record[source]) if not is_partial or source in record else ""
                for source, write in self._writers
            ]
        except Unfit:
            for each in self.columns:  # (which of them it was, is asked only now)
                if each.source in record:
                    _written(each, record)
            raise
        cut = self._cut(texts) if Cut in map(type, texts) else ()
        if texts[0] in ("", NULL):
            raise Unfit(f"{self.columns[0].source} is blank")
        links = tuple([_parent(each, record) for each in self.parents])
        return Row(texts[0], csv_line(texts), links, cut, is_partial)

    def _cut(self, texts: Sequence[str]) -> tuple[str, ...]:
        pairs = zip(self.columns, texts, strict=True)
        return tuple(column.header for column, text in pairs if type(text) is Cut)

    @cached_property
    def _writers(self) -> list[tuple[str, Callable[[Any], str]]]:
        return [(each.source, each.write) for each in self.columns]

    @cached_property
    def sources(self) -> frozenset[str]:
        """All of Zuora's fields that rows are made of."""
        plain = {each.source for each in self.columns}
        return frozenset(plain | {each.source for each in self.parents})

    @cached_property
    def has_late(self) -> bool:
        """Whether there are lookups that are set after all rows."""
        return any(each.late for each in self.parents)

    def header(self, links: Sequence[str | None]) -> str:
        """The header row for rows whose lookups are set, cleared and left like these."""
        names = [each.header for each in self.columns]
        for column, value in zip(self.parents, links, strict=True):
            if value is not None:
                names.append(column.relationship.name if value == CLEARED else column.header)
        return csv_line(names)


def without(links: Sequence[str | None], which: Collection[int]) -> tuple[str | None, ...]:
    """The same lookups, of which some are left as they are in Salesforce."""
    return tuple(None if at in which else value for at, value in enumerate(links))


def line(cells: str, links: Sequence[str | None]) -> str:
    """A row of the CSV, without its line end."""
    return ",".join((cells, *(_quoted(value or NULL) for value in links if value is not None)))


def csv_line(values: Sequence[str]) -> str:
    """Values as a line of CSV, without its line end."""
    plain = ",".join(values)
    if plain.count(",") == len(values) - 1 and _is_plain(plain):
        return plain
    return ",".join([_quoted(value) for value in values])


def _is_plain(joined: str) -> bool:
    """Whether values that are joined by commas need no quotes."""
    has_quotes = '"' in joined or "\n" in joined or "\r" in joined
    return not has_quotes and not _SPACE_AT_COMMA.search(f",{joined},")


def csv_texts(cells: str) -> list[str]:
    """The values of a line of CSV, which may hold line ends in quotes."""
    (texts,) = csv.reader(io.StringIO(cells, newline=""), strict=True)
    return texts


def _quoted(value: str) -> str:
    if not _NEEDS_QUOTES.search(value):
        return value
    return '"' + value.replace('"', '""') + '"'


def _written(column: Column | ParentColumn, record: Mapping[str, Any]) -> str:
    try:
        return column.write(record[column.source])
    except Unfit as exc:
        raise Unfit(f"{column.source} for {column.header} {exc}") from None


def _parent(column: ParentColumn, record: Mapping[str, Any]) -> str | None:
    if column.source not in record:
        return None
    text = _written(column, record)
    if text == NULL:
        return CLEARED if column.relationship.clearable else None
    return text
