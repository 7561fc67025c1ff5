"""Reads the snapshots of links that cleanups have left, a block at a time.

A snapshot is the folder `links` in a cleanup's folder: a file for each lookup, and a manifest. An
older one may have no manifest, and no column that tells which field a row's external id is from. A
cleanup that was killed may have left no report and a file cut off in the middle of a line; what is
whole counts.
"""

from __future__ import annotations

import csv
import json
import re
import zlib
from collections.abc import Mapping  # noqa: TC003 - part of the public shape
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from target_zuora360_cleanup.deletion.junctions import FOLDER as JUNCTIONS
from target_zuora360_cleanup.deletion.link_snapshot import COLUMNS, FOLDER, MANIFEST
from target_zuora360_cleanup.deletion.undo_record import RECORD
from target_zuora360_cleanup.deletion.value_snapshot import FOLDER as VALUES
from target_zuora360_cleanup.deletion.value_snapshot import LATE
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.output.gzipped import lines
from target_zuora360_cleanup.output.private import make_folder
from target_zuora360_cleanup.reach import Relationship
from target_zuora360_cleanup.relink.junction_files import JunctionFile, junction_files
from target_zuora360_cleanup.relink.value_files import ValueFile, value_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MARK: Final = "relinked.json"
_BLOCK_ROWS: Final = 10_000
_OLD_COLUMNS: Final = COLUMNS[:4]
_ID: Final = re.compile(r"[a-zA-Z0-9]{18}")
_NAME: Final = re.compile(r"[A-Za-z]\w*")
_RUN: Final = re.compile(r"(\d{8}T\d{6}Z)-[a-z]+(?:-(\d+))?")


class Link(NamedTuple):
    """A record and the parent that its lookup led to.

    Attributes:
        record: The record's id.
        parent: The parent's external id.
    """

    record: str
    parent: str


class Kind(NamedTuple):
    """What links have in common that are set again in the same way.

    Attributes:
        relationship: Which lookup it was, and to what.
        key: The field that the parents' external ids are from. Blank where nothing leads back to
            the parents, which are named by their Salesforce ids; None where nothing tells.
    """

    relationship: Relationship
    key: str | None


def blanked(child: str, field: str, parent: str) -> Relationship:
    """A relationship of a snapshot, which holds none but those that the deletion has blanked."""
    return Relationship(child, field, parent, "clear")


@dataclass(frozen=True)
class Snapshot:
    """The links that one cleanup has written down.

    Attributes:
        folder: The cleanup's folder.
        org_id: Which org they are of, 18 characters; blank where nothing tells.
        keys: For rows that don't tell it themselves: the field that the parents' external ids are
            from, blank where the parents have none and are named by their Salesforce ids. Empty
            where there is no manifest.
        values: What it has written down of the values that people had filled.
        junctions: What it has written down of follows, topics and files.
        is_whole: Whether its cleanup has deleted all that it should; one that was killed has not.
        is_done: Whether a relink has left nothing of it to do.
        gone: Files that its manifest names and that are not there.
    """

    folder: Path
    org_id: str
    keys: Mapping[Relationship, str]
    is_done: bool
    values: tuple[ValueFile, ...] = ()
    junctions: tuple[JunctionFile, ...] = ()
    is_whole: bool = False
    gone: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Snapshot:
        """Read what a cleanup's folder tells of its links.

        Raises:
            InputError: There are no links, or a file can't be read.
        """
        folder = folder.parent if folder.name == FOLDER else folder
        if not holds_any(folder):
            raise InputError(
                f"'{folder}' holds no links. Name the folder of a cleanup that has a folder "
                f"'{FOLDER}' with files such as Contract.Subscription__c.csv.gz."
            )
        manifest = _json(folder / FOLDER / MANIFEST)
        of_values = _json(folder / VALUES / MANIFEST) or _json(folder / LATE / VALUES / MANIFEST)
        of_junctions = _json(folder / JUNCTIONS / MANIFEST)
        org = (
            manifest or of_values or of_junctions or _json(folder / "report.json").get("org") or {}
        )
        org_id = str(org.get("org_id") or org.get("id") or "")
        done = (folder / FOLDER / MARK).exists()
        try:
            values, junctions = value_files(folder), junction_files(folder)
            keys, is_whole = _keys(manifest), _is_whole(folder)
            gone = tuple(_gone(folder, keys))
            return cls(folder, org_id, keys, done, values, junctions, is_whole, gone)
        except (KeyError, TypeError, AttributeError):
            raise _unreadable(folder / FOLDER / MANIFEST, "it has another form") from None

    @property
    def age(self) -> tuple[str, int]:
        """What sorts snapshots by the time of their cleanups; blank for a renamed folder."""
        found = _RUN.fullmatch(self.folder.name)
        return (found[1], int(found[2] or 1)) if found else ("", 0)

    def blocks(self) -> Iterator[tuple[Kind, list[Link]]]:
        """The links in blocks of those of one kind; where a record comes twice, the last counts.

        Raises:
            InputError: A file is damaged, or no file of links.
        """
        for path in _files(self.folder):
            rows = _rows(path, self.keys)
            while block := {link.record: (kind, link) for kind, link in islice(rows, _BLOCK_ROWS)}:
                links: dict[Kind, list[Link]] = {}
                for kind, link in block.values():
                    links.setdefault(kind, []).append(link)
                yield from links.items()

    def mark_done(self, mark: dict[str, Any]) -> None:
        """Remember that nothing is left to relink.

        Raises:
            OSError: It can't be written.
        """
        folder = OutputFolder(self.folder / FOLDER)
        with suppress(FileExistsError):
            make_folder(folder.path)
        folder.write_json(MARK, mark)


def snapshots_in(output_dir: str) -> list[Snapshot]:
    """The snapshots of the cleanups in an output folder, the newest first.

    Raises:
        InputError: The folder or a snapshot in it can't be read.
    """
    parent = Path(output_dir).expanduser()
    try:
        folders = [each for each in parent.iterdir() if holds_any(each)] if parent.is_dir() else []
    except OSError as exc:
        raise _unreadable(parent, exc.strerror or str(exc)) from None
    found = [Snapshot.read(each) for each in folders if _RUN.fullmatch(each.name)]
    return sorted(found, key=lambda each: each.age, reverse=True)


def holds_any(folder: Path) -> bool:
    """Whether a cleanup's folder has links or values to set again, or rows to make again."""
    names = (FOLDER, VALUES, f"{LATE}/{VALUES}", JUNCTIONS)
    places = (folder / name for name in names)
    return any(each for place in places for each in place.glob("*.csv.gz"))


def _is_whole(folder: Path) -> bool:
    with suppress(InputError):
        return bool(_json(folder / "report.json").get("status") == "done")
    return False


def _gone(folder: Path, links: Iterable[Relationship]) -> Iterator[str]:
    """The files of these lookups that are not there, though the cleanup had written them all."""
    if not (folder / RECORD).exists():
        # (it was killed before, and has deleted nothing; or it is an old one)
        return
    for name in sorted({f"{each.name}.csv.gz" for each in links}):
        if not (folder / FOLDER / name).exists():
            yield f"{FOLDER}/{name}"


def _files(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob("*.csv.gz"))


def _json(path: Path) -> dict[str, Any]:
    """A JSON file; empty where there is none."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise _unreadable(path, str(exc)) from None
    return read if isinstance(read, dict) else {}


def _keys(manifest: dict[str, Any]) -> dict[Relationship, str]:
    return {
        blanked(each["object"], each["field"], each["parent"]): each["external_id_field"] or ""
        for each in manifest.get("links", [])
    }


def _rows(path: Path, keys: Mapping[Relationship, str]) -> Iterator[tuple[Kind, Link]]:
    try:
        reader = csv.reader(lines(path), strict=True)
        columns = tuple(next(reader, COLUMNS))
        if columns not in (COLUMNS, _OLD_COLUMNS):
            raise _unreadable(path, f"its columns are not {', '.join(COLUMNS)}")
        for row in reader:
            relationship, link, key = _row(path, row, columns)
            yield Kind(relationship, keys.get(relationship) if key is None else key), link
    except (OSError, zlib.error, UnicodeDecodeError, csv.Error) as exc:
        raise _unreadable(path, str(exc)) from None


def _row(
    path: Path, row: list[str], columns: Sequence[str]
) -> tuple[Relationship, Link, str | None]:
    """A link, and the field that its external id is from; None where the row does not tell."""
    name, _, field = path.name.removesuffix(".csv.gz").partition(".")
    fits = len(row) == len(columns) and _ID.fullmatch(row[0]) and row[1] == field
    key = row[4] if fits and columns == COLUMNS else None
    names = (name, field, *row[2:3], *([key] if key else ()))
    if not (fits and all(map(_NAME.fullmatch, names))):
        raise _unreadable(path, f"this line is no link: {','.join(row)[:100]}")
    return blanked(name, field, row[2]), Link(row[0], row[3]), key


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(f"'{path}' can't be read: {why.rstrip('.')}.")
