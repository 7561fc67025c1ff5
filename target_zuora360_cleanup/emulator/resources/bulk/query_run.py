"""Processes a query job: writes its result to disk in batches, and checks what it may ask."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.resources.bulk.csv import DELIMITERS, LINE_ENDINGS
from target_zuora360_cleanup.emulator.resources.bulk.jobs import BATCH_ROWS, Job, JobFailed
from target_zuora360_cleanup.emulator.resources.bulk.results import ResultWriter
from target_zuora360_cleanup.emulator.resources.bulk.workers import end_early
from target_zuora360_cleanup.emulator.soql.compile import compile_query
from target_zuora360_cleanup.emulator.wire.allowances import QUERY_STORAGE_MB
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.faults.kind import JobFault
    from target_zuora360_cleanup.emulator.resources.service import Service
    from target_zuora360_cleanup.emulator.schema.objects import Schema

__all__ = ["QueryRun", "check_bulk_query"]

# Text in quotes is cut out before these look for words that Bulk queries can't have.
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'")
_REFUSED = {
    "GROUP BY": re.compile(r"\bgroup\s+by\b", re.IGNORECASE),
    "OFFSET": re.compile(r"\boffset\s+\d", re.IGNORECASE),
    "TYPEOF": re.compile(r"\btypeof\b", re.IGNORECASE),
}


def check_bulk_query(schema: Schema, soql: str, *, all_rows: bool) -> str:
    """The name of the object that is queried, if a Bulk query can do what is asked.

    Raises:
        SalesforceError: API_ERROR for what Bulk queries can't do, or the query's own error.
    """
    bare = _QUOTED.sub("''", soql)
    for words, pattern in _REFUSED.items():
        if pattern.search(bare):
            raise SalesforceError("API_ERROR", f"{words} is not supported in Bulk V2 Query")
    plan = compile_query(schema, soql, all_rows=all_rows, tooling=False)
    if plan.is_count or plan.is_aggregate:
        text = "Aggregate functions are not supported in Bulk V2 Query"
        raise SalesforceError("API_ERROR", text)
    if plan.children:
        text = "Aggregate Relationships not supported in Bulk V2 Query with CSV content type"
        raise SalesforceError("API_ERROR", text)
    return plan.sobject.name


class QueryRun:
    """One job's processing; call it once, in a worker."""

    def __init__(self, service: Service, job: Job) -> None:
        self._service, self._job = service, job

    def __call__(self) -> None:
        """Process the job to its end.

        Raises:
            JobFailed: The job ends as Failed.
        """
        job, service = self._job, self._service
        if not service.workers.begin(job, service.options.job_seconds):
            return
        fault = job.fault = service.faults.on_job(job.operation, job.object_name)
        try:
            self._write(fault)
        except SalesforceError as error:
            raise JobFailed(f"InvalidBatch : Failed to process query: {error}") from error

    def _write(self, fault: JobFault | None) -> None:
        job = self._job
        result = self._service.org.query(job.query or "", all_rows=job.operation == "queryAll")
        layout = DELIMITERS[job.delimiter], LINE_ENDINGS[job.line_ending]
        with (
            result.snapshot() as snapshot,
            ResultWriter(job.folder, result.columns, *layout) as writer,
        ):
            for offset in range(0, snapshot.total, BATCH_ROWS):
                end_early(self._job, fault)
                self._service.workers.pause(self._job, self._service.options.batch_seconds)
                rows = snapshot.page(offset, BATCH_ROWS)
                if not self._add(writer, rows):
                    return
        self._complete(fault)

    def _add(self, writer: ResultWriter, rows: list[tuple[object, ...]]) -> bool:
        with self._job.lock:
            if self._job.ended or self._service.workers.closing:
                return False
            writer.add([_text(value) for value in row] for row in rows)
            self._job.batches += 1
            self._job.processed += len(rows)
            self._job.touch()
        return True

    def _complete(self, fault: JobFault | None) -> None:
        end_early(self._job, fault)
        size = (self._job.folder / "rows.csv").stat().st_size
        if not self._service.allowances.spend(QUERY_STORAGE_MB, math.ceil(size / 2**20)):
            raise JobFailed("ExceededQuota : Bulk query result storage limit exceeded")
        with self._job.lock:
            self._job.move("JobComplete")


def _text(value: object) -> str:
    """A value as the results show it: nothing for null, lower case for true and false."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
