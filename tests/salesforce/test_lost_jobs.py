"""Jobs whose answer got lost are known by their rows, never by their user alone."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.output.jobs import JobRecord
from target_zuora360_cleanup.salesforce.bulk import Bulk, Ingest
from target_zuora360_cleanup.salesforce.client import Salesforce, connect
from target_zuora360_cleanup.salesforce.csv_file import CsvFile, IdFile
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.emulated import Emulated
from tests.support.runs import login

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

ITEMS = "Zuora__InvoiceItem__c"
DELETE, UPSERT = Ingest(ITEMS, "delete"), Ingest(ITEMS, "upsert", "Zuora__External_Id__c")


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=300, sandbox=True)) as made:
        yield made


@pytest.fixture
def salesforce(server: EmulatorServer, tmp_path: Path) -> Salesforce:
    (tmp_path / "run").mkdir()
    record = JobRecord.of_run(tmp_path / "run")
    return connect(read_settings(login(server)), waits=NO_WAITS, record=record)


def ids(server: EmulatorServer) -> list[bytes]:
    found = server.org.query(f"SELECT Id FROM {ITEMS}")
    return [str(row[0]).encode() for row in found.rows(0, found.total)]


def lose_answer(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Bulk], object]) -> None:
    """The first job is not made, its answer does not come; another program does something."""
    real, calls = Bulk.create_filled, list[int]()

    def lost(self: Bulk, ingest: Ingest, rows: CsvFile) -> str:
        calls.append(1)
        if len(calls) == 1:
            with pytest.MonkeyPatch.context() as undone:
                undone.setattr(Bulk, "create_filled", real)
                meanwhile(self)
            raise requests.ConnectionError
        return real(self, ingest, rows)

    monkeypatch.setattr(Bulk, "create_filled", lost)


@pytest.mark.parametrize("ingest", [DELETE, UPSERT], ids=["delete", "upsert"])
def test_a_job_of_the_same_user_that_has_other_rows_is_never_taken_for_the_lost_one(
    server: EmulatorServer,
    salesforce: Salesforce,
    monkeypatch: pytest.MonkeyPatch,
    ingest: Ingest,
) -> None:
    theirs, *ours = [f"{key}".encode() for key in "abcdef"]
    if ingest is DELETE:
        theirs, *ours = ids(server)[:6]
    header = (ingest.key or "Id").encode()
    others: list[str] = []

    def other(bulk: Bulk) -> None:
        with closing(CsvFile(header, [[theirs]])) as rows:
            others.append(bulk.create_filled(ingest, rows))

    lose_answer(monkeypatch, other)
    with closing(CsvFile(header, [ours])) as rows:
        job_id = salesforce.jobs.send(ingest, rows)
    assert job_id not in others
    assert salesforce.bulk.wait("ingest", job_id).processed == len(ours)


def test_a_job_that_is_there_is_followed_and_not_made_twice(
    server: EmulatorServer, salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours, made = ids(server)[:5], list[str]()

    def arrives(bulk: Bulk) -> None:
        with closing(IdFile([ours])) as rows:
            made.append(bulk.create_filled(DELETE, rows))

    lose_answer(monkeypatch, arrives)
    with closing(IdFile([ours])) as rows:
        assert salesforce.jobs.send(DELETE, rows) == made[0]
    assert JobRecord.read_only(str(tmp_path)).known() == set(made)


def test_an_open_job_is_left_alone_and_told_of(
    salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    others: list[str] = []
    lose_answer(monkeypatch, lambda bulk: others.append(bulk.create_ingest(DELETE)))
    with caplog.at_level(logging.INFO), closing(IdFile([[b"a0x000000000001AAA"]])) as rows:
        salesforce.jobs.send(DELETE, rows)
    assert salesforce.bulk.job("ingest", others[0]).state == "Open"
    assert f"job {others[0]} is open" in caplog.text


def test_only_open_jobs_that_a_run_has_noted_may_be_aborted(
    salesforce: Salesforce, caplog: pytest.LogCaptureFixture
) -> None:
    ours, other = salesforce.bulk.create_ingest(DELETE), salesforce.bulk.create_ingest(DELETE)
    salesforce.jobs.record.note(ours)
    with caplog.at_level(logging.INFO):
        (only,) = salesforce.jobs.wait_for_leftovers(lambda _: True)
    assert only.id == ours
    assert f"Job {other} on {ITEMS} is open" in caplog.text


def test_a_job_in_a_state_that_nobody_knows_may_still_delete(
    server: EmulatorServer, salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(IdFile([ids(server)[:1]])) as rows:
        job_id = salesforce.jobs.send(DELETE, rows)
    salesforce.bulk.wait("ingest", job_id)
    (job,) = salesforce.bulk.listed()
    monkeypatch.setattr(Bulk, "listed", lambda _: iter([replace(job, state="Resumed")]))
    assert [each.id for each in salesforce.jobs.leftovers(lambda _: True)] == [job_id]


def test_without_a_record_nothing_is_known_to_be_ours(tmp_path: Path) -> None:
    JobRecord().note("750")
    assert JobRecord().known() == frozenset()
    assert JobRecord.read_only(str(tmp_path / "none")).known() == frozenset()
