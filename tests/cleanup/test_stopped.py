"""A cleanup that is stopped tells what it knows; of what it does not know it never says none."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.rows.stop import Stop
from target_zuora360_cleanup.salesforce.sending import JobSender
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from tests.support.agreement import assert_report_agrees
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, begin, follow, login, zuora_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

LONG = 60.0


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=600, sandbox=True)) as made:
        yield made


def test_a_step_that_nobody_could_count_is_unknown_in_report_and_summary(
    server: EmulatorServer, tmp_path: Path
) -> None:
    stop, told = Stop(), threading.Event()

    def stop_and_hang(operation: str, _name: str, _id: str) -> None:
        if operation == "delete":
            stop.request("SIGTERM")
            told.wait(LONG)

    before, err = zuora_rows(server.org), io.StringIO()
    server.org.row_hook = stop_and_hang
    waits = replace(NO_WAITS, after_stop=0.1)
    config = {"mode": "cleanup", **login(server), **ALLOWED}
    result = follow(begin(config, tmp_path, stop=stop, waits=waits), err=err)
    told.set()
    (file,) = tmp_path.glob("*/report.json")
    report = json.loads(file.read_text(encoding="utf-8"))
    objects = {each["api_name"]: each for each in report["objects"] if each["to_delete"]}
    unknown = {name: each for name, each in objects.items() if each["ended"] == "unknown"}
    assert (result.exit_status, report["status"]) == (4, "partial")
    assert unknown
    assert {(each["deleted"], each["failed"]) for each in unknown.values()} == {(None, None)}
    assert "not known" in report["headline"]
    assert "unknown" in err.getvalue()
    # The others were never begun, and nothing is gone of them.
    after = zuora_rows(server.org)
    others = {
        name: (each["deleted"], each["ended"], after[name])
        for name, each in objects.items()
        if name not in unknown
    }
    assert others == {name: (0, "not begun", before[name]) for name in others}
    assert_report_agrees(server.org, before, report)


def test_a_stop_between_the_reset_and_the_first_delete_says_that_all_is_left(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, told = Stop(), threading.Event()

    def stop_and_hang(*_: object) -> None:
        stop.request("SIGTERM")
        told.wait(LONG)

    monkeypatch.setattr(JobSender, "abort", stop_and_hang)
    before = zuora_rows(server.org)
    waits = replace(NO_WAITS, after_stop=0.1)
    config = {"mode": "cleanup", **login(server), **ALLOWED, "keep_quoted_products": False}
    result = follow(begin(config, tmp_path, stop=stop, waits=waits))
    (file,) = tmp_path.glob("*/report.json")
    report = json.loads(file.read_text(encoding="utf-8"))
    told.set()
    assert result.exit_status == 4
    assert f"{sum(before.values()):,} are left" in report["headline"]
    assert {each["ended"] for each in report["objects"] if each["to_delete"]} == {"not begun"}


def test_a_stop_does_not_hide_that_the_login_had_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Stop()

    def refuse(*_: object) -> None:
        stop.request("SIGTERM")
        raise InputError("Salesforce refused the login.")

    monkeypatch.setattr("target_zuora360_cleanup.lifecycle.login.connect", refuse)
    result = follow(begin({"mode": "cleanup", "access_token": "x"}, tmp_path, stop=stop))
    assert str(result.error) == (
        "Stopped by SIGTERM before anything was deleted; no state was written. "
        "Salesforce refused the login."
    )
    assert result.exit_status == InputError.exit_status


def test_what_a_stop_leaves_behind_is_told_once(server: EmulatorServer, tmp_path: Path) -> None:
    stop = Stop()

    def ask_to_stop(operation: str, _name: str, _id: str) -> None:
        if operation == "delete":
            stop.request("SIGTERM")

    before = zuora_rows(server.org)
    server.org.row_hook = ask_to_stop
    config = {"mode": "cleanup", **login(server), **ALLOWED}
    result = follow(begin(config, tmp_path, stop=stop, waits=NO_WAITS))
    assert str(result.error) == (
        "Stopped by SIGTERM. The bookmarks are reset; delete jobs that Salesforce has begun go on "
        "there. Run the cleanup again to go on."
    )
    (file,) = tmp_path.glob("*/report.json")
    report = json.loads(file.read_text(encoding="utf-8"))
    assert {each["ended"] for each in report["objects"]} <= {"done", "not begun", "partial"}
    assert_report_agrees(server.org, before, report)
