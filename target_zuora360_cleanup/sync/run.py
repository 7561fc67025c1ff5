"""One run of mode `sync`: logs in, takes records stream by stream, loads them, tells the outcome.

State is passed on only when every record before it is in Salesforce.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence  # noqa: TC003 - part of the public shape
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TextIO

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.errors import CleanupError, InputError, Partial
from target_zuora360_cleanup.facts.reading import read_org
from target_zuora360_cleanup.lifecycle.background import Background
from target_zuora360_cleanup.lifecycle.ending import conclude, header_of, show_words
from target_zuora360_cleanup.lifecycle.words import in_words
from target_zuora360_cleanup.meltano.pipeline import TEST_STREAM
from target_zuora360_cleanup.rows.halting import go_on
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.sending import DELETIONS
from target_zuora360_cleanup.settings.selection import selected
from target_zuora360_cleanup.sync.destination import read_destination
from target_zuora360_cleanup.sync.layouts import RowLayouts
from target_zuora360_cleanup.sync.loading import Loading
from target_zuora360_cleanup.sync.records import ChangeMaker
from target_zuora360_cleanup.sync.removals import Removals
from target_zuora360_cleanup.sync.report import Loaded, sync_report
from target_zuora360_cleanup.sync.rows import RowLayout
from target_zuora360_cleanup.sync.streams_in import StreamMaps
from target_zuora360_cleanup.sync.tally import Tally
from target_zuora360_cleanup.sync.upserts import OPERATION, Upserts
from target_zuora360_cleanup.sync.words import WHILE_LOADING

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.lifecycle.result import Result
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.rows.stop import Stop
    from target_zuora360_cleanup.salesforce.client import Salesforce

    Show = Callable[[Report, Path], None]

logger = logging.getLogger(__name__)

_OURS: Final = DELETIONS | {OPERATION}


class SyncRun:
    """Made, given streams and their records, ended once.

    Args:
        context: What every run has.
        show: Shows the report; is given the run's folder too.

    Raises:
        InputError: `field_maps` is wrong.
    """

    def __init__(self, context: Context, show: Show) -> None:
        self._run = context
        self._settings = settings = context.settings
        self._show = show
        self._maps = StreamMaps.of(settings.field_maps, settings.stream_objects)
        self._info: OrgInfo | None = None
        self._tally = Tally(context.folder)
        self._layouts = RowLayouts()
        self._records: Counter[str] = Counter()
        self._salesforce: Salesforce | None = None
        self._loading: Loading | None = None

    @property
    def stop(self) -> Stop:
        """Set by a signal."""
        return self._run.stop

    @classmethod
    def beside_a_tap(cls, context: Context, err: TextIO | None = None) -> SyncRun:
        """A run whose summary goes to `err`, stderr by default.

        Raises:
            InputError: `field_maps` is wrong.
        """
        return cls(context, partial(show_words, err or sys.stderr))

    def follow(self, read: Callable[[], None], written: Sequence[dict[str, Any]]) -> Result:
        """Have the stream read by a thread of its own, and tell what became of its records.

        Args:
            read: Reads the stream, which hands the records on, to its end.
            written: The states that were passed on, as far as they have been by then.
        """
        work, stop = Background(self.stop), self.stop
        with stop.awake():
            work.begin(read)
            if not work.wait():
                work.leave()
        error = work.failure
        if stop.is_set() and (error or not work.has_ended):
            error = CleanupError(
                f"Stopped by {stop.by}. The stored state stays before what is not loaded, so the "
                "next run sends it again."
            )
        if self._loading and work.has_ended:
            self._loading.close()
        report = self._report(error, written)
        for problem in self._unwritten():
            logger.error("%s", problem)
            error = error or CleanupError(problem)
        return conclude(self._run, report, self._show, error)

    def stream(self, name: str, fields: Sequence[str]) -> tuple[ChangeMaker, ...]:
        """Begin a stream: what takes its records, one for each object type that they feed.

        Args:
            name: The stream's name.
            fields: Names of its fields.

        Raises:
            InputError: No object type takes it and `unmapped_streams` is `refuse`, a field that is
                needed is missing, or Salesforce can't be reached.
        """
        loading = self._connected()
        if name == TEST_STREAM:
            logger.info("A test stream of Meltano's: nothing is loaded.")
            return ()
        wanted = {kind.api_name for kind in selected(self._settings)} | set(
            self._settings.stream_objects.values()
        )
        maps = [
            each
            for each in self._maps.of_stream(name)
            if each.object in loading.objects and each.object in wanted
        ]
        if not maps:
            self._unmapped(name)
        return tuple(self._maker(loading, name, each, fields) for each in maps)

    def _unmapped(self, name: str) -> None:
        if self._settings.unmapped_streams == "refuse":
            raise InputError(
                f"No object type of this org takes the stream '{name}'. Deselect it, name its "
                "object type in stream_objects, or set unmapped_streams to ignore."
            )
        logger.warning("No object type of this org takes the stream '%s': it is ignored.", name)

    def _maker(
        self, loading: Loading, name: str, made_by: FieldMap, fields: Sequence[str]
    ) -> ChangeMaker:
        target = loading.objects[made_by.object]
        if not target.writable:
            raise InputError(
                f"The Salesforce user may not create and edit {target.name}: give the permission, "
                f"or deselect the stream '{name}'."
            )
        for needed in filter(None, ("Id", made_by.account)):
            if needed not in fields:
                raise InputError(
                    f"The stream '{name}' has no field {needed}, without which its records have "
                    "no place in Salesforce: select that field."
                )
        layout = RowLayout.of(made_by, loading.objects, fields, loading.order.late)
        if layout.left_out:
            logger.warning(
                "%s has no field %s that this user may write: left out.",
                target.name,
                ", ".join(layout.left_out),
            )
        loading.sent.add(target.name)
        keeps = self._settings.keep_quoted_products and made_by.deleted_flag() in target.fields
        return ChangeMaker(
            made_by,
            layout,
            self._layouts.add(layout),
            loading.add,
            self._tally,
            flags_deleted=keeps,
        )

    def count(self, stream: str) -> None:
        """Take note of a RECORD of the tap's, whatever becomes of it."""
        self._records[stream] += 1

    @property
    def is_full(self) -> bool:
        """Whether a batch has come together, to be loaded before more is taken."""
        return self._loading is not None and self._loading.is_full

    def flush(self) -> bool:
        """Load what has come so far; whether all of it is settled, so that state may be passed on.

        Raises:
            CleanupError: Records could not be loaded.
        """
        if self._loading is None:
            return True
        with in_words(WHILE_LOADING):
            self._loading.flush()
        self._fail_if_any_failed()
        return self._loading.is_settled

    def finish(self) -> None:
        """Load everything, at the end of the stream.

        Raises:
            CleanupError: Records could not be loaded.
        """
        if self._run.stop.is_set():
            # (The stream has not come to its end: it was read no further.)
            raise Stopped
        if self._loading is not None:
            with in_words(WHILE_LOADING):
                self._loading.finish()
            self._fail_if_any_failed()

    def _report(self, error: BaseException | None, written: Sequence[dict[str, Any]]) -> Report:
        return sync_report(
            header_of(self._run, error, self._info, self._salesforce),
            Loaded.of(self._tally.counts),
            timeline=self._run.timeline.spans,
            failures=self._tally.failures.grouped(),
            written=written[-1] if written else None,
            state_id=self._run.pipeline.state_id,
            records=self._records,
        )

    def _unwritten(self) -> Iterator[str]:
        try:
            self._tally.flush()
        except OSError as exc:
            yield f"failures.csv or skipped.csv can't be written: {exc.strerror or exc}."

    def _fail_if_any_failed(self) -> None:
        if self._tally.failed and not self._settings.allow_failures:
            raise Partial(
                f"{self._tally.failed:,} records could not be loaded; why is in failures.csv. The "
                "stored state stays before them, so the next run sends them again."
            )

    def _connected(self) -> Loading:
        if self._loading is None:
            with in_words(WHILE_LOADING):
                self._loading = self._connect()
        return self._loading

    def _connect(self) -> Loading:
        self._salesforce = salesforce = connect(self._settings, self.stop.pause, self._run.waits)
        self._info = info = read_org(salesforce)
        logger.info("Logged in to %s (%s).", info.name, info.id)
        # Jobs of a run that was stopped must not overwrite what this one loads.
        salesforce.jobs.wait_for_leftovers(BY_NAME.__contains__, _OURS)
        allowed = self._settings.allow_cascade_to
        destination = read_destination(salesforce, self._maps.maps, allowed)
        return Loading(
            destination.order,
            destination.objects,
            destination.hazards,
            self._layouts,
            Upserts(
                salesforce,
                self._layouts,
                self._go_on,
                self._run.timeline,
                self._settings.job_size,
                self._settings.max_parallel_jobs,
            ),
            Removals(salesforce, self._go_on),
            self._tally,
            self._settings.batch_size_rows,
        )

    def _go_on(self) -> None:
        usage = self._salesforce.usage if self._salesforce else None
        go_on(self._run.stop, usage, self._settings.quota_percent_total)
