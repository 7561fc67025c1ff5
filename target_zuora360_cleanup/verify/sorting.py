"""Which files of a backup can be compared with the org, and what is said of the others. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import BY_NAME, is_unlisted
from target_zuora360_cleanup.verify.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.verify.backup import BackupFile

    Files = tuple[BackupFile, ...]


@dataclass(frozen=True)
class Sorted:
    """The files of backups, those of one object together.

    Attributes:
        compared: Those whose rows are known again by an external id, and how.
        along: API names of the objects whose rows went along: nothing brings them back.
        unknown: Those that nobody can compare, and why.
        apart: API names of the objects whose files have not all the same columns.
    """

    compared: tuple[tuple[Files, Columns], ...]
    along: tuple[str, ...]
    unknown: tuple[tuple[Files, str], ...]
    apart: tuple[str, ...] = ()

    @classmethod
    def of(cls, files: Iterable[Files], describes: Mapping[str, Mapping[str, Any]]) -> Sorted:
        """Sort them.

        Args:
            files: All of them.
            describes: Of the objects that the user may read, by API name.

        Raises:
            InputError: A file is damaged.
        """
        compared, along, unknown, apart = [], [], [], []
        for found in files:
            name = found[0].object_name
            # (a cleanup that was killed may have left a file without a word)
            each = tuple(file for file in found if file.header()) or found
            if each[0].is_along or not (name in BY_NAME or is_unlisted(name)):
                along.append(name)
            elif name not in describes:
                unknown.append((each, "the org has no such object, or does not show it"))
            else:
                first, *others = [file.header() for file in each]
                header = [field for field in first if all(field in other for other in others)]
                if any(len(header) < len(other) for other in (first, *others)):
                    apart.append(name)
                if (columns := Columns.of(name, header, describes[name])).keys:
                    compared.append((each, columns))
                else:
                    unknown.append((each, "backup and org have no external id field in common"))
        return cls(tuple(compared), tuple(dict.fromkeys(along)), tuple(unknown), tuple(apart))
