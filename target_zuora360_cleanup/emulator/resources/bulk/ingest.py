"""Bulk API 2.0 ingest jobs over HTTP: create, upload, close, abort, results, delete, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.resources.bulk.csv import stream_file, unprocessed_rows
from target_zuora360_cleanup.emulator.resources.bulk.ingest_run import IngestRun
from target_zuora360_cleanup.emulator.resources.bulk.jobs import Job, job_error
from target_zuora360_cleanup.emulator.resources.bulk.listing import list_page
from target_zuora360_cleanup.emulator.resources.bulk.orders import read_order, read_parts
from target_zuora360_cleanup.emulator.wire.calls import EMPTY, Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from target_zuora360_cleanup.emulator.wire.routing import Route
from target_zuora360_cleanup.emulator.wire.versions import BULK_INGEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.emulator.resources.service import Handler, Service

__all__ = ["ROUTES"]

_KIND = "bulk_ingest"
_BASE = "/services/data/{version}/jobs/ingest"
_CSV = "text/csv; charset=UTF-8"


def create(service: Service, call: Call) -> Answer:
    """A new job: open, or with its rows and closed when the body has several parts."""
    call.version.require(BULK_INGEST)
    if call.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return _create_with_rows(service, call)
    job = _create(service, call, call.json_object())
    return json_answer({**_summary(job), "contentUrl": _content_url(job)})


def upload(service: Service, call: Call) -> Answer:
    """Take the job's rows, once."""
    job = _job(service, call)
    assert call.upload is not None  # noqa: S101 - the route spools
    with job.lock:
        try:
            _expect_upload(job, call)
        except SalesforceError:
            call.upload.unlink()
            raise
        call.upload.rename(job.upload)
        job.uploaded = True
        job.touch()
    return Answer(201)


def change(service: Service, call: Call) -> Answer:
    """Close the job (``UploadComplete``) or abort it (``Aborted``)."""
    job, state = _job(service, call), call.json_object().get("state")
    if state not in {"UploadComplete", "Aborted"}:
        raise job_error("InvalidJobState", f"InvalidJobState : Unexpected state: {state}")
    with job.lock:
        if job.ended or (state == "UploadComplete" and job.state != "Open"):
            text = f"InvalidJobState : Job is already {job.state}; can't set it to {state}"
            raise job_error("InvalidJobState", text)
        job.move("UploadComplete" if state == "UploadComplete" else "Aborted")
    if state == "UploadComplete":
        service.workers.start(job, IngestRun(service, job))
    return json_answer(_summary(job))


def show(service: Service, call: Call) -> Answer:
    """The job as it is now."""
    return json_answer(_details(_job(service, call)))


def remove(service: Service, call: Call) -> Answer:
    """Forget a job that is not open or under way."""
    service.jobs.delete(_job(service, call))
    return EMPTY


def list_jobs(service: Service, call: Call) -> Answer:
    """All jobs, 1,000 a page."""
    call.version.require(BULK_INGEST)
    return list_page(service, call, "V2Ingest", _summary)


def successful(service: Service, call: Call) -> Answer:
    """The rows that were done."""
    return _results(service, call, "successful")


def failed(service: Service, call: Call) -> Answer:
    """The rows that could not be done, with the reason."""
    return _results(service, call, "failed")


def unprocessed(service: Service, call: Call) -> Answer:
    """The rows that a failed or aborted job never came to."""
    job = _finished(service, call)
    return Answer(content=unprocessed_rows(job), media_type=_CSV)


def _results(service: Service, call: Call, name: str) -> Answer:
    path = _finished(service, call).folder / f"{name}.csv"
    return Answer(content=stream_file(path) if path.exists() else b"", media_type=_CSV)


def _job(service: Service, call: Call) -> Job:
    call.version.require(BULK_INGEST)
    return service.jobs.find(call.params["id"], query=False)


def _finished(service: Service, call: Call) -> Job:
    job = _job(service, call)
    with job.lock:
        if not job.ended:
            text = f"InvalidJobState : Results are not there while the job is {job.state}"
            raise job_error("InvalidJobState", text)
    return job


def _expect_upload(job: Job, call: Call) -> None:
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/csv":
        text = f"InvalidContentType : Unsupported content type: {kind or 'none'}"
        raise job_error("InvalidContentType", text)
    if job.state != "Open":
        text = f"InvalidJobState : Job is {job.state}; data can be uploaded while it is Open only"
        raise job_error("InvalidJobState", text)
    if job.uploaded:
        text = (
            f"Found multiple contents for job: <{job.id}>, please 'Close' / 'Abort' / 'Delete' "
            "the current Job then create a new Job and make sure you only do 'PUT' once on a "
            "given Job."
        )
        raise job_error("InvalidJobState", f"InvalidJobState : {text}")


def _create(service: Service, call: Call, asked: Mapping[str, Any]) -> Job:
    order = read_order(service, asked)
    return service.jobs.create(version=call.version, creator=service.org.user_id, **vars(order))


def _create_with_rows(service: Service, call: Call) -> Answer:
    asked, rows = read_parts(call)
    job = _create(service, call, asked)
    job.upload.write_bytes(rows)
    job.uploaded = True
    job.move("UploadComplete")
    answer = json_answer(_summary(job))
    service.workers.start(job, IngestRun(service, job))
    return answer


def _summary(job: Job) -> dict[str, Any]:
    external = {"externalIdFieldName": job.external_id} if job.external_id else {}
    return {
        **job.info(),
        **external,
        "jobType": "V2Ingest",
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
    }


def _details(job: Job) -> dict[str, Any]:
    processed, failed_rows = job.numbers()
    return {
        **_summary(job),
        "numberRecordsProcessed": processed,
        "numberRecordsFailed": failed_rows,
        **job.progress(),
        "apiActiveProcessingTime": job.milliseconds,
        "apexProcessingTime": 0,
    }


def _content_url(job: Job) -> str:
    return f"services/data/v{job.version.number}/jobs/ingest/{job.id}/batches"


def _route(method: str, rest: str, handler: Handler, *, spool: bool = False) -> Route[Service]:
    return Route(method, f"{_BASE}{rest}", handler, _KIND, spool=spool)


ROUTES = (
    _route("POST", "", create),
    _route("GET", "", list_jobs),
    _route("PUT", "/{id}/batches", upload, spool=True),
    _route("GET", "/{id}/successfulResults", successful),
    _route("GET", "/{id}/failedResults", failed),
    _route("GET", "/{id}/unprocessedrecords", unprocessed),
    _route("GET", "/{id}", show),
    _route("PATCH", "/{id}", change),
    _route("DELETE", "/{id}", remove),
)
