"""The snapshot of links that a cleanup leaves blank.

Salesforce blanks a plain lookup without a trace in the history of the child, so these files are
all that tells where it led. They name the parent by its external id, which the next sync brings
back.
"""

from __future__ import annotations

import csv
import io
import logging
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.counter import not_chosen
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.output.private import make_folder
from target_zuora360_cleanup.reach import soql
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.salesforce.rest import COMPOSITE_QUERIES
from target_zuora360_cleanup.salesforce.rows import (
    Selection,
    read_pages,
    read_tables,
    soql_text,
    split_header,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.output.folder import Backup
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.reach import Path
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

COLUMNS: Final = (
    "record_id", "field", "parent_object", "parent_external_id", "external_id_field",
)  # fmt: skip
FOLDER: Final = "links"
MANIFEST: Final = "manifest.json"
_PAGE_ROWS: Final = 50_000
_IDS: Final = 200
"""Parents that one query names."""
Link = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class LinkSnapshot:
    """Writes the links of one org into the folder of a run, a page at a time."""

    salesforce: Salesforce
    folder: OutputFolder

    def write(self, plan: Plan) -> None:
        """Write `links/<Object>.<Field>.csv.gz` for each lookup that goes blank or is blanked.

        Each row tells which field its external id is from: where an object type has two, a parent
        may have one or the other. A parent without any is named by its Salesforce id. Keys of
        parents that no query follows a lookup to are read by the parents' ids.
        `links/manifest.json`, which comes first, tells which org they are of and which field is
        preferred.

        Raises:
            OSError: A file can't be written.
            ApiError: Salesforce refuses to tell.
        """
        steps = {step.name: step for step in plan.steps}
        links = (*plan.blank_links, *plan.detached)
        if links:
            self._write_manifest(plan, steps)
        files: dict[str, Backup] = {}
        try:
            chosen = [Selected.of(plan, path, rows) for path, rows in links]
            for each in chosen:
                files.setdefault(each.path.name, self.folder.links(each.path.name))
            self._write_few(files, [each for each in chosen if each.selection.fits_rest])
            for each in chosen:
                if not each.selection.fits_rest:
                    self.write_all(files[each.path.name], each)
        finally:
            for file in files.values():
                file.close()

    def _write_manifest(self, plan: Plan, steps: Mapping[str, Step]) -> None:
        folder = OutputFolder(self.folder.path / FOLDER)
        with suppress(FileExistsError):
            make_folder(folder.path)
        links = [
            {
                "object": each.child,
                "field": each.field,
                "parent": each.parent,
                "external_id_field": _keys(steps.get(each.parent))[0] or None,
            }
            for each, _ in (*plan.blank_links, *plan.detached)
        ]
        folder.write_json(MANIFEST, {"schema_version": 1, "org_id": plan.org.id, "links": links})

    def _write_few(self, files: Mapping[str, Backup], chosen: Sequence[Selected]) -> None:
        """Write those of few rows, as many at a time as one call answers."""
        for at in range(0, len(chosen), COMPOSITE_QUERIES):
            part = chosen[at : at + COMPOSITE_QUERIES]
            for selected, rows in zip(part, self._few(part), strict=True):
                self.write_rows(files[selected.path.name], selected, rows)

    def _few(self, chosen: Sequence[Selected]) -> list[list[list[str]]]:
        for each in self.salesforce.attempts():
            with each.outlive(partial(logger.info, "%s; asking again.")):
                return read_tables(self.salesforce, [one.selection for one in chosen])
        raise AssertionError("the last attempt returns or raises")

    def write_rows(self, file: Backup, selected: Selected, rows: Sequence[list[str]]) -> None:
        """Write the links of some rows; they are on the disk on return.

        Raises:
            OSError: The file can't be written.
            ApiError: Salesforce refuses to tell the keys of their parents.
        """
        links = self._links(selected, rows)
        file.write(_csv([COLUMNS]), _csv(self._led_back(selected, links)))
        file.flush()

    def write_all(self, file: Backup, selected: Selected) -> None:
        """Write the links of all rows of a selection, a page at a time.

        Raises:
            OSError: The file can't be written.
            ApiError, JobFailed, requests.RequestException: Salesforce refuses to tell.
        """
        header = _csv([COLUMNS])
        for page in read_pages(self.salesforce, selected.selection, _PAGE_ROWS):
            file.write(header, b"")
            _, blocks = split_header(page)
            for block in _rows(blocks):
                links = self._links(selected, block)
                file.write(header, _csv(self._led_back(selected, links)))
        file.flush()

    def _links(self, selected: Selected, rows: Sequence[list[str]]) -> list[Link]:
        """Those of rows that are not deleted themselves."""
        return list(selected.links(not_chosen(self.salesforce, rows, selected.own)))

    def _led_back(self, selected: Selected, links: Sequence[Link]) -> Iterator[Link]:
        """The same with the keys of parents that had to be asked for by their ids."""
        ids = {each[3] for each in links}
        keys = keys_of(self.salesforce, selected.path.parent, selected.asked, ids)
        for record, field, parent, value, key in links:
            yield record, field, parent, *keys.get(value, (value, key))


@dataclass(frozen=True)
class Selected:
    """The rows of one path whose lookup goes blank.

    Attributes:
        path: Which.
        selection: Their ids, their lookup, the record at the root where that is another one and a
            query can tell it, then the keys of the parent.
        root: The column of the record at the root, else that of the lookup.
        keys: The fields of these keys; none where no query follows the lookup to them.
        asked: Then the keys that the parents are asked for by their ids.
        kept: Ids of the records at the root that stay.
        own: Where among the columns the billing accounts stand that a row itself belongs to.
    """

    path: Path
    selection: Selection
    root: int
    keys: tuple[str, ...]
    kept: frozenset[str]
    asked: tuple[str, ...] = ()
    own: tuple[int, ...] = ()

    @classmethod
    def of(cls, plan: Plan, path: Path, rows: int) -> Selected:
        """Those of a plan."""
        steps = {step.name: step for step in plan.steps}
        root = steps[path.root]
        lookup = plan.lookups.get((path.child, path.field))
        followed = lookup.followed_as if lookup else None
        own_keys = tuple(filter(None, _keys(steps.get(path.parent))))
        keys, asked = (own_keys, ()) if followed else ((), own_keys)
        above = dict.fromkeys([path.field, soql.root_id(path, plan.lookups) or path.field])
        condition, own = soql.condition(path, plan.lookups, root.kind.rows), steps.get(path.child)
        if own and own.kind.others:
            condition = f"{condition} AND {own.kind.others}"
        chosen = own.kind.rows if own and own.kind.is_chosen else None
        condition = f"{condition} AND {chosen.outside}" if chosen else condition
        accounts = chosen.fields if chosen else ()
        keyed = ("Id", *above, *(f"{followed}.{key}" for key in keys))
        fields = tuple(dict.fromkeys((*keyed, *accounts)))
        is_archived = path.child in soql.WITH_ARCHIVED
        selection = Selection(path.child, fields, condition or "", rows, all_rows=is_archived)
        cells = tuple(fields.index(each) for each in accounts)
        return cls(path, selection, len(above), keys, root.kept, asked, cells)

    def links(self, rows: Iterable[list[str]]) -> Iterator[Link]:
        """The links as the file has them; those to records that stay are left out."""
        for row in rows:
            if row[self.root] not in self.kept:
                value, key = self._external_id(row[self.root + 1 :][: len(self.keys)], row[1])
                yield row[0], self.path.field, self.path.parent, value, key

    def _external_id(self, values: list[str], parent: str) -> tuple[str, str]:
        """The first key that is filled, and its field; else the Salesforce id."""
        filled = ((value, key) for key, value in zip(self.keys, values, strict=True) if value)
        return next(filled, (parent, ""))


def keys_of(
    salesforce: Salesforce, name: str, keys: Sequence[str], ids: Collection[str]
) -> dict[str, tuple[str, str]]:
    """The first key of records that is filled, and its field, by id; none of those without any.

    Args:
        salesforce: Where.
        name: API name of the records' object.
        keys: API names of the external id fields; without any nothing is asked.
        ids: The records'.

    Raises:
        ApiError: Salesforce refuses to tell.
    """
    if not keys:
        return {}
    ordered, fields = sorted(ids), ", ".join(("Id", *keys))
    queries = [
        f"SELECT {fields} FROM {name} WHERE Id IN ({', '.join(map(soql_text, part))})"
        for part in (ordered[at : at + _IDS] for at in range(0, len(ordered), _IDS))
    ]
    found: dict[str, tuple[str, str]] = {}
    for answer in salesforce.rest.query_each(queries):
        if isinstance(answer, ApiError):
            raise answer
        for row in answer:
            if filled := next((key for key in keys if row[key]), ""):
                found[row["Id"]] = (str(row[filled]), filled)
    return found


def _keys(parent: Step | None) -> tuple[str, ...]:
    """The external id fields of a parent, `("",)` for one that has none or is no step."""
    return (parent.facts.keys if parent else ()) or ("",)


def _rows(blocks: Iterable[bytes]) -> Iterator[list[list[str]]]:
    """Rows, block by block; none of these columns can hold a line break."""
    for block in blocks:
        yield list(csv.reader(io.StringIO(block.decode(), newline="")))


def _csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
