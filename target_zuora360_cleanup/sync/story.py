"""What happens in mode `sync`: an org is looked at, records are taken stream by stream, and loaded.

The tap's stream sets the pace: the SDK calls `stream`, `count` and `flush` as its messages come,
and `finish` at its end, all in the one thread that reads. State is passed on only when every record
before it is in Salesforce.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence  # noqa: TC003 - part of the public shape
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.errors import InputError, Partial
from target_zuora360_cleanup.facts.reading import read_org
from target_zuora360_cleanup.lifecycle.login import Login
from target_zuora360_cleanup.lifecycle.words import in_words
from target_zuora360_cleanup.meltano.pipeline import TEST_STREAM
from target_zuora360_cleanup.rows.halting import go_on
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.salesforce.sending import DELETIONS
from target_zuora360_cleanup.settings.selection import selected
from target_zuora360_cleanup.sync.destination import read_destination
from target_zuora360_cleanup.sync.layouts import RowLayouts
from target_zuora360_cleanup.sync.loading import Loading
from target_zuora360_cleanup.sync.records import ChangeMaker
from target_zuora360_cleanup.sync.removals import Removals
from target_zuora360_cleanup.sync.rows import RowLayout
from target_zuora360_cleanup.sync.streams_in import StreamMaps
from target_zuora360_cleanup.sync.tally import Tally
from target_zuora360_cleanup.sync.upserts import OPERATION, Upserts
from target_zuora360_cleanup.sync.words import WHILE_LOADING

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

_OURS: Final = DELETIONS | {OPERATION}


class Story:
    """One sync, and what is known of it.

    Args:
        context: What every run has.

    Attributes:
        tally: What became of the records.
        records: RECORDs of the tap, by stream.
        written: The last state that was passed on; None before one was.
        org: Which org it is, once that is known.
        salesforce: The org, once logged in to.

    Raises:
        InputError: `field_maps` is wrong.
    """

    def __init__(self, context: Context) -> None:
        self._run = context
        self._settings = settings = context.settings
        self._maps = StreamMaps.of(settings.field_maps, settings.stream_objects)
        self._layouts = RowLayouts()
        self._login = Login(context)
        self._loading: Loading | None = None
        self.tally = Tally(context.folder)
        self.records: Counter[str] = Counter()
        self.written: dict[str, Any] | None = None
        self.org: OrgInfo | None = None
        self.salesforce: Salesforce | None = None

    def begin_login(self) -> None:
        """Log in meanwhile."""
        self._login.begin()

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
            made_by, layout, self._layouts.add(layout), loading.add, self.tally, flags_deleted=keeps
        )

    def count(self, stream: str) -> None:
        """Take note of a RECORD of the tap's, whatever becomes of it."""
        self.records[stream] += 1

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
        return self._loading.is_done

    def finish(self) -> None:
        """Load everything, at the end of the stream.

        Raises:
            CleanupError: Records could not be loaded.
        """
        if self._run.stop.is_set():
            # (The stream has not come to its end: it was read no further.)
            raise Stopped
        if self._loading is None:
            # (nothing came to be loaded; a login that is no good is told all the same)
            with in_words(WHILE_LOADING):
                self._login.salesforce()
            return
        with in_words(WHILE_LOADING):
            self._loading.finish()
        self._fail_if_any_failed()

    def passed_on(self, state: dict[str, Any]) -> None:
        """Take note of a state that went to stdout."""
        self.written = state

    def close(self) -> None:
        """Let go of the records that wait on the disk."""
        if self._loading is not None:
            self._loading.close()

    def _fail_if_any_failed(self) -> None:
        if self.tally.failed and not self._settings.allow_failures:
            raise Partial(
                f"{self.tally.failed:,} records could not be loaded; why is in failures.csv. The "
                "stored state stays before them, so the next run sends them again."
            )

    def _connected(self) -> Loading:
        if self._loading is None:
            with in_words(WHILE_LOADING):
                self._loading = self._connect()
        return self._loading

    def _connect(self) -> Loading:
        self.salesforce = salesforce = self._login.salesforce()
        self.org = info = read_org(salesforce)
        logger.info("Logged in to %s (%s).", info.name, info.id)
        # Jobs of a run that was stopped must not overwrite what this one loads.
        salesforce.jobs.wait_for_leftovers(BY_NAME.__contains__, _OURS)
        allowed = self._settings.allow_cascade_to
        destination = read_destination(salesforce, self._maps.maps, allowed)
        return Loading(
            destination.order,
            destination.objects,
            self._layouts,
            Upserts(
                salesforce,
                self._layouts,
                self._go_on,
                self._run.timeline,
                self._settings.job_size,
                self._settings.max_parallel_jobs,
            ),
            Removals(salesforce, self._go_on, destination.cascades),
            self.tally,
            self._settings.batch_size_rows,
        )

    def _go_on(self) -> None:
        usage = self.salesforce.usage if self.salesforce else None
        go_on(self._run.stop, usage, self._settings.quota_percent_total)
