"""Rows that are to be filled anew, since a record that they are filled from says something else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping  # noqa: TC003 - public shape
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.paths import KEY
from target_zuora360_cleanup.sync.changes import Change
from target_zuora360_cleanup.sync.columns import source_of
from target_zuora360_cleanup.sync.field_values import Unfit
from target_zuora360_cleanup.sync.joins.joined import refilled
from target_zuora360_cleanup.sync.rows import RowLayout
from target_zuora360_cleanup.sync.tally import UNFIT

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.sync.joins.facts import Facts
    from target_zuora360_cleanup.sync.layouts import RowLayouts
    from target_zuora360_cleanup.sync.org_objects import TargetObject
    from target_zuora360_cleanup.sync.tally import Tally


@dataclass
class Refills:
    """Makes changes that hold what others say of rows, and nothing else.

    Attributes:
        facts: What is known.
        maps: The maps of all streams.
        objects: The org's, by API name.
        layouts: The layouts that changes name by number.
        tally: Is told of values that do not fit.
        late: Lookups that are set after all others, as (object, lookup).
    """

    facts: Facts
    maps: Iterable[FieldMap]
    objects: Mapping[str, TargetObject]
    layouts: RowLayouts
    tally: Tally
    late: Collection[tuple[str, str]] = ()
    _numbers: dict[str, int | None] = field(default_factory=dict)

    def take(self, name: str, size: int) -> tuple[list[Change], bool]:
        """The next rows of an object, and whether there may be more."""
        number = self._number(name)
        if number is None:
            return [], False
        keys = self.facts.stale(name, size)
        return list(self._changes(name, number, keys)), len(keys) == size

    def outdated(self, name: str, keys: Iterable[str]) -> None:
        """Have rows of an object filled anew: since they were made others may say something else.

        Args:
            name: API name.
            keys: Their ids.
        """
        if name in self.facts.needs.made:
            self.facts.make_stale(name, keys)

    def _changes(self, name: str, number: int, keys: list[str]) -> Iterable[Change]:
        stream, made = self.facts.needs.made[name]
        records = list(refilled(self.facts, stream, made, keys))
        for record, row in zip(records, self.layouts[number].rows(records), strict=True):
            if isinstance(row, Unfit):
                self.tally.fail(name, record[KEY], UNFIT, str(row))
                continue
            yield Change(row.key, number, row.cells, row.links, is_partial=True)

    def _number(self, name: str) -> int | None:
        """The number of the layout for an object; None while its own stream never came."""
        if name not in self._numbers:
            stream, made = self.facts.needs.made.get(name, ("", ()))
            fields = self.facts.fields(stream)
            made_by = next(
                (each for each in self.maps if (each.stream, each.object) == (stream, name)), None
            )
            if made_by is None or not fields or name not in self.objects:
                return None
            layout = RowLayout.of(made_by, self.objects, fields, self.late)
            self._numbers[name] = self.layouts.add(
                _only_made(layout, {source_of(each) for each in made})
            )
        return self._numbers[name]


def _only_made(layout: RowLayout, sources: Collection[str]) -> RowLayout:
    key = replace(layout.columns[0], source=KEY)
    columns = (key, *(each for each in layout.columns[1:] if each.source in sources))
    parents = tuple(each for each in layout.parents if each.source in sources)
    return replace(layout, columns=columns, parents=parents)
