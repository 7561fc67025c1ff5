"""Sends rows as upsert jobs, and says which of them Salesforce did not take, and why.

An upsert does the same a second time, so a job that broke off is sent again, and rows that were
locked go into another round.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence  # noqa: TC003 - public shape
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.metrics import Metrics
from target_zuora360_cleanup.rows.errors import RowError, Verdict, failed_rows
from target_zuora360_cleanup.rows.pool import Pool
from target_zuora360_cleanup.rows.rounds import SMALLEST
from target_zuora360_cleanup.salesforce.bulk import Ingest
from target_zuora360_cleanup.salesforce.csv_file import MOST_BYTES, CsvFile, fitting
from target_zuora360_cleanup.salesforce.errors import JobFailed
from target_zuora360_cleanup.sync.rows import line, without

if TYPE_CHECKING:
    from target_zuora360_cleanup.output.timeline import Timeline
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.sync.changes import Change
    from target_zuora360_cleanup.sync.rows import RowLayout

logger = logging.getLogger(__name__)

OPERATION: Final = "upsert"
_HEADER_BYTES: Final = 100_000
"""More than the names of all fields that an object may have (800, of 80 characters at most)."""
_SET_ONCE: Final = "INVALID_FIELD_FOR_INSERT_UPDATE"
"""A row that is there already, and a lookup that may only be set when a row is created."""


@dataclass(frozen=True)
class FailedRow:
    """A row that Salesforce did not take, and why."""

    object: str
    change: Change
    error: RowError


@dataclass(frozen=True)
class _Job:
    object: str
    changes: Sequence[Change]


@dataclass(frozen=True)
class Upserts:
    """Upserts rows in one org.

    Attributes:
        layouts: The layouts that changes name by number.
        go_on: Raises when no further job may be begun.
        timeline: Is told when object types were loaded.
        job_size: Rows a job.
        parallel: Jobs under way at once.
    """

    salesforce: Salesforce
    layouts: Sequence[RowLayout]
    go_on: Callable[[], None]
    timeline: Timeline
    job_size: int
    parallel: int

    def upsert(self, changes: Iterable[tuple[str, Sequence[Change]]]) -> list[FailedRow]:
        """Upsert rows of object types that need nothing of each other.

        Args:
            changes: By API name; no external id comes twice.

        Raises:
            ApiError, JobFailed, requests.RequestException: A job came to nothing.
        """
        wanted, began = {name: rows for name, rows in changes if rows}, self.timeline.clock()
        failed = self._upsert(wanted)
        lost = Counter(each.object for each in failed)
        for name, rows in wanted.items():
            self.timeline.add(name, began, len(rows) - lost[name])
        return failed

    def _upsert(self, wanted: Mapping[str, Sequence[Change]]) -> list[FailedRow]:
        final: list[FailedRow] = []
        locked: list[FailedRow] = []
        for each in self.salesforce.attempts():
            failed = (
                self._first_round(wanted)
                if each.is_first
                else self._run(self._regrouped(locked, SMALLEST), 1)
            )
            locked, rest = self._parted(failed, _may_pass)
            if each.is_last or not locked:
                return [*final, *failed]
            final += rest
            rows = counted(len(locked), "row was locked and is", "rows were locked and are")
            logger.info("%s tried again.", rows)
        raise AssertionError("the last round is not tried again")

    def _first_round(self, wanted: Mapping[str, Sequence[Change]]) -> list[FailedRow]:
        """All rows; those that failed by a lookup that can't be changed any more, without it."""
        jobs = [
            job for name, rows in wanted.items() for job in self._jobs(name, rows, self.job_size)
        ]
        set_once, rest = self._parted(self._run(jobs, self.parallel), self._is_set_once)
        without_it = self._regrouped(map(self._without_set_once, set_once))
        return [*rest, *self._run(without_it, self.parallel)]

    def _run(self, jobs: Sequence[_Job], parallel: int) -> list[FailedRow]:
        with Pool(parallel, "upserts") as pool:
            sent = [pool.submit(self._persist, each) for each in jobs]
        return [failed for each in sent for failed in each.result()]

    def _persist(self, job: _Job) -> list[FailedRow]:
        """A job's failed rows; a job that broke off is sent again."""
        for each in self.salesforce.attempts():
            with each.outlive(partial(logger.info, "%s: %s; trying again.", job.object)):
                return self._send(job)
        raise AssertionError("the last attempt returns or raises")

    def _send(self, job: _Job) -> list[FailedRow]:
        self.go_on()
        layout = self.layouts[job.changes[0].layout]
        key = layout.columns[0].header
        with closing(self._csv(layout, job.changes)) as rows:
            job_id = self.salesforce.jobs.send(Ingest(job.object, OPERATION, key), rows)
        with Metrics(job.object, OPERATION).job(job_id):
            done = self.salesforce.bulk.wait("ingest", job_id, len(job.changes))
        if done.processed < len(job.changes):
            of_all = counted(len(job.changes), "row")
            told = f"it says that it has worked on {done.processed:,} of {of_all}"
            raise JobFailed(job_id, done.state, told)
        return self._failed(job, job_id, key)

    def _failed(self, job: _Job, job_id: str, key: str) -> list[FailedRow]:
        """The rows that failed; every other one has to be among those that Salesforce calls done.

        (Numbers of a job may be late, and rows may be missing from its results.)
        """
        bulk, by_key = self.salesforce.bulk, {each.key: each for each in job.changes}
        failed = [
            FailedRow(job.object, by_key[error.id], error)
            for error in failed_rows(bulk, job_id, key)
        ]
        told = {each.change.key for each in failed}
        told.update(bulk.done(job_id, key))
        if silent := len(by_key.keys() - told):
            rows = counted(len(job.changes), "row")
            why = f"its results tell nothing of {silent:,} of {rows}"
            raise JobFailed(job_id, "JobComplete", why)
        return failed

    def _csv(self, layout: RowLayout, changes: Sequence[Change]) -> CsvFile:
        lines = (line(each.cells, each.links).encode() for each in changes)
        blocks = iter(lambda: list(islice(lines, 1_000)), [])
        return CsvFile(layout.header(changes[0].links).encode(), blocks)

    def _jobs(self, name: str, rows: Iterable[Change], size: int) -> Iterator[_Job]:
        """Rows whose CSV has the same columns, in jobs that fit an upload, of `size` at most."""
        alike: dict[tuple[object, ...], list[Change]] = {}
        for each in rows:
            # (a lookup is set, cleared, or left)
            columns = (each.layout, *[value and True for value in each.links])
            alike.setdefault(columns, []).append(each)
        for same in alike.values():
            for part in fitting(same, _bytes, size, MOST_BYTES - _HEADER_BYTES):
                yield _Job(name, part)

    def _regrouped(self, rows: Iterable[FailedRow], size: int = 0) -> list[_Job]:
        """Jobs for rows once more, those of one parent side by side."""
        by_object: dict[str, list[Change]] = {}
        for each in sorted(rows, key=lambda each: tuple(map(str, each.change.links))):
            by_object.setdefault(each.object, []).append(each.change)
        return [
            job
            for name, same in by_object.items()
            for job in self._jobs(name, same, size or self.job_size)
        ]

    def _parted(
        self, failed: Iterable[FailedRow], is_one: Callable[[FailedRow], bool]
    ) -> tuple[list[FailedRow], list[FailedRow]]:
        parts: tuple[list[FailedRow], list[FailedRow]] = ([], [])
        for each in failed:
            parts[not is_one(each)].append(each)
        return parts

    def _is_set_once(self, failed: FailedRow) -> bool:
        return failed.error.code == _SET_ONCE and bool(self._set_once(failed.change))

    def _set_once(self, change: Change) -> list[int]:
        columns = self.layouts[change.layout].parents
        return [
            at
            for at, value in enumerate(change.links)
            if value is not None and columns[at].relationship.insert_only
        ]

    def _without_set_once(self, failed: FailedRow) -> FailedRow:
        change = failed.change
        links = without(change.links, self._set_once(change))
        return FailedRow(failed.object, change.with_links(links), failed.error)


def _bytes(change: Change) -> int:
    """How large a change's row is at most: each character of a lookup may need to be doubled."""
    links = sum([2 * _encoded(each) + len('"",') for each in change.links if each])
    return _encoded(change.cells) + links + len("#N/A,\n") * (1 + len(change.links))


def _encoded(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _may_pass(failed: FailedRow) -> bool:
    return failed.error.verdict is Verdict.TRY_AGAIN
