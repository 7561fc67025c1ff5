"""Rows of others that go along with permission: backed up whole beforehand, counted afterwards."""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from typing import TYPE_CHECKING

from target_zuora360_cleanup.deletion.trouble import in_words
from target_zuora360_cleanup.facts.counts import selectable
from target_zuora360_cleanup.facts.known import Known
from target_zuora360_cleanup.reach import soql
from target_zuora360_cleanup.salesforce.rows import Selection, read_pages, split_header

if TYPE_CHECKING:
    from target_zuora360_cleanup.deletion.bodies import Bodies
    from target_zuora360_cleanup.deletion.look import Look
    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.output.folder import Backup, OutputFolder
    from target_zuora360_cleanup.reach import Path
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

_PAGE_ROWS = 50_000


class TakenAlong:
    """Backs up and counts what goes along with each step. Safe for several threads.

    Args:
        salesforce: Where.
        folder: Takes the backups.
        look: Knows the objects' fields and how their rows are found.
        bodies: Backs bodies up; None where none are.
        is_backed_up: Whether anything is.
    """

    def __init__(
        self,
        salesforce: Salesforce,
        folder: OutputFolder,
        look: Look,
        bodies: Bodies | None = None,
        *,
        is_backed_up: bool,
    ) -> None:
        self._salesforce = salesforce
        self._folder = folder
        self._look = look
        self._bodies = bodies
        self._is_backed_up = is_backed_up
        self._before: dict[Path, int] = {}
        self._files = threading.Lock()

    def back_up(self, turn: Turn) -> None:
        """Write down what goes along with a step, whole rows; it is on the disk on return.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce does not tell.
            OSError: A file can't be written.
            CleanupError, Stopped, QuotaReached: As `Bodies.write`.
        """
        for path, rows in turn.along.items():
            self._before[path] = max(rows, self._before.get(path, 0))
            if self._is_backed_up:
                # (one file for each object, whichever way and whichever step leads to its rows)
                with self._files, closing(self._folder.backup(self._file(path))) as backup:
                    self._write(path, rows, backup)
                if self._bodies:
                    self._bodies.write(path.child, self._selection(path, rows).where, rows)

    def _file(self, path: Path) -> str:
        is_step = path.child in self._look.step_names
        return f"{path.child}.taken_along" if is_step else path.child

    def _write(self, path: Path, rows: int, backup: Backup) -> None:
        for page in read_pages(self._salesforce, self._selection(path, rows), _PAGE_ROWS):
            header, blocks = split_header(page)
            for block in blocks:
                backup.write(header, block)
        backup.flush()

    def _selection(self, path: Path, rows: int) -> Selection:
        fields = selectable(self._look.describe(path.child))
        condition = self._look.counter.condition(path) or ""
        columns = ("Id", *(name for name in fields if name != "Id"))
        is_archived = path.child in soql.WITH_ARCHIVED
        return Selection(path.child, columns, condition, rows, all_rows=is_archived)

    def gone(self) -> dict[Path, int | None]:
        """How many rows went along, by the way to them, counted in the org; None where unknown."""
        paths = list(self._before)
        try:
            now = self._look.counter.count(paths)
        except Exception as exc:  # noqa: BLE001 - then they are unknown, whatever it was
            logger.warning("What went along could not be counted (%s).", in_words(exc))
            return self.begun
        return {
            path: max(0, self._before[path] - left.value) if isinstance(left, Known) else None
            for path, left in now.items()
        }

    @property
    def begun(self) -> dict[Path, int | None]:
        """The ways whose rows may have gone along, before anybody has counted them."""
        return dict.fromkeys(self._before)
