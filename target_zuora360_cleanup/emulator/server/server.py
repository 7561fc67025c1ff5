"""A running emulator, in this process: an org served over http, and https if wanted.

with EmulatorServer(OrgOptions(records=1_000)) as server:
requests.get(f"{server.url}/services/data")
"""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from target_zuora360_cleanup.emulator.faults.spec import FaultSpec
from target_zuora360_cleanup.emulator.org.options import OrgOptions
from target_zuora360_cleanup.emulator.resources.routes import ROUTES
from target_zuora360_cleanup.emulator.resources.service import Service
from target_zuora360_cleanup.emulator.server.app import create_app
from target_zuora360_cleanup.emulator.server.opening import open_org
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.emulator.server.tls import make_tls
from target_zuora360_cleanup.emulator.zuora.tenant import Tenant

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

__all__ = ["EmulatorServer", "StartError"]

_START_SECONDS = 30.0
_POLL_SECONDS = 0.01
_TICK_SECONDS = 0.1
"""Uvicorn's own: signals that it takes itself are looked at so often."""
_GRACE_POLLS = 500
_END_SECONDS = 20.0
_KEEP_ALIVE_SECONDS = 65


class StartError(RuntimeError):
    """The server can't start; the message says why."""


class _Protocol(H11Protocol):
    """HTTP whose requests know their connection, so that a fault can cut it."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """Ends within milliseconds, where uvicorn's own looks at a clock of tenths of a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Have it end, from whatever thread."""
        self.should_exit = True
        if self._loop:
            # (a loop that is closed has ended)
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._ending.set)

    @override
    async def main_loop(self) -> None:
        self._loop, ticks = asyncio.get_running_loop(), 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _TICK_SECONDS)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for place in sockets or ():
            place.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(_GRACE_POLLS):
            if self.force_exit or not self._is_busy():
                break
            await asyncio.sleep(_POLL_SECONDS)
        for task in self.server_state.tasks:
            task.cancel()

    def _is_busy(self) -> bool:
        return bool(self.server_state.connections or self.server_state.tasks)


class EmulatorServer:
    """Serves an org from a thread of its own until it is stopped.

    `start` opens the ports first, so that a taken one is known before an org is filled, then the
    org, the service and the thread `emulator`, and waits until it answers. `stop` ends them in the
    opposite order: no request comes any more, then the jobs' workers end, then the file is closed.
    Handlers run in the event loop's pool of threads, Bulk jobs in the workers' own.

    Args:
        org_options: What the org holds.
        options: Where and how it is served; the default is http on a free port of 127.0.0.1.
        faults: Faults from the start on.
        db: The SQLite file; None uses a private one that goes away at the end.
    """

    def __init__(
        self,
        org_options: OrgOptions | None = None,
        options: ServerOptions | None = None,
        *,
        faults: FaultSpec | None = None,
        db: Path | None = None,
    ) -> None:
        self._org_options, self._db = org_options or OrgOptions(), db
        self._faults = faults
        self.options = options or ServerOptions()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Open the org and serve it; returns when requests are answered.

        Raises:
            StartError: A port is taken.
        """
        with ExitStack() as stack:
            sockets = self._listen(stack)
            self.org = open_org(self._org_options, self._db)
            stack.callback(self.org.close)
            self.zuora = Tenant(self.org)
            self.service = Service(self.org, self.zuora, self.options, ROUTES, self._faults)
            stack.callback(self.service.close)
            self.ca_file = self.options.ca_file or self.service.folder / "ca.pem"
            self._serve(sockets, stack)
            self._stack = stack.pop_all()
        return self

    def stop(self) -> None:
        """End the server, its jobs and the org. Does nothing when it doesn't run."""
        self._stack.close()

    @property
    def access_token(self) -> str:
        """A token that opens the org from the start."""
        return self.service.sessions.first

    def set_faults(self, data: dict[str, Any]) -> None:
        """Put faults in force; ``{}`` clears them. See `fault_schema`.

        Raises:
            FaultSpecError: They don't follow the schema.
        """
        self.service.set_faults(FaultSpec.parse(data))

    def stats(self) -> dict[str, dict[str, int]]:
        """What `/__emulator__/stats` answers."""
        return {
            "rows": self.org.counts(),
            "recycle_bin": self.org.recycle_bin_counts(),
            "api_calls": self.service.stats.calls(),
        }

    def _listen(self, stack: ExitStack) -> list[socket.socket]:
        host, port = self.options.host, self.options.port
        sockets = [stack.enter_context(_bind(host, port))]
        self.port = _port(sockets[0])
        self.url = _url("http", host, self.port)
        self.tls_url: str | None = None
        if self.options.tls:
            wanted = self.options.tls_port
            second = wanted if wanted is not None else (port and port + 1)
            sockets.append(stack.enter_context(_bind(host, second)))
            self.tls_url = _url("https", host, _port(sockets[1]))
        return sockets

    def _serve(self, sockets: list[socket.socket], stack: ExitStack) -> None:
        app = create_app(self.service)
        contexts = [None, make_tls(self.ca_file)] if self.options.tls else [None]
        servers = [_server(app, context) for context in contexts]
        thread = threading.Thread(
            target=_run, args=(servers, sockets), name="emulator", daemon=True
        )
        thread.start()
        stack.callback(_end, servers, thread)
        _wait_until_up(servers, thread)


def _run(servers: list[_Server], sockets: list[socket.socket]) -> None:
    async def serve() -> None:
        pairs = zip(servers, sockets, strict=True)
        await asyncio.gather(*(server.serve([place]) for server, place in pairs))

    asyncio.run(serve())


def _end(servers: list[_Server], thread: threading.Thread) -> None:
    for server in servers:
        server.end()
    thread.join(_END_SECONDS)
    # A client that neither reads nor closes would keep it up.
    for server in servers:
        server.force_exit = True
    thread.join(_END_SECONDS)


def _wait_until_up(servers: list[_Server], thread: threading.Thread) -> None:
    end = time.monotonic() + _START_SECONDS
    while not all(server.started for server in servers):
        if not thread.is_alive() or time.monotonic() > end:
            raise StartError("The emulator did not start; its log says why")
        thread.join(_POLL_SECONDS)


def _server(app: Any, context: ssl.SSLContext | None) -> _Server:  # noqa: ANN401 - ASGI
    config = uvicorn.Config(
        app,
        http=_Protocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    config.load()
    config.ssl = context
    return _Server(config)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    place = socket.socket(family)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # An answer goes out in two writes; the second must not wait for the client's acknowledgement.
    place.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        place.bind((host, port))
        place.listen(128)
    except OSError as error:
        place.close()
        raise StartError(_why(host, port, error)) from error
    return place


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken by another program; choose another with --port."
    return f"Can't listen on {host}:{port}: {error.strerror}"


def _port(place: socket.socket) -> int:
    port: int = place.getsockname()[1]
    return port


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
