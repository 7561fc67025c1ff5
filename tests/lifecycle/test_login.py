"""A login that is no good is told while the tap still runs; its stream is read to its end."""

from __future__ import annotations

import io
import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from target_zuora360_cleanup.cleanup.run import Run
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.lifecycle import login
from target_zuora360_cleanup.lifecycle.login import TOLD_WITHIN, Login
from target_zuora360_cleanup.rows.stop import Stop, Stopped
from target_zuora360_cleanup.salesforce.waits import NO_WAITS, Waits
from target_zuora360_cleanup.singer.stream import SingerStream
from target_zuora360_cleanup.sync.reader import SyncReader
from target_zuora360_cleanup.sync.run import SyncRun
from tests.support.emulated import Emulated
from tests.support.runs import begin, record, schema, state, tap_stream
from tests.support.runs import lines as as_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

SECONDS = 5.0


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=100, sandbox=True), ServerOptions(tls=True)) as made:
        yield made


class Told(logging.Handler):
    """Hears of the first error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.event = threading.Event()
        self.said: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())
        self.event.set()


@pytest.fixture
def told() -> Iterator[Told]:
    handler, root = Told(), logging.getLogger("target_zuora360_cleanup")
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


class SlowTap(io.RawIOBase):
    """A tap that writes on only when an error was told, or too much time has passed."""

    def __init__(self, told: Told, data: bytes) -> None:
        self._told, self._left = told, data
        self.was_told = self.was_read = False

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        if not self.was_told:
            self.was_told = self._told.event.wait(SECONDS)
        chunk = self._left[: len(buffer)]
        self._left = self._left[len(chunk) :]
        buffer[: len(chunk)] = chunk
        self.was_read = not self._left
        return len(chunk)

    def read1(self, size: int = -1) -> bytes:
        return self.read(size) or b""


REFRESH = {"client_id": "client", "client_secret": "sec-ret", "refresh_token": "sec-ret"}
BAD: dict[str, Callable[[EmulatorServer], dict[str, Any]]] = {
    "no credentials": lambda _: {},
    "bad token": lambda server: {"access_token": "00Dxx!sec-ret", "instance_url": server.url},
    "untrusted certificate": lambda server: {**REFRESH, "domain": server.tls_url},
    "untrusted certificate of the org": lambda server: {
        "access_token": server.access_token,
        "instance_url": server.tls_url,
    },
    "nobody there": lambda _: {**REFRESH, "domain": "http://127.0.0.1:9"},
    "nobody there for a token": lambda _: {
        "access_token": "00Dxx!sec-ret",
        "instance_url": "http://127.0.0.1:9",
    },
    "no such host": lambda _: {**REFRESH, "domain": "https://nowhere.invalid"},
}


@pytest.fixture(autouse=True)
def no_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("mode", ["cleanup", "sync"])
@pytest.mark.parametrize("name", BAD)
def test_it_is_told_within_five_seconds_while_the_tap_still_runs(
    server: EmulatorServer, tmp_path: Path, told: Told, name: str, mode: str
) -> None:
    tap = SlowTap(told, tap_stream())
    # (with the waits of a real run)
    context = begin({"mode": mode, **BAD[name](server)}, tmp_path, waits=Waits())
    if mode == "sync":
        sync = SyncRun.beside_a_tap(context, io.StringIO())
        reader = SyncReader(sync, sync.story.finish, print)
        handlers: dict[str, Any] = dict.fromkeys((), print)
        with pytest.raises(InputError):
            reader.process_lines(io.TextIOWrapper(io.BufferedReader(tap)), handlers)
        status = InputError.exit_status
    else:
        run = Run.beside_a_tap(context, io.StringIO(), io.StringIO())
        status = run.follow(SingerStream(tap)).exit_status  # type: ignore[arg-type]
    assert tap.was_told, "nothing was told while the tap ran"
    assert status == 2
    assert tap.was_read
    assert "read to its end" in told.said[0]
    assert "sec-ret" not in " ".join(told.said)


def test_mode_reset_asks_salesforce_for_nothing(tmp_path: Path, told: Told) -> None:
    context = begin({"mode": "reset"}, tmp_path)
    run = Run.beside_a_tap(context, io.StringIO(), io.StringIO())
    assert run.follow(SingerStream(io.BytesIO(tap_stream()))).exit_status == 0
    assert told.said == []


def test_a_run_logs_in_once(server: EmulatorServer, tmp_path: Path) -> None:
    before = server.stats()["api_calls"].get("login", 0)
    context = begin({"mode": "plan", **REFRESH, "domain": server.url}, tmp_path)
    stream = as_lines(state({}), schema("Account"), record("Account"))
    Run.beside_a_tap(context, io.StringIO(), io.StringIO()).follow(SingerStream(io.BytesIO(stream)))
    assert server.stats()["api_calls"]["login"] == before + 1


def test_who_waits_for_a_login_hears_of_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, begun, go = Stop(), threading.Event(), threading.Event()

    def never(*_: object) -> None:
        begun.set()
        go.wait(5)

    monkeypatch.setattr(login, "connect", never)
    waits = replace(NO_WAITS, after_stop=0.05)
    logged_in = Login(begin({**REFRESH}, tmp_path, stop=stop, waits=waits))
    logged_in.begin()
    assert begun.wait(5)
    stop.request("SIGTERM")
    with pytest.raises(Stopped):
        logged_in.salesforce()
    go.set()


def test_a_server_that_is_silent_is_told_of_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(login, "TOLD_WITHIN", 0.01)
    monkeypatch.setattr(login, "connect", lambda *_: time.sleep(0.2))
    logged_in = Login(begin({**REFRESH}, tmp_path))
    logged_in.begin()
    with pytest.raises(AssertionError):
        logged_in.salesforce()
    assert "has not answered the login yet" in caplog.text
    assert TOLD_WITHIN < SECONDS
