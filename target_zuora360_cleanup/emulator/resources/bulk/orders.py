"""What a client asks for when it creates an ingest job, read and checked."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.resources.bulk.csv import DELIMITERS, LINE_ENDINGS
from target_zuora360_cleanup.emulator.resources.bulk.jobs import job_error
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

    from target_zuora360_cleanup.emulator.resources.service import Service
    from target_zuora360_cleanup.emulator.wire.calls import Call

__all__ = ["Order", "choice", "read_order", "read_parts"]

_OPERATIONS = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
_MULTIPART_CHARACTERS = 100_000


@dataclass(frozen=True)
class Order:
    """What a client asks for when it creates a job."""

    object_name: str
    operation: str
    line_ending: str
    delimiter: str
    external_id: str | None


def read_order(service: Service, asked: Mapping[str, Any]) -> Order:
    """Check what a client asks for.

    Raises:
        SalesforceError: FEATURENOTENABLED for a hard delete without the permission, and more.
    """
    operation = asked.get("operation")
    if operation not in _OPERATIONS:
        raise job_error("InvalidOperation", f"InvalidOperation : Unknown operation: {operation}")
    if asked.get("contentType", "CSV") != "CSV":
        raise job_error("InvalidContentType", "InvalidContentType : Only CSV is supported")
    name = _object_name(service, asked.get("object"))
    _require_hard_delete(service, operation)
    return Order(
        object_name=name,
        operation=operation,
        line_ending=choice(asked, "lineEnding", LINE_ENDINGS, "LF"),
        delimiter=choice(asked, "columnDelimiter", DELIMITERS, "COMMA"),
        external_id=_external_id(service, name, operation, asked.get("externalIdFieldName")),
    )


def _object_name(service: Service, asked: object) -> str:
    if not isinstance(asked, str) or not asked:
        raise job_error("InvalidJob", "InvalidJob : Job object is required")
    sobject = service.org.schema.find(asked)
    if sobject is None or not sobject.visible:
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


def choice(asked: Mapping[str, Any], key: str, choices: Mapping[str, str], default: str) -> str:
    """Return the choice made under a key, or the default.

    Raises:
        SalesforceError: It is none of the choices.
    """
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


def read_parts(call: Call) -> tuple[dict[str, Any], bytes]:
    """The job and its rows from a request with the two parts ``job`` and ``content``.

    Raises:
        SalesforceError: Other parts, more than 100,000 characters, or a job that is no JSON.
    """
    parts = _parts(call)
    if set(parts) != {"job", "content"}:
        raise job_error("InvalidJob", "InvalidJob : The parts must be named job and content")
    if len(parts["content"]) > _MULTIPART_CHARACTERS:
        text = f"a multipart request holds at most {_MULTIPART_CHARACTERS} characters of data"
        raise job_error("ClientInputError", f"ClientInputError : {text}")
    return _json_part(parts["job"]), parts["content"].encode()


def _parts(call: Call) -> dict[str, str]:
    head = f"Content-Type: {call.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + call.body, policy=email.policy.HTTP)
    return {_part_name(part): _part_text(part) for part in message.iter_parts()}


def _part_name(part: Message) -> str:
    return str(part.get_param("name", header="content-disposition"))


def _part_text(part: Message) -> str:
    data = part.get_payload(decode=True)
    return data.decode() if isinstance(data, bytes) else ""


def _json_part(text: str) -> dict[str, Any]:
    try:
        asked = json.loads(text)
    except ValueError as error:
        raise SalesforceError("JSON_PARSER_ERROR", f"Unexpected input: {error}") from error
    if not isinstance(asked, dict):
        raise SalesforceError("JSON_PARSER_ERROR", "The part named job must be a JSON object")
    return asked
