"""Several requests in one: composite (one API call, with references) and batch (counted each)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from target_zuora360_cleanup.emulator.wire.allowances import API_REQUESTS
from target_zuora360_cleanup.emulator.wire.calls import JSON, Answer, Call, json_answer
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
    parts = _series(service, call, asked)
    if all_or_none and any(part.status >= _ERRORS for part in parts):
        parts = [part if part.status >= _ERRORS else _undone(part) for part in parts]
    shown = b", ".join(part.shown() for part in parts)
    return Answer(200, b'{"compositeResponse": [' + shown + b"]}", JSON)


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
        status, body = (412, _batch_halted()) if halt else _batched(service, call, item)
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


@dataclass(frozen=True)
class _Part:
    """The answer to one request; its body is JSON, and goes on as it is."""

    name: str
    status: int
    body: bytes
    headers: Mapping[str, str]

    def shown(self) -> bytes:
        rest = {"httpHeaders": self.headers, "httpStatusCode": self.status,
                "referenceId": self.name}  # fmt: skip
        return b'{"body": ' + (self.body or b"null") + b", " + json.dumps(rest).encode()[1:]


def _series(service: Service, call: Call, asked: list[dict[str, Any]]) -> list[_Part]:
    answers: dict[str, Any] = {}
    refers = _REFERENCE.search(json.dumps(asked)) is not None
    parts = []
    for item in asked:
        part = _step(service, call, item, answers)
        if refers and part.status < _ERRORS:
            answers[part.name] = json.loads(part.body) if part.body else None
        parts.append(part)
    return parts


def _undone(part: _Part) -> _Part:
    text = "The transaction was rolled back since another operation in the same transaction failed."
    return replace(part, status=400, body=_halted(text))


def _halted(text: str) -> bytes:
    return json.dumps([{"errorCode": "PROCESSING_HALTED", "message": text}]).encode()


def _step(
    service: Service, call: Call, item: Mapping[str, Any], answers: Mapping[str, Any]
) -> _Part:
    name = str(item.get("referenceId", ""))
    try:
        url = _fill(str(item.get("url", "")), answers)
        body = _fill(item.get("body"), answers)
    except LookupError as error:
        text = f"Invalid reference specified. No value for {error.args[0]} found"
        return _Part(name, 400, _halted(text), {})
    answer = service.dispatch(_subcall(call, item, url, body))
    return _Part(name, answer.status, _content(answer), dict(answer.headers))


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


def _content(answer: Answer) -> bytes:
    return answer.content if isinstance(answer.content, bytes) else b"".join(answer.content)


def _body(answer: Answer) -> object:
    content = _content(answer)
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


def _batch_halted() -> list[dict[str, str]]:
    text = "Batch processing halted per request"
    return [{"errorCode": "BATCH_PROCESSING_HALTED", "message": text}]


_BASE = "/services/data/{version}/composite"
ROUTES = (
    Route("POST", _BASE, composite, "composite"),
    Route("POST", f"{_BASE}/batch", batch, "composite_batch"),
)
