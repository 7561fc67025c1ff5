"""A Meltano that is stopped in the middle of a cleanup, for good or for a while, harms nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.meltano_project import (
    COMMAND_SECONDS,
    LOADER,
    RESET,
    TAP,
    Project,
    name_the_process,
)
from tests.support.runs import zuora_rows
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = [pytest.mark.slow, pytest.mark.quotes_may_change]
CLEANUP = {"mode": "cleanup", "keep_quoted_products": "false"}


def is_running(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def stop_between_writes(meltano: subprocess.Popen[bytes], made: Project) -> None:
    """Stop Meltano where it does not hold the lock of its database, in which it tells it lives."""

    def is_stopped() -> bool:
        meltano.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, meltano.pid, os.WSTOPPED)
        with (
            closing(sqlite3.connect(made.path / ".meltano/meltano.db", timeout=0.2)) as database,
            suppress(sqlite3.OperationalError),
        ):
            database.execute("SELECT COUNT(*) FROM state").fetchone()
            return True
        meltano.send_signal(signal.SIGCONT)
        return False

    wait_until(is_stopped)


@pytest.mark.parametrize(("then", "status"), [(signal.SIGCONT, 0), (signal.SIGKILL, -9)])
def test_the_state_is_reset_while_meltano_is_stopped_and_whatever_comes_then(
    project: Callable[[EmulatorServer], Project], then: signal.Signals, status: int
) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def wait_at_a_row(*_: object) -> None:
        begun.set()
        assert goes_on.wait(COMMAND_SECONDS)

    with Emulated(OrgOptions(records=300, sandbox=True, quotes=False)) as server:
        made = replace(project(server), is_real=True)
        pid_file = name_the_process(made.path)
        server.org.row_hook = wait_at_a_row
        log = made.path / "cleanup.log"
        with log.open("w") as out, made.start(out, "run", TAP, LOADER, **CLEANUP) as meltano:
            try:
                assert begun.wait(COMMAND_SECONDS), log.read_text()
                stop_between_writes(meltano, made)
                assert made.state == RESET
                goes_on.set()
                target = int(pid_file.read_text())
                wait_until(lambda: not zuora_rows(server.org))
                meltano.send_signal(then)
                assert meltano.wait(COMMAND_SECONDS) == status, log.read_text()
                wait_until(lambda: not is_running(target))
            finally:
                goes_on.set()
                meltano.kill()
        assert made.state == RESET
        assert zuora_rows(server.org) == {}
        report = made.report
    assert (report["status"], report["state"]["written"]) == ("done", RESET), log.read_text()
