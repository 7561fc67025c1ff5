"""Relinks after a full sync, over HTTP: each lookup leads where it did, and no other does."""

from __future__ import annotations

import csv
import gzip
import io
import json
import logging
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.permissions import for_user
from target_zuora360_cleanup.emulator.schema.reading import load_schema
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.relink import looking
from target_zuora360_cleanup.relink.snapshot import Snapshot
from target_zuora360_cleanup.salesforce.bulk import Bulk, Ingest, Job
from target_zuora360_cleanup.salesforce.sending import JobSender
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.emulated import Emulated
from tests.support.relinking import (
    FORECAST,
    LINK,
    ORG,
    QUOTE_LINKS,
    SUBSCRIPTION,
    Scene,
    carry_out,
    relink,
)
from tests.support.runs import login
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from target_zuora360_cleanup.salesforce.csv_file import CsvFile

pytestmark = [pytest.mark.slow, pytest.mark.relinks(LINK)]


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(ORG) as made:
        yield made


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Accounts are cleaned, and forecasts have lost their subscriptions."""
    with Scene.of_copy(tmp_path) as made:
        yield made


def numbers(**told: int) -> dict[str, int]:
    """A report's numbers; what is not told is none."""
    names = (
        "restored", "to_restore", "already_set", "parent_not_back", "record_gone", "failed",
        "superseded", "unknown",
    )  # fmt: skip
    return {"in_snapshot": sum(told.values()), **dict.fromkeys(names, 0), **told}


def told(link: dict[str, Any]) -> dict[str, int]:
    return {name: n for name, n in link.items() if name not in ("object", "field", "parent")}


@pytest.mark.relinks(*QUOTE_LINKS)
@pytest.mark.quotes_may_change
@pytest.mark.parametrize(("few", "job_size"), [(3_000, 100_000), (3, 7)])
def test_every_lookup_leads_again_to_the_record_with_the_same_zuora_id(
    server: EmulatorServer,
    tmp_path: Path,
    few: int,
    job_size: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "FEW", few)
    scene = Scene.of_all(server, tmp_path)
    assert scene.now() != scene.before
    new = scene.sync()
    assert not set(new) & set(new.values())
    ran = scene.relink(job_size=job_size)
    assert (ran.status, ran.report["status"], ran.file("relink.csv")) == (0, "done", [])
    assert scene.now() == scene.before
    links = [each for each in ran.report["links"] if each["parent"]]
    assert {f"{each['object']}.{each['field']}" for each in links} == {
        LINK, *QUOTE_LINKS
    }  # fmt: skip
    for each in links:
        assert each["restored"] == each["in_snapshot"] > 0
    assert sum(each["restored"] for each in links) == len(
        [key for key in scene.before if f"{key[0]}.{key[2]}" in {LINK, *QUOTE_LINKS}]
    )


def test_quotes_that_kept_their_products_are_left_alone(scene: Scene) -> None:
    scene.sync()
    ran = scene.relink()
    assert [f"{each['object']}.{each['field']}" for each in ran.report["links"]] == [LINK]
    assert told(ran.link(LINK)) == numbers(restored=len(scene.linked))
    assert scene.now() == scene.before


def test_a_second_relink_finds_nothing_to_do(scene: Scene) -> None:
    scene.sync()
    assert scene.relink().status == 0
    again = scene.relink()
    assert (again.status, again.report["links"]) == (0, [])
    assert "there is nothing to do" in again.summary
    named = scene.relink(scene.cleanup.folder)
    assert told(named.link(LINK)) == numbers(restored=len(scene.linked))


def test_a_snapshot_that_can_not_be_marked_as_done_is_told_in_the_report_file_too(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Snapshot, "mark_done", refuse)
    scene.sync()
    ran = scene.relink()
    assert ran.status == 0
    assert ran.report["links"][0]["restored"] == len(scene.linked)
    assert [each for each in ran.report["notes"] if "Read-only file system" in each]
    assert "Read-only file system" in " ".join(ran.summary.split())


def test_links_whose_parents_are_not_back_are_told_and_restored_later(scene: Scene) -> None:
    missing = sorted(scene.linked)[::3]
    keys = {scene.linked[each] for each in missing}
    gone = {scene.parents[each] for each in missing}
    affected = {name for name, key in scene.linked.items() if key in keys}
    scene.sync(leave_out=_with_children(scene, gone))
    ran = scene.relink()
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert told(ran.link(LINK)) == numbers(
        restored=len(scene.linked) - len(affected), parent_not_back=len(affected)
    )
    assert {row["id"]: row["parent_external_id"] for row in ran.file("relink.csv")} == {
        name: scene.linked[name] for name in affected
    }
    assert {(row["object"], row["field"], row["reason"]) for row in ran.file("relink.csv")} == {
        (FORECAST, "Subscription__c", "parent_not_back")
    }
    scene.sync()
    again = scene.relink()
    assert (again.status, told(again.link(LINK))) == (0, numbers(restored=len(scene.linked)))
    assert scene.now() == scene.before


def _with_children(scene: Scene, ids: set[str]) -> set[str]:
    """These rows, and those that can't be without them."""
    found = set(ids)
    while True:
        more = {
            row["Id"]
            for name, rows in scene.zuora.rows.items()
            for field in scene.server.org.schema.get(name).references
            if field.master_detail or field.required
            for row in rows
            if row[field.name] in found
        }
        if more <= found:
            return found
        found |= more


def test_what_a_user_has_set_meanwhile_stays(scene: Scene) -> None:
    new = scene.sync()
    first, second, *_ = sorted(scene.linked)
    other = next(
        row["Id"] for row in scene.zuora.rows[SUBSCRIPTION]
        if row["Zuora__External_Id__c"] not in (scene.linked[first], scene.linked[second])
    )  # fmt: skip
    org = scene.server.org
    org.dml("update", FORECAST, [{"Id": first, "Subscription__c": new[other]}])
    org.dml("update", FORECAST, [{"Id": second, "Subscription__c": new[scene.parents[second]]}])
    ran = scene.relink()
    (row,) = ran.file("relink.csv")
    assert (row["id"], row["reason"], row["detail"]) == (
        first, "already_set", f"leads to {new[other]}"
    )  # fmt: skip
    assert told(ran.link(LINK)) == numbers(restored=len(scene.linked) - 1, already_set=1)
    assert org.get_record(FORECAST, first)["Subscription__c"] == new[other]
    assert (ran.status, ran.report["status"]) == (0, "done")
    # (so that the watch finds nothing changed)
    org.dml("update", FORECAST, [{"Id": first, "Subscription__c": new[scene.parents[first]]}])


@pytest.mark.rows_may_go(FORECAST)
@pytest.mark.parametrize("operation", ["delete", "hardDelete"])
def test_records_that_are_gone_are_told(scene: Scene, operation: Any) -> None:
    scene.sync()
    gone = sorted(scene.linked)[:3]
    scene.server.org.dml(operation, FORECAST, [{"Id": each} for each in gone])
    ran = scene.relink()
    assert {(row["id"], row["reason"]) for row in ran.file("relink.csv")} == {
        (each, "record_gone") for each in gone
    }
    assert told(ran.link(LINK)) == numbers(restored=len(scene.linked) - 3, record_gone=3)
    assert ran.status == 0
    assert scene.relink().report["links"] == []


@pytest.mark.rows_may_go(FORECAST)
def test_a_record_that_goes_between_the_reading_and_the_writing_is_gone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.sync()
    first = min(scene.linked)
    real = JobSender.send

    def deleted_before(self: JobSender, *args: Any) -> str:
        scene.server.org.dml("delete", FORECAST, [{"Id": first}])
        return real(self, *args)

    monkeypatch.setattr(JobSender, "send", deleted_before)
    ran = scene.relink()
    assert told(ran.link(LINK)) == numbers(restored=len(scene.linked) - 1, record_gone=1)
    assert (ran.status, ran.file("relink.csv")[0]["id"]) == (0, first)


def after_each_job(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have something happen in the org once an update has ended."""
    real = Bulk.wait

    def wait(self: Bulk, kind: str, *args: Any) -> Job:
        job = real(self, kind, *args)
        if kind == "ingest":
            act()
        return job

    monkeypatch.setattr(Bulk, "wait", wait)


def test_what_somebody_sets_right_after_the_writing_is_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = scene.sync()
    first, org = min(scene.linked), scene.server.org
    right = new[scene.parents[first]]
    other = next(
        new[row["Id"]] for row in scene.zuora.rows[SUBSCRIPTION] if new[row["Id"]] != right
    )
    after_each_job(
        monkeypatch, lambda: org.dml("update", FORECAST, [{"Id": first, "Subscription__c": other}])
    )
    ran = scene.relink()
    assert told(ran.link(LINK)) == numbers(restored=len(scene.linked) - 1, already_set=1)
    assert (
        ran.file("relink.csv")[0]["detail"]
        == f"leads to {other}, which somebody set while relink ran"
    )
    org.dml("update", FORECAST, [{"Id": first, "Subscription__c": right}])


def test_an_update_that_does_not_last_is_no_success(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.sync()
    first, org = min(scene.linked), scene.server.org
    after_each_job(
        monkeypatch, lambda: org.dml("update", FORECAST, [{"Id": first, "Subscription__c": None}])
    )
    ran = scene.relink()
    assert told(ran.link(LINK)) == numbers(restored=len(scene.linked) - 1, failed=1)
    assert ran.status == 4
    assert ran.file("relink.csv")[0]["detail"].startswith(
        "STILL_BLANK: Salesforce accepted the update"
    )


def hide(server: EmulatorServer, name: str) -> None:
    """From now on sharing hides a third of the rows of an object from the user."""
    options = replace(ORG, rows_hidden=frozenset({name}), modify_all=False)
    server.org.schema = for_user(load_schema(frozenset()), options)


def test_records_that_may_be_hidden_leave_the_snapshot_open(tmp_path: Path) -> None:
    with Emulated(replace(ORG, modify_all=False)) as server:
        scene = Scene.make(server, tmp_path, allow_hidden_rows=True)
        scene.sync()
        all_of_it = server.org.schema
        hide(server, FORECAST)
        ran = scene.relink()
        server.org.schema = all_of_it
        gone = ran.link(LINK)["record_gone"]
        assert gone > 0
        assert "may be hidden" in ran.summary
        assert {row["detail"] for row in ran.file("relink.csv")} == {
            "deleted, or hidden from the user"
        }
        again = scene.relink()
        assert told(again.link(LINK)) == numbers(restored=len(scene.linked))
        assert scene.now() == scene.before


def test_parents_that_are_hidden_are_not_back(scene: Scene) -> None:
    scene.sync()
    all_of_it = scene.server.org.schema
    hide(scene.server, SUBSCRIPTION)
    ran = scene.relink()
    scene.server.org.schema = all_of_it
    assert ran.status == 4
    assert ran.link(LINK)["parent_not_back"] > 0
    assert scene.relink().status == 0
    assert scene.now() == scene.before


def requests(server: EmulatorServer) -> list[tuple[str, str]]:
    return [(each["method"], each["path"]) for each in server.service.stats.requests(10_000)]


@pytest.mark.parametrize("few", [3_000, 3])
def test_a_dry_run_writes_nothing_and_tells_what_a_relink_would_do(
    scene: Scene, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "FEW", few)
    scene.sync()
    org = scene.server.org
    before = {name: org.fingerprint(name) for name, count in org.counts().items() if count}
    scene.server.service.stats.reset()
    ran = scene.relink(dry_run=True)
    asked = requests(scene.server)
    assert asked
    assert [each for each in asked if "/jobs/ingest" in each[1]] == []
    assert {method for method, _ in asked} <= {"GET", "POST"}
    posted = {path.rsplit("/", 1)[1] for method, path in asked if method == "POST"}
    assert posted <= {"composite", "query"}
    assert {name: org.fingerprint(name) for name in before} == before
    assert (ran.status, ran.report["dry_run"]) == (0, True)
    assert told(ran.link(LINK)) == numbers(to_restore=len(scene.linked))
    assert f"{len(scene.linked)} of {len(scene.linked)} links would be set again" in ran.summary
    assert told(scene.relink().link(LINK)) == numbers(restored=len(scene.linked))


def test_only_the_one_field_of_the_named_records_is_written(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.sync()
    sent: list[bytes] = []
    real = JobSender.send

    def noted(self: JobSender, ingest: Ingest, rows: CsvFile) -> str:
        assert (ingest.object, ingest.operation) == (FORECAST, "update")
        sent.append(b"".join(rows))
        return real(self, ingest, rows)

    monkeypatch.setattr(JobSender, "send", noted)
    scene.relink()
    rows = [line for each in sent for line in each.decode().splitlines()[1:]]
    assert {each.split(b"\n")[0] for each in sent} == {b"Id,Subscription__r.Zuora__External_Id__c"}
    assert sorted(rows) == sorted(f"{name},{key}" for name, key in scene.linked.items())


def test_the_links_of_another_org_are_refused(scene: Scene) -> None:
    scene.sync()
    manifest = scene.cleanup.folder / "links" / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(scene.server.org.org_id, "00D000000000009EAA"))
    for snapshot in (scene.cleanup.folder, None):
        ran = scene.relink(snapshot)
        assert (ran.status, ran.report["status"], ran.report["links"]) == (3, "refused", [])
        assert "00D000000000009EAA" in ran.message


def test_links_of_nobody_knows_which_org_are_refused(scene: Scene) -> None:
    (scene.cleanup.folder / "links" / "manifest.json").unlink()
    (scene.cleanup.folder / "report.json").unlink()
    ran = scene.relink(scene.cleanup.folder)
    assert ran.status == 3
    assert "tells which org" in ran.message
    assert scene.relink().status == 3


def test_a_production_org_is_written_to_only_with_its_own_id(tmp_path: Path) -> None:
    with Emulated(replace(ORG, sandbox=False)) as server:
        own, other = server.org.org_id, "00D000000000009EAA"
        scene = Scene.make(server, tmp_path, confirm_org_id=own)
        scene.sync()
        for confirmed in (None, other):
            ran = scene.relink(confirm_org_id=confirmed)
            assert (ran.status, ran.report["links"]) == (3, [])
            assert own in ran.message
        assert scene.relink(dry_run=True).status == 0
        assert LINK not in {f"{key[0]}.{key[2]}" for key in scene.now()}
        assert scene.relink(confirm_org_id=own[:15]).status == 0
        assert scene.now() == scene.before


def test_a_snapshot_of_an_older_version_is_read_too(scene: Scene) -> None:
    scene.sync()
    (scene.cleanup.folder / "links" / "manifest.json").unlink()
    assert told(scene.relink().link(LINK)) == numbers(restored=len(scene.linked))
    assert scene.now() == scene.before


@pytest.mark.parametrize("recorded", [True, False])
def test_a_salesforce_id_is_never_taken_for_an_external_id(scene: Scene, recorded: bool) -> None:  # noqa: FBT001
    """Where the parents had no external id, the snapshot names them by their Salesforce ids."""
    org = scene.server.org
    row = org.query(f"SELECT Id FROM {SUBSCRIPTION} LIMIT 1")
    assert row.total == 0
    scene.sync()
    first = min(scene.linked)
    old = scene.parents[first]
    # A record that carries the other's Salesforce id as its external id, to lead astray.
    bait = org.query(f"SELECT Id FROM {SUBSCRIPTION} LIMIT 1").rows(0, 1)[0][0]
    key = org.get_record(SUBSCRIPTION, bait)["Zuora__External_Id__c"]
    org.dml("update", SUBSCRIPTION, [{"Id": bait, "Zuora__External_Id__c": old}])
    folder = scene.cleanup.folder / "links"
    with gzip.open(folder / f"{LINK}.csv.gz", "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [
                ("record_id", "field", "parent_object", "parent_external_id"),
                (first, "Subscription__c", SUBSCRIPTION, old),
            ]
        )
    if recorded:
        told_ = json.loads((folder / "manifest.json").read_text())
        for each in told_["links"]:
            each["external_id_field"] = None
        (folder / "manifest.json").write_text(json.dumps(told_))
    else:
        (folder / "manifest.json").unlink()
    ran = scene.relink()
    assert org.get_record(FORECAST, first)["Subscription__c"] is None
    assert (ran.status, told(ran.link(LINK))) == (0, numbers(parent_not_back=1))
    assert "no external id" in ran.file("relink.csv")[0]["detail"]
    org.dml("update", SUBSCRIPTION, [{"Id": bait, "Zuora__External_Id__c": key}])


def test_a_file_that_was_cut_off_counts_as_far_as_it_is_whole(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.sync()
    path = scene.cleanup.folder / "links" / f"{LINK}.csv.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with caplog.at_level(logging.WARNING):
        ran = scene.relink()
    assert 0 < ran.link(LINK)["restored"] < len(scene.linked)
    assert "ends too early" in caplog.text
    path.write_bytes(whole)
    assert told(scene.relink(scene.cleanup.folder).link(LINK)) == numbers(
        restored=len(scene.linked)
    )


def test_a_file_that_the_manifest_names_and_that_is_gone_does_not_pass_for_set_again(
    scene: Scene,
) -> None:
    scene.sync()
    manifest = scene.cleanup.folder / "links" / "manifest.json"
    told_of = json.loads(manifest.read_text())
    more = {**told_of["links"][0], "object": "Case", "field": "Invoice__c"}
    manifest.write_text(json.dumps({**told_of, "links": [*told_of["links"], more]}))
    ran = scene.relink()
    assert (ran.status, ran.link(LINK)["restored"]) == (4, len(scene.linked))
    assert "Case.Invoice__c.csv.gz" in ran.message
    allowed = scene.relink(allow_failures=True)
    assert allowed.status == 0
    assert "Case.Invoice__c.csv.gz" in " ".join(allowed.report["notes"])
    manifest.write_text(json.dumps(told_of))
    assert scene.relink().status == 0


def test_an_earlier_cleanup_is_not_forgotten_for_a_later_one(
    server: EmulatorServer, tmp_path: Path
) -> None:
    thin_out(server.org)
    first = Scene.make(server, tmp_path)
    new = first.sync()
    one = min(first.linked)
    back = new[first.parents[one]]
    # Somebody sets one of the lookups again by hand, before another cleanup comes.
    server.org.dml("update", FORECAST, [{"Id": one, "Subscription__c": back}])
    second = Scene.make(server, tmp_path)
    assert list(second.linked) == [one]
    second.sync()
    ran = second.relink()
    assert told(ran.link(LINK)) == numbers(restored=1)
    assert f"an earlier cleanup took is not set again yet: {first.cleanup.folder}" in " ".join(
        ran.summary.split()
    ).replace("- ", "-")
    again = second.relink()
    assert again.report["snapshot"] == str(first.cleanup.folder)
    assert told(again.link(LINK)) == numbers(restored=len(first.linked) - 1, superseded=1)
    assert first.now() == first.before
    assert second.relink().report["links"] == []


@pytest.mark.parametrize("where", ["output", "elsewhere"])
def test_a_newer_snapshot_counts_where_both_name_a_link(
    server: EmulatorServer, tmp_path: Path, where: str
) -> None:
    thin_out(server.org)
    first = Scene.make(server, tmp_path)
    new = first.sync()
    one = min(first.linked)
    wanted = first.parents[one]
    other = next(row["Id"] for row in first.zuora.rows[SUBSCRIPTION] if row["Id"] != wanted)
    server.org.dml("update", FORECAST, [{"Id": one, "Subscription__c": new[other]}])
    second = Scene.make(server, tmp_path)
    newest = second.sync()
    folder = first.cleanup.folder
    if where == "elsewhere":
        (tmp_path / where).mkdir()
        folder = folder.rename(tmp_path / where / folder.name)
    ran = second.relink(folder)
    assert server.org.get_record(FORECAST, one)["Subscription__c"] is None
    assert told(ran.link(LINK)) == numbers(restored=len(first.linked) - 1, superseded=1)
    assert "a later cleanup" in ran.summary
    assert told(second.relink().link(LINK)) == numbers(restored=1)
    assert server.org.get_record(FORECAST, one)["Subscription__c"] == newest[new[other]]
    server.org.dml("update", FORECAST, [{"Id": one, "Subscription__c": newest[new[wanted]]}])


def test_without_links_there_is_one_clear_sentence(server: EmulatorServer, tmp_path: Path) -> None:
    settings = read_settings({**login(server), "output_dir": str(tmp_path)})
    for snapshot in (None, tmp_path, tmp_path / "missing"):
        with pytest.raises(InputError, match="holds no"):
            carry_out(settings, snapshot, io.StringIO())
    assert list(tmp_path.iterdir()) == []


def test_a_signal_ends_a_relink_in_good_order_and_another_one_finishes_it(scene: Scene) -> None:
    scene.sync()
    org, sent = scene.server.org, 0

    def hook(operation: str, name: str, _: str) -> None:
        nonlocal sent
        if (operation, name) == ("update", FORECAST):
            sent += 1
            if sent == 3:
                os.kill(os.getpid(), signal.SIGTERM)

    org.row_hook = hook
    ran = scene.relink(job_size=2, max_parallel_jobs=1)
    org.row_hook = None
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert "Stopped by a signal" in ran.message
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    led = [key for key, parent in scene.now().items() if scene.before.get(key) == parent]
    led = [key for key in led if f"{key[0]}.{key[2]}" == LINK]
    # (what was sent is read again; a job that still runs then counts for the next relink)
    told_of = ran.link(LINK)
    restored, unknown = told_of["restored"], told_of["unknown"]
    assert 0 < restored <= len(led) <= restored + unknown, (told_of, led)
    assert (told_of["failed"], unknown > 0) == (0, True)
    assert "it is not known" in " ".join(ran.summary.split())
    again = scene.relink()
    assert told(again.link(LINK)) == numbers(restored=len(scene.linked))
    assert scene.now() == scene.before


def test_what_the_user_may_not_change_any_more_is_told(scene: Scene) -> None:
    scene.sync()
    all_of_it = scene.server.org.schema
    scene.server.org.schema = for_user(
        load_schema(frozenset()), replace(ORG, not_visible=frozenset({FORECAST}))
    )
    ran = scene.relink()
    scene.server.org.schema = all_of_it
    assert (ran.status, told(ran.link(LINK))) == (4, numbers(failed=len(scene.linked)))
    assert {row["detail"] for row in ran.file("relink.csv")} == {
        f"NOT_RELINKABLE: the org has no object {FORECAST}, or does not show it"
    }
    assert scene.relink().status == 0


def test_a_relink_stops_before_the_quota_is_used_up(scene: Scene) -> None:
    scene.sync()
    scene.server.set_faults({"allowances": {"DailyApiRequests": {"Max": 1000, "Remaining": 100}}})
    ran = scene.relink()
    assert "quota_percent_total" in ran.message
    scene.server.set_faults({"allowances": {"DailyApiRequests": {"Max": 1000, "Remaining": 1000}}})
    assert scene.relink().status == 0
    assert scene.now() == scene.before


def test_a_folder_of_another_place_can_be_named(scene: Scene, tmp_path: Path) -> None:
    scene.sync()
    elsewhere = tmp_path.parent / f"{tmp_path.name}-kept"
    scene.cleanup.folder.rename(elsewhere)
    ran = relink(login(scene.server), scene.output, elsewhere / "links")
    assert told(ran.link(LINK)) == numbers(restored=len(scene.linked))
