"""Processes an ingest job: internal batches of 10,000 rows, results to files as it goes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal, cast

from target_zuora360_cleanup.emulator.resources.bulk.csv import (
    DELIMITERS,
    LINE_ENDINGS,
    CsvUpload,
    csv_line,
)
from target_zuora360_cleanup.emulator.resources.bulk.jobs import Job, JobFailed
from target_zuora360_cleanup.emulator.resources.bulk.workers import end_early
from target_zuora360_cleanup.emulator.wire.allowances import BULK_BATCHES
from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult, SalesforceError
from target_zuora360_cleanup.emulator.wire.versions import FAILED_RESULTS_CARRY_IDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.emulator.resources.service import Service

__all__ = ["IngestRun"]

_Operation = Literal["insert", "update", "upsert", "delete", "hardDelete"]
_Record = Mapping[str, str | None]
_DELETES = frozenset({"delete", "hardDelete"})


@dataclass(frozen=True)
class _Files:
    successful: IO[str]
    failed: IO[str]


class IngestRun:
    """One job's processing; call it once, in a worker."""

    def __init__(self, service: Service, job: Job) -> None:
        self._service, self._job = service, job
        self._delimiter = DELIMITERS[job.delimiter]
        self._ending = LINE_ENDINGS[job.line_ending]

    def __call__(self) -> None:
        """Process the job to its end.

        Raises:
            JobFailed: The job ends as Failed.
        """
        if not self._service.workers.begin(self._job, self._service.options.job_seconds):
            return
        fault = self._service.faults.on_job(self._job.operation, self._job.object_name)
        self._job.fault = fault
        with ExitStack() as stack:
            stack.callback(self._service.row_locks.release, self._job.id)
            upload = CsvUpload(self._job)
            files = self._open_results(stack, upload.columns)
            self._check_columns(upload)
            for batch in upload.batches():
                end_early(self._job, fault)
                self._service.workers.pause(self._job, self._service.options.batch_seconds)
                if not self._process(batch, upload.columns, files):
                    return
                self._unlock()
            end_early(self._job, fault)
        with self._job.lock:
            self._job.move("JobComplete")

    def _open_results(self, stack: ExitStack, columns: Sequence[str]) -> _Files:
        files = {}
        for name, own in (("successful", "sf__Created"), ("failed", "sf__Error")):
            path = self._job.folder / f"{name}.csv"
            file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
            file.write(csv_line(("sf__Id", own, *columns), self._delimiter, self._ending))
            files[name] = file
        return _Files(**files)

    def _check_columns(self, upload: CsvUpload) -> None:
        columns, job = upload.columns, self._job
        if not columns:
            return
        if job.operation in _DELETES:
            if tuple(name.lower() for name in columns) != ("id",):
                text = f"The '{job.operation}' batch must contain only ids."
                raise JobFailed(f"InvalidBatch : {text}")
            return
        for name in columns:
            if not self._is_column(name):
                raise JobFailed(f"InvalidBatch : Field name not found : {name}")

    def _is_column(self, name: str) -> bool:
        """Whether a column is a field, or the external id of a parent (``Parent__r.Key__c``)."""
        sobject = self._service.org.schema.get(self._job.object_name)
        first, dot, _ = name.partition(".")
        return (sobject.parent(first) if dot else sobject.find(first)) is not None

    def _process(self, batch: list[list[str]], columns: Sequence[str], files: _Files) -> bool:
        """Do one batch; False when the job has ended meanwhile or the server stops."""
        with self._job.lock:
            if self._job.ended or self._service.workers.closing:
                return False
            if not self._service.allowances.spend(BULK_BATCHES):
                text = "ExceededQuota : ApiBatchItems Limit exceeded."
                raise JobFailed(text)
            results = self._results(_as_records(batch, columns, self._job.operation))
            self._record(batch, results, files)
            self._job.touch()
            return True

    def _results(self, records: Sequence[_Record]) -> list[RowResult | None]:
        """What became of each row; None for one that is in no file of results."""
        fault, first = self._job.fault, self._job.processed
        lost = {at for at in range(len(records)) if fault and fault.loses(first + at)}
        undone = lost if fault and not fault.missing_are_done else set()
        locked = self._locked(records)
        done = [at for at in range(len(records)) if at not in locked and at not in undone]
        found: dict[int, RowResult] = dict(
            zip(done, self._write([records[at] for at in done]), strict=True)
        )
        found |= {at: RowResult(records[at].get("Id"), error=each) for at, each in locked.items()}
        return [None if at in lost else found[at] for at in range(len(records))]

    def _locked(self, records: Sequence[_Record]) -> Mapping[int, RowError]:
        """The errors of rows that another job has locked, by their places."""
        service, job = self._service, self._job
        if service.faults.lock_seconds() is None:
            return {}
        keys = service.org.lock_keys(job.object_name, records, job.external_id)
        return service.row_locks.take(job.id, keys)

    def _unlock(self) -> None:
        seconds = self._service.faults.lock_seconds()
        if seconds is not None:
            self._service.workers.pause(self._job, seconds)
        self._service.row_locks.release(self._job.id)

    def _write(self, records: Sequence[_Record]) -> list[RowResult]:
        job = self._job
        try:
            return self._service.org.dml(
                cast("_Operation", job.operation),
                job.object_name,
                records,
                external_id=job.external_id,
            )
        except SalesforceError as error:
            raise JobFailed(f"InvalidBatch : {error.message}") from error

    def _record(
        self, batch: list[list[str]], results: Sequence[RowResult | None], files: _Files
    ) -> None:
        """Write the results, in another order than the rows came in, as Salesforce does."""
        order = list(range(len(batch)))
        chance = random.Random(f"{self._job.id}:{self._job.batches}")  # noqa: S311 - repeatable
        chance.shuffle(order)
        failed = 0
        for place in order:
            row, result = batch[place], results[place]
            if result is None:
                continue
            target = files.successful if result.error is None else files.failed
            failed += result.error is not None
            values = (*self._outcome(row, result), *row)
            target.write(csv_line(values, self._delimiter, self._ending))
        for file in (files.successful, files.failed):
            file.flush()
        self._job.batches += 1
        self._job.failed += failed
        self._job.processed += len(batch)

    def _outcome(self, row: Sequence[str], result: RowResult) -> tuple[str, str]:
        if result.error is None:
            return result.id or "", "true" if result.created else "false"
        error = self._service.told(result.error)
        named = f"{','.join(error.fields)} " if error.fields else ""
        text = f"{error.code}:{error.message}:{named}--"
        if self._job.version.major < FAILED_RESULTS_CARRY_IDS:
            return "", text
        given = row[0] if self._job.operation in _DELETES else ""
        return result.id or given, text


def _as_records(batch: list[list[str]], columns: Sequence[str], operation: str) -> list[_Record]:
    """Rows by field name. ``#N/A`` means null; an empty value leaves the field as it is.

    A parent's key is no field that can be cleared: there ``#N/A`` is a value like any other.
    """
    if operation in _DELETES:
        return [{"Id": row[0]} for row in batch]
    return [
        {
            name: None if value == "#N/A" and "." not in name else value
            for name, value in zip(columns, row, strict=True)
            if value != ""
        }
        for row in batch
    ]
