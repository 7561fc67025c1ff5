"""An undo from its begin to its report."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from target_zuora360_cleanup.errors import CleanupError, Partial, Refused
from target_zuora360_cleanup.lifecycle.alone import ending_of, told_to_its_end
from target_zuora360_cleanup.state.files import StateFiles
from target_zuora360_cleanup.state.from_settings import meltano_states, stream_names
from target_zuora360_cleanup.undo.bookmarks import Bookmarks
from target_zuora360_cleanup.undo.source import Cleanup, cleanups_in
from target_zuora360_cleanup.undo.store import RowStore
from target_zuora360_cleanup.undo.story import Story
from target_zuora360_cleanup.undo.words import unexpected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_zuora360_cleanup.lifecycle.alone import Ending, Show
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.lifecycle.result import Result
    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.state.store import Store
    from target_zuora360_cleanup.state.watch import RunWatch
    from target_zuora360_cleanup.undo.choice import Chain


def cleanups(settings: Settings, folder: Path | None) -> tuple[Cleanup | None, list[Cleanup]]:
    """The cleanup that is named, and those that it is one of: beside it, and in `output_dir`.

    Args:
        settings: The target's; `mode` does not matter.
        folder: A cleanup's folder. None is for the newest of the org in `output_dir` that is not
            taken back.

    Raises:
        InputError: One can't be read.
    """
    given = Cleanup.read(folder.expanduser()) if folder else None
    known = cleanups_in(settings.output_dir)
    if given:
        beside = cleanups_in(str(given.folder.resolve().parent))
        by_folder = {each.folder.resolve(): each for each in (*known, *beside)}
        known = sorted(by_folder.values(), key=lambda each: each.age, reverse=True)
    return given, known


class Undo:
    """One undo: made, and carried out once by the main thread.

    Args:
        context: What every run has.
        given: The cleanup that is named, if one is.
        known: Those to choose from.
        show: Shows the report; is given the run's folder too.
        dry_run: Only look and tell.
    """

    def __init__(
        self,
        context: Context,
        given: Cleanup | None,
        known: Sequence[Cleanup],
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
        self._stores: list[Store] = []

    @property
    def status_if_killed(self) -> int:
        """The exit status of a process that ends at once."""
        is_partial = self._story and self._story.may_have_begun
        return (Partial if is_partial else CleanupError).exit_status

    def carry_out(self) -> Result:
        """Take a cleanup back, and tell what became of each row and state."""
        return told_to_its_end(self._run, self._work, self._show)

    def _work(self, tell: Callable[[Ending], None]) -> None:
        with tempfile.TemporaryDirectory() as temporary:
            store = RowStore(Path(temporary) / "rows.sqlite")
            try:
                tell(self._ended(store))
            finally:
                store.close()
                for each in self._stores:
                    each.close()

    def _ended(self, store: RowStore) -> Ending:
        self._story = story = Story(
            self._run, self._given, self._known, store, self._holders, dry_run=self._dry_run
        )

        def words(exc: Exception) -> CleanupError:
            return unexpected(exc, begun=story.may_have_begun)

        return ending_of(story, story.undo, words, "undo")

    def _holders(self, chain: Chain) -> Bookmarks:
        """What holds the states of a chain.

        Raises:
            InputError: Meltano can't be found, and holds some.
        """
        settings, run = self._run.settings, self._run
        files = [each.state_id for each in chain.states if each.place == "file"]
        stores: dict[str, Store] = {"file": StateFiles(files)}
        running: Callable[[], None] = lambda: None  # noqa: E731 - as the other one
        if ids := [each.state_id for each in chain.states if each.place == "meltano"]:
            stores["meltano"], watch = meltano_states(settings, run.pipeline)
            running = partial(_refuse_running, watch, ids)
        self._stores = list(stores.values())
        return Bookmarks(chain, stores, stream_names(settings), running)


def _refuse_running(watch: RunWatch, state_ids: Sequence[str]) -> None:
    """Refuse to work beside a pipeline that will store its bookmarks.

    Raises:
        CleanupError: One runs, or nobody can tell.
    """
    for finding in watch.look(state_ids):
        raise Refused(finding.words)
