"""The installed console script as a process: what it takes, prints, reads and returns."""

from __future__ import annotations

import importlib.metadata
import io
import json
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.settings.schema import json_schema
from tests.support.agreement import assert_report_agrees
from tests.support.emulated import Emulated
from tests.support.processes import SECONDS, call, call_script, started
from tests.support.runs import (
    ALLOWED,
    BOOKMARKS,
    begin,
    follow,
    lines,
    login,
    record,
    schema,
    state,
    tap_stream,
    zuora_rows,
)
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

RESET = {"bookmarks": {"Amendment": BOOKMARKS["Amendment"]}}
RESETTING = {"mode": "reset", "state_is_stored": True}
MUCH = lines(*[record("Account")] * 1000) * 300
"""About 20 MB: no pipe holds that, so a writer notices when nobody reads."""


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=600, sandbox=True)) as made:
        yield made


def settings(server: EmulatorServer, mode: str) -> dict[str, Any]:
    return {"mode": mode, **login(server), **ALLOWED}


def test_it_tells_its_version() -> None:
    done = call_script("--version")
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
        ({"mode": "clean"}, "mode: must be one of plan, cleanup, reset, sync."),
        ({"max_records": "many"}, "max_records: must be a whole number."),
        ({"object_groups": "accounts"}, "object_groups: must be a list."),
        ({"keep_quoted_products": "maybe"}, "keep_quoted_products: must be true or false."),
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


def test_a_stream_is_read_to_its_end_although_the_settings_are_no_good(tmp_path: Path) -> None:
    line = json.dumps({"type": "RECORD", "stream": "Account", "record": {"Id": "x" * 1000}})
    with started(tmp_path, {"exclude_object": ["Product2"]}) as target:
        for _ in range(500):  # (more than a pipe holds; Meltano breaks where nobody reads)
            target.send(line.encode() + b"\n")
        assert target.end() == InputError.exit_status
        assert target.log.count("did you mean 'exclude_objects'?") == 1
        assert target.states == []


def test_the_installed_script_reads_its_stdin(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(RESETTING | {"output_dir": str(tmp_path / "output")}))
    done = call_script("--config", str(file), given=tap_stream())
    assert (done.returncode, done.stdout) == (0, json.dumps(RESET) + "\n")


def test_a_stream_can_come_from_a_file(tmp_path: Path) -> None:
    stream, file = tmp_path / "stream.singer", tmp_path / "config.json"
    stream.write_bytes(tap_stream())
    file.write_text(json.dumps(RESETTING | {"output_dir": str(tmp_path / "output")}))
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
    (headline,) = [line for line in target.log.splitlines() if "Refused: nothing was" in line]
    assert "| ERROR " in headline
    assert " ".join(target.log.split()).count("more than max_records") == 1


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
    assert_report_agrees(server.org, before, target.report)


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
    assert_report_agrees(server.org, before, target.report)


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("records", [600, 4_000], ids=["few rows at a time", "by jobs"])
def test_a_signal_while_records_are_deleted_tells_how_many_are_gone(
    tmp_path: Path, number: signal.Signals, records: int
) -> None:
    with Emulated(OrgOptions(records=records, sandbox=True)) as server:
        tells_how_many_are_gone(server, tmp_path, number)


def tells_how_many_are_gone(server: EmulatorServer, tmp_path: Path, number: signal.Signals) -> None:
    before, gone = zuora_rows(server.org), 0
    half = sum(before.values()) // 2
    config = {**settings(server, "cleanup"), "job_size": 200, "max_parallel_jobs": 1}
    with started(tmp_path, config) as target:

        def send(operation: str, _name: str, _id: str) -> None:
            nonlocal gone
            gone += operation == "delete"
            if gone == half:
                target.process.send_signal(number)

        server.org.row_hook = send
        target.send(lines(state(BOOKMARKS), schema("Account"), record("Account")))
        status = target.process.wait(SECONDS)
    wait_until(lambda: not list(server.service.jobs.unfinished()))
    told = sum(each["deleted"] for each in target.report["objects"])
    assert (status, target.report["status"]) == (4, "partial"), target.log
    assert target.report["error"].startswith(f"Stopped by {number.name}. ")
    assert 0 < told <= sum(before.values()) - sum(zuora_rows(server.org).values())
    assert f"{told:,} records deleted" in target.report["headline"]


def test_a_signal_after_a_broken_line_ends_with_a_report_and_no_state(
    server: EmulatorServer, tmp_path: Path
) -> None:
    before = zuora_rows(server.org)
    with started(tmp_path, settings(server, "cleanup")) as target:
        target.send(lines(state(BOOKMARKS)) + b"no json\n")
        wait_until(lambda: "Line 2" in target.log)
        target.process.send_signal(signal.SIGTERM)
        status = target.process.wait(SECONDS)
    assert (status, target.states) == (2, []), target.log
    assert "Traceback" not in target.log
    assert target.report["status"] == "failed"
    assert_report_agrees(server.org, before, target.report)


def test_a_signal_that_comes_before_the_reading_stops_the_run_all_the_same(tmp_path: Path) -> None:
    out, context = io.StringIO(), begin({"mode": "reset"}, tmp_path)
    context.stop.request("SIGTERM")
    result = follow(context, None, out)
    assert str(result.error).startswith("Stopped by SIGTERM")
    assert (result.exit_status, out.getvalue()) == (1, "")


@pytest.mark.parametrize("milliseconds", [0, 2, 5])
def test_a_signal_while_it_starts_leaves_no_state_and_no_traceback(
    tmp_path: Path, milliseconds: int
) -> None:
    with started(tmp_path, RESETTING) as target:
        wait_until(target.output.exists)
        # Not a wait for anything: it moves the signal through what is done next.
        time.sleep(milliseconds / 1000)
        target.process.send_signal(signal.SIGTERM)
        status = target.process.wait(SECONDS)
    assert (status, target.states) == (1, []), target.log
    assert "Traceback" not in target.log
