"""An emulator in the background: started, found again and stopped by a note in a folder."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["BackgroundError", "Running", "find", "start", "stop", "stop_with"]

READY: Final = "zuora360-emulator: "
"""How the line begins that says that the emulator answers."""
_START_SECONDS: Final = 600
_STOP_SECONDS: Final = 30
_GLANCE: Final = 0.05


class BackgroundError(RuntimeError):
    """It did not start or stop; the message says why."""


@dataclass(frozen=True)
class Running:
    """An emulator that runs in the background."""

    pid: int
    url: str


def find(folder: Path, port: int) -> Running | None:
    """Return the emulator that was started for this port, if it still runs."""
    try:
        noted = Running(**json.loads(_note(folder, port).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return noted if _is_emulator(noted.pid) else None


def start(folder: Path, port: int, arguments: Sequence[str]) -> Running:
    """Start an emulator and return when it answers; one that runs for this port is stopped first.

    Args:
        folder: Where its log and the note of its process go.
        port: Where it listens.
        arguments: What to hand to `serve`.

    Raises:
        BackgroundError: It ended, or did not answer in time.
    """
    stop(folder, port)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{port}.log"
    command = [sys.executable, "-m", "target_zuora360_cleanup.emulator", "serve", *arguments]
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - this program itself
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    line = _wait_for(lambda: _ready_line(log, process), _START_SECONDS)
    if not line:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        raise BackgroundError(_last_line(log) or f"The emulator did not start; see {log}.")
    running = Running(process.pid, line.removeprefix(READY).split()[0])
    _note(folder, port).write_text(json.dumps(asdict(running)), encoding="utf-8")
    return running


def stop(folder: Path, port: int) -> bool:
    """Stop the emulator of this port and wait until it is gone; false if none runs.

    Raises:
        BackgroundError: It does not end.
    """
    running = find(folder, port)
    if running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, signal.SIGTERM)
        if not _wait_for(lambda: not _is_emulator(running.pid), _STOP_SECONDS):
            raise BackgroundError(f"Process {running.pid} does not end; stop it by hand.")
    _note(folder, port).unlink(missing_ok=True)
    return running is not None


def stop_with(pid: int) -> None:
    """End this process, as SIGTERM would, as soon as another one is gone."""

    def watch() -> None:
        _wait_for(lambda: not _is_alive(pid), None, glance=0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch", daemon=True).start()


def _note(folder: Path, port: int) -> Path:
    return folder / f"{port}.json"


def _ready_line(log: Path, process: subprocess.Popen[bytes]) -> str | None:
    """The line, blank when there will be none, None when it is too early to say."""
    ended = process.poll() is not None
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(READY):
            return line
    return "" if ended else None


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "")


def _wait_for(
    tell: Callable[[], object], seconds: float | None, *, glance: float = _GLANCE
) -> str | None:
    """Ask until there is an answer other than None and False; None when the time is up."""
    end = None if seconds is None else time.monotonic() + seconds
    while (answer := tell()) in (None, False):
        if end is not None and time.monotonic() > end:
            return None
        time.sleep(glance)
    return str(answer)


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_emulator(pid: int) -> bool:
    """Whether the process still is what was started: numbers are used again."""
    if not _is_alive(pid):
        return False
    shown = subprocess.run(  # noqa: S603 - a fixed program and a number
        ["/bin/ps", "-o", "stat=,args=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return "target_zuora360_cleanup.emulator" in shown and not shown.startswith("Z")
