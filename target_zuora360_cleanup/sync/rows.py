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
from functools import cached_property, partial
from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from target_zuora360_cleanup.sync.columns import (
    Column,
    ParentColumn,
    columns_of,
    lookups_left_out,
    parent_columns,
)
from target_zuora360_cleanup.sync.field_values import NULL, Cut, Unfit, is_repeated, is_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

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


_ROW: Final = partial(tuple.__new__, Row)
"""Makes a row of all its parts, several times as fast as the class does."""


@dataclass(frozen=True)
class RowLayout:
    """How the records of one stream become rows of one object type.

    Attributes:
        object: API name.
        columns: Plain columns, the key first.
        parents: Columns of parents; the links of a row are in their order.
        left_out: API names that the map has and the org has not, of fields that the stream sends
            and that fill nothing else; of a lookup also where it leads.
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
        lookups = dict.fromkeys(lookups_left_out(made_by, sent, parents))
        return cls(made_by.object, columns, parents, (*left_out, *lookups))

    def row(self, record: Mapping[str, Any]) -> Row:
        """A record's row. A field that the record doesn't have stays as it is in Salesforce.

        Raises:
            Unfit: A value doesn't fit; the message names the column.
        """
        (found,) = self.rows([record])
        if isinstance(found, Unfit):
            raise found
        return found

    def rows(self, records: Sequence[Mapping[str, Any]]) -> Sequence[Row | Unfit]:
        """The rows of records, or why one has none; see `row`."""
        try:
            return self._rows(records) if records else []
        except Unfit:
            if len(records) == 1:
                return [self._why(records[0])]
            half = len(records) // 2
            return [*self.rows(records[:half]), *self.rows(records[half:])]

    def _rows(self, records: Sequence[Mapping[str, Any]]) -> list[Row]:
        """All rows, column by column, which is several times as fast as value by value."""
        found = self._values(records)
        columns = self._texts(self.columns, records, found[: len(self.columns)])
        parents = self._texts(self.parents, records, found[len(self.columns) :])
        if "" in columns[0] or NULL in columns[0]:
            raise Unfit
        links = [_links(*each) for each in zip(self.parents, parents, strict=True)]
        rows = zip(
            columns[0],
            map(",".join, zip(*self._cells(columns), strict=True)),
            zip(*links, strict=True) if links else repeat(()),
            self._cut(columns, found),
            [False] * len(records) if found else self._partial(records),
            strict=False,
        )
        return list(map(_ROW, rows))

    def _partial(self, records: Sequence[Mapping[str, Any]]) -> list[bool]:
        return [not self.sources <= each.keys() for each in records]

    def _values(self, records: Sequence[Mapping[str, Any]]) -> Sequence[Sequence[Any]]:
        """The values of each column, those of parents last; none where a record lacks a field."""
        # (record by record: the fields of one are side by side in memory)
        try:
            _, *found = zip(*map(self._pick, records), strict=True)
        except KeyError:
            return ()
        return found

    @cached_property
    def _pick(self) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
        """The values of all columns, those of parents last; of one value there is no tuple."""
        all_columns: tuple[Column | ParentColumn, ...] = (*self.columns, *self.parents)
        return itemgetter(self.columns[0].source, *[each.source for each in all_columns])

    def _texts(
        self,
        columns: Sequence[Column | ParentColumn],
        records: Sequence[Mapping[str, Any]],
        found: Sequence[Sequence[Any]],
    ) -> list[Sequence[str]]:
        if not found:
            return [_texts(each, records) for each in columns]
        return [each.write_all(values) for each, values in zip(columns, found, strict=True)]

    def _cells(self, columns: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
        for column, texts in zip(self.columns, columns, strict=True):
            yield _in_quotes(texts) if is_text(column.field) else texts

    def _cut(
        self, columns: Sequence[Sequence[str]], found: Sequence[Sequence[Any]]
    ) -> Iterable[tuple[str, ...]]:
        """For each row the headers of the texts that were too long."""
        cut = [
            (column.header, [type(text) is Cut for text in texts])
            for at, (column, texts) in enumerate(zip(self.columns, columns, strict=True))
            if is_text(column.field)
            and not (found and texts is found[at])
            # (a text without its end is as long as the field)
            and not (is_repeated(texts) and len(texts[0]) < column.field.length)
            and Cut in map(type, texts)
        ]
        if not cut:
            return repeat(())
        return (
            tuple(header for header, which in cut if which[at]) for at in range(len(columns[0]))
        )

    def _why(self, record: Mapping[str, Any]) -> Unfit:
        """Why a record has no row."""
        columns: tuple[Column | ParentColumn, ...] = (*self.columns, *self.parents)
        for each in columns:
            try:
                _texts(each, [record])
            except Unfit as exc:
                return Unfit(f"{each.source} for {each.header} {exc}")
        return Unfit(f"{self.columns[0].source} is blank")

    @cached_property
    def sources(self) -> frozenset[str]:
        """All of Zuora's fields that rows are made of."""
        plain = {each.source for each in self.columns}
        return frozenset(plain | {each.source for each in self.parents})

    @cached_property
    def late(self) -> tuple[int, ...]:
        """Which lookups are set after all rows, by their places in a row's links."""
        return tuple(at for at, each in enumerate(self.parents) if each.late)

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
    return ",".join([cells, *[_linked(value) for value in links if value is not None]])


def _linked(value: str) -> str:
    # (nearly all are ids)
    return value if value.isalnum() else _quoted(value or NULL)


def csv_line(values: Sequence[str]) -> str:
    """Values as a line of CSV, without its line end."""
    return ",".join(_in_quotes(values))


def _in_quotes(values: Sequence[str]) -> Sequence[str]:
    """Values, in quotes where CSV needs them."""
    if is_repeated(values):
        return [_quoted(values[0])] * len(values)
    # (to look at all of them at once is much faster)
    joined = f",{','.join(values)},"
    has_marks = '"' in joined or "\n" in joined or "\r" in joined
    if has_marks or joined.count(",") > len(values) + 1 or _SPACE_AT_COMMA.search(joined):
        return [_quoted(value) for value in values]
    return values


def csv_texts(cells: str) -> list[str]:
    """The values of a line of CSV, which may hold line ends in quotes."""
    (texts,) = csv.reader(io.StringIO(cells, newline=""), strict=True)
    return texts


def _quoted(value: str) -> str:
    if not _NEEDS_QUOTES.search(value):
        return value
    return '"' + value.replace('"', '""') + '"'


def _texts(column: Column | ParentColumn, records: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    """What a column has for records, blank for one that does not have its field."""
    source = column.source
    try:
        return column.write_all([each[source] for each in records])
    except KeyError:
        return [column.write(each[source]) if source in each else "" for each in records]


def _links(column: ParentColumn, texts: Sequence[str]) -> list[str | None]:
    blank = CLEARED if column.relationship.clearable else None
    return [blank if text == NULL else text or None for text in texts]
