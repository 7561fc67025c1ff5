"""Reads what cleanups have written down of the values that people had filled on 360 records."""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Iterator  # noqa: TC003 - part of the public shape
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.deletion.value_snapshot import FOLDER, LATE, MANIFEST
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.output.gzipped import lines

if TYPE_CHECKING:
    from pathlib import Path

_ENDING: Final = ".csv.gz"


@dataclass(frozen=True)
class FilledRecord:
    """What people had filled on one record.

    Attributes:
        id: The record's Salesforce id, as it was.
        keys: Its external ids, in the order of the file's keys.
        values: What was in each field, in the order of the file's fields.
    """

    id: str
    keys: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class ValueFile:
    """The values of one object's records.

    Attributes:
        keys: API names of the external id fields.
        fields: API names of the fields that people fill.
    """

    path: Path
    object_name: str
    keys: tuple[str, ...]
    fields: tuple[str, ...]

    def records(self) -> Iterator[FilledRecord]:
        """The records; what is said last of one counts.

        Raises:
            InputError: The file is damaged, or has other columns than its manifest says.
        """
        first = 1 + len(self.keys)
        columns = ["Id", *self.keys, *self.fields]
        try:
            rows = csv.reader(lines(self.path), strict=True)
            if next(rows, columns) != columns:
                raise _unreadable(self.path, "its columns are not those that the manifest names")
            for row in rows:
                if len(row) == len(columns):
                    yield FilledRecord(row[0], tuple(row[1:first]), tuple(row[first:]))
        except (OSError, zlib.error, UnicodeDecodeError, csv.Error) as exc:
            raise _unreadable(self.path, str(exc)) from None


def value_files(folder: Path) -> tuple[ValueFile, ...]:
    """The files that a cleanup's folder has, by the objects' names; what was filled later is last.

    Raises:
        InputError: They are there, and nothing tells what is in them.
    """
    return (*_files(folder), *_files(folder / LATE))


def _files(folder: Path) -> tuple[ValueFile, ...]:
    paths = sorted((folder / FOLDER).glob(f"*{_ENDING}"))
    if not paths:
        return ()
    manifest = folder / FOLDER / MANIFEST
    objects = _objects(manifest)
    try:
        return tuple(_file(path, objects[path.name.removesuffix(_ENDING)]) for path in paths)
    except (KeyError, TypeError):
        raise _unreadable(manifest, "it has another form") from None


def _objects(manifest: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(manifest.read_text(encoding="utf-8"))["objects"])
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise _unreadable(manifest, str(exc)) from None


def _file(path: Path, told: dict[str, Any]) -> ValueFile:
    name = path.name.removesuffix(_ENDING)
    return ValueFile(path, name, tuple(told["keys"]), tuple(told["fields"]))


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(f"'{path}' can't be read: {why.rstrip('.')}.")
