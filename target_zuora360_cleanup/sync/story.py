"""What happens in mode `sync`: an org is looked at, records are taken stream by stream, and loaded.

The tap's stream sets the pace: the SDK calls `saw`, `stream`, `count` and `flush` as its messages
come, and `finish` at its end, all in the one thread that reads. State is passed on only when every
record before it is in Salesforce, or kept for a later run.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence  # noqa: TC003 - part of the public shape
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.errors import Partial
from target_zuora360_cleanup.facts.reading import read_org
from target_zuora360_cleanup.kept.counts import holding, waits
from target_zuora360_cleanup.lifecycle.login import Login
from target_zuora360_cleanup.lifecycle.words import in_words
from target_zuora360_cleanup.meltano.pipeline import TEST_STREAM
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.sync.beginning import begin
from target_zuora360_cleanup.sync.beside import Beside
from target_zuora360_cleanup.sync.block import Block
from target_zuora360_cleanup.sync.doubts import doubts
from target_zuora360_cleanup.sync.layouts import RowLayouts
from target_zuora360_cleanup.sync.makers import Makers
from target_zuora360_cleanup.sync.passing import Bookmarks
from target_zuora360_cleanup.sync.renamed import Renamed
from target_zuora360_cleanup.sync.streams_in import StreamMaps
from target_zuora360_cleanup.sync.tally import Tally
from target_zuora360_cleanup.sync.words import WHILE_LOADING
from target_zuora360_cleanup.sync.work import Work

if TYPE_CHECKING:
    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.kept.counts import Waits
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.sync.block import Taker
    from target_zuora360_cleanup.sync.renamed import Named

logger = logging.getLogger(__name__)

_BLOCK: Final = 200
"""Records that are taken together: what is said of them fits into a processor's cache."""


class Story:
    """One sync, and what is known of it.

    Args:
        context: What every run has.
        environ: The variables of this process.

    Attributes:
        tally: What became of the records.
        records: RECORDs of the tap, by stream.
        written: The last state that was passed on; None before one was.
        org: Which org it is, once that is known.
        salesforce: The org, once logged in to.
        bookmarks: What the tap's states have said.
        waits: What waits for a later run, by API name, once the stream has come to its end.
        tap_has_ended: Whether the tap itself has ended the stream, as far as is known.

    Raises:
        InputError: `field_maps` is wrong.
    """

    def __init__(self, context: Context, environ: Mapping[str, str] = os.environ) -> None:
        self._run, self._environ = context, environ
        self._settings = settings = context.settings
        self._layouts = RowLayouts()
        self._login = Login(context)
        self._work: Work | None = None
        self._beside = Beside()
        self._block = Block(min(_BLOCK, settings.batch_size_rows))
        self.tally = Tally(context.folder)
        maps = StreamMaps.of(settings.field_maps, settings.stream_objects)
        renamed = Renamed.of(settings.stream_maps)
        self._makers = Makers(settings, maps, self._layouts, self.tally, renamed)
        self.records: Counter[str] = Counter()
        self.written: dict[str, Any] | None = None
        self.org: OrgInfo | None = None
        self.salesforce: Salesforce | None = None
        self.bookmarks = Bookmarks(context.pipeline.start_date, maps.names)
        self.waits: dict[str, Waits] = {}
        self.tap_has_ended = False

    def begin_login(self) -> None:
        """Log in meanwhile."""
        self._login.begin()

    def saw(self, state: Mapping[str, Any]) -> None:
        """Take note of a state of the tap's, which is passed on later or not at all."""
        self.bookmarks.see(state)

    def come_to_its_end(self) -> None:
        """The stream was read to its end, and all of it could be taken."""
        # (after a signal it was read no further)
        self.tap_has_ended = not self._run.stop.is_set()

    @property
    def interrupted(self) -> str:
        """The stream within which the tap ended; blank where it ended well, or nobody knows."""
        return self.bookmarks.interrupted if self.tap_has_ended else ""

    def stream(self, stream: Named, fields: Sequence[str]) -> tuple[Taker, ...]:
        """Begin a stream: what takes its records, one for each object type that they feed.

        Args:
            stream: Its names.
            fields: Names of its fields.

        Raises:
            InputError: No object type takes it and `unmapped_streams` is `refuse`, a field that is
                needed is missing, or Salesforce can't be reached.
        """
        self._block.hand_on()
        work = self._connected()
        if stream.name == TEST_STREAM:
            logger.info("A test stream of Meltano's: nothing is loaded.")
            return ()
        return begin(work, self._makers, self.bookmarks, stream, fields)

    def count(self, stream: str) -> None:
        """Take note of a RECORD of the tap's, whatever becomes of it."""
        self.records[stream] += 1

    def take(self, takers: Sequence[Taker], record: Mapping[str, Any]) -> bool:
        """Take in a record of a stream; whether a batch has come together, to be handed over."""
        any_came = self._block.add(takers, record)
        return any_came and self._work is not None and self._work.loading.is_full

    def settle(self) -> None:
        """Wait for the batch under way.

        Raises:
            CleanupError: Records of it could not be loaded.
        """
        self._beside.wait()

    def hand_over(
        self, state: dict[str, Any] | None, pass_on: Callable[[dict[str, Any]], None]
    ) -> None:
        """Have a full batch loaded while the stream is read on; the one before must be settled.

        Args:
            state: The tap's last state, before which are no other records than those taken so far.
            pass_on: Passes it on; it is called by the thread that loads, once the batch is settled.

        Raises:
            CleanupError: Records of the batch could not even be sent.
        """
        work = self._work
        if work is None:
            return
        self._block.hand_on()
        taken = work.loading.take()

        def load() -> None:
            with in_words(WHILE_LOADING):
                work.loading.load(taken)
            self._fail_if(self.tally.refused)

        def load_and_pass_on() -> None:
            load()
            if state is not None and self._is_settled(work):
                pass_on(state)

        if self.tally.failed and not self._settings.allow_failures:
            load()
        self._fail_if(self.tally.failed)
        self._beside.begin(load_and_pass_on)

    def _is_settled(self, work: Work) -> bool:
        """Whether all that was loaded is in Salesforce, or kept by now."""
        # What is to be filled later is lost where nothing lasts.
        settled = work.loading.is_done and (work.store.lasts or not work.facts.has_stale)
        if settled:
            with in_words(WHILE_LOADING):
                work.store.keep()
        return settled

    def flush(self) -> bool:
        """Load what has come so far; whether all of it is settled, so that state may be passed on.

        Raises:
            CleanupError: Records could not be loaded.
        """
        work = self._work
        if work is None:
            return True
        self._block.hand_on()
        self._beside.wait()
        with in_words(WHILE_LOADING):
            work.loading.flush()
        self._fail_if(self.tally.failed)
        return self._is_settled(work)

    def finish(self) -> None:
        """Load everything, at the end of the stream.

        Raises:
            CleanupError: Records could not be loaded.
        """
        if self._run.stop.is_set():
            # (The stream has not come to its end: it was read no further.)
            raise Stopped
        work = self._work
        if work is None:
            # (nothing came to be loaded; a login that is no good is told all the same)
            with in_words(WHILE_LOADING):
                self._login.salesforce()
            return
        self._block.hand_on()
        self._beside.wait()
        for name in self.bookmarks.last:
            work.loading.sent.update(each.object for each in self._makers.fed(name))
        with in_words(WHILE_LOADING):
            work.catching_up.finish()
            self._fail_if(self.tally.failed)
            work.store.keep()
        work.facts.has_stale = False
        self.waits = waits(work.store)

    def to_pass(self, state: dict[str, Any]) -> dict[str, Any] | None:
        """A state as it may be passed on; None where none may."""
        held, work = set(self._makers.not_loaded), self._work
        if work is None:
            return self.bookmarks.to_pass(state, held, ())
        if not work.store.lasts:
            waiting = holding(work.store, work.loading.sent)
            held |= self._makers.feeding(waiting | work.loading.put_off)
        return self.bookmarks.to_pass(state, held, self._feeding(work.loading.kept.owed))

    def _feeding(self, objects: Collection[str]) -> set[str]:
        """The streams of the tap's that feed one of these object types."""
        return {
            name
            for name in self.bookmarks.streams
            if not {each.object for each in self._makers.fed(name)}.isdisjoint(objects)
        }

    @property
    def doubts(self) -> tuple[str, ...]:
        """What can't be sure of in what earlier runs have kept, in words."""
        work = self._work
        if work is None:
            return ()
        owed = work.loading.kept.owed
        again = {
            each
            for each in self._feeding(owed & work.owed)
            if not self.bookmarks.is_from_the_start(each)
        }
        summed = {
            each
            for each in self.bookmarks.before
            if not work.facts.needs.whole.isdisjoint(fed.stream for fed in self._makers.fed(each))
        }
        return tuple(doubts(work.store, self.bookmarks, again, summed, owes=bool(owed)))

    def passed_on(self, state: dict[str, Any]) -> None:
        """Take note of a state that went to stdout."""
        self.written = state

    @property
    def keeps(self) -> bool:
        """Whether what waits is kept for a later run."""
        return self._work is None or self._work.store.lasts

    def close(self) -> None:
        """Let go of the records that wait on the disk."""
        if self._work is not None:
            self._work.loading.close()
            self._work.store.close()

    def _fail_if(self, failed: int) -> None:
        if failed and not self._settings.allow_failures:
            raise Partial(
                f"{counted(failed, 'record')} could not be loaded; why is in failures.csv. The "
                "stored state stays before what failed, so the next run sends it again. Mend the "
                "cause, or set allow_failures to pass over it."
            )

    def _connected(self) -> Work:
        if self._work is None:
            with in_words(WHILE_LOADING):
                self.salesforce = self._login.salesforce()
                self.org = read_org(self.salesforce)
                logger.info("Logged in to %s (%s).", self.org.name, self.org.id)
                self._work = Work.begin(
                    self._run, self.salesforce, self.org, self._makers, self._environ
                )
        return self._work
