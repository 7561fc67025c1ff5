"""The command line: serve in front, start and stop in the background."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from click.testing import CliRunner, Result

from target_zuora360_cleanup.emulator.org.org import CUSTOMER_OBJECTS, OrgOptions
from target_zuora360_cleanup.emulator.server.background import RunFolder, served_at
from target_zuora360_cleanup.emulator.server.cli import main, serve
from target_zuora360_cleanup.emulator.server.cli_options import (
    as_arguments,
    org_options,
    server_options,
)
from target_zuora360_cleanup.emulator.server.watch import is_gone
from tests.support.emulated import Emulated
from tests.support.waiting import free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

PROGRAM = [sys.executable, "-m", "target_zuora360_cleanup.emulator"]
SMALL = ["--records", "50"]
READY = re.compile(
    r"zuora360-emulator: (http://127\.0\.0\.1:\d+) org (00D\w{15}) access token (00D\w+!\S+)"
    r"( https \S+ ca \S+)?"
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own folder, where commands leave their files."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A command as a process of its own, as `start` has to be: it leaves its child behind."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def call(*arguments: str, **env: str) -> Result:
    """A command in this process, which takes a tenth of the time."""
    return CliRunner().invoke(main, arguments, env=env)


def given(*arguments: str, command: click.Command = serve) -> dict[str, Any]:
    return command.make_context(command.name, list(arguments)).params


@pytest.fixture
def folder(here: Path) -> Iterator[RunFolder]:
    """The run folder of a free port, on which nothing is left running."""
    made = RunFolder(here / "elsewhere", free_port())
    yield made
    made.stop()


@pytest.fixture
def gone() -> str:
    """The id of a process that has ended: what is to stop with it does so once it has started."""
    with subprocess.Popen(["true"]) as process:
        return str(process.pid)


def port_of(folder: RunFolder) -> list[str]:
    return ["--port", folder.state_file.stem, "--run-dir", str(folder.state_file.parent)]


def pid_of(folder: RunFolder) -> int:
    instance = folder.find()
    assert instance is not None
    return instance.pid


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_prints_one_line_and_stops_cleanly_on_a_signal(
    here: Path, number: signal.Signals
) -> None:
    tls = number == signal.SIGTERM
    options = ["--port", "0", *SMALL, *(("--tls", "--ca-file", "ca.pem") if tls else ())]
    with subprocess.Popen(
        [*PROGRAM, "serve", *options], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        match = READY.fullmatch(process.stdout.readline().strip())
        assert match is not None
        url, org, token, secure = match.groups()
        assert bool(secure) == tls
        headers = {"Authorization": f"Bearer {token}"}
        soql = {"q": "SELECT Id FROM Organization"}
        answer = requests.get(
            f"{url}/services/data/v59.0/query", params=soql, headers=headers, timeout=10
        )
        assert answer.json()["records"][0]["Id"] == org
        if tls:
            _, url, _, authority = secure.split()
            safe = requests.get(f"{url}/services/data", verify=str(here / authority), timeout=10)
            assert safe.status_code == 200
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
        assert process.stdout.read() == ""


def test_a_taken_port_is_one_sentence_and_exit_status_2_at_once() -> None:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        place.listen()
        port = str(place.getsockname()[1])
        for command in ("serve", "start"):
            done = call(command, "--port", port, *SMALL)
            assert done.exit_code == 2
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


def test_a_broken_faults_file_is_refused(here: Path) -> None:
    (here / "faults.json").write_text('{"requests": [{"status": 1}]}')
    done = call("serve", "--port", "0", "--faults", "faults.json", *SMALL)
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: Faults at $.requests[0].status")


def test_a_database_of_another_org_is_refused_and_its_own_is_reused(gone: str) -> None:
    serving = ["serve", "--port", "0", "--db", "org.sqlite", "--stop-with", gone]
    first = call(*serving, *SMALL)
    assert READY.fullmatch(first.stdout.strip())
    other = call(*serving, "--records", "60")
    assert (other.exit_code, "other options" in other.stderr) == (2, True)
    second = call(*serving, *SMALL)
    assert second.stdout.split()[-1] == first.stdout.split()[-1]


@pytest.mark.slow
def test_start_status_and_stop_as_a_background_process(folder: RunFolder) -> None:
    at = port_of(folder)
    assert call("status", *at).exit_code == 3
    begun = run("start", *at, *SMALL)
    assert begun.returncode == 0, begun.stderr
    match = READY.fullmatch(begun.stdout.strip())
    assert match is not None
    assert match[1] == f"http://127.0.0.1:{at[1]}"
    shown = run("status", *at)
    assert shown.returncode == 0
    assert "Zuora__Subscription__c" in shown.stdout
    facts = json.loads(call("status", *at, "--json").stdout)
    assert facts["running"] is True
    assert facts["rows"]["Organization"] == 1
    assert run("stop", *at).returncode == 0
    assert is_gone(facts["pid"])
    assert call("stop", *at).exit_code == 0
    assert json.loads(call("status", *at, "--json").stdout) == {"running": False}
    with pytest.raises(requests.ConnectionError):
        requests.get(match[1], timeout=5)


def test_time_passes_in_zuora_and_customers_link_what_they_have(folder: RunFolder) -> None:
    at = port_of(folder)
    for command in ("change", "link"):
        done = call(command, *at)
        assert (done.exit_code, done.stdout) == (3, f"{folder.nowhere}\n")
    # The variable that says how large the org is means nothing to `change`.
    env = {"ZUORA360_EMULATOR_RECORDS": "600"}
    assert run("start", *at, "--unsynced", **env).returncode == 0
    facts = json.loads(call("status", *at, "--json").stdout)
    assert facts["rows"]["Zuora__Subscription__c"] == 0
    assert sum(facts["zuora_synced"].values()) > 500
    changed = call("change", *at, "--records", "30", **env)
    assert re.search(r"^\w+: \d+ changed", changed.stdout, re.MULTILINE)
    linked = call("link", *at)
    assert (linked.exit_code, linked.stdout) == (0, "There was nothing to link.\n")


@pytest.mark.slow
def test_starting_again_stops_the_first_and_a_killed_one_can_be_started_again(
    folder: RunFolder,
) -> None:
    start = ["start", *port_of(folder), *SMALL]
    assert run(*start).returncode == 0
    first = pid_of(folder)
    assert run(*start).returncode == 0
    assert is_gone(first)
    second = pid_of(folder)
    os.kill(second, signal.SIGKILL)
    wait_until(lambda: is_gone(second), 30)
    assert call("status", *port_of(folder)).exit_code == 3
    assert run(*start).returncode == 0
    assert pid_of(folder) not in {first, second}


def test_it_ends_with_the_process_it_was_told_to_end_with(folder: RunFolder) -> None:
    begun: list[int] = []

    def end_it() -> None:
        # The file appears when it serves; until then the other process lives.
        while folder.find() is None:
            time.sleep(0.02)
        begun.append(pid_of(folder))
        other.kill()

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        thread = threading.Thread(target=end_it, daemon=True)
        thread.start()
        options = ["--stop-with", str(other.pid)]
        assert call("serve", *port_of(folder), *SMALL, *options).exit_code == 0
        thread.join(timeout=10)
    assert begun == [os.getpid()]
    assert call("status", *port_of(folder)).exit_code == 3


def test_every_option_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUORA360_EMULATOR_PORT", "1234")
    monkeypatch.setenv("ZUORA360_EMULATOR_RECORDS", "70")
    monkeypatch.setenv("ZUORA360_EMULATOR_RUN_DIR", "elsewhere")
    started = given(command=main.commands["start"])
    assert (started["port"], started["records"]) == (1234, 70)
    for name in ("start", "status", "stop", "change", "link"):
        params = given(command=main.commands[name])
        assert (params["port"], params["run_dir"]) == (1234, Path("elsewhere"))
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


def test_a_shape_is_read_from_a_file(here: Path) -> None:
    (here / "shape.json").write_text('{"rows": [{"object": "Task"}]}', encoding="utf-8")
    found = given("--shape", "shape.json")

    assert org_options(found).shape == '{"rows": [{"object": "Task"}]}'
    assert given(*as_arguments(serve, found)) == found


def test_a_shape_that_cannot_be_ends_in_a_sentence(here: Path) -> None:
    (here / "shape.json").write_text('{"rows": [{"object": "Nothing__c"}]}', encoding="utf-8")
    ended = run("serve", "--port", "0", *SMALL, "--shape", "shape.json")

    assert ended.returncode == 2
    assert ended.stderr.strip() == (
        "Error: The shape at rows[0]: the org has no object Nothing__c. Name one that it has, or"
        " add it."
    )


def test_change_and_link_find_a_server_that_serve_has_started(here: Path) -> None:
    with Emulated(OrgOptions(records=300)) as server:
        at = ["--port", server.url.rpartition(":")[2], "--run-dir", str(here / "empty")]
        changed, linked = call("change", *at), call("link", *at)
    assert (changed.exit_code, linked.exit_code) == (0, 0)
    assert "Invoice: " in changed.output
    assert "linked" in linked.output or "nothing to link" in linked.output
    gone = call("change", *at)
    assert gone.exit_code == 3
    assert gone.output == (
        f"The emulator is not running: none answers on port {at[1]} of 127.0.0.1, and "
        f"{here / 'empty' / at[1]}.json tells of none.\n"
    )


def test_an_emulator_is_found_and_stopped_from_any_folder(folder: RunFolder, here: Path) -> None:
    assert run("start", *port_of(folder), *SMALL).returncode == 0
    elsewhere = ["--port", folder.state_file.stem, "--run-dir", str(here / "empty")]
    instance = folder.find()
    assert instance is not None

    told = call("status", *elsewhere)
    stopped = call("stop", *elsewhere)

    assert (told.exit_code, instance.url in told.output) == (0, True)
    assert stopped.output == f"The emulator at {instance.url} has stopped.\n"
    assert is_gone(instance.pid)
    assert not folder.state_file.exists()
    again = call("stop", *elsewhere)
    assert (again.exit_code, again.output.startswith("The emulator is not running: ")) == (0, True)


def test_what_answers_on_a_port_and_is_no_emulator_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        threading.Thread(target=_say_hello, args=(place,), daemon=True).start()
        assert served_at(place.getsockname()[1]) is None


def _say_hello(place: socket.socket) -> None:
    connection, _ = place.accept()
    with connection:
        connection.recv(1_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
