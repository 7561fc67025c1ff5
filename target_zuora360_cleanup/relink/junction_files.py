"""Reads what cleanups have written down of follows, topics and files on 360 records."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterator  # noqa: TC003 - part of the public shape
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from target_zuora360_cleanup.deletion.junctions import COLUMNS, FOLDER
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.output.gzipped import lines
from target_zuora360_cleanup.reach.junctions import JUNCTIONS, Junction

if TYPE_CHECKING:
    from pathlib import Path

_ENDING: Final = ".csv.gz"
_ID: Final = re.compile(r"[a-zA-Z0-9]{18}")
_NAME: Final = re.compile(r"[A-Za-z]\w*")


class JunctionRow(NamedTuple):
    """A row that was joined to a record.

    Attributes:
        id: Its Salesforce id, as it was.
        parent: API name of the record's object.
        key: The record's external id; its Salesforce id where it had none.
        key_field: The field that it is from; blank where it had none.
        values: What was in the fields of the file.
    """

    id: str
    parent: str
    key: str
    key_field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class JunctionFile:
    """The rows of one object.

    Attributes:
        fields: What they tell of what the records were joined to.
    """

    path: Path
    junction: Junction
    fields: tuple[str, ...]

    @property
    def other(self) -> tuple[str, ...]:
        """Of these fields, those by which a record has a row once."""
        return tuple(each for each in self.fields if each in self.junction.other)

    @classmethod
    def of(cls, path: Path, junction: Junction) -> JunctionFile:
        """A file.

        Raises:
            InputError: It is damaged, or has other columns.
        """
        return cls(path, junction, next(_read(path, junction), ()))

    def rows(self) -> Iterator[JunctionRow]:
        """The rows; one that is cut off at the end is left out.

        Raises:
            InputError: The file is damaged, or has other columns.
        """
        rows = _read(self.path, self.junction)
        next(rows, None)
        for row in rows:
            yield JunctionRow(row[0], row[1], row[2], row[3], row[4:])


def junction_files(folder: Path) -> tuple[JunctionFile, ...]:
    """The files that a cleanup's folder has, by the objects' names.

    Raises:
        InputError: One is of an object that nobody knows how to make again.
    """
    found = []
    for path in sorted((folder / FOLDER).glob(f"*{_ENDING}")):
        junction = JUNCTIONS.get(path.name.removesuffix(_ENDING))
        if junction is None:
            raise _unreadable(path, "it is of no object whose rows can be made again")
        found.append(JunctionFile.of(path, junction))
    return tuple(found)


def _read(path: Path, junction: Junction) -> Iterator[tuple[str, ...]]:
    """The fields, then each line."""
    try:
        reader = csv.reader(lines(path), strict=True)
        header = tuple(next(reader, COLUMNS))
        fields = header[len(COLUMNS) :]
        if header[: len(COLUMNS)] != COLUMNS or not set(fields) <= set(junction.fields):
            raise _unreadable(path, f"its columns do not begin with {', '.join(COLUMNS)}")
        yield fields
        for row in reader:
            if not (len(row) == len(header) and _is_told(row)):
                line = ",".join(row)[:100]
                raise _unreadable(path, f"this line tells no such row: {line}")
            yield tuple(row)
    except (OSError, zlib.error, UnicodeDecodeError, csv.Error) as exc:
        raise _unreadable(path, str(exc)) from None


def _is_told(row: list[str]) -> bool:
    names = (row[1], *([row[3]] if row[3] else ()))
    return bool(_ID.fullmatch(row[0]) and all(map(_NAME.fullmatch, names)))


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(f"'{path}' can't be read: {why.rstrip('.')}.")
