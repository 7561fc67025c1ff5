"""The installed console script as a process: what it takes, prints, reads and returns."""

from __future__ import annotations

import fcntl
import importlib.metadata
import io
import json
import os
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org import OrgOptions
from target_zuora360_cleanup.emulator.server import EmulatorServer
from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.meltano import Pipeline
from target_zuora360_cleanup.run import Run
from target_zuora360_cleanup.settings_input import read_settings
from target_zuora360_cleanup.settings_schema import json_schema
from tests.support import (
    ALLOWED,
    BOOKMARKS,
    lines,
    login,
    record,
    schema,
    state,
    tap_stream,
    zuora_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TARGET = str(Path(sys.executable).with_name("target-zuora360-cleanup"))
SECONDS = 60
RESET = {"bookmarks": {"Amendment": BOOKMARKS["Amendment"]}}
MUCH = lines(*[record("Account")] * 1000) * 300
"""About 20 MB: no pipe holds that, so a writer notices when nobody reads."""


def environ() -> dict[str, str]:
    """This process's environment, without anything of Meltano's or the target's."""
    mine = ("MELTANO_", "TARGET_ZUORA360_", "SINGER_SDK_")
    return {name: value for name, value in os.environ.items() if not name.startswith(mine)}


def call(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run the script to its end."""
    done = subprocess.run(
        [TARGET, *words],
        input=given,
        env=environ(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


@dataclass(frozen=True)
class Started:
    """A target that waits for its stream."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path
    output: Path

    @property
    def stdin(self) -> IO[bytes]:
        assert self.process.stdin
        return self.process.stdin

    def send(self, data: bytes) -> None:
        """Write to its stdin; a BrokenPipeError says that nobody reads any more."""
        self.stdin.write(data)
        self.stdin.flush()

    def end(self) -> int:
        """Close its stdin and wait; its exit status."""
        self.stdin.close()
        return self.process.wait(SECONDS)

    def has_read_all(self) -> bool:
        """Whether nothing is left in the pipe, and it is reading on."""
        waiting = fcntl.ioctl(self.stdin.fileno(), termios.FIONREAD, struct.pack("i", 0))
        return struct.unpack("i", waiting) == (0,)

    @property
    def states(self) -> list[dict[str, Any]]:
        """Each line of its stdout, which must be JSON."""
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    @property
    def log(self) -> str:
        return self.err.read_text()

    @property
    def report(self) -> dict[str, Any]:
        (path,) = self.output.glob("*/report.json")
        report: dict[str, Any] = json.loads(path.read_text())
        return report


@contextmanager
def started(folder: Path, config: dict[str, Any]) -> Iterator[Started]:
    """Start the target; it is killed if a test leaves it behind."""
    file, out, err = folder / "config.json", folder / "stdout", folder / "stderr"
    output = folder / "output"
    file.write_text(json.dumps({**config, "output_dir": str(output)}))
    with (
        out.open("wb") as stdout,
        err.open("wb") as stderr,
        subprocess.Popen(
            [TARGET, "--config", str(file)],
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
            env=environ(),
        ) as process,
    ):
        try:
            yield Started(process, out, err, output)
        finally:
            process.kill()


def wait_until(condition: Callable[[], object]) -> None:
    """Return once it holds; fail when it doesn't in time."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with EmulatorServer(OrgOptions(records=600, sandbox=True)) as made:
        yield made


def settings(server: EmulatorServer, mode: str) -> dict[str, Any]:
    return {"mode": mode, **login(server), **ALLOWED}


def test_it_tells_its_version() -> None:
    done = call("--version")
    assert done.returncode == 0
    assert importlib.metadata.version("target-zuora360-cleanup") in done.stdout


def test_it_tells_its_options() -> None:
    done = call("--help")
    assert done.returncode == 0
    for option in ("--config", "--input", "--about", "--version", "--help"):
        assert option in done.stdout


def test_it_tells_its_settings_just_as_they_are() -> None:
    done = call("--about", "--format=json")
    assert done.returncode == 0
    about = json.loads(done.stdout)
    assert about["name"] == "target-zuora360-cleanup"
    assert about["settings"] == json_schema()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"max_record": 5}, "Unknown setting 'max_record': did you mean 'max_records'?"),
        ({"mode": "clean"}, "'clean' is not one of"),
        ({"max_records": "many"}, "'many' is not of type 'integer'"),
        ({"object_groups": "accounts"}, "'accounts' is not of type 'array'"),
        ({"keep_quoted_products": "maybe"}, "'maybe' is not of type 'boolean'"),
        ({"mode": "sync", "field_maps": {"Acount": {}}}, "did you mean 'Account'?"),
        ({"mode": "reset", "output_dir": "/dev/null"}, "output_dir: can't write to '/dev/null'"),
        ([1], "can't read the configuration"),
        (None, "config.json' was not found"),
        ("{", "can't read the configuration"),
        ("5", "can't read the configuration"),
    ],
)
def test_settings_that_can_not_be_used_are_said_in_a_sentence(
    tmp_path: Path, config: object, said: str
) -> None:
    file = tmp_path / "config.json"
    if config is not None:
        file.write_text(config if isinstance(config, str) else json.dumps(config))
    done = call("--config", str(file), given=tap_stream())
    assert (done.returncode, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())


def test_a_stream_can_come_from_a_file(tmp_path: Path) -> None:
    stream, file = tmp_path / "stream.singer", tmp_path / "config.json"
    stream.write_bytes(tap_stream())
    file.write_text(json.dumps({"mode": "reset", "output_dir": str(tmp_path / "output")}))
    done = call("--config", str(file), "--input", str(stream))
    assert (done.returncode, done.stdout) == (0, json.dumps(RESET) + "\n")


@pytest.mark.parametrize(
    ("mode", "states"), [("plan", []), ("cleanup", [RESET, RESET]), ("reset", [RESET])]
)
def test_every_mode_reads_to_the_end_and_prints_nothing_but_resets(
    server: EmulatorServer, tmp_path: Path, mode: str, states: list[dict[str, Any]]
) -> None:
    before = zuora_rows(server.org)
    with started(tmp_path, settings(server, mode)) as target:
        target.send(lines(state(BOOKMARKS), schema("Account")))
        target.send(MUCH)
        target.send(lines(state({**BOOKMARKS, "Invoice": {"UpdatedDate": "2026"}})))
        status = target.end()
    assert (status, target.states) == (0, states), target.log
    assert target.report["records_read"] == {"Account": MUCH.count(b"\n")}
    assert (zuora_rows(server.org) == before) == (mode != "cleanup")


def test_a_refused_cleanup_reads_to_the_end(server: EmulatorServer, tmp_path: Path) -> None:
    with started(tmp_path, {**settings(server, "cleanup"), "max_records": 1}) as target:
        target.send(lines(state(BOOKMARKS), schema("Account")))
        # The thread that refuses has asked for everything by then, or will in a moment.
        wait_until(lambda: server.service.stats.calls()["total"])
        target.send(MUCH)
        status = target.end()
    assert (status, target.states) == (3, []), target.log
    assert "max_records" in target.report["error"]


@pytest.mark.parametrize("mode", ["plan", "cleanup", "reset"])
def test_a_stream_is_read_to_its_end_although_a_line_is_broken(
    server: EmulatorServer, tmp_path: Path, mode: str
) -> None:
    before = zuora_rows(server.org)
    with started(tmp_path, settings(server, mode)) as target:
        target.send(lines(state(BOOKMARKS)) + b"no json\n")
        wait_until(lambda: "Line 2" in target.log)
        target.send(lines(schema("Account")))
        target.send(MUCH)
        status = target.end()
    assert (status, target.states) == (2, []), target.log
    assert "Traceback" not in target.log
    assert zuora_rows(server.org) == before


SIGNALS = [signal.SIGTERM, signal.SIGINT]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("mode", ["plan", "cleanup", "reset"])
def test_a_signal_while_the_stream_comes_prints_no_state(
    server: EmulatorServer, tmp_path: Path, mode: str, number: signal.Signals
) -> None:
    before = zuora_rows(server.org)
    with started(tmp_path, settings(server, mode)) as target:
        target.send(lines(state(BOOKMARKS)))
        wait_until(target.has_read_all)
        target.process.send_signal(number)
        status = target.process.wait(SECONDS)
    assert (status, target.states) == (1, []), target.log
    assert "Traceback" not in target.log
    assert number.name in target.report["error"]
    assert zuora_rows(server.org) == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_before_the_deletion_prints_no_state(
    server: EmulatorServer, tmp_path: Path, number: signal.Signals
) -> None:
    before = zuora_rows(server.org)
    server.set_faults({"requests": [{"path": "*/describe", "latency": 1}]})
    with started(tmp_path, settings(server, "cleanup")) as target:
        target.send(lines(state(BOOKMARKS), schema("Account")))
        wait_until(lambda: server.service.stats.calls()["total"])
        target.process.send_signal(number)
        status = target.process.wait(SECONDS)
    assert (status, target.states) == (1, []), target.log
    assert "Traceback" not in target.log
    assert target.report["error"].startswith(f"Stopped by {number.name}")
    assert zuora_rows(server.org) == before


def test_a_signal_after_a_broken_line_ends_with_a_report_and_no_state(
    server: EmulatorServer, tmp_path: Path
) -> None:
    with started(tmp_path, settings(server, "cleanup")) as target:
        target.send(lines(state(BOOKMARKS)) + b"no json\n")
        wait_until(lambda: "Line 2" in target.log)
        target.process.send_signal(signal.SIGTERM)
        status = target.process.wait(SECONDS)
    assert (status, target.states) == (2, []), target.log
    assert "Traceback" not in target.log
    assert target.report["status"] == "failed"


def test_a_signal_that_comes_before_the_reading_stops_the_run_all_the_same(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    config = read_settings({"mode": "reset", "output_dir": str(tmp_path)})
    made = Run(config, Pipeline(), out, err)
    made.interrupt("SIGTERM")
    with pytest.raises(CleanupError, match="Stopped by SIGTERM"):
        made.follow(io.BytesIO(tap_stream()))
    assert out.getvalue() == ""


@pytest.mark.parametrize("milliseconds", [0, 2, 5])
def test_a_signal_while_it_starts_leaves_no_state_and_no_traceback(
    tmp_path: Path, milliseconds: int
) -> None:
    with started(tmp_path, {"mode": "reset"}) as target:
        wait_until(target.output.exists)
        # Not a wait for anything: it moves the signal through what is done next.
        time.sleep(milliseconds / 1000)
        target.process.send_signal(signal.SIGTERM)
        status = target.process.wait(SECONDS)
    assert (status, target.states) == (1, []), target.log
    assert "Traceback" not in target.log
