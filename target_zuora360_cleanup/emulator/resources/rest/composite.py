"""Several requests in one: composite (one API call, with references) and batch (counted each)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from target_zuora360_cleanup.emulator.wire.allowances import API_REQUESTS
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from target_zuora360_cleanup.emulator.wire.routing import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.emulator.resources.service import Service

__all__ = ["ROUTES"]

_MOST = 25
_MOST_HEAVY = 5
_HEAVY = re.compile(r"/(query|queryall|composite/sobjects)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"@\{([^}]+)\}")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_ERRORS = 400


def composite(service: Service, call: Call) -> Answer:
    """Up to 25 requests, one after the other, which may refer to earlier answers."""
    asked = _requests(call, "compositeRequest")
    heavy = sum(bool(_HEAVY.search(str(item.get("url", "")))) for item in asked)
    if heavy > _MOST_HEAVY:
        text = f"Limit of {_MOST_HEAVY} query or collection subrequests reached: {heavy}"
        raise SalesforceError("LIMIT_EXCEEDED", text)
    slow = service.faults.on_composite([str(item.get("url", "")) for item in asked])
    if slow is not None:
        raise slow
    all_or_none = bool(call.json_object().get("allOrNone"))
    _refuse_half_done(asked, all_or_none=all_or_none)
    shown = _series(service, call, asked)
    if all_or_none and any(item["httpStatusCode"] >= _ERRORS for item in shown):
        shown = [item if item["httpStatusCode"] >= _ERRORS else _undone(item) for item in shown]
    return json_answer({"compositeResponse": shown})


def batch(service: Service, call: Call) -> Answer:
    """Up to 25 independent requests; each counts as an API call of its own."""
    asked = _requests(call, "batchRequests")
    if not service.allowances.spend(API_REQUESTS, max(len(asked) - 1, 0)):
        text = "TotalRequests Limit exceeded."
        raise SalesforceError("REQUEST_LIMIT_EXCEEDED", text, status=403)
    results: list[dict[str, Any]] = []
    halt = False
    for place, item in enumerate(asked):
        if place:
            service.stats.count("batch_subrequest", charged=True)
        status, body = (412, _halted()) if halt else _batched(service, call, item)
        halt = halt or (status >= _ERRORS and bool(call.json_object().get("haltOnError")))
        results.append({"statusCode": status, "result": body})
    wrong = any(result["statusCode"] >= _ERRORS for result in results)
    return json_answer({"hasErrors": wrong, "results": results})


def _requests(call: Call, key: str) -> list[dict[str, Any]]:
    asked = call.json_object().get(key)
    if not isinstance(asked, list) or not all(isinstance(item, dict) for item in asked):
        raise SalesforceError("JSON_PARSER_ERROR", f"{key} must be a list of objects")
    if len(asked) > _MOST:
        text = f"Limit of {_MOST} subrequests exceeded: {len(asked)}"
        raise SalesforceError("LIMIT_EXCEEDED", text)
    return asked


def _refuse_half_done(asked: list[dict[str, Any]], *, all_or_none: bool) -> None:
    """Refuse what the emulator could not undo."""
    writes = any(str(item.get("method", "GET")).upper() != "GET" for item in asked)
    if all_or_none and writes:
        text = "The emulator can't undo a series of requests: allOrNone is for GET requests only"
        raise SalesforceError("INVALID_INPUT", text)


def _series(service: Service, call: Call, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answers: dict[str, Any] = {}
    shown = []
    for item in asked:
        name = str(item.get("referenceId", ""))
        status, body, headers = _step(service, call, item, answers)
        if status < _ERRORS:
            answers[name] = body
        shown.append(
            {"body": body, "httpHeaders": headers, "httpStatusCode": status, "referenceId": name}
        )
    return shown


def _undone(item: dict[str, Any]) -> dict[str, Any]:
    text = "The transaction was rolled back since another operation in the same transaction failed."
    body = [{"errorCode": "PROCESSING_HALTED", "message": text}]
    return {**item, "body": body, "httpStatusCode": 400}


def _step(
    service: Service, call: Call, item: Mapping[str, Any], answers: Mapping[str, Any]
) -> tuple[int, Any, dict[str, str]]:
    try:
        url = _fill(str(item.get("url", "")), answers)
        body = _fill(item.get("body"), answers)
    except LookupError as error:
        text = f"Invalid reference specified. No value for {error.args[0]} found"
        return 400, [{"errorCode": "PROCESSING_HALTED", "message": text}], {}
    answer = service.dispatch(_subcall(call, item, url, body))
    return answer.status, _body(answer), dict(answer.headers)


def _batched(service: Service, call: Call, item: Mapping[str, Any]) -> tuple[int, Any]:
    url = str(item.get("url", "")).lstrip("/")
    full = f"/{url}" if url.startswith("services/") else f"/services/data/{url}"
    answer = service.dispatch(_subcall(call, item, full, item.get("richInput")))
    return answer.status, _body(answer)


def _subcall(call: Call, item: Mapping[str, Any], url: str, body: object) -> Call:
    parts = urlsplit(url)
    headers = item.get("httpHeaders") or {}
    return Call(
        method=str(item.get("method", "GET")).upper(),
        path=unquote(parts.path),
        base_url=call.base_url,
        query=dict(parse_qsl(parts.query)),
        headers={str(name).lower(): str(value) for name, value in headers.items()},
        body=b"" if body is None else json.dumps(body).encode(),
    )


def _body(answer: Answer) -> object:
    content = answer.content if isinstance(answer.content, bytes) else b"".join(answer.content)
    return json.loads(content) if content else None


def _fill(value: Any, answers: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON of any kind
    """``value`` with every ``@{reference.path}`` in it replaced by what it stands for.

    Raises:
        LookupError: A reference stands for nothing.
    """
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: str(_look_up(match[1], answers)), value)
    if isinstance(value, list):
        return [_fill(item, answers) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, answers) for key, item in value.items()}
    return value


def _look_up(path: str, answers: Mapping[str, Any]) -> object:
    found: Any = answers
    try:
        for name, index in _STEP.findall(path):
            found = found[int(index)] if index else found[name]
    except (LookupError, TypeError) as error:
        raise LookupError(path) from error
    return found


def _halted() -> list[dict[str, str]]:
    text = "Batch processing halted per request"
    return [{"errorCode": "BATCH_PROCESSING_HALTED", "message": text}]


_BASE = "/services/data/{version}/composite"
ROUTES = (
    Route("POST", _BASE, composite, "composite"),
    Route("POST", f"{_BASE}/batch", batch, "composite_batch"),
)
