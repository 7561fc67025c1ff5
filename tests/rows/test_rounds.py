"""What is left is tried again with more care; what an earlier run left is seen to first."""

from __future__ import annotations

import csv
import logging
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from target_zuora360_cleanup.plan.making import parent_field
from target_zuora360_cleanup.reach import Relationship
from target_zuora360_cleanup.rows.rounds import rounds
from target_zuora360_cleanup.salesforce.attempts import attempts
from target_zuora360_cleanup.salesforce.bulk import Bulk, Ingest
from target_zuora360_cleanup.salesforce.errors import ApiError, is_passing
from target_zuora360_cleanup.salesforce.waits import Waits
from tests.support.emulated import Emulated
from tests.support.few_as_many import by
from tests.support.runs import ALLOWED, Ran, login, run, zuora_rows
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = pytest.mark.quotes_may_change
ITEMS = "Zuora__InvoiceItem__c"
ROUNDS = 1 + len(Waits.rounds)
CHARGES = "Zuora__SubscriptionProductCharge__c"
LOCK = {"code": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access"}


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=6000, sandbox=True)) as made:
        thin_out(made.org)
        yield made


def cleanup(server: EmulatorServer, output: Path, **more: Any) -> Ran:
    config = {"mode": "cleanup", **login(server), **ALLOWED, "keep_quoted_products": False}
    return run({**config, **more}, output)


def failures(ran: Ran) -> list[dict[str, str]]:
    with (ran.folder / "failures.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TRIGGERS_LOCK = {
    "code": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    "message": "Acme.Guard: execution of AfterDelete\n\ncaused by: System.DmlException: Update "
    "failed. First exception on row 0; first error: UNABLE_TO_LOCK_ROW, unable to obtain exclusive "
    "access to this record: []",
}


@pytest.mark.slow
@pytest.mark.parametrize("lock", [LOCK, TRIGGERS_LOCK], ids=["the row's", "a trigger's"])
def test_rows_that_were_locked_for_a_while_are_no_failures(
    server: EmulatorServer, tmp_path: Path, lock: dict[str, str]
) -> None:
    server.set_faults({"rows": [{"object": ITEMS, "share": 0.3, "times": 1, **lock}]})
    ran = cleanup(server, tmp_path)
    assert (ran.status, ran.report["failures"], zuora_rows(server.org)) == (0, [], {})
    assert not (ran.folder / "failures.csv").exists()


@pytest.mark.slow
def test_a_second_attempt_asks_for_rows_side_by_side_by_their_parent(tmp_path: Path) -> None:
    asked: list[str] = []
    with Emulated(OrgOptions(records=3000, sandbox=True)) as server, by("jobs"):
        thin_out(server.org)
        real = server.org.query

        def noted(soql: str, **more: Any) -> Any:
            asked.append(soql)
            return real(soql, **more)

        server.org.query = noted  # type: ignore[method-assign]
        server.set_faults({"rows": [{"object": ITEMS, "share": 0.9, "times": 1, **LOCK}]})
        assert cleanup(server, tmp_path).status == 0
    starts = {soql: soql.partition(" FROM ") for soql in asked}
    selects = [
        soql for soql in asked
        if starts[soql][0].startswith("SELECT Id") and starts[soql][2].split()[0] == ITEMS
    ]  # fmt: skip
    assert ["ORDER BY" in soql for soql in selects] == [False, True]
    assert selects[1].endswith(" ORDER BY Zuora__Invoice__c")


@pytest.mark.slow
def test_a_veto_is_told_once_although_other_rows_were_tried_again(
    server: EmulatorServer, tmp_path: Path
) -> None:
    veto = {"object": ITEMS, "every": 50, "code": "CANNOT_EXECUTE_FLOW_TRIGGER", "message": "no"}
    lock = {"object": ITEMS, "share": 0.3, "times": 1, **LOCK}
    server.set_faults({"rows": [veto, lock]})
    ran = cleanup(server, tmp_path, include_objects=["Zuora__TaxationItem__c", ITEMS])
    assert ran.status == 4
    left = server.org.query(f"SELECT Id FROM {ITEMS}")
    assert sorted(row["id"] for row in failures(ran)) == sorted(
        row[0] for row in left.rows(0, left.total)
    )
    assert {row["code"] for row in failures(ran)} == {"CANNOT_EXECUTE_FLOW_TRIGGER"}
    (group,) = ran.report["failures"]
    assert group["count"] == left.total == ran.object(ITEMS)["failed"]


@pytest.mark.slow
@pytest.mark.parametrize("state", ["Failed", "Aborted"])
def test_a_job_that_broke_off_is_made_up_for_by_others(
    server: EmulatorServer, tmp_path: Path, state: str
) -> None:
    server.set_faults({"jobs": [{"object": CHARGES, "operation": "delete", "state": state,
                                 "times": ROUNDS - 1}]})  # fmt: skip
    ran = cleanup(server, tmp_path)
    assert (ran.status, ran.report["failures"], zuora_rows(server.org)) == (0, [], {})


@pytest.mark.slow
def test_locks_that_stay_end_after_a_few_rounds(server: EmulatorServer, tmp_path: Path) -> None:
    server.set_faults({"rows": [{"object": ITEMS, "every": 9, **LOCK}]})
    ran = cleanup(server, tmp_path, include_objects=["Zuora__TaxationItem__c", ITEMS])
    assert ran.status == 4
    assert len(failures(ran)) == ran.object(ITEMS)["failed"] > 0


@pytest.mark.slow
def test_a_lost_answer_doubles_no_job_even_when_many_get_lost(tmp_path: Path) -> None:
    with Emulated(OrgOptions(records=3000, sandbox=True)) as server, by("jobs"):
        thin_out(server.org)
        server.set_faults({"requests": [
            {"method": "POST", "path": "*/jobs/ingest*", "cut": "after", "every": 2}]})  # fmt: skip
        ran = cleanup(server, tmp_path, job_size=150)
        jobs = server.service.jobs.page(query=False, offset=0)[0]
        assert (ran.status, zuora_rows(server.org)) == (0, {})
    assert len(jobs) > 15
    assert sum(job.failed for job in jobs) == 0


def test_nothing_is_sent_again_while_the_list_of_jobs_can_not_be_read(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    real = Bulk.create_filled

    def noted(self: Bulk, ingest: Ingest, *args: Any) -> str:
        sent.append(ingest.object)
        # From here on the list can't be read; until then it had to be.
        server.set_faults({"requests": [
            {"method": "GET", "path": "*/jobs/ingest", "status": 503},
            {"method": "POST", "path": "*/jobs/ingest*", "cut": "after"}]})  # fmt: skip
        return real(self, ingest, *args)

    monkeypatch.setattr(Bulk, "create_filled", noted)
    ran = cleanup(server, tmp_path, include_objects=["Zuora__TaxationItem__c", ITEMS])
    rows_left = ran.object(ITEMS)["failed"]
    assert rows_left == server.org.query(f"SELECT COUNT() FROM {ITEMS}").total == 0
    assert sent == [ITEMS]


def headers(server: EmulatorServer) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.access_token}"}


def left_open(server: EmulatorServer, name: str, operation: str) -> str:
    body = {"object": name, "operation": operation, "contentType": "CSV", "lineEnding": "LF"}
    url = f"{server.url}/services/data/v64.0/jobs/ingest"
    answer = requests.post(url, json=body, headers=headers(server), timeout=10)
    return str(answer.json()["id"])


def left_running(server: EmulatorServer, name: str, ids: list[str]) -> str:
    job_id = left_open(server, name, "delete")
    url = f"{server.url}/services/data/v64.0/jobs/ingest/{job_id}"
    csv_text = "\n".join(["Id", *ids, ""])
    requests.put(f"{url}/batches", data=csv_text, timeout=10,
                 headers={**headers(server), "Content-Type": "text/csv"})  # fmt: skip
    body = {"state": "UploadComplete"}
    requests.patch(url, json=body, headers=headers(server), timeout=10)
    return job_id


def states(server: EmulatorServer) -> dict[str, str]:
    return {job.id: job.state for job in server.service.jobs.page(query=False, offset=0)[0]}


@pytest.mark.slow
def test_jobs_that_an_earlier_run_left_are_seen_to_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    options = ServerOptions(job_seconds=0.5)
    with Emulated(OrgOptions(records=2000, sandbox=True), options) as server:
        open_one = left_open(server, ITEMS, "delete")
        others = [left_open(server, "Account", "delete"), left_open(server, ITEMS, "update")]
        found = server.org.query(f"SELECT Id FROM {ITEMS}")
        running = left_running(server, ITEMS, [row[0] for row in found.rows(0, 100)])
        other = left_open(server, ITEMS, "delete")
        earlier = tmp_path / "20260101T000000Z-cleanup"
        earlier.mkdir()
        (earlier / "jobs.txt").write_text(f"{open_one}\n{running}\n")
        ran = cleanup(server, tmp_path)
        after = states(server)
        assert (ran.status, zuora_rows(server.org)) == (0, {})
    assert (after[open_one], after[running]) == ("Aborted", "JobComplete")
    # What the same user's other programs have opened is theirs, whatever it is to do.
    assert {after[each] for each in [*others, other]} == {"Open"}
    assert f"Waiting for job {running} on {ITEMS} of an earlier run" in caplog.text
    assert f"Aborted job {open_one} on {ITEMS}" in caplog.text
    assert f"Job {other} on {ITEMS} is open" in caplog.text
    # What the job left behind deleted was not there any more when the records were counted.
    assert ran.object(ITEMS)["found"] == found.total - 100


def test_a_plan_touches_no_job(server: EmulatorServer, tmp_path: Path) -> None:
    job = left_open(server, ITEMS, "delete")
    assert cleanup(server, tmp_path, mode="plan").status == 0
    assert states(server)[job] == "Open"


@given(st.integers(1, 5_000_000))
def test_rounds_grow_no_larger_and_never_empty(job_size: int) -> None:
    made = list(rounds(attempts((0.0,) * (ROUNDS - 1), lambda _: None), job_size))
    assert [each.is_last for each in made] == [False, False, True]
    sizes = [each.job_size for each in made]
    assert sizes[0] == job_size
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] >= min(job_size, 200)


def test_rows_are_sorted_by_their_master_before_any_other_parent() -> None:
    links = [
        Relationship("Item", "Lookup", "Other", "clear"),
        Relationship("Item", "Self", "Item", "cascade"),
        Relationship("Item", "Master", "Invoice", "cascade"),
    ]
    assert parent_field("Item", links) == "Master"
    assert parent_field("Item", links[:2]) == "Lookup"
    assert parent_field("Invoice", links) == ""


@pytest.mark.parametrize("status", [408, 420, 429, 500, 502, 503, 504])
def test_busy_answers_pass(status: int) -> None:
    assert is_passing(ApiError(status, "X", "busy"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_refusals_do_not_pass(status: int) -> None:
    assert not is_passing(ApiError(status, "X", "no"))
