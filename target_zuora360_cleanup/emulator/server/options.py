"""How the server is set up: everything except what the org holds."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.resources.options import ServiceOptions

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ServerOptions", "check_loopback"]


@dataclass(frozen=True, kw_only=True)
class ServerOptions(ServiceOptions):
    """Where the server listens, beside how its resources behave.

    Attributes:
        host: A loopback address or ``localhost``.
        port: For http; 0 takes a free one.
        tls: Serve https as well.
        tls_port: For https; None takes the port after ``port``, or a free one when that is 0.
        ca_file: Where the certificate authority is written; None puts it into a private folder.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = False
    tls_port: int | None = None
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        check_loopback(self.host)


def check_loopback(host: str) -> None:
    """Refuse every address but a loopback one: the emulator lets anybody in.

    Raises:
        ValueError: ``host`` is no loopback address.
    """
    try:
        safe = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        safe = False
    if not safe:
        text = f"{host} is no loopback address; the emulator listens on 127.0.0.1, ::1 or localhost"
        raise ValueError(text)
