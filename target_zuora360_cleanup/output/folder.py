"""The folder of one run: where the report, the failures and the backups go."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
import tempfile
import threading
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.output.private import file_name, harmless, make_folder, open_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_ACCOUNT_COLUMNS: Final = ("entry", "id", "account_number", "name")
_FAILURE_COLUMNS: Final = ("object", "id", "code", "message")
ACCOUNTS: Final = "accounts.csv"
DETACHED: Final = "detached"
_PROBE_BYTES: Final = 1 << 16
_GZIP: Final = zlib.MAX_WBITS + 16
"""Has zlib write the gzip format."""


@dataclass(frozen=True)
class OutputFolder:
    """A folder that only this run writes to."""

    path: Path

    @classmethod
    def make(cls, parent: str, mode: str, now: datetime) -> OutputFolder:
        """Make a new folder, named for the time and the mode.

        Raises:
            InputError: It can't be made or written to.
        """
        name = f"{now:%Y%m%dT%H%M%SZ}-{mode}"
        for suffix in ("", *(f"-{number}" for number in range(2, 1000))):
            try:
                path = Path(parent).expanduser() / f"{name}{suffix}"
                make_folder(path)
            except FileExistsError as exc:
                if path.is_dir():
                    continue
                raise _unwritable(parent, exc) from None
            except (OSError, RuntimeError) as exc:
                # (RuntimeError: `~user` of a user that doesn't exist)
                raise _unwritable(parent, exc) from None
            return cls(path)
        raise InputError(f"output_dir: '{parent}' has too many folders named {name}.")

    def write_json(self, name: str, document: dict[str, Any]) -> Path:
        """Write a file such as `report.json`; never leaves half a file."""
        return self.write_text(name, json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def write_text(self, name: str, text: str) -> Path:
        """Write a file such as `report.html`; never leaves half a file.

        Half a character, which no file holds, is written as its number.
        """
        target = self.path / name
        draft = self.path / f".{name}"
        with open_file(draft, "w", encoding="utf-8") as file:
            file.write(text.encode(errors="backslashreplace").decode())
        draft.replace(target)
        return target

    def write_kept(self, kept: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Write `kept.csv`, the ids that stay by object type; no file where none does."""
        rows = [(name, id_) for name, ids in kept for id_ in sorted(ids)]
        if rows:
            with open_file(self.path / "kept.csv", "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows((("object", "id"), *rows))

    def add_contacts(self, ids: Iterable[str]) -> None:
        """Append to `contacts.csv`, the contacts that only chosen billing accounts use."""
        path = self.path / "contacts.csv"
        rows = [] if path.exists() else [("id",)]
        rows += [(each,) for each in ids]
        with open_file(path, "a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)

    def accounts(self) -> AccountFile:
        """The file of the billing accounts that are chosen."""
        return AccountFile(self.path / ACCOUNTS)

    def prove_room(self, size: int) -> None:
        """See to it that backups of so many bytes can be written.

        Raises:
            OSError: They can't.
        """
        folder = self.path / "backup"
        make_folder(folder)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_PROBE_BYTES))
            os.fsync(file.fileno())
        folder.rmdir()
        if (free := shutil.disk_usage(self.path).free) < size:
            megabytes = f"{size >> 20:,} MiB needed, {free >> 20:,} free"
            raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)} ({megabytes})")

    def backup(self, object_name: str) -> Backup:
        """The backup file of an object type, opened at its first block.

        Raises:
            CleanupError: The name is none that a file may have.
        """
        return Backup(self.path / "backup" / f"{file_name(object_name)}.csv.gz")

    def detached(self, object_name: str) -> Backup:
        """The file of an object's rows as they were before they were detached.

        Raises:
            CleanupError: The name is none that a file may have.
        """
        return Backup(self.path / DETACHED / f"{file_name(object_name)}.csv.gz")

    def values(self, object_name: str) -> Backup:
        """The file of the values that people have filled on an object's records.

        Raises:
            CleanupError: The name is none that a file may have.
        """
        return Backup(self.path / "values" / f"{file_name(object_name)}.csv.gz")

    def junctions(self, object_name: str) -> Backup:
        """The file of an object's rows that join records to something else.

        Raises:
            CleanupError: The name is none that a file may have.
        """
        return Backup(self.path / "junctions" / f"{file_name(object_name)}.csv.gz")

    def links(self, lookup: str) -> Backup:
        """The file of the links of one lookup, such as `Contract.Subscription__c`.

        Raises:
            CleanupError: The name is none that a file may have.
        """
        return Backup(self.path / "links" / f"{file_name(lookup)}.csv.gz")

    def failures(self) -> FailureFile:
        """The file of rows that could not be deleted, opened at the first row."""
        return FailureFile(self.path / "failures.csv")

    def skipped(self) -> FailureFile:
        """The file of records that have no place in Salesforce, opened at the first one."""
        return FailureFile(self.path / "skipped.csv")


def _unwritable(parent: str, exc: Exception) -> InputError:
    why = str(getattr(exc, "strerror", None) or exc).rstrip(".")
    return InputError(f"output_dir: can't write to '{parent}': {why}.")


class Backup:
    """A gzipped CSV that grows block by block. `flush` puts what was written on the disk.

    Where the file is there already it is this run's: rows are added to it, as a further member of
    the gzip file (RFC 1952, 2.2).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        # The deletion must not wait for the client: runs and Huffman codes make ids about as small
        # as a search for repetitions does, in half the time.
        self._gzip = zlib.compressobj(
            level=1, wbits=_GZIP, memLevel=zlib.DEF_MEM_LEVEL, strategy=zlib.Z_RLE
        )

    def write(self, header: bytes, block: bytes) -> None:
        """Append rows; the header goes first, once."""
        if self._file is None:
            with suppress(FileExistsError):
                make_folder(self._path.parent)
            is_new = not self._path.exists()
            self._file = open_file(self._path, "ab")
            self._file.write(self._gzip.compress(header if is_new else b""))
        self._file.write(self._gzip.compress(block))

    def flush(self) -> None:
        """Return only when everything written can be read from the disk, whatever happens next."""
        if self._file is not None:
            self._file.write(self._gzip.flush(zlib.Z_SYNC_FLUSH))
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """End the file properly."""
        if self._file is not None:
            with self._file as file:
                file.write(self._gzip.flush())


class AccountFile:
    """`accounts.csv`: a line for each chosen billing account, and each entry that names none.

    Args:
        path: The file, made at the first line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, rows: Iterable[tuple[str, str, str, str]]) -> None:
        """Append rows of (entry, id, account number, name).

        People open the file in spreadsheets: a word that one would compute gets a `'` before it.
        """
        is_new = not self._path.exists()
        with open_file(self._path, "a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(_ACCOUNT_COLUMNS)
            writer.writerows([harmless(cell) for cell in row] for row in rows)


class FailureFile:
    """`failures.csv`: one line a record that could not be deleted. Safe for several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, object_name: str, rows: Iterable[tuple[str, str, str]]) -> None:
        """Append rows of (id, code, message), Salesforce's words or ours.

        People open the file in spreadsheets: a word that one would compute gets a `'` before it.
        """
        with self._lock:
            new = not self._path.exists()
            with open_file(self._path, "a", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                if new:
                    writer.writerow(_FAILURE_COLUMNS)
                for id_, code, message in rows:
                    writer.writerow((object_name, id_, harmless(code), harmless(message)))
