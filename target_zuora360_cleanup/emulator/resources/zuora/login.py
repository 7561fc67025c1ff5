"""Zuora's own resources: the login, the describes and the files of exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from target_zuora360_cleanup.emulator.resources.bulk.csv import stream_file
from target_zuora360_cleanup.emulator.resources.zuora.answers import (
    bad_credentials,
    refusal,
    tree,
    xml_answer,
)
from target_zuora360_cleanup.emulator.schema.zuora import zuora_objects
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.routing import Route

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from target_zuora360_cleanup.emulator.resources.service import Service
    from target_zuora360_cleanup.emulator.schema.zuora import ZuoraField

__all__ = ["ROUTES"]

_TOKEN_SECONDS: Final = 3_598
_NOT_FOUND: Final = 40_000_040


def token(service: Service, call: Call) -> Answer:
    """An access token for any client id and secret that are not blank."""
    form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
    if form.get("grant_type") != "client_credentials":
        return json_answer({"error": "unsupported_grant_type"}, 400)
    if not (form.get("client_id", "").strip() and form.get("client_secret", "").strip()):
        return bad_credentials()
    return json_answer(
        {
            "access_token": service.exports.issue_token(),
            "token_type": "bearer",
            "expires_in": _TOKEN_SECONDS,
            "scope": "service.usage",
        }
    )


def describe_all(_: Service, call: Call) -> Answer:
    """The names of all objects."""
    root = tree(None, "objects")
    for name in zuora_objects():
        item = tree(root, "object")
        item.set("href", f"{call.base_url}/v1/describe/{name}")
        tree(item, "name", name)
        tree(item, "label", name)
    return xml_answer(root)


def describe(_: Service, call: Call) -> Answer:
    """One object's fields, and what can be joined to it."""
    item = zuora_objects().get(call.params["object"])
    if item is None:
        return refusal(404, _NOT_FOUND, f"There is no object named {call.params['object']}")
    root = tree(None, "object")
    tree(root, "name", item.name)
    tree(root, "label", item.name)
    fields = tree(root, "fields")
    for each in item.plain:
        _describe_field(fields, each)
    related = tree(root, "related-objects")
    for name in item.joins:
        joined = tree(related, "object")
        tree(joined, "name", name)
        tree(joined, "label", name)
    return xml_answer(root)


def _describe_field(parent: Element, field: ZuoraField) -> None:
    made = tree(parent, "field")
    facts = {
        "name": field.name,
        "label": field.name,
        "selectable": "true",
        "filterable": "true",
        "type": field.type,
        "required": "true" if field.name == "Id" else "false",
    }
    for name, text in facts.items():
        tree(made, name, text)
    contexts = tree(made, "contexts")
    for context in ("soap", "export"):
        tree(contexts, "context", context)


def file(service: Service, call: Call) -> Answer:
    """The lines of an export."""
    path = service.exports.file(call.params["file"])
    if path is None:
        return refusal(404, _NOT_FOUND, "Cannot find the file")
    return Answer(200, stream_file(path), "text/csv;charset=UTF-8")


ROUTES = (
    Route("POST", "/oauth/token", token, "zuora", access="open"),
    Route("GET", "/v1/describe", describe_all, "zuora", access="zuora"),
    Route("GET", "/v1/describe/{object}", describe, "zuora", access="zuora"),
    Route("GET", "/v1/file/{file}", file, "zuora", access="zuora"),
    Route("GET", "/v1/files/{file}", file, "zuora", access="zuora"),
)
