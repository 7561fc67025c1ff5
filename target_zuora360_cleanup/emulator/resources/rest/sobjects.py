"""sObjects over REST: what there is, and one record at a time."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from target_zuora360_cleanup.emulator.schema.describe import describe as described
from target_zuora360_cleanup.emulator.schema.describe import describe_global as described_globally
from target_zuora360_cleanup.emulator.wire.calls import EMPTY, Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.errors import RowResult, SalesforceError
from target_zuora360_cleanup.emulator.wire.routing import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.emulator.resources.service import Service
    from target_zuora360_cleanup.emulator.schema.objects import Schema

__all__ = ["ROUTES"]

# From this version on an update by external id answers with a body.
_UPSERT_ANSWERS = 46
_GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})
_FORBIDDEN = frozenset({
    "INSUFFICIENT_ACCESS_OR_READONLY", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
})  # fmt: skip


def describe_global(service: Service, _: Call) -> Answer:
    """All objects."""
    return _every(service.org.schema)


@lru_cache(maxsize=16)
def _every(schema: Schema) -> Answer:
    return json_answer(described_globally(schema))


def describe(service: Service, call: Call) -> Answer:
    """One object with its fields and children."""
    return _described(service.org.schema, service.org.schema.get(call.params["object"]).name)


@lru_cache(maxsize=512)
def _described(schema: Schema, name: str) -> Answer:
    """A describe stays as it is, and to make its text takes longer than to make it."""
    return json_answer(described(schema, name))


def basics(service: Service, call: Call) -> Answer:
    """One object in short."""
    name = service.org.schema.get(call.params["object"]).name
    entries = service.org.describe_global()["sobjects"]
    found = next(entry for entry in entries if entry["name"] == name)
    return json_answer({"objectDescribe": found, "recentItems": []})


def create(service: Service, call: Call) -> Answer:
    """Insert one record."""
    result = _write(service, call, "insert", call.json_object())
    return json_answer({"id": result.id, "success": True, "errors": []}, 201)


def show(service: Service, call: Call) -> Answer:
    """One record, with the fields asked for or all."""
    record = service.org.get_record(call.params["object"], call.params["id"])
    return json_answer(_picked(record, call.query.get("fields")))


def body(service: Service, call: Call) -> Answer:
    """The body of one record, as it was before it was put into base64."""
    record = service.org.get_record(call.params["object"], call.params["id"])
    if "Body" not in record or "BodyLength" not in record:
        raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
    content = base64.b64decode(record["Body"] or "")
    return Answer(content=content, media_type="application/octet-stream")


def update(service: Service, call: Call) -> Answer:
    """Change one record."""
    _write(service, call, "update", {**call.json_object(), "Id": call.params["id"]})
    return EMPTY


def delete(service: Service, call: Call) -> Answer:
    """Put one record into the recycle bin."""
    _write(service, call, "delete", {"Id": call.params["id"]})
    return EMPTY


def upsert(service: Service, call: Call) -> Answer:
    """Change or insert the record with an external id."""
    key = call.params["field"]
    values = {**call.json_object(), key: call.params["value"]}
    result = _write(service, call, "upsert", values, external_id=key)
    if not result.created and call.version.major < _UPSERT_ANSWERS:
        return EMPTY
    body: dict[str, Any] = {
        "id": result.id,
        "success": True,
        "errors": [],
        "created": result.created,
    }
    return json_answer(body, 201 if result.created else 200)


def _write(
    service: Service,
    call: Call,
    operation: Literal["insert", "update", "upsert", "delete"],
    record: Mapping[str, Any],
    *,
    external_id: str | None = None,
) -> RowResult:
    """Change one row.

    Raises:
        SalesforceError: The row's error.
    """
    name = service.org.schema.get(call.params["object"]).name
    values = {key: value for key, value in record.items() if key != "attributes"}
    result = service.org.dml(operation, name, [values], external_id=external_id)[0]
    if result.error is not None:
        error = result.error
        status = 404 if error.code in _GONE else 403 if error.code in _FORBIDDEN else 400
        raise SalesforceError(error.code, error.message, status=status, fields=error.fields)
    return result


def _picked(record: dict[str, Any], fields: str | None) -> dict[str, Any]:
    if fields is None:
        return record
    wanted = {name.strip().lower() for name in fields.split(",")} | {"attributes", "id"}
    known = {name.lower() for name in record}
    if unknown := sorted(wanted - known - {"attributes"}):
        raise SalesforceError("INVALID_FIELD", f"No such column '{unknown[0]}' on this entity")
    return {name: value for name, value in record.items() if name.lower() in wanted}


_BASE = "/services/data/{version}/sobjects"
ROUTES = (
    Route("GET", _BASE, describe_global, "describe"),
    Route("GET", f"{_BASE}/{{object}}", basics, "describe"),
    Route("GET", f"{_BASE}/{{object}}/describe", describe, "describe"),
    Route("POST", f"{_BASE}/{{object}}", create),
    Route("GET", f"{_BASE}/{{object}}/{{id}}", show),
    Route("GET", f"{_BASE}/{{object}}/{{id}}/Body", body, "body"),
    Route("PATCH", f"{_BASE}/{{object}}/{{id}}", update),
    Route("DELETE", f"{_BASE}/{{object}}/{{id}}", delete),
    Route("PATCH", f"{_BASE}/{{object}}/{{field}}/{{value}}", upsert),
)
