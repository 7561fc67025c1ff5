"""Writes down the rows that a sync deletes, and those that go along, before they go."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_zuora360_cleanup.facts.counts import selectable
from target_zuora360_cleanup.reach import soql
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.salesforce.rows import Selection, read_pages, soql_text, split_header
from target_zuora360_cleanup.sync.endangered import PART, parts
from target_zuora360_cleanup.sync.hazards import goes_along, hang_on
from target_zuora360_cleanup.sync.rows import csv_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_zuora360_cleanup.output.folder import OutputFolder
    from target_zuora360_cleanup.reach import Relationship
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.sync.org_objects import TargetObject


@dataclass(frozen=True)
class RemovalBackup:
    """Backs up as a cleanup does: rows of Zuora's as far as `scope` says, rows of others whole.

    Attributes:
        folder: Takes the files.
        scope: `none`, `ids` (id and external id) or `full` (every field).
        objects: The org's 360 objects, by API name.
    """

    salesforce: Salesforce
    folder: OutputFolder
    scope: str
    objects: Mapping[str, TargetObject]
    _fields: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def rows(self, target: TargetObject, ids: Mapping[str, str]) -> None:
        """Write down rows that are to be deleted; they are on the disk on return.

        Args:
            target: Their object type.
            ids: Their Salesforce ids, by external id.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce does not tell.
            OSError: A file can't be written.
        """
        if self.scope == "full":
            listed = [", ".join(map(soql_text, part)) for part in parts(list(ids.values()), PART)]
            self._write(target.name, (f"Id IN ({each})" for each in listed))
        elif self.scope == "ids" and ids:
            lines = [f"{csv_line([row_id, key])}\n" for key, row_id in ids.items()]
            header = f"Id,{target.external_id}\n"
            with closing(self.folder.backup(target.name)) as backup:
                backup.write(header.encode(), "".join(lines).encode())
                backup.flush()

    def along(self, parents: Mapping[Relationship, Sequence[str]]) -> None:
        """Write down rows that go along; they are on the disk on return.

        Args:
            parents: By the way to them, the ids of the rows that they hang on.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce does not tell.
            OSError: A file can't be written.
        """
        if self.scope != "none":
            for link, ids in parents.items():
                self._write(link.child, (hang_on(link, part) for part in parts(ids, PART)))

    def _write(self, name: str, conditions: Iterator[str]) -> None:
        columns = self._columns(name)
        with closing(self.folder.backup(name)) as backup:
            for each in conditions:
                for page in read_pages(self.salesforce, self._selection(name, columns, each), PART):
                    header, blocks = split_header(page)
                    for block in blocks:
                        backup.write(header, block)
            backup.flush()

    def _selection(self, name: str, columns: tuple[str, ...], condition: str) -> Selection:
        return Selection(name, columns, condition, PART, all_rows=name in soql.WITH_ARCHIVED)

    def _columns(self, name: str) -> tuple[str, ...]:
        known = self.objects.get(name)
        if self.scope == "ids" and goes_along(name):
            return ("Id", known.external_id) if known else ("Id",)
        if name not in self._fields:
            described = self.salesforce.rest.describe_each([name])[name]
            if isinstance(described, ApiError):
                raise described
            fields = selectable(described)
            self._fields[name] = ("Id", *(each for each in fields if each != "Id"))
        return self._fields[name]
