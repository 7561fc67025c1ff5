"""sObject collections: up to 200 records in one request, with an answer for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from target_zuora360_cleanup.emulator.schema.ids import MalformedIdError, parse
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult, SalesforceError
from target_zuora360_cleanup.emulator.wire.routing import Route
from target_zuora360_cleanup.emulator.wire.versions import SOBJECT_COLLECTIONS

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.resources.service import Handler, Service

__all__ = ["ROUTES"]

_MOST = 200
_Operation = Literal["insert", "update", "upsert", "delete"]
_Row = tuple[str | None, Mapping[str, Any]]


def delete(service: Service, call: Call) -> Answer:
    """Delete records by id, of several objects if need be."""
    call.version.require(SOBJECT_COLLECTIONS)
    ids = [text.strip() for text in call.query.get("ids", "").split(",") if text.strip()]
    if not ids:
        raise SalesforceError("MISSING_ARGUMENT", "ids parameter is required")
    rows: list[_Row] = [(_object_of(service, text), {"Id": text}) for text in ids]
    all_or_none = call.query.get("allOrNone", "false").lower() == "true"
    return _answer(service, "delete", rows, all_or_none=all_or_none)


def insert(service: Service, call: Call) -> Answer:
    """Insert records."""
    return _write(service, call, "insert")


def update(service: Service, call: Call) -> Answer:
    """Change records."""
    return _write(service, call, "update")


def upsert(service: Service, call: Call) -> Answer:
    """Change or insert records of one object by an external id."""
    return _write(service, call, "upsert", call.params["field"])


def _write(
    service: Service, call: Call, operation: _Operation, external_id: str | None = None
) -> Answer:
    call.version.require(SOBJECT_COLLECTIONS)
    asked = call.json_object()
    records = asked.get("records")
    if not isinstance(records, list) or not all(isinstance(item, dict) for item in records):
        raise SalesforceError("INVALID_INPUT", "records must be a list of objects")
    rows = [_row(service, item) for item in records]
    return _answer(service, operation, rows, external_id, all_or_none=bool(asked.get("allOrNone")))


def _row(service: Service, record: Mapping[str, Any]) -> _Row:
    name = record.get("attributes", {}).get("type")
    if not isinstance(name, str):
        raise SalesforceError("INVALID_INPUT", "every record needs attributes with a type")
    values = {("Id" if key == "id" else key): record[key] for key in record if key != "attributes"}
    return service.org.schema.get(name).name, values


def _object_of(service: Service, record_id: str) -> str | None:
    try:
        sobject = service.org.schema.by_prefix(parse(record_id)[0])
    except MalformedIdError:
        return None
    return None if sobject is None else sobject.name


def _answer(
    service: Service,
    operation: _Operation,
    rows: Sequence[_Row],
    external_id: str | None = None,
    *,
    all_or_none: bool,
) -> Answer:
    if len(rows) > _MOST:
        text = f"record limit reached. cannot submit more than {_MOST} records into this call"
        raise SalesforceError("EXCEEDED_ID_LIMIT", text)
    results = _carry_out(service, operation, rows, external_id, all_or_none=all_or_none)
    return json_answer([_shown(service, operation, result) for result in results])


def _carry_out(
    service: Service,
    operation: _Operation,
    rows: Sequence[_Row],
    external_id: str | None,
    *,
    all_or_none: bool,
) -> list[RowResult]:
    """The results in the order of the rows; neighbours of one object are done together."""
    chunks = _chunks(rows)
    if all_or_none and len(chunks) > 1:
        text = "The emulator undoes rows of one object only: allOrNone needs rows of one object"
        raise SalesforceError("INVALID_INPUT", text)
    results: list[RowResult] = []
    for name, chunk in chunks:
        if name is None:
            results.extend(_malformed(row) for row in chunk)
            continue
        results.extend(
            service.org.dml(
                operation, name, chunk, external_id=external_id, all_or_none=all_or_none
            )
        )
    return results


def _chunks(rows: Sequence[_Row]) -> list[tuple[str | None, list[Mapping[str, Any]]]]:
    chunks: list[tuple[str | None, list[Mapping[str, Any]]]] = []
    for name, values in rows:
        if not chunks or chunks[-1][0] != name:
            chunks.append((name, []))
        chunks[-1][1].append(values)
    return chunks


def _malformed(row: Mapping[str, Any]) -> RowResult:
    return RowResult(None, error=RowError("MALFORMED_ID", f"malformed id {row['Id']}"))


def _shown(service: Service, operation: _Operation, result: RowResult) -> dict[str, Any]:
    if result.error is None:
        created = {"created": result.created} if operation == "upsert" else {}
        return {"id": result.id, "success": True, "errors": [], **created}
    error = service.told(result.error)
    shown = {"statusCode": error.code, "message": error.message, "fields": list(error.fields)}
    return {"success": False, "errors": [shown]}


def _route(method: str, rest: str, handler: Handler) -> Route[Service]:
    path = f"/services/data/{{version}}/composite/sobjects{rest}"
    return Route(method, path, handler, "collections")


ROUTES = (
    _route("DELETE", "", delete),
    _route("POST", "", insert),
    _route("PATCH", "", update),
    _route("PATCH", "/{object}/{field}", upsert),
)
