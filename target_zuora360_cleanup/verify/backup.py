"""What a cleanup's folder holds of the rows that it deleted, read a row at a time."""

from __future__ import annotations

import csv
import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.deletion.undo_record import RECORD
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.output.folder import ACCOUNTS
from target_zuora360_cleanup.output.gzipped import lines
from target_zuora360_cleanup.report.earlier import cleanups

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FOLDER: Final = "backup"
_ENDING: Final = ".csv.gz"
_ALONG: Final = ".taken_along"


@dataclass(frozen=True)
class BackupFile:
    """The rows of one object that one cleanup has backed up.

    Attributes:
        is_along: Whether they went along with others, and are in no count of what was deleted.
    """

    path: Path
    object_name: str
    is_along: bool

    @classmethod
    def of(cls, path: Path) -> BackupFile:
        """Read what the file's name says."""
        stem = path.name.removesuffix(_ENDING)
        return cls(path, stem.removesuffix(_ALONG), stem.endswith(_ALONG))

    def header(self) -> list[str]:
        """The API names of the columns, the first of them `Id`.

        Raises:
            InputError: The file is damaged, or no backup.
        """
        return next(self._rows(), [])

    def rows(self) -> Iterator[list[str]]:
        """The rows, as long as the header. A row may come twice, if it was read again.

        Raises:
            InputError: The file is damaged.
        """
        rows = self._rows()
        width = len(next(rows, []))
        half: list[str] = []
        for row in rows:
            if half:
                raise self._unreadable(f"a row has {len(half)} of {width} columns")
            if len(row) == width:
                yield row
            else:
                # (the last one of a killed cleanup)
                half = row

    def count(self) -> int:
        """How many rows it has.

        Raises:
            InputError: The file is damaged.
        """
        return sum(1 for _ in self.rows())

    def _rows(self) -> Iterator[list[str]]:
        try:
            rows = csv.reader(lines(self.path))
            header = next(rows, None)
            if header is None:
                return
            if header[:1] != ["Id"]:
                raise InputError(f"'{self.path}' is no backup: its first column is not Id.")
            yield header
            yield from rows
        except (OSError, zlib.error, UnicodeDecodeError, csv.Error) as exc:
            raise self._unreadable(str(exc)) from None

    def _unreadable(self, why: str) -> InputError:
        return InputError(f"'{self.path}' can't be read: {why.rstrip('.')}.")


@dataclass(frozen=True)
class Backup:
    """What one cleanup has left.

    Attributes:
        folder: The cleanup's.
        org_id: Whose rows they are, 18 characters; blank where nothing tells.
        deleted: How many rows of each object type were deleted, as the cleanup has counted; None
            where it could not.
        not_fed: Object types that no stream of the tap feeds, as the cleanup has told.
        along: How many rows of other objects went along, by object, as the cleanup has counted;
            None where it could not.
        is_limited: Whether only some billing accounts were cleaned.
        has_report: Whether the cleanup has come to a report; one that was killed has not.
    """

    folder: Path
    org_id: str
    deleted: Mapping[str, int | None] = field(default_factory=dict)
    not_fed: frozenset[str] = frozenset()
    along: Mapping[str, int | None] = field(default_factory=dict)
    is_limited: bool = False
    has_report: bool = True

    @classmethod
    def read(cls, folder: Path) -> Backup:
        """Read a cleanup's folder.

        Raises:
            InputError: It holds no backup, or its report can't be read.
        """
        folder = folder.parent if folder.name == FOLDER else folder
        if not any((folder / FOLDER).glob(f"*{_ENDING}")):
            raise InputError(
                f"'{folder}' holds no backup. Name the folder of a cleanup that has a folder "
                f"'{FOLDER}' with files such as Zuora__Subscription__c{_ENDING}; with backup "
                "'none' there is nothing to compare with."
            )
        return cls.found(folder)

    @classmethod
    def found(cls, folder: Path) -> Backup:
        """Read a cleanup's folder, whether it holds files or not.

        Raises:
            InputError: Its report can't be read.
        """
        report = _document(folder / "report.json")
        org = report.get("org") or {}
        # (a cleanup that was killed has left no report)
        org_id = org.get("id") or _document(folder / RECORD).get("org_id") or ""
        deleted = {each["api_name"]: each["deleted"] for each in report.get("objects") or ()}
        feeds = (report.get("state") or {}).get("by_object") or []
        not_fed = (each["object"] for each in feeds if each["comes_back"] == "no stream")
        along = _summed(report.get("taken_along") or ())
        is_limited = (folder / ACCOUNTS).exists()
        return cls(
            folder, str(org_id), deleted, frozenset(not_fed), along, is_limited, bool(report)
        )

    @property
    def files(self) -> list[BackupFile]:
        """The files, by the objects' names."""
        paths = (self.folder / FOLDER).glob(f"*{_ENDING}")
        return sorted(map(BackupFile.of, paths), key=lambda each: each.path.name)


def _summed(entries: Iterable[Mapping[str, Any]]) -> dict[str, int | None]:
    """Rows that went along by object, whichever way led to them."""
    found: dict[str, int | None] = {}
    for each in entries:
        name, gone, before = each["object"], each.get("gone"), found.get(each["object"], 0)
        found[name] = None if gone is None or before is None else before + gone
    return found


def _document(path: Path) -> dict[str, Any]:
    """A JSON file; empty where there is none."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise InputError(f"'{path}' can't be read: {str(exc).rstrip('.')}.") from None
    return read if isinstance(read, dict) else {}


def backups_in(output_dir: str) -> list[Backup]:
    """The backups in an output folder, those of the newest cleanup first.

    Raises:
        InputError: There is none, or one can't be read.
    """
    folders = [folder for folder, _ in cleanups(output_dir) if (folder / FOLDER).is_dir()]
    found = [Backup.read(each) for each in folders if any((each / FOLDER).glob(f"*{_ENDING}"))]
    if not found:
        raise InputError(
            f"output_dir: '{output_dir}' holds no cleanup with a backup to compare with. Name the "
            "folder of one with --from."
        )
    return found
