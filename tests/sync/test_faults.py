"""Syncs into an org that misbehaves: nothing is loaded twice, lost, or told untruly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.resources.bulk import ingest
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from target_zuora360_cleanup.output.jobs import JobRecord
from target_zuora360_cleanup.salesforce.bulk import Ingest
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.emulated import Emulated
from tests.support.runs import login
from tests.support.syncs import (
    ACCOUNT,
    INVOICE,
    KEY,
    SUBSCRIPTION,
    Message,
    crm_id,
    keys,
    record,
    rows,
    schema,
    state,
    sync,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

ACCOUNTS = schema("Account", "Name CrmId Deleted")
INVOICES = schema("Invoice", "InvoiceNumber Status AccountId Deleted")
VETO = 'Acme.Guard: execution of BeforeInsert\n\ncaused by: „nein“, bitte "nicht"'


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(
        OrgOptions(
            records=1000,
            sandbox=True,
            customer_rows=frozenset({"Usage_Note__c", "Dunning_Case__c"}),
        )
    ) as made:
        yield made


def accounts(server: EmulatorServer, count: int = 20) -> list[Message]:
    crm = crm_id(server.org)
    made = [record("Account", f"zz{at}", Name=f"N{at}", CrmId=crm) for at in range(count)]
    return [ACCOUNTS, *made, state(Account=1)]


def test_what_a_trigger_forbids_is_told_in_salesforces_words_and_holds_the_state(
    server: EmulatorServer, tmp_path: Path
) -> None:
    code = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    server.set_faults({"rows": [{"object": ACCOUNT, "code": code, "message": VETO, "every": 5}]})
    done = sync(server, tmp_path, accounts(server))
    assert (done.status, done.states) == (4, [])
    assert {(each["code"], each["message"]) for each in done.file("failures.csv")} == {(code, VETO)}
    counts = done.object(ACCOUNT)
    assert counts["failed"] == len(done.file("failures.csv")) > 0
    assert counts["upserted"] == len(keys(server.org, ACCOUNT, "zz")) == 20 - counts["failed"]
    server.set_faults({})
    again = sync(server, tmp_path, accounts(server))
    assert (again.status, len(again.states)) == (0, 1)
    assert len(keys(server.org, ACCOUNT, "zz")) == 20


def test_locked_rows_are_tried_again(server: EmulatorServer, tmp_path: Path) -> None:
    sync(server, tmp_path, accounts(server))
    lock = {"object": ACCOUNT, "code": "UNABLE_TO_LOCK_ROW", "message": "locked", "times": 2}
    server.set_faults({"rows": [lock]})
    done = sync(server, tmp_path, accounts(server))
    assert (done.status, done.object(ACCOUNT)["upserted"]) == (0, 20)
    assert done.object(ACCOUNT)["failed"] == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"requests": [{"path": "*/jobs/ingest*", "status": 503, "every": 3}]},
        {"requests": [{"path": "*/jobs/ingest*", "cut": "after", "every": 4}]},
        {"requests": [{"path": "*/jobs/ingest*", "cut": "before", "every": 3}]},
        {"sessions": {"every": 7}},
        {"jobs": [{"operation": "upsert", "state": "Failed", "times": 1,
                   "error_message": "TooManyLockFailure : too many lock failures"}]},
        {"jobs": [{"operation": "upsert", "state": "Aborted", "times": 1}]},
        {"jobs": [{"operation": "upsert", "missing": 3, "times": 1}]},
        {"jobs": [{"operation": "upsert", "missing": 3, "missing_are_done": False, "times": 1}]},
        {"jobs": [{"operation": "upsert", "counters": {"processed": 2, "failed": 0, "looks": 1},
                   "times": 1}]},
        {"jobs": [{"operation": "upsert", "retries": 2}]},
        {"requests": [{"path": "*/data/*", "every": 3, "answer": "html"}]},
        {"requests": [{"path": "*/data/*", "every": 4, "spoil": "half"}]},
        {"requests": [{"path": "*/jobs/ingest*", "every": 3, "spoil": "html"}]},
        {"requests": [{"every": 3, "limit": "ConcurrentRequests"}]},
        {"composite": {"most_parts": 1}},
        {"locks": {"seconds": 0.1}, "language": "ja"},
    ],
    ids=[
        "busy", "answers lost", "cut", "sessions", "failed job", "aborted job",
        "done, in no result", "left, in no result", "late numbers", "batches tried again", "html",
        "half answers", "html after it was done", "too many at once", "slow composites", "locks",
    ],
)  # fmt: skip
def test_trouble_that_passes_leaves_no_trace(
    server: EmulatorServer, tmp_path: Path, fault: dict[str, Any]
) -> None:
    server.set_faults(fault)
    login = {"username": "u@example.com", "password": "p", "security_token": "t",
             "access_token": None, "domain": None}  # fmt: skip
    config = login if "sessions" in fault else {}
    done = sync(server, tmp_path, accounts(server), **config, batch_size_rows=7)
    assert (done.status, len(done.states)) == (0, 1), done.message
    assert len(keys(server.org, ACCOUNT, "zz")) == 20
    assert done.object(ACCOUNT)["upserted"] == 20


def test_trouble_that_stays_ends_the_run_in_a_sentence_and_holds_the_state(
    server: EmulatorServer, tmp_path: Path
) -> None:
    server.set_faults({"jobs": [{"operation": "upsert", "state": "Failed",
                                 "error_message": "InvalidBatch : broken"}]})  # fmt: skip
    done = sync(server, tmp_path, accounts(server))
    assert (done.status, done.states) == (4, [])
    assert "InvalidBatch : broken" in done.message
    assert "sends the same records again" in done.message


def test_the_daily_allowance_is_not_used_beyond_the_share_that_is_set(
    server: EmulatorServer, tmp_path: Path
) -> None:
    server.set_faults({"allowances": {"DailyApiRequests": {"Max": 100, "Remaining": 10}}})
    done = sync(server, tmp_path, accounts(server))
    assert (done.status, done.states) == (4, [])
    assert "quota_percent_total" in done.message


CHARGES = "Zuora__SubscriptionProductCharge__c"


def noted_charge(server: EmulatorServer) -> dict[str, Any]:
    """A charge on which a customer's row depends, with its subscription and account."""
    found: dict[str, Any] = rows(
        server.org,
        "SELECT Charge__r.Zuora__External_Id__c, "
        "Charge__r.Zuora__Subscription__r.Zuora__External_Id__c FROM Usage_Note__c "
        "WHERE Charge__r.Zuora__Subscription__c != null LIMIT 1",
    )[0]["Charge__r"]
    return found


@pytest.mark.parametrize(
    ("stream", "name"), [("RatePlanCharge", CHARGES), ("Subscription", SUBSCRIPTION)]
)
def test_a_deletion_that_would_take_customers_rows_along_is_not_done(
    server: EmulatorServer, tmp_path: Path, stream: str, name: str
) -> None:
    charge = noted_charge(server)
    key = (charge if name == CHARGES else charge["Zuora__Subscription__r"])[KEY]
    done = sync(server, tmp_path, [
        schema(stream, "Deleted Status AccountId RatePlanId SubscriptionId"),
        record(stream, key, Deleted=True), record(stream, "nobody", Deleted=True),
        state(done=1),
    ])  # fmt: skip
    assert (done.status, done.states) == (4, [])
    (failure,) = done.report["failures"]
    assert failure["code"] == "WOULD_TAKE_ROWS_ALONG"
    assert "name Usage_Note__c in allow_cascade_to" in failure["message"]
    assert keys(server.org, name, key) == {key}


@pytest.mark.rows_may_go("Usage_Note__c")
def test_a_deletion_may_take_rows_along_of_objects_that_are_named(
    server: EmulatorServer, tmp_path: Path
) -> None:
    key = noted_charge(server)[KEY]
    stream = [
        schema("RatePlanCharge", "Deleted RatePlanId SubscriptionId"),
        record("RatePlanCharge", key, Deleted=True),
    ]
    done = sync(server, tmp_path, stream, allow_cascade_to=["Usage_Note__c"])
    assert (done.status, done.object(CHARGES)["deleted"]) == (0, 1)
    assert keys(server.org, CHARGES, key) == set()


def test_many_deletions_go_through_a_job(server: EmulatorServer, tmp_path: Path) -> None:
    sync(server, tmp_path, accounts(server, 500))
    gone = [record("Account", f"zz{at}", Name="", CrmId="", Deleted=True) for at in range(500)]
    done = sync(server, tmp_path, [ACCOUNTS, *gone])
    assert (done.status, done.object(ACCOUNT)["deleted"]) == (0, 500)
    assert keys(server.org, ACCOUNT, "zz") == set()


VETOED = {"rows": [{"object": ACCOUNT, "operation": "delete", "every": 5, "message": VETO,
                    "code": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"}]}  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    [
        {"missing": 3},
        {"missing": 3, "missing_are_done": False},
        {"counters": {"failed": 0}, **VETOED},
        {"counters": {"processed": 0, "failed": 0}, **VETOED},
        {"counters": {"processed": 0, "failed": 0, "looks": 1}, **VETOED},
        {"missing": 3, "missing_are_done": False, "times": 1},
    ],
    ids=["gone, in no result", "left, in no result", "none failed", "late", "late once", "once"],
)
def test_rows_that_are_left_are_found_whatever_the_job_says_that_deletes_them(
    server: EmulatorServer, tmp_path: Path, fault: dict[str, Any]
) -> None:
    sync(server, tmp_path, accounts(server, 500))
    job = {name: each for name, each in fault.items() if name != "rows"}
    vetoes = {"rows": fault["rows"]} if "rows" in fault else {}
    server.set_faults({"jobs": [{"operation": "delete", **job}], **vetoes})
    gone = [record("Account", f"zz{at}", Name="", CrmId="", Deleted=True) for at in range(500)]
    done = sync(server, tmp_path, [ACCOUNTS, *gone, state(Account=1)])
    left = len(keys(server.org, ACCOUNT, "zz"))
    counts = done.object(ACCOUNT)
    assert (counts["deleted"], counts["failed"], counts["unknown"]) in (
        (500 - left, left, 0), (0, 0, 500),
    )  # fmt: skip
    if left or counts["unknown"]:
        assert (done.status, done.states) == (4, [])
    else:
        assert (done.status, len(done.states)) == (0, 1)


def test_a_row_that_may_not_be_deleted_is_told(server: EmulatorServer, tmp_path: Path) -> None:
    found = rows(server.org, "SELECT Invoice__r.Zuora__External_Id__c FROM Dunning_Case__c LIMIT 1")
    key = found[0]["Invoice__r"][KEY]
    done = sync(server, tmp_path, [
        INVOICES,
        record("Invoice", key, InvoiceNumber="I", Status="Posted", AccountId=None, Deleted=True),
        state(Invoice=1),
    ])  # fmt: skip
    assert (done.status, done.states) == (4, [])
    assert done.object(INVOICE)["failed"] == 1
    assert keys(server.org, INVOICE, key) == {key}


def test_an_org_out_of_reach_is_told_in_a_sentence(server: EmulatorServer, tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    ran = sync(server, tmp_path, [ACCOUNTS, state(Account=1)], instance_url=nowhere)
    assert (ran.status, ran.states) == (2, [])
    assert f"Can't reach {nowhere}" in ran.message
    assert ran.report["error"] == ran.message


def test_what_a_batch_that_broke_off_has_loaded_is_unknown_and_never_0(
    server: EmulatorServer, tmp_path: Path
) -> None:
    crm = crm_id(server.org)
    made = [record("Account", f"zz{at}", Name=f"N{at}", CrmId=crm) for at in range(20)]
    server.set_faults({"jobs": [{"operation": "upsert", "state": "Failed", "after_batches": 1}]})
    done = sync(server, tmp_path, [ACCOUNTS, *made, state(Account=1)])
    counts = done.object(ACCOUNT)
    assert (done.status, done.states) == (4, [])
    assert len(keys(server.org, ACCOUNT, "zz")) == 20
    assert (counts["upserted"], counts["unknown"], counts["received"]) == (0, 20, 20)
    assert "whether 20 records are loaded is not known" in done.summary


@pytest.mark.parametrize("late", [{"numberRecordsFailed": 0}, {"numberRecordsProcessed": 0}])
def test_rows_that_failed_are_found_although_the_jobs_numbers_are_late(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: dict[str, int]
) -> None:
    real = ingest._details  # noqa: SLF001 - what the emulator tells of a job
    monkeypatch.setattr(ingest, "_details", lambda job: {**real(job), **late})
    code = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    server.set_faults({"rows": [{"object": ACCOUNT, "code": code, "message": VETO, "every": 5}]})
    done = sync(server, tmp_path, accounts(server))
    assert (done.status, done.states) == (4, [])
    loaded = len(keys(server.org, ACCOUNT, "zz"))
    counts = done.object(ACCOUNT)
    assert loaded < 20
    assert (counts["upserted"], counts["failed"], counts["unknown"]) in (
        (loaded, 20 - loaded, 0), (0, 0, 20),
    )  # fmt: skip


def test_jobs_that_a_killed_sync_left_open_are_aborted_and_those_of_others_are_not(
    server: EmulatorServer, tmp_path: Path
) -> None:
    killed = tmp_path / "killed"
    killed.mkdir()
    client = connect(read_settings(login(server)), waits=NO_WAITS, record=JobRecord.of_run(killed))
    upsert = Ingest(ACCOUNT, "upsert", KEY)
    ours, other = client.bulk.create_ingest(upsert), client.bulk.create_ingest(upsert)
    client.jobs.record.note(ours)
    assert sync(server, tmp_path, accounts(server)).status == 0
    states = [client.bulk.job("ingest", each).state for each in (ours, other)]
    assert states == ["Aborted", "Open"]
