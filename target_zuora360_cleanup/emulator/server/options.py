"""How the server is set up: everything except what the org holds."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["ServerOptions", "check_loopback"]


@dataclass(frozen=True)
class ServerOptions:
    """Where the server listens and how fast its jobs are.

    Attributes:
        host: A loopback address or ``localhost``.
        port: For http; 0 takes a free one.
        tls: Serve https as well.
        tls_port: For https; None takes the port after ``port``, or a free one when that is 0.
        ca_file: Where the certificate authority is written; None puts it into a private folder.
        batch_seconds: How long each internal batch of 10,000 rows takes at least.
        job_seconds: How long a job waits before it starts.
        parallel_jobs: Bulk jobs that are processed at the same time.
        stale_counts: `/limits/recordCount` keeps answering what it answered first.
        allowances: Maxima of daily allowances, by their names in `/limits`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = False
    tls_port: int | None = None
    ca_file: Path | None = None
    batch_seconds: float = 0.0
    job_seconds: float = 0.0
    parallel_jobs: int = 5
    stale_counts: bool = False
    allowances: Mapping[str, int] = field(default_factory=dict)

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
