"""A cleanup is taken back: the org and the state are what they were, as far as Salesforce lets."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.undoing import STATE, SUBSCRIPTIONS, Scene, clean, lost_for_good

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUBSCRIPTION, INVOICE, FORECAST = (
    "Zuora__Subscription__c",
    "Zuora__ZInvoice__c",
    "Renewal_Forecast__c",
)
NOTE = "Usage_Note__c"
ORG = OrgOptions(records=1500, sandbox=True, customer_rows=frozenset({FORECAST}))


@pytest.fixture
def server() -> Iterator[Emulated]:
    with Emulated(ORG) as made:
        yield made


@pytest.fixture
def scene(server: Emulated, tmp_path: Path) -> Scene:
    made = Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS)
    assert made.cleanup.status == 0, made.cleanup.message
    assert made.stored != STATE
    return made


def ids(scene: Scene, name: str) -> list[str]:
    return sorted(scene.before[name])


def returned(ran: Any, name: str) -> dict[str, Any]:
    (found,) = (each for each in ran.report["returned"] if each["api_name"] == name)
    return dict(found)


def test_org_and_state_are_what_they_were(scene: Scene) -> None:
    ran = scene.undo()

    assert (ran.status, ran.message) == (0, "")
    assert scene.now() == scene.before
    assert scene.stored == STATE
    total = sum(len(scene.before[name]) for name in SUBSCRIPTIONS)
    assert ran.report["headline"].startswith(f"Done: {total:,} of {total:,} records are back in")
    assert (ran.report["mode"], ran.report["cleanups"]) == ("undo", [str(scene.cleanup.folder)])
    assert ran.file("undo.csv") == []


def test_a_dry_run_tells_and_changes_nothing(scene: Scene) -> None:
    after, reset = scene.now(), scene.stored

    ran = scene.undo(dry_run=True)

    assert ran.status == 0
    assert (scene.now(), scene.stored) == (after, reset)
    assert returned(ran, SUBSCRIPTION)["to_restore"] == len(scene.before[SUBSCRIPTION])
    assert [each["fate"] for each in ran.report["states"]] == ["planned"]
    assert {each["reason"] for each in ran.file("undo.csv")} == {"to_restore"}
    assert ran.report["headline"].startswith("Dry run: ")


@pytest.mark.slow
def test_a_dry_run_says_which_rows_may_be_destroyed_although_they_are_seen(
    server: Emulated, tmp_path: Path
) -> None:
    objects = ["Zuora__ZInvoice__c", "Zuora__InvoiceItem__c", "Zuora__TaxationItem__c"]
    scene = Scene.make(server, tmp_path, include_objects=objects)
    told = scene.cleanup.report["undo"]
    assert (told["possible"], told["destroyed"]) == ("partly", ["Zuora__InvoiceItem__c"])
    assert "Can be taken back: in part, from the recycle bin until" in scene.cleanup.summary

    (note,) = scene.undo(dry_run=True).report["notes"]

    assert "Rows of Zuora__InvoiceItem__c are details" in note


@pytest.mark.slow
def test_done_once_there_is_nothing_more_to_do(scene: Scene) -> None:
    scene.undo()
    ran = scene.undo()
    assert ran.status == 0
    assert "every cleanup" in ran.report["headline"]
    named = scene.undo(scene.cleanup.folder)
    assert named.status == 0
    assert [each["fate"] for each in named.report["states"]] == ["as before"]


def test_records_that_are_in_no_file_of_the_backup_are_told_and_their_bookmark_stays_reset(
    scene: Scene,
) -> None:
    folder, plan = scene.cleanup.folder / "backup", "Zuora__SubscriptionRatePlan__c"
    path = folder / f"{SUBSCRIPTION}.csv.gz"
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[:-2])))
    (folder / f"{plan}.csv.gz").unlink()

    ran = scene.undo()

    assert ran.status == 4
    assert "undo.csv names each whose id is known with the reason" in ran.message
    assert returned(ran, SUBSCRIPTION)["unknown"] == 2
    assert returned(ran, plan)["unknown"] == len(scene.before[plan])
    assert scene.stored["bookmarks"].keys() == STATE["bookmarks"].keys() - {"Subscription"}
    assert f"2 records of {SUBSCRIPTION} that were deleted are in no file of the backup" in (
        " ".join(ran.report["notes"])
    )


def test_a_backup_without_a_file_of_what_nobody_could_count_is_refused(scene: Scene) -> None:
    path = scene.cleanup.folder / "report.json"
    report = json.loads(path.read_text())
    (entry,) = (each for each in report["objects"] if each["api_name"] == SUBSCRIPTION)
    entry["deleted"] = None
    path.write_text(json.dumps(report))
    reset = scene.stored

    (scene.cleanup.folder / "backup" / f"{SUBSCRIPTION}.csv.gz").unlink()
    ran = scene.undo()

    assert ran.status == 2
    assert f"no file of {SUBSCRIPTION}" in ran.message
    assert scene.stored == reset


@pytest.mark.slow
def test_what_salesforce_has_destroyed_is_told_and_comes_by_the_next_sync(
    server: Emulated, tmp_path: Path
) -> None:
    scene = Scene.make(server, tmp_path, object_groups=["accounts"])
    assert scene.cleanup.status == 0, scene.cleanup.message
    deleted = [each["api_name"] for each in scene.cleanup.report["objects"] if each["deleted"]]
    lost = lost_for_good(server.org, scene.before, deleted)

    ran = scene.undo()

    assert ran.status == 4
    told: dict[str, set[str]] = {}
    for row in ran.file("undo.csv"):
        assert row["reason"] == "gone"
        told.setdefault(row["object"], set()).add(row["id"])
    assert told == lost
    now = scene.now()
    for name, rows in scene.before.items():
        assert now.get(name, {}).keys() == rows.keys() - lost.get(name, set()), name
    (state,) = ran.report["states"]
    assert "Account" in state["bookmarks_kept_reset"]
    # (all subscriptions are back, but their lookups to accounts are blank)
    assert scene.stored["bookmarks"].keys() == {"Product", "Amendment"}


def test_what_a_sync_has_brought_meanwhile_is_a_conflict_and_not_doubled(scene: Scene) -> None:
    org, (first, *_) = scene.server.org, ids(scene, SUBSCRIPTION)
    key = scene.before[SUBSCRIPTION][first]["Zuora__External_Id__c"]
    (new,) = org.dml("insert", SUBSCRIPTION, [{"Name": "x", "Zuora__External_Id__c": key}])

    ran = scene.undo()

    assert ran.status == 4
    (row,) = (each for each in ran.file("undo.csv") if each["id"] == first)
    assert (row["reason"], row["other_id"]) == ("conflict", new.id)
    assert returned(ran, SUBSCRIPTION)["conflict"] == 1
    assert not org.is_live(first)
    assert "Subscription" not in scene.stored["bookmarks"]


@pytest.mark.slow
def test_what_is_no_longer_in_the_bin_is_told(scene: Scene) -> None:
    org, (first, *_) = scene.server.org, ids(scene, SUBSCRIPTION)
    org.empty_recycle_bin([first])

    ran = scene.undo()

    assert ran.status == 4
    assert [(each["id"], each["reason"]) for each in ran.file("undo.csv")] == [(first, "gone")]
    assert scene.stored["bookmarks"].keys() == STATE["bookmarks"].keys() - {"Subscription"}


@pytest.mark.slow
def test_a_lookup_that_somebody_has_set_since_stays(scene: Scene) -> None:
    led = next(row for row in scene.before[FORECAST].values() if row["Subscription__c"])
    org = scene.server.org
    (other,) = org.dml("insert", SUBSCRIPTION, [{"Name": "x", "Zuora__External_Id__c": "new"}])
    org.dml("update", FORECAST, [{"Id": led["Id"], "Subscription__c": other.id}])

    assert scene.undo().status == 0

    now = scene.now()
    assert now[FORECAST][led["Id"]]["Subscription__c"] == other.id
    rest = {id_: row for id_, row in now[FORECAST].items() if id_ != led["Id"]}
    assert rest == {id_: row for id_, row in scene.before[FORECAST].items() if id_ != led["Id"]}
    back = {"Id": led["Id"], "Subscription__c": led["Subscription__c"]}
    org.dml("update", FORECAST, [back])


@pytest.mark.slow
def test_a_state_that_a_sync_has_written_since_stays(scene: Scene) -> None:
    newer = {"bookmarks": {"Subscription": {"UpdatedDate": "2030-01-01T00:00:00Z"}}}
    scene.state.write_text(json.dumps(newer))

    ran = scene.undo()

    assert ran.status == 0
    assert scene.stored == newer
    assert [each["fate"] for each in ran.report["states"]] == ["moved on"]


@pytest.mark.slow
def test_locks_and_lost_answers_are_tried_again(scene: Scene) -> None:
    scene.server.set_faults({
        "rows": [{"operation": "undelete", "share": 0.2, "times": 1, "code": "UNABLE_TO_LOCK_ROW",
                  "message": "locked"}],
        "requests": [{"path": "/services/Soap/*", "cut": "after", "times": 1}],
    })  # fmt: skip
    assert scene.undo().status == 0
    assert scene.now() == scene.before


@pytest.mark.slow
def test_rows_that_are_refused_are_told_and_the_next_undo_goes_on(scene: Scene) -> None:
    scene.server.set_faults({"rows": [{"operation": "undelete", "object": SUBSCRIPTION,
                                       "every": 3, "code": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                                       "message": "Not now"}]})  # fmt: skip
    ran = scene.undo()
    assert ran.status == 4
    assert ran.report["failures"][0]["code"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert scene.stored["bookmarks"].keys() == STATE["bookmarks"].keys() - {"Subscription"}

    scene.server.set_faults({})
    assert scene.undo().status == 0
    assert scene.now() == scene.before
    assert scene.stored == STATE


@pytest.mark.slow
def test_a_cleanup_that_was_run_again_is_taken_back_as_one(
    server: Emulated, tmp_path: Path
) -> None:
    server.set_faults({"rows": [{"operation": "delete", "every": 2, "code": "DELETE_FAILED",
                                 "message": "no"}]})  # fmt: skip
    scene = Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS)
    assert scene.cleanup.status == 4
    server.set_faults({})
    again = clean(server, scene.output, scene.state, include_objects=SUBSCRIPTIONS)
    assert again.status == 0

    ran = scene.undo()

    assert ran.status == 0
    assert ran.report["cleanups"] == [str(again.folder), str(scene.cleanup.folder)]
    assert (scene.now(), scene.stored) == (scene.before, STATE)


def test_a_sync_in_between_parts_two_cleanups(scene: Scene) -> None:
    newer = {"bookmarks": {"Subscription": {"UpdatedDate": "2030-01-01T00:00:00Z"}}}
    scene.state.write_text(json.dumps(newer))
    again = clean(scene.server, scene.output, scene.state, include_objects=SUBSCRIPTIONS)

    ran = scene.undo()

    assert ran.report["cleanups"] == [str(again.folder)]
    assert scene.stored == newer


@pytest.mark.rows_may_go("Usage_Note__c")
@pytest.mark.slow
def test_rows_of_others_that_went_along_come_back_with_their_parents(tmp_path: Path) -> None:
    org = OrgOptions(records=900, sandbox=True, quotes=False, customer_rows=frozenset({NOTE}))
    with Emulated(org) as server:
        assert server.org.counts()[NOTE]
        scene = Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS, allow_cascade_to=[NOTE])
        assert scene.cleanup.status == 0, scene.cleanup.message
        assert server.org.counts()[NOTE] < len(scene.before[NOTE])

        ran = scene.undo()

        assert ran.status == 0
        assert scene.now() == scene.before
        assert returned(ran, NOTE)["back"]
