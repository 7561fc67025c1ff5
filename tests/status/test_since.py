"""What `zuora360 status` says of an undo, and of links that are not set again yet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.settings.reading import read_settings
from target_zuora360_cleanup.status.since import last_undo, not_relinked, since_lines
from target_zuora360_cleanup.status.status import gather, text
from tests.support.emulated import Emulated
from tests.support.runs import login
from tests.support.undoing import SUBSCRIPTIONS, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OF_LINKS = OrgOptions(records=1500, sandbox=True, customer_rows=frozenset({"Renewal_Forecast__c"}))
ORG, OTHER = "00D5g0000000001EAA", "00D5g0000000002EAA"
CLEANUP, LATER = "20260504T080000Z-cleanup", "20260505T080000Z-undo"
DONE: dict[str, Any] = {
    "org": {"id": ORG}, "dry_run": False, "status": "partial", "cleanups": [f"/out/{CLEANUP}"],
    "finished_at": "2026-05-05T08:12:00+00:00",
    "returned": [{"in_backup": 100, "back": 100}, {"in_backup": 20, "back": 8}],
}  # fmt: skip


def ran(output: Path, name: str, report: dict[str, Any] | None) -> Path:
    folder = output / name
    folder.mkdir(parents=True)
    if report is not None:
        (folder / "report.json").write_text(json.dumps(report))
    return folder


def took_links(folder: Path, org_id: str = ORG) -> None:
    links = folder / "links"
    links.mkdir(parents=True)
    (links / "Case.Invoice__c.csv.gz").write_bytes(b"")
    manifest = {"schema_version": 1, "org_id": org_id, "links": []}
    (links / "manifest.json").write_text(json.dumps(manifest))


def test_an_undo_is_told_with_what_is_back(tmp_path: Path) -> None:
    folder = ran(tmp_path, LATER, DONE)
    found = last_undo(str(tmp_path), ORG, tmp_path / CLEANUP)
    assert list(since_lines(found, [])) == [
        f"Undo since: partial at 2026-05-05 08:12 UTC, 108 of 120 records are back ({folder})."
    ]


def test_one_that_left_no_report_runs_or_was_killed(tmp_path: Path) -> None:
    folder = ran(tmp_path, LATER, None)
    (line,) = since_lines(last_undo(str(tmp_path), ORG, tmp_path / CLEANUP), [])
    assert line.startswith(f"Undo since: {folder} has no report: it is still running or was killed")


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("20260503T080000Z-undo", {}),
        (LATER, {"dry_run": True}),
        (LATER, {"status": "refused"}),
        (LATER, {"cleanups": []}),
        (LATER, {"org": {"id": OTHER}}),
    ],
    ids=["before the cleanup", "dry", "refused", "of nothing", "of another org"],
)
def test_what_has_brought_nothing_back_is_no_undo_of_it(
    tmp_path: Path, name: str, more: dict[str, Any]
) -> None:
    ran(tmp_path, name, {**DONE, **more})
    assert last_undo(str(tmp_path), ORG, tmp_path / CLEANUP) is None


def test_cleanups_whose_links_are_not_set_again_are_named_newest_first(tmp_path: Path) -> None:
    for day, org in ((4, ORG), (5, OTHER), (6, ""), (7, ORG)):
        took_links(tmp_path / f"2026050{day}T080000Z-cleanup", org)
    (tmp_path / "20260507T080000Z-cleanup/links/relinked.json").write_text("{}")
    newest, oldest = not_relinked(str(tmp_path), ORG)
    assert newest.endswith("20260506T080000Z-cleanup")
    assert oldest.endswith(CLEANUP)
    (line,) = since_lines(None, [newest, oldest])
    assert line == (
        f"Not relinked yet: {newest}, {oldest}. Once a full sync has brought the records back, "
        "zuora360 relink sets links and values again."
    )


def test_what_was_taken_back_has_its_links_again_but_those_of_detached_rows(tmp_path: Path) -> None:
    folder = tmp_path / CLEANUP
    took_links(folder)
    mark = {"schema_version": 1, "is_done": True, "states": []}
    (folder / "undone.json").write_text(json.dumps(mark))
    assert not_relinked(str(tmp_path), ORG) == []
    (folder / "detached").mkdir()
    (folder / "detached/Task.csv.gz").write_bytes(b"")
    assert not_relinked(str(tmp_path), ORG) == [str(folder)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with Emulated(OF_LINKS) as server:
        yield Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS)


def test_status_follows_a_cleanup_and_its_undo(scene: Scene) -> None:
    settings = read_settings({**login(scene.server), "output_dir": str(scene.output)})
    after = gather(settings, [])
    assert (after["last_undo"], after["not_relinked"]) == (None, [str(scene.cleanup.folder)])
    undone = scene.undo()
    assert undone.status == 0
    found = gather(settings, [])
    rows = f"{sum(each['back'] for each in undone.report['returned']):,}"
    assert f"Undo since: done at {undone.report['finished_at'][:10]}" in text(found)
    assert f"{rows} of {rows} records are back ({undone.folder})." in text(found)
    assert "Not relinked" not in text(found)


def test_what_can_not_be_read_is_not_known_and_no_reason_to_say_nothing(scene: Scene) -> None:
    settings = read_settings({**login(scene.server), "output_dir": str(scene.output)})
    (scene.cleanup.folder / "links/manifest.json").write_text("{")
    found = gather(settings, [])
    assert found["not_relinked"] is None
    assert "Which links and values are set again is not known. '" in text(found)


def test_a_cleanup_of_another_org_is_not_the_last_one_of_this(scene: Scene) -> None:
    settings = read_settings({**login(scene.server), "output_dir": str(scene.output)})
    ran(scene.output, "20990101T000000Z-cleanup", {"org": {"id": OTHER}, "objects": []})
    assert gather(settings, [])["last_cleanup"]["folder"] == str(scene.cleanup.folder)
