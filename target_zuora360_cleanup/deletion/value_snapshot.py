"""The snapshot of values that people have filled on 360 records, and that no sync brings back.

A row for each record that has any, with its external ids: by them it is known again when a sync
has brought it back under another Salesforce id.
"""

from __future__ import annotations

import csv
import io
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.own_fields import CREATOR, OWNER
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.output.private import make_folder
from target_zuora360_cleanup.salesforce.rows import Selection, read_table, soql_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_zuora360_cleanup.catalog.own_fields import OwnField
    from target_zuora360_cleanup.facts.org_facts import OwnValues
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.salesforce.client import Salesforce

FOLDER: Final = "values"
LATE: Final = "late"
"""Folder within that of the run, of what was filled after the snapshot."""
MANIFEST: Final = "manifest.json"
_BLOCK_ROWS: Final = 10_000
_MOST_NAMED: Final = 100
"""Owners that one condition names."""


@dataclass(frozen=True)
class ValueSnapshot:
    """Writes the values of one org into the folder of a run, a block at a time."""

    salesforce: Salesforce
    folder: OutputFolder

    def write(self, plan: Plan) -> None:
        """Write `values/<Object>.csv.gz`: the id, the external ids, and what people have filled.

        `values/manifest.json`, which comes first, tells which org they are of and what the columns
        are. An owner who has created the record is left blank: so a sync leaves it.

        Raises:
            OSError: A file can't be written.
            ApiError, JobFailed, requests.RequestException: Salesforce refuses to tell.
        """
        chosen = [(step, plan.own_values[step.name]) for step in plan.steps if _has_any(plan, step)]
        if chosen:
            self.write_manifest(plan.org.id, chosen)
        for step, own in chosen:
            selection = selected(step, own, condition(step, own))
            rows = self._with_values(read_table(self.salesforce, selection), step, own)
            self.write_rows(step, own, rows)

    def write_manifest(self, org_id: str, chosen: Iterable[tuple[Step, OwnValues]]) -> None:
        """Write which org the values are of, and what the columns of each file are.

        Raises:
            OSError: It can't be written.
        """
        folder = OutputFolder(self.folder.path / FOLDER)
        with suppress(FileExistsError):
            make_folder(folder.path)
        objects = {
            step.name: {
                "keys": step.facts.keys,
                "fields": [each.name for each in own.kept],
            }
            for step, own in chosen
        }
        folder.write_json(MANIFEST, {"schema_version": 1, "org_id": org_id, "objects": objects})

    def write_rows(self, step: Step, own: OwnValues, rows: Iterator[list[str]]) -> None:
        """Append rows to the file of an object; they are on the disk on return.

        Raises:
            OSError: The file can't be written.
        """
        header = _csv([("Id", *step.facts.keys, *(each.name for each in own.kept))])
        with closing(self.folder.values(step.name)) as file:
            while block := list(islice(rows, _BLOCK_ROWS)):
                file.write(header, _csv(block))
            file.flush()

    def _with_values(
        self, rows: Iterator[list[str]], step: Step, own: OwnValues
    ) -> Iterator[list[str]]:
        """Rows in which somebody has filled something."""
        first = 1 + len(step.facts.keys)
        for row in going(rows, step, own):
            values = zip(own.kept, row[first:], strict=True)
            if any(each.is_filled(value) for each, value in values):
                yield row


def selected(step: Step, own: OwnValues, where: str) -> Selection:
    """What reads the values of the rows of a condition, as `going` takes them."""
    names = [each.name for each in own.kept]
    creator = (CREATOR,) if OWNER in names else ()
    return Selection(step.name, ("Id", *step.facts.keys, *names, *creator), where, step.found)


def going(rows: Iterable[list[str]], step: Step, own: OwnValues) -> Iterator[list[str]]:
    """The rows that go, as a file has them: what the creator owns is left blank."""
    names = [each.name for each in own.kept]
    owner = 1 + len(step.facts.keys) + names.index(OWNER) if OWNER in names else None
    for row in rows:
        if owner is not None and row.pop() == row[owner]:
            row[owner] = ""
        if row[0] not in step.kept:
            yield row


def _has_any(plan: Plan, step: Step) -> bool:
    own = plan.own_values.get(step.name)
    return bool(step.to_delete and own and own.kept)


def condition(step: Step, own: OwnValues) -> str:
    """What finds the rows with values among those of a step."""
    return " AND ".join(filter(None, (step.kind.where, filled(own))))


def filled(own: OwnValues) -> str:
    """What finds rows with values; blank where a condition may not name one of the fields."""
    if not all(each.is_filterable for each in own.kept):
        return ""
    return f"({' OR '.join(_filled(each, own) for each in own.kept)})"


def _filled(each: OwnField, own: OwnValues) -> str:
    """The condition of rows in which a field may be filled by people."""
    if each.name == OWNER and 0 < len(own.creators) <= _MOST_NAMED:
        return f"{OWNER} NOT IN ({', '.join(map(soql_text, own.creators))})"
    return each.has_value


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
