"""A server between the plugin and an emulated org that gives other answers than the org's."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self

import requests
from typing_extensions import override

if TYPE_CHECKING:
    from tests.support.emulated import Emulated

HTML: Final = b"<!DOCTYPE html><html><title>Down for maintenance</title></html>"
_OWN: Final = frozenset({"connection", "content-length", "content-encoding", "transfer-encoding",
                         "date", "server"})  # fmt: skip

_HOP: Final = frozenset({"host", "transfer-encoding", "content-length", "accept-encoding"})


@dataclass(frozen=True)
class Other:
    """An answer in the place of the org's.

    Attributes:
        status: HTTP status.
        body: What comes.
        is_done: Whether the org has done what was asked before.
        missing: Bytes that the answer promises besides, and that never come.
    """

    status: int = 200
    body: bytes = HTML
    is_done: bool = False
    missing: int = 0


Alter = Callable[[str, str, int], Other | None]
"""Method, path and how often that was asked before; None leaves the org's answer as it is."""


class Altered:
    """Serves an org's answers, or others.

    Args:
        server: The org's.
        alter: Says which.

    Attributes:
        url: Where.
        org: The emulated org.
        altered: How many answers were altered.
    """

    def __init__(self, server: Emulated, alter: Alter) -> None:
        self.org, self._alter = server, alter
        self._asked: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self.altered = 0
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"altered": self})
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def other(self, method: str, path: str) -> Other | None:
        """What is answered in the place of the org's answer."""
        with self._lock:
            count = self._asked[method, path]
            self._asked[method, path] += 1
            other = self._alter(method, path, count)
            self.altered += other is not None
        return other


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    protocol_version = "HTTP/1.1"
    altered: Altered

    def answer(self) -> None:
        body = self._body()
        other = self.altered.other(self.command, self.path.partition("?")[0])
        came = self._forward(body) if other is None or other.is_done else None
        if other:
            headers = {"Content-Type": "text/html", "Retry-After": "0"}
            self._send(other.status, headers, other.body, other.missing)
        elif came is not None:
            self._send(came.status_code, dict(came.headers), came.content, 0)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _forward(self, body: bytes) -> requests.Response:
        headers = {name: each for name, each in self.headers.items() if name.lower() not in _HOP}
        url = f"{self.altered.org.url}{self.path}"
        return requests.request(self.command, url, data=body, headers=headers, timeout=30)

    def _send(self, status: int, headers: dict[str, str], body: bytes, missing: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + missing))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = bool(missing)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""
