"""The values of a snapshot: taken into the store of links, each as a link to what it was."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from target_zuora360_cleanup.catalog.own_fields import own_fields
from target_zuora360_cleanup.reach import Relationship
from target_zuora360_cleanup.relink.plan import Restoration
from target_zuora360_cleanup.relink.snapshot import Link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_zuora360_cleanup.relink.records import Records
    from target_zuora360_cleanup.relink.snapshot import Snapshot
    from target_zuora360_cleanup.relink.store import LinkStore
    from target_zuora360_cleanup.relink.value_files import FilledRecord, ValueFile
    from target_zuora360_cleanup.salesforce.client import Salesforce

_BLOCK: Final = 5_000
_NO_KEY: Final = "the record had no external id by which it could come back"
_SEVERAL: Final = "several records have its external id"
_NOT_BACK: Final = "no record has its external id, or it is hidden from the user"


Values: TypeAlias = "list[tuple[ValueFile, list[Restoration]]]"
"""Files with how the values of each field are set again."""


@dataclass(frozen=True)
class ValueTaker:
    """Takes values in.

    Attributes:
        store: Takes them.
        records: Knows under which ids records are back.
        salesforce: The org that they are of.
    """

    store: LinkStore
    records: Records
    salesforce: Salesforce

    def look(self, snapshot: Snapshot) -> Values:
        """See how values are set again, and under which ids their records are back.

        Raises:
            InputError: A file is damaged.
            ApiError, JobFailed, requests.RequestException: Salesforce would not say.
        """
        if not snapshot.values:
            return []
        shown = self.salesforce.rest.object_names().keys()
        names = sorted({each.object_name for each in snapshot.values} & shown)
        describes = self.salesforce.rest.describe_all(names)
        found = [
            (file, _restorations(file, describes.get(file.object_name))) for file in snapshot.values
        ]
        for file, restorations in found:
            if not all(each.obstacle for each in restorations):
                self._find(file)
        return found

    def take_in(self, values: Values, newer: Sequence[Snapshot], first: int) -> None:
        """Take values in; those that a newer snapshot names too are left to it.

        Args:
            values: As `look` has found them.
            newer: The snapshots of later cleanups.
            first: The number of the first field in the store; the others follow in their order.

        Raises:
            InputError: A file is damaged.
        """
        later = [each for one in newer for each in one.values]
        before: dict[str, list[int]] = {}
        for file, restorations in values:
            numbers = range(first, first + len(restorations))
            first += len(restorations)
            for block in _blocks(file.records()):
                for at, restoration in enumerate(restorations):
                    same = before.get(restoration.relationship.name, ())
                    self.store.leave(same, self._ids(block, file))
                    self._add(numbers[at], restoration, block, file, at)
            for number, restoration in zip(numbers, restorations, strict=True):
                before.setdefault(restoration.relationship.name, []).append(number)
            of_object = [each for each in later if each.object_name == file.object_name]
            for number, restoration in zip(numbers, restorations, strict=True):
                for each in of_object:
                    self._supersede(each, number, restoration)

    def _ids(self, block: Sequence[FilledRecord], file: ValueFile) -> list[str]:
        """The ids by which records may be in the store."""
        ids = [each.id for each in block]
        return [*ids, *(id_ for each in block for id_ in self._back(each, file))]

    def _back(self, record: FilledRecord, file: ValueFile) -> list[str]:
        """Under which ids a record is back."""
        return self.records.ids(file.object_name, record.keys)

    def _find(self, file: ValueFile) -> None:
        """See under which ids the records are back."""
        for at, key in enumerate(file.keys):
            wanted = (each.keys[at] for each in file.records() if not any(each.keys[:at]))
            self.records.read(self.salesforce, file.object_name, key, wanted)

    def _add(
        self,
        number: int,
        restoration: Restoration,
        block: Sequence[FilledRecord],
        file: ValueFile,
        at: int,
    ) -> None:
        filled = [each for each in block if _is_filled(each.values[at], restoration)]
        back: list[Link] = []
        missing: list[tuple[str, str, bool, str]] = []
        for each in filled:
            ids = self._back(each, file)
            if restoration.obstacle or len(ids) == 1:
                back.append(Link(ids[0] if ids else each.id, each.values[at]))
            else:
                missing.append((each.id, each.values[at], *_why(each, ids)))
        self.store.add(number, restoration, back)
        self.store.add_missing(number, missing)

    def _supersede(self, file: ValueFile, number: int, restoration: Restoration) -> None:
        """Leave the values of a field to a later cleanup that has them of the same record too.

        (One that it has found blank may only not have been set again by then; as may a record type
        that it has found to be the default.)
        """
        if (name := restoration.relationship.field) not in file.fields:
            return
        at = file.fields.index(name)
        for block in _blocks(file.records()):
            named = [
                Link(record, "")
                for each in block
                if not _is_blank(each.values[at], restoration)
                for record in (each.id, *self._back(each, file))
            ]
            self.store.supersede([number], named)


def _why(record: FilledRecord, ids: Sequence[str]) -> tuple[bool, str]:
    """Whether no sync can bring a record back, and why it is not there."""
    if not any(record.keys):
        return True, _NO_KEY
    return False, _SEVERAL if ids else _NOT_BACK


def _is_filled(value: str, restoration: Restoration) -> bool:
    """Whether somebody has filled a field."""
    own = restoration.own
    return own.is_filled(value) if own else value != ""


def _is_blank(value: str, restoration: Restoration) -> bool:
    """Whether a field has what a sync leaves in it that nobody has filled."""
    own = restoration.own
    return own.is_blank(value) if own else value == ""


def _restorations(file: ValueFile, describe: Mapping[str, Any] | None) -> list[Restoration]:
    """How the values of a file are set again, field by field."""
    name = file.object_name
    if describe is None:
        why = f"the org has no object {name}, or does not show it"
        return [Restoration(_of(name, each), obstacle=why) for each in file.fields]
    own = {each.name: each for each in own_fields(name, describe)}
    keys = {each["name"] for each in describe["fields"] if each.get("externalId")}
    gone = ", ".join(key for key in file.keys if key not in keys)
    made = []
    for each in file.fields:
        obstacle = ""
        if each not in own:
            obstacle = f"{name} has no field {each} any more, does not show it, or a sync fills it"
        elif not own[each].may_be_set:
            obstacle = f"the user may not change {name}.{each}"
        elif gone:
            obstacle = f"{name}.{gone} is no external id field, or is not shown"
        made.append(
            Restoration(
                _of(name, each), column=each, path=each, obstacle=obstacle, own=own.get(each)
            )
        )
    return made


def _of(object_name: str, field: str) -> Relationship:
    """A field whose values lead nowhere."""
    return Relationship(object_name, field, "", "clear")


def _blocks(records: Iterator[FilledRecord]) -> Iterator[list[FilledRecord]]:
    while block := list(islice(records, _BLOCK)):
        yield block
