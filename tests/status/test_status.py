"""What `zuora360 status` says of an org and its last cleanup: what it can not tell is unknown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.settings.reading import read_settings
from target_zuora360_cleanup.status.status import gather, text
from tests.status.test_states import BEFORE, REPORT, a_state
from tests.support.emulated import Emulated
from tests.support.runs import login

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.state import PairedState
    from target_zuora360_cleanup.state.stored import StoredStates

INVOICE = "Zuora__ZInvoice__c"
ORG, OTHER = "00D5g0000000001EAA", "00D5g0000000002EAA"
UNDONE = {"org": {"id": ORG}, "status": "done", "objects": [], **REPORT}


@pytest.fixture(scope="module")
def server() -> Iterator[Emulated]:
    with Emulated(OrgOptions(records=300, sandbox=True)) as made:
        yield made


@pytest.fixture
def settings(server: Emulated, tmp_path: Path) -> Settings:
    return read_settings({**login(server), "output_dir": str(tmp_path)})


def leave(output: Path, day: int, report: dict[str, Any] | None = None, org_id: str = "") -> str:
    folder = output / f"202605{day:02}T080000Z-cleanup"
    folder.mkdir()
    if report is not None:
        (folder / "report.json").write_text(json.dumps(report))
    if org_id:
        record = {"org_id": org_id, "hard_delete": False, "backup": "ids", "states": []}
        (folder / "undo.json").write_text(json.dumps(record))
    return str(folder)


@dataclass(frozen=True)
class Kept:
    """What holds one state, which no pipeline has run on since."""

    states: tuple[PairedState, ...] = (a_state(BEFORE),)

    def look(self, _: object) -> tuple[()]:
        return ()

    def runs_since(self, _: datetime) -> tuple[()]:
        return ()

    @classmethod
    def made(cls) -> StoredStates:
        return cast("StoredStates", cls())


def test_records_that_could_not_be_counted_are_not_called_none(
    server: Emulated, settings: Settings
) -> None:
    known = gather(settings, [])
    refusal = {"soql": f"SELECT COUNT(Id)*FROM {INVOICE}*", "code": "INVALID_TYPE"}
    server.set_faults({"queries": [refusal]})
    found = gather(settings, [])
    server.set_faults({})
    counts = {each["api_name"]: each["found"] for each in found["objects"]}
    assert counts[INVOICE] is None
    total = sum(each["found"] for each in known["objects"] if each["api_name"] != INVOICE)
    assert f"at least {total:,} records of Zuora's" in text(found)
    assert any(INVOICE in line and "unknown" in line for line in text(found).splitlines())


def test_a_lost_reset_is_told_though_a_later_cleanup_was_refused(
    settings: Settings, tmp_path: Path
) -> None:
    leave(tmp_path, 4, UNDONE)
    leave(tmp_path, 5, {**UNDONE, "status": "refused", "state": {"written": None}})
    (state,) = gather(settings, [Kept.made()])["states"]
    assert state["reset_lost"] == ["Account"]


def test_a_cleanup_that_goes_on_is_told_though_a_later_one_was_refused(
    settings: Settings, tmp_path: Path
) -> None:
    left = [{"api_name": INVOICE, "deleted": 3, "failed": 7}]
    leave(tmp_path, 4, {**UNDONE, "status": "partial", "objects": left})
    leave(tmp_path, 5, {**UNDONE, "status": "refused"})
    assert "7 left: run it again to go on" in text(gather(settings, []))


def test_a_cleanup_of_another_org_that_was_killed_is_none_of_this(
    settings: Settings, tmp_path: Path
) -> None:
    leave(tmp_path, 4, org_id=OTHER)
    assert gather(settings, [])["last_cleanup"] is None
    folder = leave(tmp_path, 5, org_id=ORG)
    assert gather(settings, [])["last_cleanup"]["folder"] == folder
