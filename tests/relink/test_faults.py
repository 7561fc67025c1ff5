"""Relinks in an org that misbehaves: what can be restored is, the rest is told."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import requests

from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.relink import looking
from target_zuora360_cleanup.salesforce.bulk import Bulk, Ingest
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.csv_file import CsvFile
from target_zuora360_cleanup.salesforce.sending import JobSender
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.emulated import Emulated
from tests.support.relinking import FORECAST, LINK, ORG, Scene
from tests.support.runs import login

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from target_zuora360_cleanup.salesforce.bulk import Job

pytestmark = [pytest.mark.slow, pytest.mark.relinks(LINK)]

VETO = 'Acme.Guard: „nein“, bitte "nicht"\nClass.Acme.Guard: line 7'


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(ORG) as made:
        yield made


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Forecasts have lost their subscriptions, and these are back."""
    with Scene.of_copy(tmp_path, synced=True) as made:
        yield made


def row_fault(code: str, message: str, **more: Any) -> dict[str, Any]:
    fault = {"object": FORECAST, "operation": "update", "code": code, "message": message, **more}
    return {"rows": [fault]}


@pytest.mark.parametrize("job_size", [4, 100_000])
def test_what_a_trigger_forbids_is_told_in_salesforces_words(scene: Scene, job_size: int) -> None:
    protected = sorted(scene.linked)[::4]
    code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    scene.server.set_faults(row_fault(code, VETO, ids=protected))
    ran = scene.relink(job_size=job_size)
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert ran.link(LINK)["failed"] == len(protected)
    assert ran.link(LINK)["restored"] == len(scene.linked) - len(protected)
    assert {(row["id"], row["reason"], row["detail"]) for row in ran.file("relink.csv")} == {
        (each, "failed", f"{code}: {VETO}") for each in protected
    }
    (group,) = ran.report["failures"]
    assert (group["object"], group["code"], group["count"]) == (LINK, code, len(protected))
    lenient = scene.relink(allow_failures=True)
    assert (lenient.status, lenient.link(LINK)["failed"]) == (0, len(protected))
    scene.server.set_faults({})
    assert scene.relink().status == 0
    assert scene.now() == scene.before


def test_what_a_trigger_forbids_is_told_although_the_jobs_numbers_are_late(scene: Scene) -> None:
    protected = sorted(scene.linked)[::4]
    late = {"jobs": [{"operation": "update", "counters": {"processed": 0, "failed": 0}}]}
    scene.server.set_faults(row_fault("DELETE_FAILED", VETO, ids=protected) | late)
    ran = scene.relink()
    assert {(row["id"], row["detail"]) for row in ran.file("relink.csv")} == {
        (each, f"DELETE_FAILED: {VETO}") for each in protected
    }


@pytest.mark.parametrize("times", [1, None])
def test_a_record_that_is_called_deleted_and_is_there_is_not_gone(
    scene: Scene, times: int | None
) -> None:
    more = {"times": times} if times else {}
    called = row_fault("ENTITY_IS_DELETED", "entity is deleted", every=3, **more)
    scene.server.set_faults(called)
    ran = scene.relink()
    link = ran.link(LINK)
    if times:
        assert (ran.status, link["restored"]) == (0, len(scene.linked))
        assert scene.now() == scene.before
        return
    assert (ran.status, link["record_gone"]) == (4, 0)
    assert link["failed"] == len(scene.linked) - link["restored"] > 0
    scene.server.set_faults({})
    assert scene.relink().status == 0
    assert scene.now() == scene.before


def test_locks_are_waited_for(scene: Scene) -> None:
    scene.server.set_faults(row_fault("UNABLE_TO_LOCK_ROW", "unable to lock", times=2, share=0.7))
    ran = scene.relink()
    assert (ran.status, ran.link(LINK)["restored"]) == (0, len(scene.linked))
    assert scene.now() == scene.before


def test_locks_that_stay_are_failures_in_the_end(scene: Scene) -> None:
    scene.server.set_faults(row_fault("UNABLE_TO_LOCK_ROW", "unable to lock"))
    ran = scene.relink()
    assert (ran.status, ran.link(LINK)["failed"]) == (4, len(scene.linked))
    assert {row["detail"] for row in ran.file("relink.csv")} == {
        "UNABLE_TO_LOCK_ROW: unable to lock"
    }
    scene.server.set_faults({})
    assert scene.relink().status == 0


@pytest.mark.parametrize(
    "message",
    [
        "Foreign key external ID: x not found for field {key} in entity {parent}",
        "Externe Fremdschlüssel-ID: x für Feld {key} in Entität {parent} nicht gefunden",
        "外部キーの外部 ID: x は、エンティティ{parent}の項目{key}に見つかりません",
    ],
)
def test_a_parent_that_is_gone_when_it_is_pointed_to_is_not_back(
    scene: Scene, message: str
) -> None:
    message = message.format(key="Zuora__External_Id__c", parent="Zuora__Subscription__c")
    scene.server.set_faults(row_fault("INVALID_FIELD", message, every=3))
    ran = scene.relink()
    assert ran.link(LINK)["parent_not_back"] == len(ran.file("relink.csv")) > 0
    assert {row["detail"] for row in ran.file("relink.csv")} == {message}
    scene.server.set_faults({})
    assert scene.relink().status == 0
    assert scene.now() == scene.before


def test_another_field_that_is_none_has_failed(scene: Scene) -> None:
    scene.server.set_faults(row_fault("INVALID_FIELD", "Foreign key external ID: x, Other__c"))
    ran = scene.relink()
    assert (ran.status, ran.link(LINK)["failed"]) == (4, len(scene.linked))
    assert ran.link(LINK)["parent_not_back"] == 0


@pytest.mark.parametrize("state", ["Failed", "Aborted"])
@pytest.mark.parametrize("few", [3_000, 3])
def test_jobs_that_break_are_made_good(
    scene: Scene, state: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "FEW", few)
    broken = [{"state": state, "operation": each, "times": 1} for each in ("update", "query")]
    scene.server.set_faults({"jobs": broken})
    ran = scene.relink(job_size=5)
    assert (ran.status, ran.link(LINK)["restored"]) == (0, len(scene.linked))
    assert scene.now() == scene.before


def test_jobs_that_always_break_are_told(scene: Scene) -> None:
    scene.server.set_faults({"jobs": [{"state": "Failed", "operation": "update"}]})
    ran = scene.relink()
    assert (ran.status, ran.link(LINK)["failed"]) == (4, len(scene.linked))
    assert all("ended Failed" in row["detail"] for row in ran.file("relink.csv"))
    scene.server.set_faults({})
    assert scene.relink().status == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503, "probability": 0.2},
        {"status": 429, "probability": 0.2},
        {"cut": "before", "probability": 0.2, "path": "*/jobs/*"},
        {"cut": "after", "probability": 0.2, "path": "*/jobs/*"},
        {"cut": "after", "method": "POST", "path": "*/jobs/ingest", "times": 1},
        {"cut": "after", "method": "POST", "path": "*/jobs/query", "times": 1},
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_outages_are_sat_out(
    scene: Scene, fault: dict[str, Any], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "FEW", 3 if seed == 2 else 3_000)
    scene.server.set_faults({"seed": seed, "requests": [fault]})
    statuses = []
    for _ in range(6):
        ran = scene.relink(job_size=5)
        statuses.append(ran.status)
        if ran.status == 0 and ran.report["links"]:
            break
    scene.server.set_faults({})
    assert statuses[-1] == 0
    assert set(statuses) <= {0, 1, 2, 4}
    assert scene.now() == scene.before
    assert ran.link(LINK)["restored"] == len(scene.linked)


def test_a_session_that_ends_is_renewed(scene: Scene) -> None:
    scene.server.set_faults({"sessions": {"every": 3}})
    ran = scene.relink(
        client_id="a",
        client_secret="b",
        refresh_token="c",
        domain=scene.server.url,
        access_token=None,
        instance_url=None,
        job_size=5,
    )
    assert (ran.status, ran.link(LINK)["restored"]) == (0, len(scene.linked))


def test_an_update_that_an_earlier_relink_left_running_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Scene.of_copy(tmp_path, ServerOptions(job_seconds=1.0), synced=True) as scene:
        job = _start_update(scene, dict(list(scene.linked.items())[:5]))
        with caplog.at_level(logging.INFO):
            ran = scene.relink()
        assert f"Waiting for job {job} on {FORECAST}" in caplog.text
        assert scene.server.service.jobs.find(job, query=False).state == "JobComplete"
        assert ran.link(LINK)["restored"] == len(scene.linked)
        assert scene.now() == scene.before


def _start_update(scene: Scene, links: dict[str, str]) -> str:
    """What a relink that was killed has sent; the job's id."""
    server = scene.server
    url = f"{server.url}/services/data/v64.0/jobs/ingest"
    lines = [f"{name},{key}" for name, key in links.items()]
    text = "\n".join(["Id,Subscription__r.Zuora__External_Id__c", *lines, ""])
    headers = {"Authorization": f"Bearer {server.access_token}"}
    body = {"object": FORECAST, "operation": "update", "contentType": "CSV", "lineEnding": "LF"}
    job = str(requests.post(url, json=body, headers=headers, timeout=10).json()["id"])
    requests.put(
        f"{url}/{job}/batches",
        data=text,
        headers={**headers, "Content-Type": "text/csv"},
        timeout=10,
    ).raise_for_status()
    done = {"state": "UploadComplete"}
    requests.patch(f"{url}/{job}", json=done, headers=headers, timeout=10).raise_for_status()
    return job


def test_an_open_update_of_another_program_is_never_aborted(server: EmulatorServer) -> None:
    salesforce = connect(read_settings(login(server)), waits=NO_WAITS)
    assert salesforce.jobs.leftovers(lambda _: True, frozenset({"update"})) == ()
    update = Ingest(FORECAST, "update")
    other = salesforce.bulk.create_ingest(update)
    cut = {"cut": "after", "method": "POST", "path": "*/jobs/ingest", "times": 1}
    server.set_faults({"requests": [cut]})
    rows = [b"a1M5g0000000001EAA,x"] * 6_000
    with closing(CsvFile(b"Id,Subscription__r.Zuora__External_Id__c", [rows])) as file:
        sent = salesforce.jobs.send(update, file)
    assert sent != other
    assert salesforce.bulk.job("ingest", other).state == "Open"


def test_updates_are_cut_by_bytes_as_well_as_by_rows(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    most, sent = 250, list[int]()
    monkeypatch.setattr("target_zuora360_cleanup.relink.relinking.MOST_BYTES", most)
    monkeypatch.setattr("target_zuora360_cleanup.relink.relinking._BLOCK_ROWS", 1)
    real = JobSender.send

    def noted(self: JobSender, ingest: Ingest, rows: CsvFile) -> str:
        sent.append(len(rows))
        return real(self, ingest, rows)

    monkeypatch.setattr(JobSender, "send", noted)
    ran = scene.relink()
    assert ran.status == 0
    assert len(sent) > 2
    assert max(sent) <= most


def test_an_error_that_nobody_foresaw_hides_nothing_that_is_set(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Bulk.wait, list[str]()

    def broken(self: Bulk, kind: str, job_id: str, *args: Any) -> Job:
        job = real(self, kind, job_id, *args)
        calls.extend([job_id] if kind == "ingest" else [])
        if len(calls) == 2:
            raise KeyError("numberRecordsFailed")
        return job

    monkeypatch.setattr(Bulk, "wait", broken)
    ran = scene.relink(job_size=3, max_parallel_jobs=1)
    link = ran.link(LINK)
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert "KeyError: 'numberRecordsFailed'" in ran.message
    now = [key for key, parent in scene.now().items() if scene.before.get(key) == parent]
    # What was set is looked at in the end; what was never sent is not known.
    assert link["restored"] == len([key for key in now if f"{key[0]}.{key[2]}" == LINK]) == 6
    assert link["unknown"] == len(scene.linked) - 6


def test_a_lock_within_a_flow_is_tried_again(scene: Scene) -> None:
    words = "We can't save this record. UNABLE_TO_LOCK_ROW: unable to obtain exclusive access"
    scene.server.set_faults(row_fault("CANNOT_EXECUTE_FLOW_TRIGGER", words, times=1))
    ran = scene.relink()
    assert (ran.status, ran.link(LINK)["restored"]) == (0, len(scene.linked))
