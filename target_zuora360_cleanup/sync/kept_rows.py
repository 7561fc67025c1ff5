"""Rows as the store keeps them: CSV with the names of its columns, whatever a later run's are."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - public shape
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.field_maps import field_maps
from target_zuora360_cleanup.sync.changes import Change
from target_zuora360_cleanup.sync.columns import Column, ParentColumn
from target_zuora360_cleanup.sync.field_values import Field
from target_zuora360_cleanup.sync.rows import RowLayout, csv_line, csv_texts
from target_zuora360_cleanup.sync.same_row import joint_layout, joint_row

if TYPE_CHECKING:
    from target_zuora360_cleanup.kept.store import Store
    from target_zuora360_cleanup.sync.layouts import RowLayouts
    from target_zuora360_cleanup.sync.org_objects import TargetObject


class KeptRows:
    """Writes changes as kept rows and reads them again.

    Args:
        store: Where forms, the names of columns, are kept.
        layouts: The layouts that changes name by number.
        objects: The org's, by API name.
    """

    def __init__(
        self, store: Store, layouts: RowLayouts, objects: Mapping[str, TargetObject]
    ) -> None:
        self._db, self._layouts, self._objects = store.db, layouts, objects
        self._forms: dict[int, int] = {}
        self._numbers: dict[int, tuple[int, tuple[int, ...] | None, tuple[int, ...]]] = {}
        self._joint: dict[tuple[int, int], int] = {}

    def form(self, number: int) -> int:
        """The number of the form that rows of a layout are kept in."""
        if number not in self._forms:
            layout = self._layouts[number]
            said = (
                layout.object,
                json.dumps([each.header for each in layout.columns]),
                json.dumps([each.relationship.name for each in layout.parents]),
            )
            self._db.execute(
                "INSERT OR IGNORE INTO form (object, headers, parents) VALUES (?, ?, ?)", said
            )
            (found,) = self._db.execute(
                "SELECT id FROM form WHERE object = ? AND headers = ? AND parents = ?", said
            ).fetchone()
            self._forms[number] = found
        return self._forms[number]

    def change(self, key: str, form: int, cells: str, links: str, partial: int) -> Change:
        """A row that was kept, with what of it the org still has."""
        number, columns, parents = self._number(form)
        if columns is not None:
            texts = csv_texts(cells)
            cells = csv_line([texts[at] for at in columns])
        said = json.loads(links)
        return Change(
            key, number, cells, tuple(said[at] for at in parents), is_partial=bool(partial)
        )

    def joined(self, before: Change, change: Change) -> Change:
        """Two changes of a row in one; the newer one says more."""
        pair = before.layout, change.layout
        old, new = (self._layouts[number] for number in pair)
        if pair not in self._joint:
            self._joint[pair] = self._layouts.add(joint_layout(old, new))
        cells, links = joint_row(old, new, before, change)
        partial = before.is_partial and change.is_partial
        return Change(change.key, self._joint[pair], cells, links, is_partial=partial)

    def _number(self, form: int) -> tuple[int, tuple[int, ...] | None, tuple[int, ...]]:
        """The number of a layout for a form, and what of the form the org still has."""
        if form not in self._numbers:
            name, headers, parents = self._db.execute(
                "SELECT object, headers, parents FROM form WHERE id = ?", (form,)
            ).fetchone()
            self._numbers[form] = self._laid_out(name, json.loads(headers), json.loads(parents))
        return self._numbers[form]

    def _laid_out(
        self, name: str, headers: list[str], lookups: list[str]
    ) -> tuple[int, tuple[int, ...] | None, tuple[int, ...]]:
        target = self._objects[name]
        there = [
            at for at, header in enumerate(headers) if "." in header or header in target.fields
        ]
        columns = [Column("", headers[at], Field(headers[at], "string")) for at in there]
        found = [(at, self.parent_column(name, lookup)) for at, lookup in enumerate(lookups)]
        parents = [(at, column) for at, column in found if column]
        layout = RowLayout(name, tuple(columns), tuple(column for _, column in parents))
        kept = None if len(there) == len(headers) else tuple(there)
        return self._layouts.add(layout), kept, tuple(at for at, _ in parents)

    def key_column(self, name: str) -> Column:
        """The column by which the rows of an object are found."""
        target = self._objects[name]
        return Column("", target.external_id, Field(target.external_id, "reference"))

    def parent_column(self, name: str, lookup: str) -> ParentColumn | None:
        """The column of a lookup; None where the org has it no more."""
        own = self._objects[name].relationships.get(lookup)
        if own and (name, lookup) in _owners():
            own = replace(own, owning=True)
        parents = [
            self._objects[each] for each in (own.parents if own else ()) if each in self._objects
        ]
        if own is None or not parents or not parents[0].external_id:
            return None
        parent = parents[0]
        key = Field(parent.external_id, "reference", parent.key.length)
        header = f"{own.path}.{parent.external_id}"
        return ParentColumn("", header, parent.name, key, own, late=parent.name == name)


@cache
def _owners() -> frozenset[tuple[str, str]]:
    """Lookups without which a row has no place, whatever the org says."""
    return frozenset(
        (made_by.object, each.field)
        for made_by in field_maps()
        for each in made_by.parents
        if each.owns
    )
