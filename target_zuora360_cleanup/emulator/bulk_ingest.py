"""Bulk API 2.0 ingest jobs over HTTP: create, upload, close, abort, results, delete, list."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from target_zuora360_cleanup.emulator.bulk_csv import DELIMITERS, LINE_ENDINGS, stream_file
from target_zuora360_cleanup.emulator.bulk_ingest_run import IngestRun, unprocessed_rows
from target_zuora360_cleanup.emulator.bulk_jobs import Job, job_error
from target_zuora360_cleanup.emulator.calls import EMPTY, Answer, Call, json_answer
from target_zuora360_cleanup.emulator.errors import SalesforceError
from target_zuora360_cleanup.emulator.routing import Route
from target_zuora360_cleanup.emulator.service import Service
from target_zuora360_cleanup.emulator.versions import BULK_INGEST

__all__ = ["ROUTES"]

_KIND = "bulk_ingest"
_BASE = "/services/data/{version}/jobs/ingest"
_OPERATIONS = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
_MULTIPART_CHARACTERS = 100_000
_CSV = "text/csv; charset=UTF-8"


@dataclass(frozen=True)
class _Order:
    """What a client asks for when it creates a job."""

    object_name: str
    operation: str
    line_ending: str
    delimiter: str
    external_id: str | None


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
    jobs, following = service.jobs.page(query=False, offset=_offset(call))
    wanted = call.query.get("jobType", "V2Ingest")
    chunked = call.query.get("isPkChunkingEnabled", "false").lower() == "true"
    shown = [_summary(job) for job in jobs if wanted == "V2Ingest" and not chunked]
    return json_answer(
        {
            "done": following is None,
            "nextRecordsUrl": _next_page(call, following),
            "records": shown,
        }
    )


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
    order = _order(service, asked)
    return service.jobs.create(
        operation=order.operation,
        object_name=order.object_name,
        version=call.version,
        creator=service.org.user_id,
        line_ending=order.line_ending,
        delimiter=order.delimiter,
        external_id=order.external_id,
    )


def _create_with_rows(service: Service, call: Call) -> Answer:
    parts = _parts(call)
    if set(parts) != {"job", "content"}:
        raise job_error("InvalidJob", "InvalidJob : The parts must be named job and content")
    if len(parts["content"]) > _MULTIPART_CHARACTERS:
        text = f"a multipart request holds at most {_MULTIPART_CHARACTERS} characters of data"
        raise job_error("ClientInputError", f"ClientInputError : {text}")
    job = _create(service, call, _json_part(parts["job"]))
    job.upload.write_bytes(parts["content"].encode())
    job.uploaded = True
    job.move("UploadComplete")
    answer = json_answer(_summary(job))
    service.workers.start(job, IngestRun(service, job))
    return answer


def _parts(call: Call) -> dict[str, str]:
    head = f"Content-Type: {call.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + call.body, policy=email.policy.HTTP)
    parts = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        parts[str(name)] = data.decode() if isinstance(data, bytes) else ""
    return parts


def _json_part(text: str) -> dict[str, Any]:
    try:
        asked = json.loads(text)
    except ValueError as error:
        raise SalesforceError("JSON_PARSER_ERROR", f"Unexpected input: {error}") from error
    if not isinstance(asked, dict):
        raise SalesforceError("JSON_PARSER_ERROR", "The part named job must be a JSON object")
    return asked


def _order(service: Service, asked: Mapping[str, Any]) -> _Order:
    operation = asked.get("operation")
    if operation not in _OPERATIONS:
        raise job_error("InvalidOperation", f"InvalidOperation : Unknown operation: {operation}")
    if asked.get("contentType", "CSV") != "CSV":
        raise job_error("InvalidContentType", "InvalidContentType : Only CSV is supported")
    name = _object_name(service, asked.get("object"))
    _require_hard_delete(service, operation)
    return _Order(
        object_name=name,
        operation=operation,
        line_ending=_choice(asked, "lineEnding", LINE_ENDINGS, "LF"),
        delimiter=_choice(asked, "columnDelimiter", DELIMITERS, "COMMA"),
        external_id=_external_id(service, name, operation, asked.get("externalIdFieldName")),
    )


def _object_name(service: Service, asked: object) -> str:
    if not isinstance(asked, str) or not asked:
        raise job_error("InvalidJob", "InvalidJob : Job object is required")
    sobject = service.org.schema.find(asked)
    if sobject is None:
        text = f"InvalidEntity : The entity '{asked}' is not supported by the Bulk API."
        raise job_error("InvalidEntity", text)
    return sobject.name


def _require_hard_delete(service: Service, operation: str) -> None:
    if operation == "hardDelete" and not service.org.options.hard_delete_permission:
        text = (
            "FeatureNotEnabled : hardDelete operation requires special user profile "
            "permission, please contact your system administrator"
        )
        raise job_error("FeatureNotEnabled", text)


def _choice(asked: Mapping[str, Any], key: str, choices: Mapping[str, str], default: str) -> str:
    value = asked.get(key) or default
    if value not in choices:
        raise job_error("InvalidJob", f"InvalidJob : Unknown {key}: {value}")
    return str(value)


def _external_id(service: Service, name: str, operation: str, asked: object) -> str | None:
    if operation != "upsert":
        return None
    field = service.org.schema.get(name).find(asked) if isinstance(asked, str) else None
    if field is None or not (field.external_id or field.name == "Id"):
        text = f"InvalidJob : Invalid externalIdFieldName {asked!r} for {name}"
        raise job_error("InvalidJob", text)
    return field.name


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
    return {
        **_summary(job),
        "numberRecordsProcessed": job.processed,
        "numberRecordsFailed": job.failed,
        **job.progress(),
        "apiActiveProcessingTime": job.milliseconds,
        "apexProcessingTime": 0,
    }


def _content_url(job: Job) -> str:
    return f"services/data/v{job.version.number}/jobs/ingest/{job.id}/batches"


def _offset(call: Call) -> int:
    text = call.query.get("queryLocator", "0")
    if not text.isdecimal():
        raise job_error("InvalidLocator", f"InvalidLocator : {text}")
    return int(text)


def _next_page(call: Call, offset: int | None) -> str | None:
    if offset is None:
        return None
    return f"{call.version.url}/jobs/ingest?queryLocator={offset}"


def _route(
    method: str, rest: str, handler: Callable[[Service, Call], Answer], *, spool: bool = False
) -> Route:
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
