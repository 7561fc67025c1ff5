"""Undos of a cleanup whose folder does not hold all that it has deleted: no bookmark comes back."""

from __future__ import annotations

import gzip
import shutil
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.undoing import STATE, SUBSCRIPTIONS, Scene, clean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


SUBSCRIPTION = "Zuora__Subscription__c"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with Emulated(OrgOptions(records=200, sandbox=True)) as server:
        yield Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS)


@pytest.mark.parametrize("how", ["gone", "empty", "cut off", "a row less"])
def test_rows_that_no_backup_names_keep_the_bookmark_of_their_stream_reset(
    scene: Scene, how: str
) -> None:
    file = scene.cleanup.folder / "backup" / f"{SUBSCRIPTION}.csv.gz"
    held = gzip.decompress(file.read_bytes())
    match how:
        case "gone":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "cut off":
            file.write_bytes(file.read_bytes()[:-20])
        case _:
            rows = held.splitlines(keepends=True)
            file.write_bytes(gzip.compress(b"".join(rows[:-1])))
    looked = scene.undo(dry_run=True)
    assert "in no file of the backup" in " ".join(looked.report["notes"])
    ran = scene.undo()
    assert ran.status == 4
    assert SUBSCRIPTION in " ".join(ran.report["notes"])
    assert scene.stored["bookmarks"].keys() == STATE["bookmarks"].keys() - {"Subscription"}


def test_a_cleanup_without_a_report_leaves_open_what_its_backup_lacks(scene: Scene) -> None:
    folder = scene.cleanup.folder
    assert not [each for each in scene.undo(dry_run=True).report["notes"] if "no report" in each]
    (folder / "report.json").unlink()
    (folder / "backup" / f"{SUBSCRIPTION}.csv.gz").unlink()
    ran = scene.undo()
    assert f"The cleanup of {folder} has left no report" in " ".join(ran.report["notes"])


@pytest.fixture
def finished(tmp_path: Path) -> Iterator[tuple[Scene, Path]]:
    """A cleanup that another has finished, and its folder."""
    with Emulated(OrgOptions(records=200, sandbox=True)) as server:
        server.set_faults({"rows": [{"operation": "delete", "every": 2, "code": "DELETE_FAILED",
                                     "message": "no"}]})  # fmt: skip
        scene = Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS)
        server.set_faults({})
        clean(server, scene.output, scene.state, include_objects=SUBSCRIPTIONS)
        yield scene, scene.cleanup.folder


@pytest.mark.parametrize("where", ["elsewhere", "renamed"])
def test_a_cleanup_that_another_has_finished_is_not_taken_back_alone_wherever_its_folder_is(
    finished: tuple[Scene, Path], tmp_path: Path, where: str
) -> None:
    scene, folder = finished
    kept = tmp_path / "kept" / folder.name if where == "elsewhere" else folder.parent / "kept"
    kept.parent.mkdir(exist_ok=True)
    shutil.move(folder, kept)
    before = scene.stored
    ran = scene.undo(kept)
    assert (ran.status, scene.stored) == (3, before)
    assert "has gone on with" in ran.message
