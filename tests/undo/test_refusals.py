"""When a cleanup is not taken back, and what is said instead; nothing is changed then."""

from __future__ import annotations

import fcntl
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.deletion.undo_record import UndoRecord
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.errors import CleanupError, InputError
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.emulated import Emulated
from tests.support.runs import login
from tests.support.undoing import SUBSCRIPTIONS, Scene, carry_out, undo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.runs import Ran

SUBSCRIPTION = SUBSCRIPTIONS[0]
ORG = OrgOptions(records=300, quotes=False, sandbox=True)


@pytest.fixture
def server() -> Iterator[Emulated]:
    with Emulated(ORG) as made:
        yield made


def cleaned(server: Emulated, tmp_path: Path, **more: Any) -> Scene:
    return Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS, **more)


def assert_refused(scene: Scene, ran: Ran, words: str) -> None:
    assert ran.status == 3
    assert words in ran.report["error"]
    assert ran.report["headline"].startswith("Refused: nothing was changed.")
    assert scene.server.org.counts()[SUBSCRIPTION] == 0


def test_without_a_backup_nobody_knows_what_to_bring_back(server: Emulated, tmp_path: Path) -> None:
    scene = cleaned(server, tmp_path, backup="none")
    assert scene.cleanup.report["undo"]["possible"] == "no"
    assert_refused(scene, scene.undo(), "backup none")


def test_a_hard_delete_leaves_nothing_to_bring_back(tmp_path: Path) -> None:
    with Emulated(replace(ORG, hard_delete_permission=True)) as server:
        scene = cleaned(server, tmp_path, hard_delete=True)
        assert scene.cleanup.report["undo"]["why"] == "hard_delete skips the recycle bin"
        assert_refused(scene, scene.undo(), "hard delete")


def test_a_cleanup_that_still_runs_is_waited_for(server: Emulated, tmp_path: Path) -> None:
    scene = cleaned(server, tmp_path)
    with (scene.cleanup.folder / "running").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert_refused(scene, scene.undo(), "still runs")
    assert scene.undo().status == 0


def test_a_360_sync_at_work_is_waited_for(server: Emulated, tmp_path: Path) -> None:
    scene = cleaned(server, tmp_path)
    history = "Zuora__Sync_History__c"
    (made,) = server.org.dml("insert", history, [{}])
    assert made.id, made.error
    assert_refused(scene, scene.undo(), "A 360 sync appears to run")
    assert scene.undo(ignore_running_sync=True).status == 0
    server.org.dml("delete", history, [{"Id": made.id}])


def test_a_production_org_wants_its_id(tmp_path: Path) -> None:
    with Emulated(OrgOptions(records=300, quotes=False)) as server:
        scene = cleaned(server, tmp_path, confirm_org_id=server.org.org_id)
        assert_refused(scene, scene.undo(), "set confirm_org_id")
        assert_refused(scene, scene.undo(confirm_org_id="00D5g0000000009"), "confirm_org_id is")
        assert scene.undo(dry_run=True).status == 0
        assert scene.undo(confirm_org_id=server.org.org_id).status == 0


def test_another_org_is_refused(server: Emulated, tmp_path: Path) -> None:
    scene = cleaned(server, tmp_path)
    record = scene.cleanup.folder / "undo.json"
    record.write_text(record.read_text().replace(server.org.org_id, "00D5g0000000009EAA"))
    assert_refused(scene, scene.undo(), "00D5g0000000009EAA")


def test_a_folder_that_holds_nothing_to_take_back_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"undo\.json"):
        carry_out(read_settings({"output_dir": str(tmp_path)}), tmp_path, io.StringIO())


def test_an_output_folder_without_a_cleanup_is_told(server: Emulated, tmp_path: Path) -> None:
    ran = undo(login(server), tmp_path / "output")
    assert ran.status == InputError.exit_status
    assert "no cleanup that could be taken back" in ran.message


def test_after_15_days_it_is_warned_and_tried(server: Emulated, tmp_path: Path) -> None:
    scene = cleaned(server, tmp_path)
    old = scene.output / "20200101T000000Z-cleanup"
    scene.cleanup.folder.rename(old)

    ran = scene.undo()

    assert ran.status == 0
    assert "older than the 15 days" in ran.report["notes"][0]
    assert scene.now() == scene.before


def test_a_session_that_ends_breaks_it_off_and_the_next_one_goes_on(
    server: Emulated, tmp_path: Path
) -> None:
    scene = cleaned(server, tmp_path)
    server.set_faults({"requests": [{"path": "/services/Soap/*", "nth": 2, "status": 401,
                                     "code": "INVALID_SESSION_ID"}]})  # fmt: skip
    ran = scene.undo()
    assert ran.status == 4
    assert "run undo again" in ran.message
    server.set_faults({})
    assert scene.undo().status == 0
    assert scene.now() == scene.before


def test_what_the_state_was_must_be_written_down_before_it_is_reset(
    server: Emulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise CleanupError("No room.")

    monkeypatch.setattr(UndoRecord, "keep", full)
    scene = cleaned(server, tmp_path)
    assert scene.cleanup.status == 3
    assert "No room." in scene.cleanup.message
    assert (scene.now(), scene.stored["bookmarks"].keys() >= {"Subscription"}) == (
        scene.before, True,
    )  # fmt: skip
