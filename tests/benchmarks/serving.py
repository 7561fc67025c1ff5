"""An emulated org in a process of its own, and what a program that works on it costs."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BIN = Path(sys.executable).parent
_READY = re.compile(r"zuora360-emulator: (\S+) org (\S+) access token (\S+) https (\S+) ca (.+)")
_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """How slow the server is.

    Attributes:
        job_seconds: Before a Bulk API job starts.
        latency: Seconds that each answer is held back.
    """

    name: str
    job_seconds: float = 0.0
    latency: float = 0.0


@dataclass(frozen=True)
class Emulator:
    """An emulated org that is being served over http and, with a certificate, over https."""

    url: str
    org_id: str
    access_token: str
    tls_url: str
    ca_file: str

    def stats(self) -> dict[str, Any]:
        with urlopen(f"{self.url}/__emulator__/stats", timeout=_SECONDS) as answer:  # noqa: S310 - loopback
            return dict(json.load(answer))

    def slow_down(self, seconds: float) -> None:
        """Hold each answer back."""
        faults = {"requests": [{"probability": 1, "latency": [seconds, seconds]}]}
        body = json.dumps(faults).encode()
        request = Request(f"{self.url}/__emulator__/faults", body)  # noqa: S310 - loopback
        request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=_SECONDS):  # noqa: S310 - loopback
            pass


@contextmanager
def emulator(db: Path, records: int, server: Server) -> Iterator[Emulator]:
    """Serve the org in a database, which is filled if it is new."""
    given = [
        "--sandbox", "--port=0", "--tls", "--tls-port=0", f"--ca-file={db.with_name('ca.pem')}",
        f"--records={records}", f"--db={db}", f"--stop-with={os.getpid()}",
        f"--job-seconds={server.job_seconds}",
    ]  # fmt: skip
    command = [str(BIN / "zuora360-emulator"), "serve", *given]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = _READY.match(process.stdout.readline() if process.stdout else "")
            if not ready:
                sys.exit("The emulator did not start.")
            org = Emulator(*ready.groups())
            if server.latency:
                org.slow_down(server.latency)
            yield org
        finally:
            process.send_signal(signal.SIGTERM)


def filled(folder: Path, records: int) -> Path:
    """A database with a filled org."""
    db = folder / "filled.db"
    with emulator(db, records, Server("")):
        return db


def copied(db: Path) -> Path:
    copy = db.with_name("copy.db")
    for old in db.parent.glob("copy.db*"):
        old.unlink()
    with closing(sqlite3.connect(db)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


@dataclass(frozen=True)
class Usage:
    """What processes took: wall time, CPU time with that of children, MiB of the largest one."""

    seconds: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        peak = max(self.peak, other.peak)
        return Usage(self.seconds + other.seconds, self.cpu + other.cpu, peak)


def measured(
    command: Sequence[str],
    stdin: IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Usage:
    """Run a process to its good end.

    The peak is never less than this process' own, which is why so little is imported here.
    """
    with tempfile.TemporaryFile() as output:
        if stdin:
            stdin.seek(0)
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=stdin or subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command)} failed: {output.read().decode()[-2000:]}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Usage(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)
