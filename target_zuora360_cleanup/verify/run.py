"""A comparison from its begin to its report."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.lifecycle.background import to_its_end
from target_zuora360_cleanup.lifecycle.result import Result
from target_zuora360_cleanup.verify.backup import Backup, backups_in
from target_zuora360_cleanup.verify.store import Store
from target_zuora360_cleanup.verify.story import Story
from target_zuora360_cleanup.verify.words import unexpected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.settings.declared import Settings

    Show = Callable[[Report, Path], None]

logger = logging.getLogger(__name__)


def backups(settings: Settings, folder: Path | None) -> list[Backup]:
    """The backup that is named, or those that may be meant, the newest first.

    Args:
        settings: The target's; `mode` does not matter.
        folder: A cleanup's folder. None is for the newest of the org in `output_dir`.

    Raises:
        InputError: There is none, or one can't be read.
    """
    return [Backup.read(folder.expanduser())] if folder else backups_in(settings.output_dir)


class Verify:
    """One comparison: made, and carried out once by the main thread.

    Args:
        context: What every run has.
        known: The backups to choose from.
        show: Shows the report; is given the run's folder too.
    """

    status_if_killed = CleanupError.exit_status

    def __init__(self, context: Context, known: Sequence[Backup], show: Show) -> None:
        self._run = context
        self._known = known
        self._show = show
        self._ending: tuple[Report, CleanupError | None] | None = None

    def carry_out(self) -> Result:
        """Compare the org with a backup, and tell what is not as it was."""
        failure = to_its_end(self._run.stop, self._work)
        if self._ending is None:
            return Result(failure)
        report, error = self._ending
        self._show(report, self._run.folder.path)
        return Result(error)

    def _work(self) -> None:
        with tempfile.TemporaryDirectory() as temporary:
            store = Store(Path(temporary) / "rows.sqlite")
            try:
                self._ending = self._ended(Story(self._run, self._known, store, Path(temporary)))
            finally:
                store.close()

    def _ended(self, story: Story) -> tuple[Report, CleanupError | None]:
        try:
            story.verify()
        except CleanupError as exc:
            return story.end(exc)
        except Exception as exc:
            logger.exception("The comparison met what the program does not know.")
            return story.end(unexpected(exc))
        return story.end(None)
