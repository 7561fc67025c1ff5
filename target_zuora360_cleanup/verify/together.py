"""The backups that are compared together: a cleanup's, and those of cleanups that it finished."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING

from target_zuora360_cleanup.undo.choice import gone_on_with
from target_zuora360_cleanup.undo.source import cleanups_in
from target_zuora360_cleanup.verify.backup import Backup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.verify.backup import BackupFile

Counts = dict[str, int | None]


@dataclass(frozen=True)
class Together:
    """What several cleanups have left.

    Attributes:
        backups: Theirs, the newest first; at least one.
    """

    backups: tuple[Backup, ...]

    @property
    def newest(self) -> Backup:
        """That of the last cleanup."""
        return self.backups[0]

    @property
    def folders(self) -> tuple[Path, ...]:
        """Those of the cleanups."""
        return tuple(each.folder for each in self.backups)

    @property
    def deleted(self) -> Counts:
        """How many rows of each object type were deleted; None where one could not count them."""
        return _sum(each.deleted for each in self.backups)

    @property
    def along(self) -> Counts:
        """How many rows of other objects went along, in the same way."""
        return _sum(each.along for each in self.backups)

    @property
    def is_limited(self) -> bool:
        """Whether only some billing accounts were cleaned."""
        return any(each.is_limited for each in self.backups)

    @property
    def files(self) -> list[tuple[BackupFile, ...]]:
        """The files, those of the same rows' object together."""

        def kind(file: BackupFile) -> tuple[str, bool]:
            return file.object_name, file.is_along

        every = sorted((file for each in self.backups for file in each.files), key=kind)
        return [tuple(same) for _, same in groupby(every, kind)]

    @property
    def missing(self) -> list[str]:
        """Object types of which rows were deleted, or may have been, and that have no file."""
        there = {same[0].object_name for same in self.files}
        return [name for name, rows in self.deleted.items() if rows != 0 and name not in there]

    def lacks(self, name: str, rows: int) -> int:
        """How many rows of an object type were deleted beyond those that its files have.

        Args:
            name: API name.
            rows: How many different ones they have.
        """
        return max((self.deleted.get(name) or 0) - rows, 0)


def together(newest: Backup, org: OrgInfo) -> Together:
    """A backup with those of cleanups that its own has gone on with.

    Raises:
        InputError: Which ones these are can't be read.
    """
    folder = newest.folder.resolve()
    known = cleanups_in(str(folder.parent))
    own = next((each for each in known if each.folder.resolve() == folder), None)
    earlier = gone_on_with(own, known, org) if own else ()
    return Together((newest, *(Backup.found(each.folder) for each in earlier)))


def _sum(every: Iterable[Mapping[str, int | None]]) -> Counts:
    def add(found: Counts, more: Mapping[str, int | None]) -> Counts:
        both = {name: (found.get(name, 0), more.get(name, 0)) for name in {**found, **more}}
        return {
            name: None if one is None or other is None else one + other
            for name, (one, other) in both.items()
        }

    return reduce(add, every, {})
