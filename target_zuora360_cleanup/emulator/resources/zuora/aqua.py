"""AQuA: exports of several queries at once, incremental ones with what was deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.resources.zuora.answers import refusal
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.routing import Route
from target_zuora360_cleanup.emulator.zuora.exports import Job
from target_zuora360_cleanup.emulator.zuora.fill import FIRST_UPDATE
from target_zuora360_cleanup.emulator.zuora.query import (
    InvalidQuery,
    compile_export,
    tenant_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.emulator.resources.service import Service
    from target_zuora360_cleanup.emulator.zuora.query import Export

__all__ = ["ROUTES"]

_SYNTAX: Final = "There is a syntax error in one of the queries in the AQuA input"
_NO_DELETED: Final = (
    "Objects included in the queries do not support the querying of deleted "
    "records. Remove Deleted section in the JSON request and retry the request"
)
_NOT_FOUND: Final = 40_000_040
_SHOWN_AT_THE_END: Final = ("fileId", "recordCount")
_ECHOED: Final[tuple[str, ...]] = (
    "name", "version", "partner", "project", "encrypted", "format", "useQueryLabels",
    "dateTimeUtc", "incrementalTime",
)  # fmt: skip


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.facts = {"status": "error", "errorCode": code, "message": message}


def submit(service: Service, call: Call) -> Answer:
    """Run queries; what is wrong with them is told in an answer that is no HTTP error."""
    body = call.json_object()
    facts = {name: body[name] for name in _ECHOED if name in body}
    job_id = service.exports.new_id("job")
    try:
        job = Job(job_id, facts, _batches(service, body))
    except _Refused as refused:
        return json_answer({"id": job_id, **facts, **refused.facts})
    service.exports.keep(job)
    return json_answer(_shown(job, "submitted"))


def status(service: Service, call: Call) -> Answer:
    """A job's state and its files."""
    job = service.exports.find(call.params["job"])
    if job is None:
        return refusal(404, _NOT_FOUND, "Cannot find the job")
    return json_answer(_shown(job, "cancelled" if job.cancelled else "completed"))


def cancel(service: Service, call: Call) -> Answer:
    """End a job."""
    job = service.exports.find(call.params["job"])
    if job is not None:
        service.exports.cancel(job)
    return json_answer({"id": call.params["job"], "status": "cancelled"})


def _shown(job: Job, state: str) -> dict[str, Any]:
    hidden = () if state == "completed" else _SHOWN_AT_THE_END
    shown = "pending" if state == "submitted" else state
    batches = [
        {name: value for name, value in batch.items() if name not in hidden} | {"status": shown}
        for batch in job.batches
    ]
    return {"id": job.id, **job.facts, "status": state, "batches": batches}


def _batches(service: Service, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    queries = body.get("queries")
    if not isinstance(queries, list) or not all(isinstance(each, dict) for each in queries or [0]):
        raise _Refused("90006", "There is no query in the AQuA input")
    _check_partner(body)
    since = _since(service, body)
    # All are understood before the first is run.
    exports = [_export(query, body, since) for query in queries]
    return tuple(
        _batch(service, query, export, full=since is None)
        for query, export in zip(queries, exports, strict=True)
    )


def _batch(
    service: Service, query: Mapping[str, Any], export: Export, *, full: bool
) -> Mapping[str, Any]:
    file_id, records = service.exports.write(export)
    return {
        "name": query.get("name", ""),
        "query": query["query"],
        "batchId": service.exports.new_id("batch"),
        "batchType": "zoqlexport",
        "full": full,
        "fileId": file_id,
        "recordCount": records,
    }


def _check_partner(body: Mapping[str, Any]) -> None:
    partner, project = str(body.get("partner") or ""), str(body.get("project") or "")
    if project and not partner.strip():
        raise _Refused("90002", "Partner ID is not recognized")


def _since(service: Service, body: Mapping[str, Any]) -> int | None:
    """From when on changes are wanted; None for a full export."""
    last = None
    if partner := body.get("partner"):
        last = service.zuora.last_session(str(partner), str(body.get("project")))
    if given := body.get("incrementalTime"):
        try:
            last = tenant_seconds(str(given))
        except ValueError:
            raise _Refused("90007", "The incrementalTime is invalid") from None
    return last if last is not None and last > FIRST_UPDATE else None


def _export(query: Mapping[str, Any], body: Mapping[str, Any], since: int | None) -> Export:
    try:
        export = compile_export(str(query.get("query", "")))
    except InvalidQuery as error:
        raise _Refused("90005", _SYNTAX) from error
    utc = str(body.get("dateTimeUtc", "")).lower() == "true"
    export = replace(export, utc=utc)
    deleted = query.get("deleted")
    if deleted is not None and not isinstance(deleted, dict):
        raise _Refused("90005", _SYNTAX)
    if deleted is not None:
        if not export.item.has_deleted:
            raise _Refused("90008", _NO_DELETED)
        export = _with_deleted(export, deleted)
    if since is None:
        return export.only("_deleted = 0")
    export = export.only("_updated >= ?", since)
    return export if deleted is not None else export.only("_deleted = 0")


def _with_deleted(export: Export, deleted: Mapping[str, Any]) -> Export:
    numeric = str(deleted.get("format", "")).lower() == "numeric"
    return replace(
        export,
        deleted=str(deleted.get("column") or "Deleted"),
        deleted_values=("1", "0") if numeric else ("true", "false"),
    )


ROUTES = (
    Route("POST", "/v1/batch-query", submit, "zuora", access="zuora"),
    Route("GET", "/v1/batch-query/jobs/{job}", status, "zuora", access="zuora"),
    Route("DELETE", "/v1/batch-query/jobs/{job}", cancel, "zuora", access="zuora"),
)
