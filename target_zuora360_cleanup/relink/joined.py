"""Takes rows into the store that joined records to users, topics or files, to be made again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.reach import Relationship
from target_zuora360_cleanup.relink.plan import Restoration
from target_zuora360_cleanup.relink.snapshot import Link
from target_zuora360_cleanup.rows.errors import RowError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_zuora360_cleanup.relink.junction_files import JunctionFile, JunctionRow
    from target_zuora360_cleanup.relink.records import Records
    from target_zuora360_cleanup.relink.snapshot import Snapshot
    from target_zuora360_cleanup.relink.store import LinkStore
    from target_zuora360_cleanup.salesforce.client import Salesforce

_BLOCK: Final = 5_000
_TWICE: Final = ("DUPLICATE_EXTERNAL_ID", "several records have this external id")


@dataclass(frozen=True)
class JoinedTaker:
    """Takes rows in.

    Attributes:
        store: Takes them.
        records: Finds out under which ids records are back.
        salesforce: The org that they are of.
    """

    store: LinkStore
    records: Records
    salesforce: Salesforce

    def look(self, snapshot: Snapshot) -> list[Restoration]:
        """See how rows are made again, and under which ids their records are back.

        Raises:
            InputError: A file is damaged.
            ApiError, JobFailed, requests.RequestException: Salesforce would not say.
        """
        kinds = sorted(
            {
                (at, row.parent, row.key_field)
                for at, file in enumerate(snapshot.junctions)
                for row in file.rows()
            }
        )
        shown = self.salesforce.rest.object_names() if kinds else {}
        names = {snapshot.junctions[at].junction.name for at, _, _ in kinds} & shown.keys()
        describes = self.salesforce.rest.describe_all(sorted(names))
        found = [
            _restoration(snapshot.junctions[at], parent, key, describes, shown)
            for at, parent, key in kinds
        ]
        for each in found:
            if each.key and not each.obstacle:
                wanted = (row.key for row in _rows_of(each))
                self.records.read(self.salesforce, each.relationship.parent, each.key, wanted)
        return found

    def take_in(self, restorations: Sequence[Restoration], first: int) -> None:
        """Take rows in.

        Args:
            restorations: As `look` has found them.
            first: The number of the first in the store; the others follow in their order.

        Raises:
            InputError: A file is damaged.
        """
        for number, restoration in enumerate(restorations, first):
            rows = _rows_of(restoration)
            while block := list(islice(rows, _BLOCK)):
                self._add(number, restoration, block)

    def _add(self, number: int, restoration: Restoration, rows: Sequence[JunctionRow]) -> None:
        if restoration.obstacle or not restoration.key:
            # (nothing leads back to a record without an external id)
            self.store.add(number, restoration, [Link(row.id, row.key) for row in rows])
            if not restoration.obstacle:
                self.store.joined.end(number, "parent_not_back", (row.id for row in rows))
            return
        parent = restoration.relationship.parent
        ids = {row.id: self.records.ids(parent, [row.key]) for row in rows}
        self.store.joined.add(
            number,
            (
                (row.id, row.key, next(iter(ids[row.id]), ""), json.dumps(row.values))
                for row in rows
            ),
        )
        self.store.joined.end(
            number, "parent_not_back", (row for row, found in ids.items() if not found)
        )
        several = [row for row, found in ids.items() if len(found) > 1]
        self.store.note(number, (RowError(each, *_TWICE) for each in several))
        self.store.joined.end(number, "failed", several)


def _restoration(
    file: JunctionFile,
    parent: str,
    key: str,
    describes: Mapping[str, Any],
    shown: Mapping[str, Any],
) -> Restoration:
    """How rows of a file are made again, on records of one object that have keys of one field."""
    junction = file.junction
    of = Relationship(junction.name, junction.parent, parent, "cascade")
    describe, obstacle = describes.get(junction.name), ""
    if describe is None:
        obstacle = f"the org has no object {junction.name}, or does not show it"
    elif parent not in shown:
        obstacle = f"the org has no object {parent}, or does not show it"
    elif not describe.get("createable"):
        obstacle = f"the user may not make rows of {junction.name}"
    return Restoration(of, key, obstacle=obstacle, joined=file)


def _rows_of(restoration: Restoration) -> Iterator[JunctionRow]:
    """The rows of a restoration's file that are its own."""
    if restoration.joined is None:
        return iter(())
    own = (restoration.relationship.parent, restoration.key)
    return (row for row in restoration.joined.rows() if (row.parent, row.key_field) == own)
