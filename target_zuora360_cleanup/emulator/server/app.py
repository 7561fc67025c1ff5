"""The ASGI application: reads requests, lets faults happen, writes answers.

Handlers run in worker threads, since they wait for SQLite. Uploads go to disk as they arrive.
"""

from __future__ import annotations

import asyncio
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from target_zuora360_cleanup.emulator.faults.spoiling import body_of, lacking, spoilt
from target_zuora360_cleanup.emulator.resources.zuora.answers import failed
from target_zuora360_cleanup.emulator.server.gate import admit, limit_info, pass_through
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, error_answer
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from target_zuora360_cleanup.emulator.wire.stats import RequestLine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from target_zuora360_cleanup.emulator.faults.kind import RequestPlan
    from target_zuora360_cleanup.emulator.resources.service import Service
    from target_zuora360_cleanup.emulator.wire.routing import Match

__all__ = ["MAX_UPLOAD", "create_app"]

# Salesforce's 150 MB hold for the content in base64, which takes 4 bytes for 3.
MAX_UPLOAD = 150_000_000 * 3 // 4
_MAX_HEAD = 16_384
"""Bytes of a request's address and headers together."""
_HTML = "text/html;charset=ISO-8859-1"


def create_app(service: Service) -> ASGIApp:
    """The application that serves ``service``; answers are compressed for clients that ask."""
    return GZipMiddleware(_Endpoint(service), minimum_size=500, compresslevel=1)


class _Torn(Answer):
    """An answer that ends after half of its body; it is in memory."""


class _Endpoint:
    """Serves every path; routes are the emulator's own, since composite requests use them too."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await self._answer(request)
        line = RequestLine(request.method, request.url.path, request.url.query, 0)
        if answer is None:
            self._service.stats.remember(line)
            await _cut(scope, receive)
            return
        if not request.url.path.startswith("/__emulator__"):
            self._service.stats.remember(replace(line, status=answer.status))
        if isinstance(answer, _Torn):
            await _send_half(answer, send)
            await _cut(scope, receive)
            return
        await _response(answer)(scope, receive, send)

    async def _answer(self, request: Request) -> Answer | None:
        """The answer; None cuts the connection."""
        if (too_long := _too_long(request.scope)) is not None:
            return too_long
        try:
            match = self._service.router.match(request.method, request.url.path)
        except SalesforceError as error:
            await request.body()
            return error_answer(error)
        if match.route.access == "free":
            return await self._handle(request, match)
        try:
            return await self._faulty(request, match)
        except ClientDisconnect:
            # Nobody is left to be answered; what was asked for never arrived whole.
            return None

    async def _faulty(self, request: Request, match: Match[Service]) -> Answer | None:
        plan = self._service.faults.on_request(
            request.method, request.url.path, named=match.route.kind == "zuora"
        )
        await asyncio.sleep(plan.latency)
        if plan.cut == "before":
            return None
        answer = await self._handle(request, match, plan)
        if plan.cut == "after":
            return None
        if plan.spoil or plan.without or plan.cut == "within":
            return await run_in_threadpool(_spoil, answer, plan)
        return answer

    async def _handle(
        self, request: Request, match: Match[Service], plan: RequestPlan | None = None
    ) -> Answer:
        folder = self._service.folder if match.route.spool else None
        try:
            body, upload = await _body(request, folder)
        except SalesforceError as error:
            return error_answer(error)
        call = _call(request, match, body, upload)
        if plan is not None and (plan.error is not None or plan.answer is not None):
            return await run_in_threadpool(_fail, self._service, call, match, plan)
        return await run_in_threadpool(pass_through, self._service, call, match.route)


def _too_long(scope: Scope) -> Answer | None:
    """The answer to a request whose address, or address and headers, are too long."""
    address = len(scope["raw_path"]) + len(scope["query_string"])
    if address > _MAX_HEAD:
        return Answer(414, b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>", _HTML)
    if address + sum(len(name) + len(value) for name, value in scope["headers"]) > _MAX_HEAD:
        text = b"<h1>Bad Message 431</h1><pre>reason: Request Header Fields Too Large</pre>"
        return Answer(431, text, _HTML)
    return None


def _fail(service: Service, call: Call, match: Match[Service], plan: RequestPlan) -> Answer:
    """The fault's answer, to a request that is counted like any other."""
    try:
        turned_away = admit(service, call, match.route)
        answer = turned_away or _given(service, match, plan)
    except SalesforceError as error:
        answer = _error(service, match, error)
    if plan.retry_after is not None:
        answer = replace(answer, headers={**answer.headers, "Retry-After": f"{plan.retry_after:g}"})
    return limit_info(service, answer) if match.route.access == "session" else answer


def _given(service: Service, match: Match[Service], plan: RequestPlan) -> Answer:
    if plan.answer is not None:
        return plan.answer
    assert plan.error is not None  # noqa: S101 - the caller's condition, for the type checker
    return _error(service, match, plan.error)


def _spoil(answer: Answer, plan: RequestPlan) -> Answer:
    """The answer as the fault wants it."""
    if plan.spoil:
        answer = spoilt(plan.spoil, answer)
    if plan.without:
        answer = lacking(plan.without, answer)
    if plan.cut != "within":
        return answer
    return _Torn(answer.status, body_of(answer), answer.media_type, answer.headers)


def _error(service: Service, match: Match[Service], error: SalesforceError) -> Answer:
    return failed(error) if match.route.kind == "zuora" else service.refusal(error)


def _call(request: Request, match: Match[Service], body: bytes, upload: Path | None) -> Call:
    return Call(
        method=request.method,
        path=request.url.path,
        base_url=f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}",
        params=match.params,
        query=dict(request.query_params),
        headers=dict(request.headers),
        body=body,
        upload=upload,
    )


async def _body(request: Request, folder: Path | None) -> tuple[bytes, Path | None]:
    """The body, decompressed: in memory, or in a new file in ``folder``."""
    if folder is None:
        return b"".join([part async for part in _parts(request)]), None
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".upload", delete=False) as file:
        path, size = Path(file.name), 0
        async for part in _parts(request):
            size += len(part)
            if size <= MAX_UPLOAD:
                await run_in_threadpool(file.write, part)
    if size > MAX_UPLOAD:
        await run_in_threadpool(path.unlink)
        text = f"Maximum size of request reached. Maximum size of request is {MAX_UPLOAD} bytes."
        raise SalesforceError("REQUEST_TOO_LARGE", text, status=413)
    return b"", path


async def _parts(request: Request) -> AsyncIterator[bytes]:
    if request.headers.get("content-encoding", "").lower() != "gzip":
        async for part in request.stream():
            yield part
        return
    inflate = zlib.decompressobj(wbits=31)
    try:
        async for part in request.stream():
            yield inflate.decompress(part)
    except zlib.error as error:
        raise SalesforceError("API_ERROR", f"The body is no gzip: {error}") from error
    yield inflate.flush()


def _response(answer: Answer) -> Response:
    headers = dict(answer.headers)
    if isinstance(answer.content, bytes):
        return Response(answer.content, answer.status, headers, answer.media_type)
    return StreamingResponse(answer.content, answer.status, headers, answer.media_type)


async def _send_half(answer: Answer, send: Send) -> None:
    response = _response(answer)
    body = bytes(response.body)
    start = {"type": "http.response.start", "status": response.status_code}
    await send({**start, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await asyncio.sleep(0)


async def _cut(scope: Scope, receive: Receive) -> None:
    """Close the socket without an answer, and wait until the server has seen it."""
    transport: asyncio.Transport = scope["state"]["transport"]
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
