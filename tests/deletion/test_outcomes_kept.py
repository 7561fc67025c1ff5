"""Whatever goes wrong in one object type, the report has the outcomes of all, as counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.resources.bulk import ingest
from target_zuora360_cleanup.salesforce.bulk import Bulk
from tests.support.agreement import assert_report_agrees
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, login, run, zuora_rows
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.resources.bulk.jobs import Job as ServersJob
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from target_zuora360_cleanup.salesforce.bulk import Job
    from tests.support.runs import Ran

pytestmark = [pytest.mark.slow, pytest.mark.quotes_may_change]
ITEMS, ACCOUNTS = "Zuora__InvoiceItem__c", "Zuora__CustomerAccount__c"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorServer]:
    # All rows go by jobs, so that few will do.
    monkeypatch.setattr("target_zuora360_cleanup.deletion.sending.COLLECTION_ROWS", 0)
    with Emulated(OrgOptions(records=600, sandbox=True)) as made:
        thin_out(made.org, "Zuora__PaymentTerm__c")
        yield made


def cleanup(server: EmulatorServer, output: Path) -> Ran:
    config = {"mode": "cleanup", **login(server), **ALLOWED, "keep_quoted_products": False}
    return run(config, output)


class _Broken(Bulk):
    """Its answers can't be understood, once the jobs have done their work."""

    @override
    def wait(self, kind: str, job_id: str, *args: Any, **kwargs: Any) -> Job:
        job = super().wait(kind, job_id, *args, **kwargs)
        if kind == "ingest":
            raise KeyError("numberRecordsFailed")
        return job


def test_an_error_that_nobody_foresaw_hides_nothing_that_is_gone(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("target_zuora360_cleanup.salesforce.client.Bulk", _Broken)
    before = zuora_rows(server.org)
    ran = cleanup(server, tmp_path)
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert_report_agrees(server.org, before, ran.report)
    gone = sum(each["deleted"] for each in ran.report["objects"])
    assert gone == sum(before.values()) - sum(zuora_rows(server.org).values()) > 0
    broken = [each["error"] for each in ran.report["objects"] if each["ended"] == "partial"]
    assert broken
    assert all("KeyError: 'numberRecordsFailed'" in each for each in broken)


LOCK = {"object": ITEMS, "code": "UNABLE_TO_LOCK_ROW", "message": "locked", "operation": "delete"}


def counters_are_late(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ingest._details  # noqa: SLF001 - what the emulator tells of a job

    def late(job: ServersJob) -> dict[str, Any]:
        return {**real(job), "numberRecordsFailed": 0}

    monkeypatch.setattr(ingest, "_details", late)


def test_rows_that_are_left_without_a_word_have_another_round(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters_are_late(monkeypatch)
    # (accounts are above all others, so that no other step finds what is left of them)
    server.set_faults({"rows": [{**LOCK, "object": ACCOUNTS, "share": 0.3, "times": 1}]})
    ran = cleanup(server, tmp_path)
    assert (ran.status, zuora_rows(server.org)) == (0, {})
    assert not ran.report["failures"]


def test_rows_that_stay_are_named_although_no_number_tells_of_them(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters_are_late(monkeypatch)
    server.set_faults({"rows": [{**LOCK, "every": 7}]})
    before = zuora_rows(server.org)
    ran = cleanup(server, tmp_path)
    left = zuora_rows(server.org)[ITEMS]
    assert ran.status == 4
    assert ran.object(ITEMS)["failed"] == left > 0
    assert [each["count"] for each in ran.report["failures"] if each["object"] == ITEMS] == [left]
    assert_report_agrees(server.org, before, ran.report)


def test_rows_of_which_no_result_tells_are_left_and_not_called_gone(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters_are_late(monkeypatch)
    monkeypatch.setattr(Bulk, "failed_rows", lambda *_: iter(()))
    server.set_faults({"rows": [{**LOCK, "every": 7}]})
    before = zuora_rows(server.org)
    ran = cleanup(server, tmp_path)
    left = zuora_rows(server.org)[ITEMS]
    assert ran.object(ITEMS)["failed"] == left > 0
    assert_report_agrees(server.org, before, ran.report)
    (group,) = [each for each in ran.report["failures"] if each["object"] == ITEMS]
    assert (group["code"], group["count"]) == ("NO_RESULT", left)
    found = server.org.query(f"SELECT Id FROM {ITEMS}")
    assert {each["id"] for each in ran.file("failures.csv") if each["object"] == ITEMS} == {
        row[0] for row in found.rows(0, found.total)
    }


def test_rows_left_without_a_word_that_are_too_many_to_name_are_counted(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters_are_late(monkeypatch)
    monkeypatch.setattr("target_zuora360_cleanup.deletion.silence.MOST_NAMED", 0)
    monkeypatch.setattr(Bulk, "failed_rows", lambda *_: iter(()))
    server.set_faults({"rows": [{**LOCK, "every": 7}]})
    before = zuora_rows(server.org)
    ran = cleanup(server, tmp_path)
    left = zuora_rows(server.org)[ITEMS]
    assert ran.object(ITEMS)["failed"] == left > 0
    assert f"Salesforce gives no reason for {left} rows" in ran.object(ITEMS)["error"]
    assert_report_agrees(server.org, before, ran.report)


GONE = {**LOCK, "code": "INVALID_CROSS_REFERENCE_KEY", "message": "invalid cross reference id"}


def test_rows_that_are_called_no_record_are_looked_for(
    server: EmulatorServer, tmp_path: Path
) -> None:
    server.set_faults({"rows": [{**GONE, "every": 3, "times": 1}]})
    ran = cleanup(server, tmp_path)
    assert (ran.status, zuora_rows(server.org), ran.report["failures"]) == (0, {}, [])


def test_rows_that_are_called_no_record_and_stay_have_failed(
    server: EmulatorServer, tmp_path: Path
) -> None:
    server.set_faults({"rows": [{**GONE, "every": 3}]})
    ran = cleanup(server, tmp_path)
    left = zuora_rows(server.org)[ITEMS]
    assert (ran.status, ran.object(ITEMS)["failed"]) == (4, left)
    assert [each["count"] for each in ran.report["failures"] if each["object"] == ITEMS] == [left]


REFUSED = {"code": "INSUFFICIENT_ACCESS"}
"""Of counts after the jobs; the plan's have other columns."""


def test_a_refused_count_of_what_is_left_is_not_taken_for_none(
    server: EmulatorServer, tmp_path: Path
) -> None:
    left = {"object": ACCOUNTS, "operation": "delete", "missing": 2, "missing_are_done": False}
    counts = [
        {"soql": f"SELECT COUNT() FROM {ACCOUNTS}", **REFUSED},
        {"soql": f"SELECT COUNT(Id) n FROM {ACCOUNTS}", **REFUSED},
    ]
    server.set_faults({"jobs": [left], "queries": counts})
    ran = cleanup(server, tmp_path)
    assert zuora_rows(server.org)[ACCOUNTS]
    told = ran.object(ACCOUNTS)
    assert (told["deleted"], told["failed"], told["ended"]) == (None, None, "unknown")
    assert ran.status == 4


def test_what_is_above_waits_for_a_count_that_was_refused_and_the_end_tells_the_number(
    server: EmulatorServer, tmp_path: Path
) -> None:
    server.set_faults({"queries": [{"soql": f"SELECT COUNT() FROM {ACCOUNTS}", **REFUSED}]})
    before = zuora_rows(server.org)
    ran = cleanup(server, tmp_path)
    told = ran.object(ACCOUNTS)
    assert (told["deleted"], told["failed"], told["ended"]) == (before[ACCOUNTS], 0, "done")
    assert (ran.status, ran.object("Zuora__PaymentTerm__c")["ended"]) == (4, "not begun")
    assert_report_agrees(server.org, before, ran.report)
