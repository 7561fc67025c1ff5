"""The snapshot of links that a cleanup leaves blank.

Salesforce blanks a plain lookup without a trace in the history of the child, so these files are
all that tells where it led. They name the parent by its external id, which the next sync brings
back.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.relationships import relationship_name
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.salesforce.rows import Selection, read_pages, split_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_zuora360_cleanup.facts.relationships import Relationship
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.salesforce.client import Salesforce

COLUMNS: Final = ("record_id", "field", "parent_object", "parent_external_id")
FOLDER: Final = "links"
MANIFEST: Final = "manifest.json"
_PAGE_ROWS: Final = 50_000


@dataclass(frozen=True)
class LinkSnapshot:
    """Writes the links of one org into the folder of a run, a page at a time."""

    salesforce: Salesforce
    folder: OutputFolder

    def write(self, plan: Plan) -> None:
        """Write `links/<Object>.<Field>.csv.gz` for each lookup that will go blank.

        A parent without an external id is named by its Salesforce id; `links/manifest.json`, which
        comes first, tells which field the external ids are from, and which org they are of.

        Raises:
            OSError: A file can't be written.
            ApiError: Salesforce refuses to tell.
        """
        steps = {step.name: step for step in plan.steps}
        if plan.blank_links:
            self._write_manifest(plan, steps)
        for relationship, rows in plan.blank_links:
            self._write(relationship, rows, steps[relationship.parent])

    def _write_manifest(self, plan: Plan, steps: Mapping[str, Step]) -> None:
        folder = OutputFolder(self.folder.path / FOLDER)
        folder.path.mkdir(exist_ok=True)
        links = [
            {
                "object": each.child,
                "field": each.field,
                "parent": each.parent,
                "external_id_field": steps[each.parent].facts.external_id or None,
            }
            for each, _ in plan.blank_links
        ]
        folder.write_json(MANIFEST, {"schema_version": 1, "org_id": plan.org.id, "links": links})

    def _write(self, relationship: Relationship, rows: int, parent: Step) -> None:
        file = self.folder.links(relationship.name)
        header = _csv([COLUMNS])
        try:
            for page in read_pages(
                self.salesforce, _selection(relationship, rows, parent), _PAGE_ROWS
            ):
                file.write(header, b"")
                _, blocks = split_header(page)
                for block in _rows(blocks):
                    file.write(header, _csv(_not_kept(relationship, block, parent.kept)))
            file.flush()
        finally:
            file.close()


def _selection(relationship: Relationship, rows: int, parent: Step) -> Selection:
    key = f"{relationship_name(relationship.field)}.{parent.facts.external_id or 'Id'}"
    conditions = [f"{relationship.field} != null"]
    if parent.kind.where:
        inside = f"SELECT Id FROM {relationship.parent} WHERE {parent.kind.where}"
        conditions = [f"{relationship.field} IN ({inside})"]
    return Selection(
        relationship.child, ("Id", relationship.field, key), " AND ".join(conditions), rows
    )


def _rows(blocks: Iterable[bytes]) -> Iterator[list[list[str]]]:
    """Rows, block by block; none of these three columns can hold a line break."""
    for block in blocks:
        yield list(csv.reader(io.StringIO(block.decode(), newline="")))


def _not_kept(
    relationship: Relationship, rows: Iterable[list[str]], kept: frozenset[str]
) -> Iterator[tuple[str, ...]]:
    for record_id, parent_id, external_id in rows:
        if parent_id not in kept:
            yield record_id, relationship.field, relationship.parent, external_id


def _csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
