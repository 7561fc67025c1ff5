"""The command line: serve in front, start and stop in the background, as processes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from click.testing import CliRunner

from target_zuora360_cleanup.emulator.org.org import CUSTOMER_OBJECTS
from target_zuora360_cleanup.emulator.server.background import RunFolder
from target_zuora360_cleanup.emulator.server.cli import main, serve
from target_zuora360_cleanup.emulator.server.cli_options import (
    as_arguments,
    org_options,
    server_options,
)
from target_zuora360_cleanup.emulator.server.watch import is_gone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = [sys.executable, "-m", "target_zuora360_cleanup.emulator"]
SMALL = ["--records", "50"]
READY = re.compile(
    r"zuora360-emulator: (http://127\.0\.0\.1:\d+) org (00D\w{15}) access token (00D\w+!\S+)"
)


def run(*arguments: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


def spawn(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([*PROGRAM, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True)


def free_port() -> str:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return str(place.getsockname()[1])


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + 30
    while not is_gone(pid):
        assert time.monotonic() < end
        time.sleep(0.02)


def given(*arguments: str) -> dict[str, Any]:
    return serve.make_context("serve", list(arguments)).params


@pytest.fixture
def port(tmp_path: Path) -> Iterator[str]:
    """A free port, on which nothing is left running."""
    port = free_port()
    yield port
    RunFolder(tmp_path / "output/zuora360-emulator", int(port)).stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_prints_one_line_and_stops_cleanly_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    with spawn("serve", "--port", "0", *SMALL, folder=tmp_path) as process:
        assert process.stdout is not None
        match = READY.fullmatch(process.stdout.readline().strip())
        assert match is not None
        url, org, token = match.groups()
        headers = {"Authorization": f"Bearer {token}"}
        soql = {"q": "SELECT Id FROM Organization"}
        answer = requests.get(
            f"{url}/services/data/v59.0/query", params=soql, headers=headers, timeout=10
        )
        assert answer.json()["records"][0]["Id"] == org
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
        assert process.stdout.read() == ""


def test_serve_with_tls_tells_where_the_authority_is(tmp_path: Path) -> None:
    options = ["--port", "0", "--tls", "--ca-file", "ca.pem", *SMALL]
    with spawn("serve", *options, folder=tmp_path) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url, authority = re.findall(r" https (\S+) ca (\S+)", line)[0]
        answer = requests.get(f"{url}/services/data", verify=str(tmp_path / authority), timeout=10)
        assert answer.status_code == 200
        process.terminate()
        process.wait(timeout=30)


def test_a_taken_port_is_one_sentence_and_exit_status_2_at_once(tmp_path: Path) -> None:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        place.listen()
        port = str(place.getsockname()[1])
        for command in ("serve", "start"):
            done = run(command, "--port", port, *SMALL, folder=tmp_path)
            assert done.returncode == 2
            sentence = f"Error: Port {port} of 127.0.0.1 is taken by another program"
            assert done.stderr.startswith(sentence)
            assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "no loopback address"),  # noqa: S104 - is refused
        (["--host", "example.com"], "no loopback address"),
        (["--records", "-1"], "not in the range"),
        (["--customer-rows", "Other__c"], "is not one of"),
        (["--allowance", "DailyApiRequests"], "is no NAME=NUMBER"),
    ],
)
def test_a_wrong_option_is_refused(arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(main, ["serve", *arguments])
    assert done.exit_code == 2
    assert message in done.output


def test_a_broken_faults_file_is_refused(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('{"requests": [{"status": 1}]}')
    done = run("serve", "--port", "0", "--faults", "faults.json", *SMALL, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: Faults at $.requests[0].status")


def test_a_database_of_another_org_is_refused_and_its_own_is_reused(tmp_path: Path) -> None:
    with spawn("serve", "--port", "0", "--db", "org.sqlite", *SMALL, folder=tmp_path) as process:
        assert process.stdout is not None
        first = process.stdout.readline().split()[-1]
        process.terminate()
        process.wait(timeout=30)
    other = ["--db", "org.sqlite", "--records", "60"]
    done = run("serve", "--port", "0", *other, folder=tmp_path)
    assert (done.returncode, "other options" in done.stderr) == (2, True)
    with spawn("serve", "--port", "0", "--db", "org.sqlite", *SMALL, folder=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline().split()[-1] == first
        process.terminate()
        process.wait(timeout=30)


def test_start_status_and_stop_as_a_background_process(tmp_path: Path, port: str) -> None:
    at = ["--port", port]
    assert run("status", *at, folder=tmp_path).returncode == 3
    begun = run("start", *at, *SMALL, folder=tmp_path)
    assert begun.returncode == 0, begun.stderr
    match = READY.fullmatch(begun.stdout.strip())
    assert match is not None
    assert match[1] == f"http://127.0.0.1:{port}"
    shown = run("status", *at, folder=tmp_path)
    assert shown.returncode == 0
    assert "Zuora__Subscription__c" in shown.stdout
    told = json.loads(run("status", *at, "--json", folder=tmp_path).stdout)
    assert told["running"] is True
    assert told["rows"]["Organization"] == 1
    assert run("stop", *at, folder=tmp_path).returncode == 0
    assert is_gone(told["pid"])
    assert run("stop", *at, folder=tmp_path).returncode == 0
    assert json.loads(run("status", *at, "--json", folder=tmp_path).stdout) == {"running": False}
    with pytest.raises(requests.ConnectionError):
        requests.get(match[1], timeout=5)


def test_time_passes_in_zuora_and_customers_link_what_they_have(tmp_path: Path, port: str) -> None:
    at = ["--port", port]
    for command in ("change", "link"):
        done = run(command, *at, folder=tmp_path)
        assert (done.returncode, done.stdout) == (3, "The emulator is not running.\n")
    # The variable that says how large the org is means nothing to `change`.
    env = {"ZUORA360_EMULATOR_RECORDS": "600"}
    assert run("start", *at, "--unsynced", folder=tmp_path, **env).returncode == 0
    told = json.loads(run("status", *at, "--json", folder=tmp_path).stdout)
    assert told["rows"]["Zuora__Subscription__c"] == 0
    assert sum(told["zuora_synced"].values()) > 500
    changed = run("change", *at, "--records", "30", folder=tmp_path, **env)
    assert re.search(r"^\w+: \d+ changed", changed.stdout, re.MULTILINE)
    linked = run("link", *at, folder=tmp_path)
    assert (linked.returncode, linked.stdout) == (0, "There was nothing to link.\n")


def test_starting_again_stops_the_first_and_begins_afresh(tmp_path: Path, port: str) -> None:
    pids = []
    for _ in range(2):
        assert run("start", "--port", port, *SMALL, folder=tmp_path).returncode == 0
        told = run("status", "--port", port, "--json", folder=tmp_path)
        pids.append(json.loads(told.stdout)["pid"])
    assert is_gone(pids[0])
    assert not is_gone(pids[1])


def test_a_killed_emulator_is_not_running_and_can_be_started_again(
    tmp_path: Path, port: str
) -> None:
    run("start", "--port", port, *SMALL, folder=tmp_path)
    told = json.loads(run("status", "--port", port, "--json", folder=tmp_path).stdout)
    os.kill(told["pid"], signal.SIGKILL)
    wait_until_gone(told["pid"])
    assert run("status", "--port", port, folder=tmp_path).returncode == 3
    assert run("start", "--port", port, *SMALL, folder=tmp_path).returncode == 0


def test_it_ends_with_the_process_it_was_told_to_end_with(tmp_path: Path, port: str) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        stop_with = ["--stop-with", str(other.pid)]
        begun = run("start", "--port", port, *SMALL, *stop_with, folder=tmp_path)
        assert begun.returncode == 0, begun.stderr
        told = json.loads(run("status", "--port", port, "--json", folder=tmp_path).stdout)
        other.kill()
        wait_until_gone(told["pid"])
    assert run("status", "--port", port, folder=tmp_path).returncode == 3


def test_every_option_can_come_from_the_environment(tmp_path: Path, port: str) -> None:
    env = {"ZUORA360_EMULATOR_PORT": port, "ZUORA360_EMULATOR_RECORDS": "70",
           "ZUORA360_EMULATOR_RUN_DIR": "elsewhere"}  # fmt: skip
    assert run("start", folder=tmp_path, **env).returncode == 0
    assert (tmp_path / "elsewhere" / f"{port}.json").exists()
    assert run("status", folder=tmp_path, **env).returncode == 0
    assert run("stop", folder=tmp_path, **env).returncode == 0
    names = {parameter.name: parameter for parameter in serve.params}
    assert {
        name for name, parameter in names.items() if not parameter.envvar
    } == {"run_dir"}  # fmt: skip


def test_options_become_the_orgs_and_the_servers() -> None:
    params = given(
        "--records", "7", "--seed", "3", "--customer-rows", "all", "--no-quotes", "--sandbox",
        "--hard-delete", "--without-package", "zqu", "--port", "0", "--tls", "--tls-port", "1",
        "--batch-seconds", "2", "--job-seconds", "1", "--parallel-jobs", "9", "--stale-counts",
        "--allowance", "DailyApiRequests=5",
    )  # fmt: skip
    org, server = org_options(params), server_options(params)
    assert (org.records, org.seed, org.quotes, org.sandbox) == (7, 3, False, True)
    assert org.customer_rows == CUSTOMER_OBJECTS
    assert org.hard_delete_permission is True
    assert org.without_packages == frozenset({"zqu"})
    assert (server.port, server.tls, server.tls_port) == (0, True, 1)
    assert (server.batch_seconds, server.job_seconds, server.parallel_jobs) == (2, 1, 9)
    assert (server.stale_counts, server.allowances) == (True, {"DailyApiRequests": 5})


def test_start_hands_every_option_on_to_serve() -> None:
    params = given(
        "--customer-rows", "Usage_Note__c", "--customer-rows", "Dunning_Case__c", "--no-quotes",
        "--hard-delete", "--allowance", "DailyApiRequests=5", "--db", "x.sqlite",
    )  # fmt: skip
    assert given(*as_arguments(serve, params)) == params
