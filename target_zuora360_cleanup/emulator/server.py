"""A running emulator, in this process: an org served over http, and https if wanted.

with EmulatorServer(OrgOptions(records=1_000)) as server:
requests.get(f"{server.url}/services/data")
"""

from __future__ import annotations

import asyncio
import socket
import threading
from itertools import chain
from typing import TYPE_CHECKING, Any

import uvicorn
from typing_extensions import Self, override
from uvicorn.protocols.http.h11_impl import H11Protocol

from target_zuora360_cleanup.emulator import (
    bulk_ingest,
    bulk_query,
    composite,
    control,
    identity,
    limits,
    oauth,
    queries,
    resources,
    soap,
    sobject_collections,
    sobjects,
)
from target_zuora360_cleanup.emulator.app import create_app
from target_zuora360_cleanup.emulator.fault_spec import FaultSpec
from target_zuora360_cleanup.emulator.options import ServerOptions
from target_zuora360_cleanup.emulator.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.service import Service
from target_zuora360_cleanup.emulator.tls import make_tls

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

__all__ = ["EmulatorServer", "StartError"]

_RESOURCES = (
    control,
    oauth,
    identity,
    soap,
    resources,
    queries,
    sobjects,
    sobject_collections,
    composite,
    limits,
    bulk_ingest,
    bulk_query,
)
_START_SECONDS = 30.0
_KEEP_ALIVE_SECONDS = 65


class StartError(RuntimeError):
    """The server can't start; the message says why."""


class _Protocol(H11Protocol):
    """HTTP whose requests know their connection, so that a fault can cut it."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class EmulatorServer:
    """Serves an org from a thread of its own until it is stopped.

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
        self._servers: list[uvicorn.Server] = []
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Open the org and serve it; returns when requests are answered.

        Raises:
            StartError: A port is taken.
        """
        sockets = self._listen()
        self.org = Org.open(self._org_options, self._db)
        routes = chain.from_iterable(module.ROUTES for module in _RESOURCES)
        self.service = Service(self.org, self.options, routes, self._faults)
        self.ca_file = self.options.ca_file or self.service.folder / "ca.pem"
        self._set_up(sockets)
        self._thread = threading.Thread(target=self._run, args=(sockets,), name="emulator")
        self._thread.start()
        self._wait_until_up()
        return self

    def stop(self) -> None:
        """End the server, its jobs and the org. Does nothing when it doesn't run."""
        if self._thread is None:
            return
        for server in self._servers:
            server.should_exit = True
        self._thread.join()
        self._thread = None
        self.service.close()
        self.org.close()

    @property
    def access_token(self) -> str:
        """A token that opens the org from the start."""
        return self.service.sessions.first

    def set_faults(self, data: dict[str, Any]) -> None:
        """Put faults in force; ``{}`` clears them. See `faults.schema.json`.

        Raises:
            FaultSpecError: They don't follow the schema.
        """
        self.service.set_faults(FaultSpec.parse(data))
        self.service.fault_data = data

    def stats(self) -> dict[str, dict[str, int]]:
        """What `/__emulator__/stats` answers."""
        return {
            "rows": self.org.counts(),
            "recycle_bin": self.org.recycle_bin_counts(),
            "api_calls": self.service.stats.calls(),
        }

    def _listen(self) -> list[socket.socket]:
        host, port = self.options.host, self.options.port
        sockets = [_bind(host, port)]
        self.port = _port(sockets[0])
        self.url = _url("http", host, self.port)
        self.tls_url: str | None = None
        if self.options.tls:
            wanted = self.options.tls_port
            second = wanted if wanted is not None else (port and port + 1)
            try:
                sockets.append(_bind(host, second))
            except StartError:
                sockets[0].close()
                raise
            self.tls_url = _url("https", host, _port(sockets[1]))
        return sockets

    def _set_up(self, sockets: list[socket.socket]) -> None:
        app = create_app(self.service)
        contexts = [None, make_tls(self.ca_file) if self.options.tls else None]
        self._servers = [
            _server(app, context) for _, context in zip(sockets, contexts, strict=False)
        ]

    def _run(self, sockets: list[socket.socket]) -> None:
        async def serve() -> None:
            pairs = zip(self._servers, sockets, strict=True)
            await asyncio.gather(*(server.serve([place]) for server, place in pairs))

        asyncio.run(serve())

    def _wait_until_up(self) -> None:
        assert self._thread is not None  # noqa: S101 - start has set it
        pause = threading.Event()
        for _ in range(int(_START_SECONDS * 100)):
            if all(server.started for server in self._servers):
                return
            if not self._thread.is_alive():
                break
            pause.wait(0.01)
        self.stop()
        raise StartError("The emulator did not start; its log says why")


def _server(app: Any, context: ssl.SSLContext | None) -> uvicorn.Server:  # noqa: ANN401 - ASGI
    config = uvicorn.Config(
        app,
        http=_Protocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=5,
    )
    config.load()
    config.ssl = context
    return uvicorn.Server(config)


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
        raise StartError(f"Can't listen on {host}:{port}: {error.strerror}") from error
    return place


def _port(place: socket.socket) -> int:
    port: int = place.getsockname()[1]
    return port


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
