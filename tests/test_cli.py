"""`zuora360` outside Meltano: settings from files and variables, state in files, exit statuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from target_zuora360_cleanup.cli import main
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.settings.sources import read_cli_settings
from target_zuora360_cleanup.state.files import StateFiles
from target_zuora360_cleanup.state.store import StoreFailed
from tests.support.agreement import assert_report_agrees
from tests.support.emulated import Emulated
from tests.support.forked import UTILITY
from tests.support.processes import call
from tests.support.runs import ALLOWED, BOOKMARKS, login, zuora_rows
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

PROGRAM = Path(sys.executable).parent / "zuora360"
RESET = {"bookmarks": {"Amendment": BOOKMARKS["Amendment"]}}


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=600, sandbox=True, quotes=False)) as made:
        yield made


def config(server: EmulatorServer, folder: Path, **more: Any) -> str:
    """A file with settings that lead to the emulator."""
    path = folder / "config.json"
    settings = {**login(server), **ALLOWED, "output_dir": str(folder / "output"), **more}
    path.write_text(json.dumps(settings), encoding="utf-8")
    return str(path)


def state_file(folder: Path) -> Path:
    path = folder / "state.json"
    path.write_text(json.dumps({"bookmarks": BOOKMARKS, "current_stream": "Account"}))
    return path


def zuora360(
    *words: str | Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return call(*map(str, words), program=UTILITY, env=env)


def test_a_cleanup_resets_the_state_file_and_shows_the_table(
    server: EmulatorServer, tmp_path: Path
) -> None:
    state = state_file(tmp_path)
    state.chmod(0o640)
    done = zuora360("cleanup", "--config", config(server, tmp_path), "--state", state)
    assert done.returncode == 0, done.stderr
    assert zuora_rows(server.org) == {}
    assert json.loads(state.read_text()) == RESET
    assert state.stat().st_mode & 0o777 == 0o640
    assert "Done: 600 records deleted" in done.stdout
    assert f"State{state}:resetandreadback" in "".join(done.stdout.split())
    assert [path.name for path in tmp_path.glob(".state*")] == []


def test_a_dry_run_of_a_cleanup_is_a_plan(server: EmulatorServer, tmp_path: Path) -> None:
    state, before = state_file(tmp_path), zuora_rows(server.org)
    given = state.read_text()
    file = config(server, tmp_path)
    done = zuora360("cleanup", "--dry-run", "--config", file, "--state", state)
    assert (done.returncode, state.read_text()) == (0, given), done.stderr
    assert zuora_rows(server.org) == before
    (report,) = (tmp_path / "output").glob("*/report.json")
    assert json.loads(report.read_text())["mode"] == "plan"


def test_json_on_stdout_is_the_report_and_nothing_else(
    server: EmulatorServer, tmp_path: Path
) -> None:
    state = state_file(tmp_path)
    done = zuora360("plan", "--json", "--config", config(server, tmp_path), "--state", state)
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("output/*/report.json")
    assert json.loads(done.stdout) == json.loads(file.read_text(encoding="utf-8"))
    assert json.loads(done.stdout)["state"]["paired"][0]["written"] is None
    assert json.loads(state.read_text())["bookmarks"] == BOOKMARKS


def test_every_command_shows_its_summary_on_stdout_and_what_goes_on_on_stderr(
    server: EmulatorServer, tmp_path: Path
) -> None:
    file, state = config(server, tmp_path), state_file(tmp_path)
    for words in (("plan",), ("cleanup", "--state", state), ("verify",), ("relink",), ("undo",)):
        done = zuora360(*words, "--config", file)
        assert "Report: " in done.stdout.splitlines()[-1], words
        assert "Report: " not in done.stderr, words
        assert done.stderr, words


def test_a_cleanup_without_a_state_is_refused_before_anything_is_deleted(
    server: EmulatorServer, tmp_path: Path
) -> None:
    done = zuora360("cleanup", "--config", config(server, tmp_path))
    assert done.returncode == 3
    assert "paired_state_ids" in done.stdout
    assert "--state" in done.stdout
    assert sum(zuora_rows(server.org).values()) == 600


def test_a_state_file_that_is_not_there_is_refused_unless_it_is_on_purpose(
    server: EmulatorServer, tmp_path: Path
) -> None:
    path = tmp_path / "none.json"
    done = zuora360("reset", "--config", config(server, tmp_path), "--state", path)
    assert done.returncode == 3
    said = "".join(done.stdout.split())
    assert f"Thereisnofile{path}.Ifthetaphasnostateyet,setcreate_missing_states." in said
    assert "meltano" not in done.stdout
    assert not path.exists()
    on_purpose = config(server, tmp_path, create_missing_states=True)
    assert zuora360("reset", "--config", on_purpose, "--state", path).returncode == 0
    assert json.loads(path.read_text()) == {"bookmarks": {}}


def test_reset_asks_nothing_of_salesforce(server: EmulatorServer, tmp_path: Path) -> None:
    state = state_file(tmp_path)
    server.service.stats.reset()
    done = zuora360("reset", "--config", config(server, tmp_path), "--state", state)
    assert done.returncode == 0, done.stderr
    assert json.loads(state.read_text()) == RESET
    assert server.service.stats.requests(1) == []
    assert "Nothing was deleted" in done.stdout


@pytest.mark.slow
def test_a_signal_leaves_a_reset_state_and_a_report(tmp_path: Path) -> None:
    slow = ServerOptions(batch_seconds=20)
    with Emulated(OrgOptions(records=3000, sandbox=True, quotes=False), slow) as server:
        before, state = zuora_rows(server.org), state_file(tmp_path)
        made = config(server, tmp_path)
        command = [str(PROGRAM), "cleanup", "--config", made, "--state", str(state)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            wait_until(lambda: sum(server.org.recycle_bin_counts().values()) > 0)
            running.send_signal(signal.SIGTERM)
            out, _ = running.communicate(timeout=90)
        (file,) = tmp_path.glob("output/*/report.json")
        report = json.loads(file.read_text(encoding="utf-8"))
        assert_report_agrees(server.org, before, report)
    assert running.returncode == 4
    assert out.startswith(b"Partial: ")
    assert json.loads(state.read_text()) == RESET
    assert report["status"] == "partial"
    assert "SIGTERM" in report["error"]


def test_status_tells_the_org_the_last_cleanup_and_the_next_sync(
    server: EmulatorServer, tmp_path: Path
) -> None:
    state, made = state_file(tmp_path), config(server, tmp_path)
    before = json.loads(zuora360("status", "--json", "--config", made, "--state", state).stdout)
    assert before["org"]["is_sandbox"] is True
    assert sum(each["found"] for each in before["objects"]) == 600
    assert (before["last_cleanup"], before["jobs"]) == (None, [])
    assert before["states"][0]["next_sync"] == "skipped"  # (`current_stream` is left over)
    assert zuora360("cleanup", "--config", made, "--state", state).returncode == 0
    after = json.loads(zuora360("status", "--json", "--config", made, "--state", state).stdout)
    assert (after["last_cleanup"]["status"], after["last_cleanup"]["deleted"]) == ("done", 600)
    (found,) = after["states"]
    assert (found["state_id"], found["next_sync"], found["bookmarks"]) == (str(state), "full", [])
    text = zuora360("status", "--config", made, "--state", state).stdout
    assert "600 records deleted" in text
    assert f"State {state}: next sync full." in text


def test_status_tells_of_a_cleanup_that_left_no_report(
    server: EmulatorServer, tmp_path: Path
) -> None:
    (tmp_path / "output/20200101T000000Z-cleanup").mkdir(parents=True)
    done = zuora360("status", "--config", config(server, tmp_path))
    assert "20200101T000000Z-cleanup has no report" in done.stdout


def failed(*words: str) -> str:
    """What a command that fails for its settings says."""
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2, done.output
    return done.output


def test_a_typing_mistake_in_a_guard_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"max_record": 5}')
    assert "did you mean 'max_records'?" in failed("cleanup", "--config", str(file))


@pytest.mark.parametrize(
    ("text", "words"), [("[", "no JSON object"), ("[]", "no JSON object"), (None, "No such file")]
)
def test_a_file_that_is_no_good_is_told(text: str | None, words: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    if text is not None:
        file.write_text(text)
    assert words in failed("plan", "--config", str(file))


def test_a_value_of_a_wrong_kind_is_told_but_never_a_secrets(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"max_records": "many", "password": 31415926}')
    said = failed("plan", "--config", str(file))
    assert "max_records: must be a whole number." in said
    assert "many" not in said
    assert "password: must be text." in said
    assert "31415926" not in said


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"ZUORA360_MAX_RECORD": "5"}, "did you mean 'ZUORA360_MAX_RECORDS'"),
        ({"ZUORA360_MAX_RECORDS": "many"}, "ZUORA360_MAX_RECORDS must hold JSON"),
        ({"ZUORA360_PAIRED_STATE_IDS": "a,b"}, "ZUORA360_PAIRED_STATE_IDS must hold JSON"),
    ],
)
def test_a_variable_that_is_no_good_is_told(variables: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_cli_settings(["ENV"], variables, "plan")


@pytest.mark.parametrize("prefix", ["ZUORA360_", "TARGET_ZUORA360_CLEANUP_"])
def test_a_limit_in_a_variable_that_is_not_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    file = tmp_path / "config.json"
    file.write_text("{}")
    monkeypatch.setenv(f"{prefix}ONLY_ACCOUNTS", "Zuora__Batch__c = 'Batch9'")
    said = failed("cleanup", "--config", str(file))
    assert f"{prefix}ONLY_ACCOUNTS is set, and this run has no only_accounts" in said


def test_a_later_source_goes_before_and_the_command_says_the_mode(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"mode": "cleanup", "max_records": 5, "job_size": 7}')
    settings = read_cli_settings([str(file), "ENV"], {"ZUORA360_MAX_RECORDS": "6"}, "reset")
    assert (settings.mode, settings.max_records, settings.job_size) == ("reset", 6, 7)


def test_a_state_file_that_can_not_be_written_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = state_file(tmp_path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFailed, match="No space left"):
        StateFiles().write(str(path), {"bookmarks": {}})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_to_a_state_file_stays_a_link(tmp_path: Path) -> None:
    path, link = state_file(tmp_path), tmp_path / "link.json"
    link.symlink_to(path)
    StateFiles().write(str(link), {"bookmarks": {}})
    assert link.is_symlink()
    assert json.loads(path.read_text()) == {"bookmarks": {}}


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("target_zuora360_cleanup", "Execute the Singer target"),
        ("target_zuora360_cleanup.target", "Execute the Singer target"),
        ("target_zuora360_cleanup.cli", "Zuora 360 Sync Cleanup"),
    ],
)
def test_each_program_is_a_module_too_that_never_does_nothing(module: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True
    )
    assert said in done.stdout
