"""Backs up the bodies of attachments that go along, a request for each, in constant memory.

No query gives a body: a resource of the row does ("sObject Blob Get", REST API Developer Guide). A
note's body is text, and in the backup of its row.
"""

from __future__ import annotations

import csv
import logging
import os
import re
import threading
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from requests import codes

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.output.private import file_name, harmless, make_folder, open_file
from target_zuora360_cleanup.reach import WITH_BODY
from target_zuora360_cleanup.rows.pool import Pool
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.salesforce.rows import Selection, read_table, soql_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from target_zuora360_cleanup.output.folder import OutputFolder
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

LEFT_OUT: Final = "bodies_left_out.csv"
_COLUMNS: Final = ("object", "id", "name", "bytes")
_AT_ONCE: Final = 4
_MEGABYTE: Final = 1_000_000
_ID: Final = re.compile(r"[A-Za-z0-9]{18}")
_FIRST: Final = 10
"""Bodies that are named in the report."""


@dataclass(frozen=True)
class BodyCount:
    """What became of bodies.

    Attributes:
        written: How many are in the backup.
        left_out: How many are not, since they are too large.
        first: Names and sizes in bytes of the first of these.
    """

    written: int = 0
    left_out: int = 0
    first: tuple[tuple[str, int], ...] = ()


@dataclass
class Bodies:
    """Backs bodies up. For several threads, one at a time.

    Attributes:
        salesforce: Where.
        folder: Of the run.
        most_megabytes: A larger body is left out, and named.
        go_on: Raises when the run may not go on.
    """

    salesforce: Salesforce
    folder: OutputFolder
    most_megabytes: int
    go_on: Callable[[], None]
    _count: BodyCount = field(default_factory=BodyCount)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def count(self) -> BodyCount:
        """What became of those so far."""
        return self._count

    def write(self, name: str, where: str, rows: int) -> None:
        """Write `backup/bodies/<Object>/<Id>`; each is on the disk on return.

        What is too large is named in `backup/bodies_left_out.csv`.

        Args:
            name: API name of the object; one without bodies has nothing to be written.
            where: What finds the rows.
            rows: About how many they are.

        Raises:
            CleanupError: A body is not as long as Salesforce says.
            ApiError, JobFailed, requests.RequestException: Salesforce does not give one.
            OSError: A file can't be written.
            Stopped, QuotaReached: The run may not go on.
        """
        if name not in WITH_BODY:
            return
        selection = Selection(name, ("Id", "Name", WITH_BODY[name]), where, rows)
        with self._lock:
            self._write(name, read_table(self.salesforce, selection))

    def _write(self, name: str, rows: Iterator[list[str]]) -> None:
        folder = self._made_folder(name)
        running: set[Future[bool]] = set()
        with Pool(_AT_ONCE, "bodies") as pool:
            for row_id, title, size in rows:
                length = int(size or 0)
                if length > self.most_megabytes * _MEGABYTE:
                    self._leave_out(name, row_id, title, length)
                    continue
                self.go_on()
                running.add(pool.submit(self._fetch, name, row_id, length, folder))
                if len(running) >= _AT_ONCE:
                    ended, running = wait(running, return_when=FIRST_COMPLETED)
                    self._take(ended)
            self._take(wait(running).done)

    def _take(self, ended: set[Future[bool]]) -> None:
        written = sum(future.result() for future in ended)
        self._count = BodyCount(
            self._count.written + written, self._count.left_out, self._count.first
        )

    def _fetch(self, name: str, row_id: str, length: int, folder: Path) -> bool:
        """Write one body; false if its row has gone meanwhile."""
        if not _ID.fullmatch(row_id):
            raise CleanupError(f"The org names a row of {name} {row_id!r}, which is no id.")

        draft = folder / f"{row_id}.part"

        def take(blocks: Iterator[bytes]) -> int:
            with open_file(draft, "wb") as file:
                written = sum(file.write(block) for block in blocks)
                file.flush()
                os.fsync(file.fileno())
            return written

        try:
            written = self.salesforce.rest.body(name, row_id, take)
        except ApiError as exc:
            # (a body that is not found is no proof that its row has gone)
            if exc.status != codes.not_found or self._is_there(name, row_id):
                raise
            return False
        if written != length:
            raise CleanupError(
                f"The body of {name} {row_id} came with {written:,} bytes, and Salesforce says "
                f"that it has {length:,}. Run the cleanup again."
            )
        draft.replace(folder / row_id)
        return True

    def _is_there(self, name: str, row_id: str) -> bool:
        soql = f"SELECT COUNT() FROM {name} WHERE Id = {soql_text(row_id)}"
        return self.salesforce.rest.count(soql) > 0

    def _leave_out(self, name: str, row_id: str, title: str, length: int) -> None:
        logger.warning(
            "%s %s (%s) has %s bytes, more than backup_bodies_mb: its body is not backed up.",
            name, row_id, title, f"{length:,}",
        )  # fmt: skip
        path = self.folder.path / "backup" / LEFT_OUT
        is_new = not path.exists()
        with open_file(path, "a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(_COLUMNS)
            writer.writerow((name, row_id, harmless(title), length))
            file.flush()
            os.fsync(file.fileno())
        first = (*self._count.first, (title, length))[:_FIRST]
        self._count = BodyCount(self._count.written, self._count.left_out + 1, first)

    def _made_folder(self, name: str) -> Path:
        folder = self.folder.path / "backup" / "bodies" / file_name(name)
        with suppress(FileExistsError):
            make_folder(folder)
        return folder
