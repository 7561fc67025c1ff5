"""Data source exports by REST: one query each, without deleted records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.resources.zuora.answers import refusal
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.routing import Route
from target_zuora360_cleanup.emulator.zuora.exports import Job
from target_zuora360_cleanup.emulator.zuora.query import InvalidQuery, UnknownObject, compile_export

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.resources.service import Service

__all__ = ["ROUTES"]

_NOT_FOUND: Final = 40_000_040


def submit(service: Service, call: Call) -> Answer:
    """Run a query."""
    body = call.json_object()
    query = str(body.get("Query", ""))
    if str(body.get("Format", "")).lower() != "csv":
        return _invalid("The value of Format is not supported")
    try:
        export = compile_export(query).only("_deleted = 0")
    except UnknownObject as error:
        return _invalid(f"noSuchDataSource: {error}")
    except InvalidQuery as error:
        return _invalid(str(error))
    file_id, _ = service.exports.write(export)
    facts = {"Query": query, "Format": "csv", "Name": body.get("Name", "")}
    job = Job(service.exports.new_id("export"), facts, ({"fileId": file_id},))
    service.exports.keep(job)
    return json_answer({"Success": True, "Id": job.id})


def status(service: Service, call: Call) -> Answer:
    """An export's state and its file."""
    job = service.exports.find(call.params["export"])
    if job is None:
        return refusal(404, _NOT_FOUND, "Cannot find the export")
    file_id = job.batches[0]["fileId"]
    path = service.exports.file(file_id)
    size = path.stat().st_size if path else 0
    return json_answer(
        {"Id": job.id, **job.facts, "Status": "Completed", "FileId": file_id, "Size": size}
    )


def _invalid(message: str) -> Answer:
    errors = [{"Code": "INVALID_VALUE", "Message": message}]
    return json_answer({"Success": False, "Errors": errors}, 400)


ROUTES = (
    Route("POST", "/v1/object/export", submit, "zuora", access="zuora"),
    Route("GET", "/v1/object/export/{export}", status, "zuora", access="zuora"),
)
