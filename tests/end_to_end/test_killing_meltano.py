"""Whatever kills the target under a real Meltano, what was deleted has its bookmark reset."""

from __future__ import annotations

import os
import random
import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.emulated import Emulated
from tests.support.meltano_project import (
    BEFORE,
    COMMAND_SECONDS,
    LOADER,
    RESET,
    TAP,
    Project,
    name_the_process,
)
from tests.support.runs import zuora_rows
from tests.support.waiting import wait_until
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = [pytest.mark.slow, pytest.mark.quotes_may_change]
CLEANUP = {"mode": "cleanup", "keep_quoted_products": "false"}


def rows_left(server: EmulatorServer) -> int:
    return sum(zuora_rows(server.org).values())


def is_down_to(server: EmulatorServer, rows: float) -> bool:
    return rows_left(server) <= rows


def kill_at(made: Project, pid_file: Path, deleted: Callable[[], bool]) -> int:
    """Run the pipeline, kill the target at that moment; Meltano's exit status."""
    pid_file.unlink(missing_ok=True)

    def has_started() -> bool:
        return pid_file.exists() and bool(pid_file.read_text())

    with (
        (made.path / "meltano.log").open("a") as log,
        made.start(log, "run", TAP, LOADER, **CLEANUP) as meltano,
    ):
        try:
            wait_until(lambda: meltano.poll() is not None or (has_started() and deleted()))
            if meltano.poll() is None:
                os.kill(int(pid_file.read_text()), signal.SIGKILL)
            return meltano.wait(COMMAND_SECONDS)
        finally:
            meltano.terminate()


def test_a_cleanup_that_meltano_sees_killed_has_lost_no_bookmark_and_ends_well(
    project: Callable[[EmulatorServer], Project],
) -> None:
    chance = random.Random(1)  # noqa: S311 - repeatable, no secret
    slow = ServerOptions(job_seconds=0.2)
    with Emulated(OrgOptions(records=2000, sandbox=True), slow) as server:
        thin_out(server.org)
        before = rows_left(server)
        made = project(server)
        pid_file = name_the_process(made.path)
        # (0: once it has been started, perhaps before it has logged in)
        for share in sorted([0, *(chance.uniform(0, 0.9) for _ in range(3))]):
            assert kill_at(made, pid_file, partial(is_down_to, server, before * (1 - share))) != 0
            started = rows_left(server) < before
            assert made.state == RESET if started else made.state in (BEFORE, RESET)
        done = made.run(**CLEANUP)
        assert done.returncode == 0, done.stderr
        assert (zuora_rows(server.org), made.state) == ({}, RESET)
