"""A relink from its begin to its report."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from target_zuora360_cleanup.errors import CleanupError, Partial
from target_zuora360_cleanup.lifecycle.alone import ending_of, told_to_its_end
from target_zuora360_cleanup.relink.choice import candidates
from target_zuora360_cleanup.relink.snapshot import Snapshot
from target_zuora360_cleanup.relink.store import LinkStore
from target_zuora360_cleanup.relink.story import Story
from target_zuora360_cleanup.relink.words import unexpected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_zuora360_cleanup.lifecycle.alone import Ending, Show
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.lifecycle.result import Result
    from target_zuora360_cleanup.settings.declared import Settings


def snapshots(settings: Settings, folder: Path | None) -> tuple[Snapshot | None, list[Snapshot]]:
    """The snapshot that is named, and those that it is one of.

    Args:
        settings: The target's; `mode` does not matter.
        folder: A cleanup's folder. None is for the newest of the org in `output_dir` that has links
            and is not relinked, with those that it has gone on with.

    Raises:
        InputError: There is none, or one can't be read.
    """
    given = Snapshot.read(folder.expanduser()) if folder else None
    return given, candidates(settings.output_dir, given)


class Relink:
    """One relink: made, and carried out once by the main thread.

    Args:
        context: What every run has.
        given: The snapshot that is named, if one is.
        known: Those to choose from.
        show: Shows the report; is given the run's folder too.
        dry_run: Only look and tell.
    """

    def __init__(
        self,
        context: Context,
        given: Snapshot | None,
        known: Sequence[Snapshot],
        show: Show,
        *,
        dry_run: bool,
    ) -> None:
        self._run = context
        self._given = given
        self._known = known
        self._show = show
        self._dry_run = dry_run
        self._story: Story | None = None

    @property
    def status_if_killed(self) -> int:
        """The exit status of a process that ends at once."""
        is_partial = self._story and self._story.may_have_set
        return (Partial if is_partial else CleanupError).exit_status

    def carry_out(self) -> Result:
        """Set links again that a cleanup has left blank, and tell what became of each."""
        return told_to_its_end(self._run, self._work, self._show)

    def _work(self, tell: Callable[[Ending], None]) -> None:
        with tempfile.TemporaryDirectory() as temporary:
            store = LinkStore(Path(temporary) / "links.sqlite")
            try:
                tell(self._ended(store))
            finally:
                store.close()

    def _ended(self, store: LinkStore) -> Ending:
        self._story = story = Story(
            self._run, self._given, self._known, store, dry_run=self._dry_run
        )

        def words(exc: Exception) -> CleanupError:
            return unexpected(exc, begun=story.may_have_set)

        return ending_of(story, story.relink, words, "relink")
