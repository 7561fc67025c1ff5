"""Bulk API 2.0 query jobs over HTTP."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.resources.bulk.csv import DELIMITERS, LINE_ENDINGS
from target_zuora360_cleanup.emulator.resources.bulk.jobs import Job, job_error
from target_zuora360_cleanup.emulator.resources.bulk.listing import list_page
from target_zuora360_cleanup.emulator.resources.bulk.orders import choice
from target_zuora360_cleanup.emulator.resources.bulk.query_run import QueryRun, check_bulk_query
from target_zuora360_cleanup.emulator.resources.bulk.results import read_page
from target_zuora360_cleanup.emulator.wire.allowances import QUERY_JOBS
from target_zuora360_cleanup.emulator.wire.calls import EMPTY, Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.routing import Route
from target_zuora360_cleanup.emulator.wire.versions import BULK_QUERY, RESULT_PAGES

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.resources.service import Handler, Service

__all__ = ["ROUTES"]

_BASE = "/services/data/{version}/jobs/query"
_CSV = "text/csv; charset=UTF-8"
_PAGE_ROWS = 50_000
_PARALLEL_PAGES = 5


def create(service: Service, call: Call) -> Answer:
    """A new job, which starts at once."""
    call.version.require(BULK_QUERY)
    asked = call.json_object()
    job = service.jobs.create(**_facts(service, call, asked))
    answer = json_answer(_summary(job))
    service.workers.start(job, QueryRun(service, job))
    return answer


def show(service: Service, call: Call) -> Answer:
    """The job as it is now."""
    job = _job(service, call)
    return json_answer(
        {
            **_summary(job),
            "numberRecordsProcessed": job.numbers()[0],
            **job.progress(),
            "isPkChunkingSupported": True,
        }
    )


def change(service: Service, call: Call) -> Answer:
    """Abort the job."""
    job, state = _job(service, call), call.json_object().get("state")
    if state != "Aborted":
        raise job_error("InvalidJobState", f"InvalidJobState : Unexpected state: {state}")
    with job.lock:
        if job.ended:
            text = f"InvalidJobState : Job is already {job.state}; it can't be aborted"
            raise job_error("InvalidJobState", text)
        job.move("Aborted")
    return json_answer(_summary(job))


def remove(service: Service, call: Call) -> Answer:
    """Forget a job that is not under way."""
    service.jobs.delete(_job(service, call))
    return EMPTY


def list_jobs(service: Service, call: Call) -> Answer:
    """All query jobs, 1,000 a page."""
    call.version.require(BULK_QUERY)
    return list_page(service, call, "V2Query", _summary)


def results(service: Service, call: Call) -> Answer:
    """One page of the result; ``Sforce-Locator`` is where the next begins, or ``null``."""
    job = _complete(service, call)
    first = _row(call.query.get("locator"))
    count = min(_max_records(call), job.processed - first)
    if not 0 <= first < max(job.processed, 1):
        raise job_error("InvalidLocator", "InvalidLocator : The locator is past the result's end")
    following = first + count
    headers = {
        "Sforce-Locator": _locator(following) if following < job.processed else "null",
        "Sforce-NumberOfRecords": str(count),
    }
    return Answer(content=read_page(job.folder, first, count), media_type=_CSV, headers=headers)


def result_pages(service: Service, call: Call) -> Answer:
    """Where up to five pages are, for a client that fetches them at the same time."""
    call.version.require(RESULT_PAGES)
    job = _complete(service, call)
    first = _row(call.query.get("locator"))
    end = min(first + _PAGE_ROWS * _PARALLEL_PAGES, job.processed)
    url = f"{call.version.url}/jobs/query/{job.id}"
    starts = range(first, end, _PAGE_ROWS) or range(first, first + 1)
    following = f"{url}/resultPages?locator={_locator(end)}" if end < job.processed else None
    return json_answer(
        {
            "resultPages": [
                {"resultUrl": f"{url}/results?locator={_locator(start)}"} for start in starts
            ],
            "nextRecordsUrl": following,
            "done": following is None,
        }
    )


def _facts(service: Service, call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    operation, soql = asked.get("operation"), asked.get("query")
    if operation not in {"query", "queryAll"}:
        raise job_error("InvalidOperation", f"InvalidOperation : Unknown operation: {operation}")
    if not isinstance(soql, str) or not soql.strip():
        raise job_error("InvalidJob", "InvalidJob : A query is required")
    object_name = check_bulk_query(service.org.schema, soql, all_rows=operation == "queryAll")
    if not service.allowances.spend(QUERY_JOBS):
        raise job_error("ExceededQuota", "ExceededQuota : Bulk query jobs limit exceeded.")
    return {
        "operation": operation,
        "object_name": object_name,
        "version": call.version,
        "creator": service.org.user_id,
        "line_ending": choice(asked, "lineEnding", LINE_ENDINGS, "LF"),
        "delimiter": choice(asked, "columnDelimiter", DELIMITERS, "COMMA"),
        "query": soql,
        "state": "UploadComplete",
    }


def _job(service: Service, call: Call) -> Job:
    call.version.require(BULK_QUERY)
    return service.jobs.find(call.params["id"], query=True)


def _complete(service: Service, call: Call) -> Job:
    job = _job(service, call)
    if job.version != call.version:
        text = f"The results must be read with API version {job.version.number}, as the job was"
        raise job_error("ApiVersionMismatch", text, status=409)
    if job.state != "JobComplete":
        text = f"InvalidJobState : Results are not there while the job is {job.state}"
        raise job_error("InvalidJobState", text)
    return job


def _max_records(call: Call) -> int:
    text = call.query.get("maxRecords", str(_PAGE_ROWS))
    if not text.isdecimal() or int(text) < 1:
        raise job_error("InvalidJob", f"InvalidJob : maxRecords must be a number above 0: {text}")
    return int(text)


def _locator(row: int) -> str:
    return base64.urlsafe_b64encode(str(row).encode()).decode().rstrip("=")


def _row(locator: str | None) -> int:
    """The row where a page begins.

    Raises:
        SalesforceError: INVALIDLOCATOR.
    """
    if locator is None:
        return 0
    try:
        padded = locator + "=" * (-len(locator) % 4)
        return int(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error) as error:
        raise job_error("InvalidLocator", f"InvalidLocator : {locator}") from error


def _summary(job: Job) -> dict[str, Any]:
    return {
        **job.info(),
        "jobType": "V2Query",
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
    }


def _route(method: str, rest: str, handler: Handler) -> Route[Service]:
    return Route(method, f"{_BASE}{rest}", handler, "bulk_query")


ROUTES = (
    _route("POST", "", create),
    _route("GET", "", list_jobs),
    _route("GET", "/{id}/results", results),
    _route("GET", "/{id}/resultPages", result_pages),
    _route("GET", "/{id}", show),
    _route("PATCH", "/{id}", change),
    _route("DELETE", "/{id}", remove),
)
