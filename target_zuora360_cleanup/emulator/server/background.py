"""The emulator as a background process: start, find and stop it by a file in a run folder.

The child writes the file when it is ready and removes it when it ends; whoever finds a file asks
the process behind it, since one that was killed leaves its file behind.
"""

from __future__ import annotations

import http
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from target_zuora360_cleanup.emulator.server.watch import is_gone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ["BackgroundError", "Instance", "RunFolder", "served_at"]

_POLL_SECONDS = 0.05
_STOP_SECONDS = 15.0
_ANSWER_SECONDS = 10.0
_WORK_SECONDS = 600.0


class BackgroundError(RuntimeError):
    """The emulator could not be started or stopped; the message says why."""


@dataclass(frozen=True)
class Instance:
    """A running emulator, as its file in the run folder describes it."""

    pid: int
    url: str
    org_id: str
    access_token: str
    tls_url: str | None = None
    ca_file: str | None = None

    def ask(self, path: str, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What one of the emulator's own resources answers to a GET, or to a POST of `data`.

        Raises:
            OSError: It doesn't answer.
        """
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            str(place.hostname),
            place.port,
            timeout=_ANSWER_SECONDS if data is None else _WORK_SECONDS,
        )
        try:
            if data is None:
                connection.request("GET", path)
            else:
                connection.request("POST", path, json.dumps(data))
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
            if response.status != http.HTTPStatus.OK:
                raise OSError(f"{self.url} answers {response.status} to {path}")
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(f"{self.url} doesn't answer like an emulator: {error}") from error
        else:
            return answer
        finally:
            connection.close()

    def is_up(self) -> bool:
        """Whether this very process answers under its URL."""
        try:
            return bool(self.ask("/__emulator__").get("pid") == self.pid)
        except OSError:
            return False

    def end(self) -> None:
        """Stop the process and wait until it is gone.

        Raises:
            BackgroundError: It doesn't end, or is another user's.
        """
        for number in (signal.SIGTERM, signal.SIGKILL):
            _send(self.pid, number)
            if _wait(lambda: is_gone(self.pid), _STOP_SECONDS):
                return
        raise BackgroundError(f"The emulator with process id {self.pid} does not end")


def served_at(port: int) -> Instance | None:
    """The emulator that answers on a port of 127.0.0.1, however it was started; None: none does."""
    url = f"http://127.0.0.1:{port}"
    try:
        told = Instance(0, url, "", "").ask("/__emulator__")
        return Instance(told["pid"], url, told["org_id"], told["access_token"])
    except (OSError, LookupError, TypeError):
        return None


class RunFolder:
    """Where an emulator that was started in the background leaves its file and its log.

    Args:
        folder: Made when it is needed.
        port: As it was asked for; every port has its own emulator.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self.state_file = folder / f"{port}.json"
        self.log_file = folder / f"{port}.log"

    def write(self, instance: Instance) -> None:
        """Say that an emulator is ready; the file appears all at once."""
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self.state_file.with_suffix(".new")
        draft.write_text(json.dumps(asdict(instance), indent=2), encoding="utf-8")
        draft.replace(self.state_file)

    def remove(self) -> None:
        """Say that it is gone."""
        self.state_file.unlink(missing_ok=True)

    def find_anywhere(self) -> Instance | None:
        """The same, or the one that answers on the port, whoever has started it, and where."""
        return self.find() or served_at(self._port)

    @property
    def nowhere(self) -> str:
        """That none runs, and where it was looked for."""
        return (
            f"The emulator is not running: none answers on port {self._port} of 127.0.0.1, and "
            f"{self.state_file} tells of none."
        )

    def find(self) -> Instance | None:
        """The emulator that runs, or None; a file left behind by a killed one is removed."""
        instance = self._read()
        if instance is None or instance.is_up():
            return instance
        self.remove()
        return None

    def start(self, arguments: Sequence[str], seconds: float) -> Instance:
        """Start ``serve`` with these arguments, after stopping what runs already.

        Args:
            arguments: Those of ``zuora360-emulator serve``.
            seconds: How long it may take until the emulator answers.

        Raises:
            BackgroundError: It ended or took too long; the message is its own last line.
        """
        self.stop()
        self._folder.mkdir(parents=True, exist_ok=True)
        process = self._spawn(arguments)
        if not _wait(lambda: self._is_ready(process), seconds):
            process.kill()
            process.wait()
            raise BackgroundError(f"The emulator was not ready after {seconds:g} seconds")
        instance = self._read()
        if instance is None:
            raise BackgroundError(self._last_words())
        return instance

    def stop(self) -> bool:
        """Stop the emulator and wait until it is gone; False when none ran.

        Raises:
            BackgroundError: It doesn't end.
        """
        instance = self.find()
        if instance is None:
            return False
        instance.end()
        self.remove()
        return True

    def _spawn(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "target_zuora360_cleanup.emulator", "serve", *arguments]
        with self.log_file.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - this very program
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it answers, or has ended and never will."""
        if process.poll() is not None:
            return True
        instance = self._read()
        return instance is not None and instance.pid == process.pid and instance.is_up()

    def _last_words(self) -> str:
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1].removeprefix("Error: ") if lines else "The emulator ended without a word"

    def _read(self) -> Instance | None:
        try:
            return Instance(**json.loads(self.state_file.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise BackgroundError(f"The emulator with process id {pid} is another user's") from None


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True
