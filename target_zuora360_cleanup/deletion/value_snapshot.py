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
    from collections.abc import Iterator, Sequence

    from target_zuora360_cleanup.catalog.own_fields import OwnField
    from target_zuora360_cleanup.facts.org_facts import OwnValues
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.salesforce.client import Salesforce

FOLDER: Final = "values"
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
        if not chosen:
            return
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
        folder.write_json(
            MANIFEST, {"schema_version": 1, "org_id": plan.org.id, "objects": objects}
        )
        for step, own in chosen:
            self._write(step, own)

    def _write(self, step: Step, own: OwnValues) -> None:
        names = [each.name for each in own.kept]
        columns = ("Id", *step.facts.keys, *names)
        creator = (CREATOR,) if OWNER in names else ()
        where = _condition(step, own)
        rows = read_table(
            self.salesforce, Selection(step.name, (*columns, *creator), where, step.found)
        )
        header = _csv([columns])
        with closing(self.folder.values(step.name)) as file:
            kept = self._with_values(rows, step, own)
            while block := list(islice(kept, _BLOCK_ROWS)):
                file.write(header, _csv(block))
            file.flush()

    def _with_values(
        self, rows: Iterator[list[str]], step: Step, own: OwnValues
    ) -> Iterator[list[str]]:
        """Rows that go and in which somebody has filled something; the creator's own is blank."""
        first, names = 1 + len(step.facts.keys), [each.name for each in own.kept]
        owner = first + names.index(OWNER) if OWNER in names else None
        for row in rows:
            if owner is not None and row.pop() == row[owner]:
                row[owner] = ""
            values = zip(own.kept, row[first:], strict=True)
            is_filled = any(not each.is_blank(value) for each, value in values)
            if is_filled and row[0] not in step.kept:
                yield row


def _has_any(plan: Plan, step: Step) -> bool:
    own = plan.own_values.get(step.name)
    return bool(step.to_delete and own and own.kept)


def _condition(step: Step, own: OwnValues) -> str:
    """What finds the rows with values; blank where a condition may not name one of the fields."""
    own_rows = [step.kind.where] if step.kind.where else []
    if all(each.is_filterable for each in own.kept):
        own_rows.append(f"({' OR '.join(_filled(each, own) for each in own.kept)})")
    return " AND ".join(own_rows)


def _filled(each: OwnField, own: OwnValues) -> str:
    """The condition of rows in which a field may be filled by people."""
    if each.name == OWNER and 0 < len(own.creators) <= _MOST_NAMED:
        return f"{OWNER} NOT IN ({', '.join(map(soql_text, own.creators))})"
    return each.has_value


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
