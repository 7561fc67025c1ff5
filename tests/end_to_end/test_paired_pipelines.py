"""Real Meltano runs that reset the state of another loader's pipeline, with a tap and without."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import threading
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.meltano_project import (
    BEFORE,
    BIN,
    COMMAND_SECONDS,
    NOT_CLEANED,
    OTHER_LOADER,
    OTHER_STATE_ID,
    STATE_ID,
    TAP,
    UTILITY,
    Project,
    recording,
)
from tests.support.runs import zuora_rows
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = pytest.mark.slow

STORED_RESET = {"bookmarks": {name: BEFORE["bookmarks"][name] for name in NOT_CLEANED}}
"""What a cleanup leaves of a state that is stored: the other streams' bookmarks as they were."""
PAIRED = json.dumps([OTHER_STATE_ID])


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=1200, sandbox=True, quotes=False)) as made:
        yield made


def codes(project: Project) -> set[str]:
    """The findings' codes of the last run."""
    return {each["code"] for each in project.report["findings"]}


def assert_refused(done: subprocess.CompletedProcess[str], project: Project, code: str) -> None:
    """Nothing was deleted, and the log says why."""
    assert done.returncode != 0
    assert project.report["status"] == "refused"
    assert code in codes(project)
    assert project.server
    assert sum(zuora_rows(project.server.org).values()) == 1200


def full_but_for(streams: tuple[str, ...]) -> int:
    """How many records the tap sends when only these streams have a bookmark."""
    full, incremental = (
        Counter(message["stream"] for message in recording(name) if message["type"] == "RECORD")
        for name in ("full", "incremental")
    )
    return sum((full | {name: incremental[name] for name in streams}).values())


def test_one_line_cleans_up_and_then_syncs_in_full_with_another_loader(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer
) -> None:
    made = replace(project(server), is_real=True)
    done = made.utility("cleanup", TAP, OTHER_LOADER, paired_state_ids=PAIRED)
    assert done.returncode == 0, done.stderr
    assert zuora_rows(server.org) == {}
    assert made.report["state"]["paired"] == [
        {
            "state_id": OTHER_STATE_ID,
            "before": BEFORE,
            "written": STORED_RESET,
            "verified": True,
            "overwritten": False,
        }
    ]
    assert f"State {OTHER_STATE_ID}: reset and read back" in done.stderr
    assert f"{full_but_for(NOT_CLEANED)} records loaded" in done.stderr
    assert made.state == BEFORE


def test_the_state_is_reset_in_a_backend_of_files(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer
) -> None:
    made = with_files(project(server))
    done = made.utility("reset", paired_state_ids=PAIRED)
    assert done.returncode == 0, done.stderr
    assert made.state_of(OTHER_STATE_ID) == STORED_RESET


def with_files(project: Project) -> Project:
    """The same project with its states in files."""
    project.configure(state_backend={"uri": f"file://{project.path}/states"})
    project.set_state(OTHER_STATE_ID, BEFORE)
    return project


def test_nothing_is_deleted_when_the_backend_can_not_be_written(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer
) -> None:
    made = with_files(project(server))
    (file,) = made.path.glob("states/*/state.json")
    # (Root may write where others may not: a folder in place of the lock file stops all.)
    (file.parent / "lock").mkdir()
    done = made.utility("cleanup", paired_state_ids=json.dumps([STATE_ID, OTHER_STATE_ID]),
                        create_missing_states="true")  # fmt: skip
    assert_refused(done, made, "paired-states")
    assert OTHER_STATE_ID in made.report["error"]
    assert made.state_of(OTHER_STATE_ID) == BEFORE
    # The state of the other id did not exist; it can't be taken back, but holds nothing.
    assert made.state_of(STATE_ID) == {"bookmarks": {}}


def test_a_pattern_is_expanded_and_told_in_the_plan(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer
) -> None:
    made = project(server)
    done = made.utility("plan", paired_state_ids=f'["e2e:{TAP}-to-*"]')
    assert done.returncode == 0, done.stderr
    paired = made.report["state"]["paired"]
    assert sorted(each["state_id"] for each in paired) == sorted([STATE_ID, OTHER_STATE_ID])
    assert {each["written"] for each in paired} == {None}
    (told,) = [each for each in made.report["findings"] if each["code"] == "paired-states"]
    assert STATE_ID in told["message"]
    assert OTHER_STATE_ID in told["message"]
    assert made.state == BEFORE


def test_an_unknown_id_is_refused_unless_it_is_on_purpose(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer
) -> None:
    made, wrong = project(server), "e2e:tap-zuora-to-target-salesfroce"
    done = made.utility("cleanup", paired_state_ids=json.dumps([wrong]))
    assert_refused(done, made, "paired-state-missing")
    assert f"Did you mean {OTHER_STATE_ID}?" in made.report["error"]
    done = made.utility("reset", paired_state_ids=json.dumps([wrong]), create_missing_states="true")
    assert done.returncode == 0, done.stderr
    assert made.state_of(wrong) == {"bookmarks": {}}


@contextlib.contextmanager
def running_sync(project: Project) -> Iterator[subprocess.Popen[bytes]]:
    """Another loader's sync that goes on until the block ends."""
    hold = project.path / "hold"
    hold.touch()
    command = [str(BIN / "meltano"), "run", TAP, OTHER_LOADER]
    environ = project.environ({"HOLD": str(hold)})
    with subprocess.Popen(
        command, cwd=project.path, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as meltano:
        try:
            wait_until((project.path / "hold.begun").exists)
            yield meltano
        finally:
            hold.unlink()
            meltano.wait(COMMAND_SECONDS)


def test_a_running_pipeline_blocks_and_one_that_was_killed_long_ago_does_not(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer
) -> None:
    made = project(server)
    with running_sync(made) as meltano:
        done = made.utility("cleanup", paired_state_ids=PAIRED)
        assert_refused(done, made, "paired-pipeline-running")
        # Without Meltano's Python nobody can tell: that is no proof that nothing runs.
        wrapped = made.path / "meltano.sh"
        wrapped.write_text(f"#!/bin/sh\nexec '{BIN / 'meltano'}' \"$@\"\n")
        wrapped.chmod(0o755)
        done = made.utility("plan", paired_state_ids=PAIRED, meltano_executable=str(wrapped))
        assert_refused(done, made, "paired-state-unreadable")
        meltano.kill()
        meltano.wait(COMMAND_SECONDS)
    forget_heartbeats(made.path)
    done = made.utility("reset", paired_state_ids=PAIRED)
    assert done.returncode == 0, done.stderr
    assert made.state_of(OTHER_STATE_ID)["bookmarks"].keys() == set(NOT_CLEANED)


def forget_heartbeats(project: Path) -> None:
    """As if the last heartbeat had been long ago."""
    with contextlib.closing(sqlite3.connect(project / ".meltano/meltano.db")) as database:
        database.execute(
            "UPDATE runs SET last_heartbeat_at = '2020-01-01 00:00:00' WHERE state = 'RUNNING'"
        )
        database.commit()


def test_a_sync_during_the_cleanup_is_noticed_and_its_bookmarks_are_reset_again(
    project: Callable[[EmulatorServer], Project],
) -> None:
    with Emulated(OrgOptions(records=300, sandbox=True, quotes=False)) as server:
        made, begun, goes_on = project(server), threading.Event(), threading.Event()

        def wait_at_a_row(*_: object) -> None:
            begun.set()
            assert goes_on.wait(COMMAND_SECONDS)

        server.org.row_hook = wait_at_a_row
        log = made.path / "cleanup.log"
        with (
            log.open("w") as out,
            made.start(out, "run", f"{UTILITY}:cleanup", paired_state_ids=PAIRED) as cleanup,
        ):
            try:
                assert begun.wait(COMMAND_SECONDS)
                assert made.meltano("run", TAP, OTHER_LOADER).returncode == 0
                assert made.state_of(OTHER_STATE_ID) != STORED_RESET
            finally:
                goes_on.set()
            status = cleanup.wait(COMMAND_SECONDS)
    assert status == 0, log.read_text()
    assert {"paired-pipeline-ran", "paired-state-overwritten"} <= codes(made), log.read_text()
    (paired,) = made.report["state"]["paired"]
    assert (paired["verified"], paired["overwritten"]) == (True, True)
    left = made.state_of(OTHER_STATE_ID)
    assert left == paired["written"]
    assert left["bookmarks"].keys() == set(NOT_CLEANED)


@pytest.mark.parametrize("flags", [["--merge_state"], ["--full-refresh"], ["--no-state-update"]])
def test_the_targets_own_state_is_reset_in_the_backend_whatever_becomes_of_its_line(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer, flags: list[str]
) -> None:
    made = project(server)
    done = made.run(*flags, mode="reset")
    assert done.returncode == 0, done.stderr
    assert made.state == STORED_RESET
    assert made.report["state"]["state_id"] == STATE_ID
    assert made.report["state"]["written"] == STORED_RESET
    assert made.state_of(OTHER_STATE_ID) == BEFORE


def test_a_suffix_of_the_run_is_part_of_its_own_state_id(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer
) -> None:
    made, own = project(server), f"{STATE_ID}:eu"
    flags = ("--merge-state", "--state-id-suffix", "eu")
    done = made.run(*flags, mode="reset")
    assert done.returncode == 0, done.stderr
    assert made.state_of(own) == {"bookmarks": {}}
    assert made.state == BEFORE


def test_the_target_resets_its_own_state_and_the_paired_one(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer
) -> None:
    made = project(server)
    done = made.run(mode="cleanup", paired_state_ids=PAIRED)
    assert done.returncode == 0, done.stderr
    assert made.state_of(OTHER_STATE_ID) == STORED_RESET
    assert made.state["bookmarks"].keys() == set(NOT_CLEANED)
    done = made.run(mode="reset", paired_state_ids=f'["e2e:*{OTHER_LOADER}"]')
    assert done.returncode == 0, done.stderr


def test_reset_resets_states_and_asks_nothing_of_salesforce(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer
) -> None:
    made = project(server)
    server.service.stats.reset()
    done = made.utility("reset", paired_state_ids=PAIRED)
    assert done.returncode == 0, done.stderr
    assert server.service.stats.requests(1) == []
    assert made.state_of(OTHER_STATE_ID) == STORED_RESET


def test_status_tells_what_the_next_sync_will_be(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer
) -> None:
    made = project(server)
    asked: dict[str, Any] = {"paired_state_ids": PAIRED}
    done = made.utility("status", **asked)
    assert done.returncode == 0, done.stderr
    assert f"State {OTHER_STATE_ID}: next sync incremental" in done.stderr
    assert made.utility("cleanup", **asked).returncode == 0
    done = made.utility("status", **asked)
    assert f"State {OTHER_STATE_ID}: next sync full." in done.stderr
    assert "Last cleanup: done" in done.stderr


def test_a_cleanup_without_any_state_to_reset_is_refused(
    project: Callable[[EmulatorServer], Project], server: EmulatorServer
) -> None:
    made = project(server)
    done = made.utility("cleanup")
    assert_refused(done, made, "no-state-named")
    assert "paired_state_ids" in made.report["error"]
