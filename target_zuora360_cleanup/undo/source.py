"""What a cleanup has left that it can be taken back by: its record, and the ids in its backups."""

from __future__ import annotations

import re
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.deletion.undo_record import RECORD, is_running
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.output.folder import DETACHED, OutputFolder
from target_zuora360_cleanup.output.gzipped import whole_lines
from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.rows.csv_ids import find_ids
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.state import KeptState
from target_zuora360_cleanup.state.form import dumped, loaded

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK: Final = "undone.json"
REPORT: Final = "report.json"
_ID: Final = re.compile(rb"[a-zA-Z0-9]{18}")
_FILE: Final = re.compile(r"([A-Za-z]\w*)(\.taken_along)?\.csv\.gz", re.ASCII)
_RUN: Final = re.compile(r"(\d{8}T\d{6}Z)-cleanup(?:-(\d+))?")


@dataclass(frozen=True)
class Cleanup:
    """One cleanup that has begun to change something.

    Attributes:
        folder: Its folder.
        org_id: Which org it was, 18 characters.
        is_hard: Whether it skipped the recycle bin.
        backup: What it wrote down of each row: `none`, `ids` or `full`.
        states: The states that it has reset, or was about to, as they were and as it stored them.
        is_done: Whether it is taken back, as far as it can be.
        put_back: What an undo has stored, or was about to, in place of those.
    """

    folder: Path
    org_id: str
    is_hard: bool
    backup: str
    states: tuple[KeptState, ...]
    is_done: bool = False
    put_back: tuple[KeptState, ...] = ()

    @property
    def detached(self) -> tuple[str, ...]:
        """API names of the objects of which it has detached rows."""
        files = (self.folder / DETACHED).glob("*.csv.gz")
        return tuple(sorted(each.name.removesuffix(".csv.gz") for each in files))

    @classmethod
    def read(cls, folder: Path) -> Cleanup:
        """Read what a cleanup's folder tells.

        Raises:
            InputError: It tells nothing, or can't be read.
        """
        record = _json(folder / RECORD)
        if not record:
            raise InputError(
                f"'{folder}' holds nothing to take back: no {RECORD}, which a cleanup writes "
                "before it resets or deletes anything. Name the folder of a cleanup."
            )
        mark = read_mark(folder)
        try:
            return cls(
                folder,
                str(record["org_id"]),
                bool(record["hard_delete"]),
                str(record["backup"]),
                _states(record),
                mark.is_done,
                mark.put_back,
            )
        except (KeyError, TypeError):
            raise _unreadable(folder / RECORD, "it has another form") from None

    @property
    def age(self) -> tuple[str, int]:
        """What sorts cleanups by their time; blank for a renamed folder."""
        found = _RUN.fullmatch(self.folder.name)
        return (found[1], int(found[2] or 1)) if found else ("", 0)

    @property
    def is_running(self) -> bool:
        """Whether it still runs on this machine."""
        return is_running(self.folder)

    @property
    def objects(self) -> frozenset[str]:
        """API names of the objects of which it has written rows down.

        Raises:
            InputError: A file is named for none.
        """
        return frozenset(name for name, _ in self._files())

    @property
    def has_report(self) -> bool:
        """Whether it has come to a report; one that was killed has not."""
        return (self.folder / REPORT).exists()

    @property
    def deleted(self) -> dict[str, int]:
        """How many rows of each object it has deleted, as its report says.

        Nothing is known of a cleanup that was killed: its files end where it ended.

        Raises:
            InputError: The report can't be read, or a file is missing whose rows nobody has
                counted.
        """
        path = self.folder / REPORT
        try:
            counts = {
                each["api_name"]: each["deleted"] for each in _json(path).get("objects") or ()
            }
        except (KeyError, TypeError):
            raise _unreadable(path, "it has another form") from None
        if lost := [
            name for name, rows in counts.items() if rows is None and name not in self.objects
        ]:
            raise InputError(
                f"'{self.folder / 'backup'}' has no file of {listed(lost)}, of which rows may have "
                "been deleted, so they could not come back. Put the file back where it was."
            )
        return {name: rows for name, rows in counts.items() if rows}

    def _files(self) -> Iterator[tuple[str, Path]]:
        for path in sorted((self.folder / "backup").glob("*.csv.gz")):
            if not (name := _FILE.fullmatch(path.name)):
                raise _unreadable(path, "it is named for no object")
            yield name[1], path

    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """The ids that it has written down, in blocks, with the API name of their object.

        Raises:
            InputError: A file is damaged.
        """
        for name, path in self._files():
            for block in _ids(path):
                yield name, block

    def note(self, state: KeptState) -> None:
        """Remember what is about to be stored in place of a state.

        Raises:
            OSError: It can't be written.
        """
        self._mark((*read_mark(self.folder).put_back, state), is_done=False)

    def mark_done(self) -> None:
        """Remember that nothing is left to take back.

        Raises:
            OSError: It can't be written.
        """
        self._mark(read_mark(self.folder).put_back, is_done=True)

    def _mark(self, states: tuple[KeptState, ...], *, is_done: bool) -> None:
        put_back = [asdict(each) for each in states]
        document = {"schema_version": 1, "is_done": is_done, "states": put_back}
        OutputFolder(self.folder).write_text(MARK, dumped(document) + "\n")


@dataclass(frozen=True)
class Mark:
    """What an undo has noted in a cleanup's folder.

    Attributes:
        is_done: Whether nothing is left to take back.
        put_back: What was stored, or was about to be, in place of the states.
    """

    is_done: bool = False
    put_back: tuple[KeptState, ...] = ()


def read_mark(folder: Path) -> Mark:
    """What undos have noted in a cleanup's folder.

    Raises:
        InputError: It can't be read.
    """
    found = _json(folder / MARK)
    try:
        return Mark(bool(found["is_done"]), _states(found)) if found else Mark()
    except (KeyError, TypeError):
        raise _unreadable(folder / MARK, "it has another form") from None


def org_of(folder: Path) -> str:
    """Which org a cleanup was of, as its record tells; blank where it tells nothing.

    Raises:
        InputError: The record can't be read.
    """
    return str(_json(folder / RECORD).get("org_id") or "")


def cleanups_in(output_dir: str) -> list[Cleanup]:
    """The cleanups in an output folder that have begun to change something, the newest first.

    Raises:
        InputError: The folder or a record in it can't be read.
    """
    parent = Path(output_dir).expanduser()
    try:
        folders = list(parent.iterdir()) if parent.is_dir() else []
    except OSError as exc:
        raise _unreadable(parent, exc.strerror or str(exc)) from None
    named = [each for each in folders if _RUN.fullmatch(each.name) and (each / RECORD).exists()]
    return sorted(map(Cleanup.read, named), key=lambda each: each.age, reverse=True)


def _json(path: Path) -> dict[str, Any]:
    """A JSON file, decimals to the last digit; empty where there is none."""
    try:
        read = loaded(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as exc:
        raise _unreadable(path, str(exc)) from None
    return read if isinstance(read, dict) else {}


def _states(record: dict[str, Any]) -> tuple[KeptState, ...]:
    return tuple(
        KeptState(each["place"], str(each["state_id"]), each["before"], each["written"])
        for each in record["states"]
    )


def _ids(path: Path) -> Iterator[list[str]]:
    header = b""
    try:
        for block in whole_lines(path):
            if not header:
                first, _, rest = block.partition(b"\n")
                header, block = first + b"\n", rest  # noqa: PLW2901 - the rest of it
            found = find_ids(header, block)
            if wrong := next((each for each in found if not _ID.fullmatch(each)), None):
                raise _unreadable(path, f"'{wrong.decode(errors='replace')[:40]}' is no id")
            yield [each.decode() for each in found]
    except (OSError, zlib.error, ApiError) as exc:
        raise _unreadable(path, str(exc)) from None


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(f"'{path}' can't be read: {why.rstrip('.')}.")
