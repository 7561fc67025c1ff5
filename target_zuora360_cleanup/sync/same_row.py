"""Two changes of one row as one: what the newer leaves as it is, the older says. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.sync.rows import RowLayout, csv_line, csv_texts

if TYPE_CHECKING:
    from target_zuora360_cleanup.sync.changes import Change


def joint_layout(before: RowLayout, after: RowLayout) -> RowLayout:
    """A layout with the columns of both, those of the older one first."""
    columns = {each.header: each for each in (*before.columns, *after.columns)}
    parents = {each.relationship.name: each for each in (*before.parents, *after.parents)}
    return RowLayout(before.object, tuple(columns.values()), tuple(parents.values()))


def joint_row(
    before: RowLayout, after: RowLayout, older: Change, newer: Change
) -> tuple[str, tuple[str | None, ...]]:
    """The cells and the links of both in their joint layout."""
    cells: dict[str, str] = {}
    links: dict[str, str | None] = {}
    for layout, said in ((before, older), (after, newer)):
        for column, text in zip(layout.columns, csv_texts(said.cells), strict=True):
            cells[column.header] = text or cells.get(column.header, "")
        for parent, link in zip(layout.parents, said.links, strict=True):
            name = parent.relationship.name
            links[name] = links.get(name) if link is None else link
    return csv_line(list(cells.values())), tuple(links.values())
