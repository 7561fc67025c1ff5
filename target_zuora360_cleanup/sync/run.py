"""One run of mode `sync`: logs in, takes records stream by stream, loads them, tells the outcome.

State is passed on only when every record before it is in Salesforce.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Iterator, Sequence  # noqa: TC003 - part of the public shape
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TextIO

from requests import RequestException

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.errors import CleanupError, InputError, Partial
from target_zuora360_cleanup.facts.reading import read_org
from target_zuora360_cleanup.meltano.pipeline import TEST_STREAM
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.output.timeline import Timeline
from target_zuora360_cleanup.report.files import write_report
from target_zuora360_cleanup.report.header import Header
from target_zuora360_cleanup.rows.halting import QuotaReached, go_on
from target_zuora360_cleanup.rows.stop import Stop, Stopped
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.errors import (
    ApiError,
    JobFailed,
    SessionExpired,
    unreachable,
)
from target_zuora360_cleanup.salesforce.sending import DELETIONS
from target_zuora360_cleanup.settings.selection import selected
from target_zuora360_cleanup.sync.loading import Loading
from target_zuora360_cleanup.sync.org_shape import read_org_shape
from target_zuora360_cleanup.sync.records import Intake
from target_zuora360_cleanup.sync.removals import Removals
from target_zuora360_cleanup.sync.report import Loaded, sync_report
from target_zuora360_cleanup.sync.rows import RowShape
from target_zuora360_cleanup.sync.shapes import Shapes
from target_zuora360_cleanup.sync.streams_in import StreamMaps
from target_zuora360_cleanup.sync.tally import Tally
from target_zuora360_cleanup.sync.upserts import OPERATION, Upserts

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.salesforce.waits import Waits
    from target_zuora360_cleanup.settings.declared import Settings

logger = logging.getLogger(__name__)

_OURS: Final = DELETIONS | {OPERATION}


class SyncRun:
    """Made, given streams and their records, ended once.

    Args:
        settings: What the user set.
        pipeline: The Meltano run around it.
        err: Where the summary goes, stderr by default.
        waits: How long is waited, and for what.

    Raises:
        InputError: `output_dir` can't be written to, or `field_maps` is wrong.
    """

    def __init__(
        self,
        settings: Settings,
        pipeline: Pipeline,
        err: TextIO | None = None,
        waits: Waits | None = None,
    ) -> None:
        self._settings = settings
        self._waits = waits
        self._err = err or sys.stderr
        self._maps = StreamMaps.of(settings.field_maps, settings.stream_objects)
        self._state_id = pipeline.state_id
        self._started_at = _now()
        self._info: OrgInfo | None = None
        self._folder = OutputFolder.make(settings.output_dir, settings.mode, _now())
        self._tally = Tally(self._folder)
        self._shapes = Shapes()
        self._timeline = Timeline()
        self._stop = Stop()
        self._records: Counter[str] = Counter()
        self._salesforce: Salesforce | None = None
        self._loading: Loading | None = None
        self._ended = False

    def stream(self, name: str, fields: Sequence[str]) -> tuple[Intake, ...]:
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
        return tuple(self._intake(loading, name, each, fields) for each in maps)

    def _unmapped(self, name: str) -> None:
        if self._settings.unmapped_streams == "refuse":
            raise InputError(
                f"No object type of this org takes the stream '{name}'. Deselect it, name its "
                "object type in stream_objects, or set unmapped_streams to ignore."
            )
        logger.warning("No object type of this org takes the stream '%s': it is ignored.", name)

    def _intake(
        self, loading: Loading, name: str, made_by: FieldMap, fields: Sequence[str]
    ) -> Intake:
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
        shape = RowShape.of(made_by, loading.objects, fields, loading.order.late)
        if shape.left_out:
            logger.warning(
                "%s has no field %s that this user may write: left out.",
                target.name,
                ", ".join(shape.left_out),
            )
        loading.sent.add(target.name)
        keeps = self._settings.keep_quoted_products and made_by.deleted_flag() in target.fields
        return Intake(
            made_by, shape, self._shapes.add(shape), loading.add, self._tally, flags_deleted=keeps
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
        with self._in_words():
            self._loading.flush()
        self._fail_if_any_failed()
        return self._loading.is_settled

    def finish(self) -> None:
        """Load everything, at the end of the stream.

        Raises:
            CleanupError: Records could not be loaded.
        """
        if self._loading is not None:
            with self._in_words():
                self._loading.finish()
            self._fail_if_any_failed()

    def interrupt(self) -> bool:
        """Begin nothing more; what Salesforce works on goes on there. False if said before."""
        is_first = not self._stop.is_set()
        self._stop.set()
        return is_first

    def end(self, error: BaseException | None, written: list[dict[str, Any]]) -> None:
        """Write the report, once.

        Args:
            error: Why the run ends, if not well.
            written: The states that were passed on.

        Raises:
            CleanupError: The report can't be written, and there is no other error.
        """
        if self._ended:
            return
        self._ended = True
        if self._loading:
            self._loading.close()
        report = self._report(error, written)
        problems = list(self._write_report(report))
        for problem in problems:
            logger.error("%s", problem)
        self._err.write(report.summary(self._folder.path))
        self._err.flush()
        if problems and error is None:
            raise CleanupError(problems[0])

    def _report(self, error: BaseException | None, written: list[dict[str, Any]]) -> Report:
        salesforce = self._salesforce
        header = Header(
            self._settings.mode,
            self._started_at,
            _now(),
            error,
            self._info,
            salesforce.calls if salesforce else {},
            salesforce.usage if salesforce else None,
        )
        return sync_report(
            header,
            Loaded.of(self._tally.counts),
            timeline=self._timeline.spans,
            failures=self._tally.failures.grouped(),
            written=written[-1] if written else None,
            state_id=self._state_id,
            records=self._records,
        )

    def _write_report(self, report: Report) -> Iterator[str]:
        try:
            self._tally.flush()
        except OSError as exc:
            yield f"failures.csv or skipped.csv can't be written: {exc.strerror or exc}."
        yield from write_report(self._folder, report)

    def _fail_if_any_failed(self) -> None:
        if self._tally.failed and not self._settings.allow_failures:
            raise Partial(
                f"{self._tally.failed:,} records could not be loaded; why is in failures.csv. The "
                "stored state stays before them, so the next run sends them again."
            )

    def _connected(self) -> Loading:
        if self._loading is None:
            with self._in_words():
                self._loading = self._connect()
        return self._loading

    def _connect(self) -> Loading:
        self._salesforce = salesforce = connect(self._settings, self._pause, self._waits)
        self._info = info = read_org(salesforce)
        logger.info("Logged in to %s (%s).", info.name, info.id)
        # Jobs of a run that was stopped must not overwrite what this one loads.
        salesforce.jobs.wait_for_leftovers(BY_NAME.__contains__, _OURS)
        shape = read_org_shape(salesforce, self._maps.maps, self._settings.allow_cascade_to)
        return Loading(
            shape.order,
            shape.objects,
            shape.hazards,
            self._shapes,
            Upserts(
                salesforce,
                self._shapes,
                self._go_on,
                self._timeline,
                self._settings.job_size,
                self._settings.max_parallel_jobs,
            ),
            Removals(salesforce, self._go_on),
            self._tally,
            self._settings.batch_size_rows,
        )

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped

    def _go_on(self) -> None:
        usage = self._salesforce.usage if self._salesforce else None
        go_on(self._stop, usage, self._settings.quota_percent_total)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Turns what Salesforce or the network did into a sentence."""
        try:
            yield
        except SessionExpired as exc:
            raise InputError(f"Salesforce refused the session: {exc.message}.") from None
        except (ApiError, JobFailed) as exc:
            raise Partial(f"Salesforce did not load a batch: {exc}. {_NEXT}") from None
        except RequestException as exc:
            raise Partial(f"{unreachable(exc)} {_NEXT}") from None
        except OSError as exc:
            why = f"can't write {exc.filename or 'a temporary file'}: {exc.strerror}"
            raise Partial(f"The run stopped: {why}. {_NEXT}") from None
        except QuotaReached as exc:
            raise Partial(f"{exc}. {_NEXT}") from None
        except Stopped:
            raise Partial(f"The run was stopped. {_NEXT}") from None


_NEXT: Final = "The stored state stays before it, so the next run sends the same records again."


def _now() -> datetime:
    return datetime.now(UTC)
