"""Which files of a backup can be compared with the org, and what is said of the others. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import BY_NAME, is_unlisted
from target_zuora360_cleanup.verify.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.verify.backup import BackupFile


@dataclass(frozen=True)
class Sorted:
    """The files of a backup.

    Attributes:
        compared: Those whose rows are known again by an external id, and how.
        along: Those of rows that went along: nothing brings them back.
        unknown: Those that nobody can compare, and why.
    """

    compared: tuple[tuple[BackupFile, Columns], ...]
    along: tuple[BackupFile, ...]
    unknown: tuple[tuple[BackupFile, str], ...]

    @classmethod
    def of(cls, files: Iterable[BackupFile], describes: Mapping[str, Mapping[str, Any]]) -> Sorted:
        """Sort them.

        Args:
            files: All of a backup.
            describes: Of the objects that the user may read, by API name.

        Raises:
            InputError: A file is damaged.
        """
        compared, along, unknown = [], [], []
        for each in files:
            name = each.object_name
            if each.is_along or not (name in BY_NAME or is_unlisted(name)):
                along.append(each)
            elif name not in describes:
                unknown.append((each, "the org has no such object, or does not show it"))
            elif (columns := Columns.of(name, each.header(), describes[name])).keys:
                compared.append((each, columns))
            else:
                unknown.append((each, "backup and org have no external id field in common"))
        return cls(tuple(compared), tuple(along), tuple(unknown))
