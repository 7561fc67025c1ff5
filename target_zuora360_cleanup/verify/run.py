"""A comparison from its begin to its report."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.lifecycle.alone import ending_of, told_to_its_end
from target_zuora360_cleanup.verify.backup import Backup, backups_in
from target_zuora360_cleanup.verify.store import Store
from target_zuora360_cleanup.verify.story import Story
from target_zuora360_cleanup.verify.words import unexpected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_zuora360_cleanup.lifecycle.alone import Ending, Show
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.lifecycle.result import Result
    from target_zuora360_cleanup.settings.declared import Settings


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
        is_named: Whether one backup was named, which is compared alone.
    """

    status_if_killed = CleanupError.exit_status

    def __init__(
        self, context: Context, known: Sequence[Backup], show: Show, *, is_named: bool = False
    ) -> None:
        self._is_named = is_named
        self._run = context
        self._known = known
        self._show = show

    def carry_out(self) -> Result:
        """Compare the org with a backup, and tell what is not as it was."""
        return told_to_its_end(self._run, self._work, self._show)

    def _work(self, tell: Callable[[Ending], None]) -> None:
        with tempfile.TemporaryDirectory() as temporary:
            store = Store(Path(temporary) / "rows.sqlite")
            try:
                story = Story(
                    self._run, self._known, store, Path(temporary), is_named=self._is_named
                )
                tell(self._ended(story))
            finally:
                store.close()

    def _ended(self, story: Story) -> Ending:
        return ending_of(story, story.verify, unexpected, "comparison")
