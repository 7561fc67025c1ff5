"""What an undo could not bring back, and has said why, is told so after it."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.schema.zuora import zuora_objects
from tests.support import verifying
from tests.support.emulated import Emulated
from tests.support.runs import Ran, login
from tests.support.undoing import SUBSCRIPTIONS, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STREAMS = {name: {"UpdatedDate": "2024-05-01T00:00:00Z"} for name in zuora_objects()}
SMALL = OrgOptions(records=300, sandbox=True, quotes=False)
UNEXPLAINED = "nobody has said why"


@pytest.fixture
def undone(tmp_path: Path) -> Iterator[tuple[Scene, Ran]]:
    """An org of which a cleanup was taken back, but for details that went before their masters."""
    with Emulated(SMALL) as server:
        scene = Scene.make(server, tmp_path, bookmarks=STREAMS)
        ran = scene.undo()
        assert ran.file("undo.csv")
        yield scene, ran


def verify(scene: Scene, **more: Any) -> Ran:
    return verifying.verify({**login(scene.server), **more}, scene.output)


def told(ran: Ran) -> dict[str, str]:
    """Why records are not back, by id."""
    return {each["id"]: each["why"] for each in ran.file("verify.csv")}


def test_what_undo_has_told_is_told_and_is_still_no_good_end(undone: tuple[Scene, Ran]) -> None:
    scene, undo = undone
    ran = verify(scene)
    gone = {each["id"]: f"undo: {each['detail']}" for each in undo.file("undo.csv")}
    assert told(ran) == gone
    assert ran.status == 4
    assert UNEXPLAINED not in ran.summary
    assert ran.message == (
        f"{len(gone)} records are not back, and undo.csv of {undo.folder} says why: a full sync "
        "brings what it has a stream for."
    )


def test_what_nobody_has_told_is_told_apart(undone: tuple[Scene, Ran]) -> None:
    scene, undo = undone
    gone = {each["id"] for each in undo.file("undo.csv")}
    name = "Zuora__Subscription__c"
    id_ = str(scene.server.org.all_rows(name)[0]["Id"])
    scene.server.org.dml("delete", name, [{"Id": id_}])
    ran = verify(scene)
    why = told(ran)
    assert id_ not in gone
    assert [each for each, words in why.items() if not words and each == id_] == [id_]
    assert UNEXPLAINED in ran.summary
    assert f"{len(gone)} records are not back, and undo.csv" in ran.message


def test_rows_of_which_undo_knew_nothing_stay_unexplained(undone: tuple[Scene, Ran]) -> None:
    scene, undo = undone
    path = undo.folder / "undo.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "reason": "unknown"} for row in rows)
    ran = verify(scene)
    assert set(told(ran).values()) == {""}
    assert UNEXPLAINED in ran.summary


def test_without_the_undos_folder_all_is_unexplained(undone: tuple[Scene, Ran]) -> None:
    scene, undo = undone
    shutil.rmtree(undo.folder)
    assert UNEXPLAINED in verify(scene).summary


def test_an_undo_that_only_looked_explains_nothing(tmp_path: Path) -> None:
    with Emulated(SMALL) as server:
        scene = Scene.make(server, tmp_path, bookmarks=STREAMS)
        scene.undo(dry_run=True)
        assert UNEXPLAINED in verify(scene).summary


def test_an_undo_that_has_left_no_report_is_not_passed_over(undone: tuple[Scene, Ran]) -> None:
    scene, undo = undone
    later = undo.folder.with_name(f"{undo.folder.name}-2")
    later.mkdir()
    (later / "report.json").write_text("[]")
    ran = verify(scene)
    assert set(told(ran).values()) == {""}
    assert UNEXPLAINED in ran.summary
    assert f"An undo, {later}, has left no report that can be read" in " ".join(ran.summary.split())


def test_an_undo_of_an_earlier_cleanup_without_a_report_is_none_of_this(
    undone: tuple[Scene, Ran],
) -> None:
    scene, undo = undone
    (undo.folder.parent / "20200101T000000Z-undo").mkdir()
    ran = verify(scene)
    assert "has left no report" not in ran.summary
    assert len(told(ran)) == len(undo.file("undo.csv"))


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Scene]:
    """An org whose subscriptions were cleaned, with whole rows in the backup, and taken back."""
    with Emulated(SMALL) as server:
        scene = Scene.make(
            server, tmp_path, bookmarks=STREAMS, backup="full", include_objects=SUBSCRIPTIONS
        )
        assert scene.undo().status == 0
        yield scene


def test_what_is_back_under_its_own_id_is_as_it_was(whole: Scene) -> None:
    ran = verify(whole)
    assert ran.status == 0, ran.summary
    assert ran.file("verify.csv") == []


def test_a_value_of_a_record_that_is_back_under_its_own_id_is_compared(whole: Scene) -> None:
    name, field = "Zuora__Subscription__c", "Zuora__Notes__c"
    id_ = str(whole.server.org.all_rows(name)[0]["Id"])
    whole.server.org.dml("update", name, [{"Id": id_, field: "another"}])
    ran = verify(whole)
    assert [(each["id"], each["field"], each["now"]) for each in ran.file("verify.csv")] == [
        (id_, field, "another")
    ]
    assert ran.status == 4


def test_a_record_that_has_another_external_id_now_is_told_and_is_no_new_one(whole: Scene) -> None:
    name, field = "Zuora__Subscription__c", "Zuora__External_Id__c"
    row = whole.server.org.all_rows(name)[0]
    whole.server.org.dml("update", name, [{"Id": row["Id"], field: "another"}])
    ran = verify(whole)
    assert [
        (each["id"], each["field"], each["was"], each["now"]) for each in ran.file("verify.csv")
    ] == [(row["Id"], field, row[field], "another")]
    (entry,) = (each for each in ran.report["compared"] if each["object"] == name)
    assert (entry["new_since"], entry["not_back"], entry["rows_changed"]) == (0, 0, 1)
    assert ran.status == 4
