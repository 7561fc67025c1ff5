"""Bulk jobs whose results or numbers are not the truth, and jobs that lock each other's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.emulated import Emulated
from tests.support.http_client import client_of, csv_of

if TYPE_CHECKING:
    from tests.support.http_client import Client

ITEM = "Zuora__InvoiceItem__c"
CHARGE, FIELD = "Zuora__SubscriptionProductCharge__c", "Zuora__Subscription__c"
FILES = ("successfulResults", "failedResults", "unprocessedrecords")


def with_faults(client: Client, **faults: Any) -> None:
    assert client("POST", "/__emulator__/faults", json=faults).ok


def told(client: Client, job: dict[str, Any], ids: list[str]) -> list[str]:
    """Those of the ids that are in one of the three files."""
    text = "".join(client.results(job, name) for name in FILES)
    return [each for each in ids if each in text]


@pytest.mark.parametrize("done", [True, False])
def test_rows_may_be_in_none_of_the_three_files(own: Client, *, done: bool) -> None:
    with_faults(own, jobs=[{"object": ITEM, "missing": 3, "missing_are_done": done}])
    ids = own.ids(ITEM, 7)
    job = own.run(csv_of(ids), object=ITEM, operation="delete")
    assert (job["state"], job["numberRecordsProcessed"]) == ("JobComplete", 7)
    assert told(own, job, ids) == [each for at, each in enumerate(ids, 1) if at % 3]
    left = own.query(f"SELECT COUNT() FROM {ITEM} WHERE Id IN ('{ids[2]}', '{ids[5]}')")
    assert left["totalSize"] == (0 if done else 2)


def test_a_job_may_tell_numbers_that_are_old_until_it_is_looked_at_again(own: Client) -> None:
    counters = {"processed": 2, "failed": 0, "looks": 2}
    with_faults(own, jobs=[{"counters": counters}])
    ids = [*own.ids(ITEM, 3), "a0G5g00000zzzzzEAA"]
    job = own.run(csv_of(ids), object=ITEM, operation="delete")
    shown = [job, own.info(job), own.info(job)]
    numbers = [(each["numberRecordsProcessed"], each["numberRecordsFailed"]) for each in shown]
    assert numbers == [(2, 0), (2, 0), (4, 1)]


def test_a_query_job_may_tell_more_records_than_its_result_has(own: Client) -> None:
    with_faults(own, jobs=[{"operation": "query", "counters": {"processed": 9_999}}])
    job = own.create_job(operation="query", query=f"SELECT Id FROM {ITEM}")
    assert own.wait(job)["numberRecordsProcessed"] == 9_999
    page = own("GET", f"jobs/query/{job['id']}/results")
    assert int(page.headers["Sforce-NumberOfRecords"]) < 9_999


def test_a_job_may_have_been_tried_again(own: Client) -> None:
    with_faults(own, jobs=[{"retries": 3}])
    assert own.run(csv_of(own.ids(ITEM, 1)), object=ITEM, operation="delete")["retries"] == 3


def test_jobs_at_the_same_time_lock_each_others_siblings() -> None:
    with Emulated(OrgOptions(records=300), ServerOptions(parallel_jobs=2)) as server:
        client = client_of(server)
        with client.session:
            with_faults(client, locks={"seconds": 0.4})
            mine, other = (siblings(client, each) for each in of_two(client))
            jobs = [started(client, part) for part in ([mine[0]], [mine[1], other[0]])]
            ended = [client.wait(job) for job in jobs]
            errors = "".join(client.results(job, "failedResults") for job in ended)
            assert sum(job["numberRecordsFailed"] for job in ended) == 1
            assert "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record" in errors
            later = client.run(csv_of(mine[:2]), object=CHARGE, operation="delete")
            assert "UNABLE_TO_LOCK_ROW" not in client.results(later, "failedResults")


def of_two(client: Client) -> list[str]:
    """Two subscriptions that have several charges."""
    found = client.query(f"SELECT {FIELD} p FROM {CHARGE} WHERE {FIELD} != null GROUP BY {FIELD}"
                         " HAVING COUNT(Id) > 1 LIMIT 2")  # fmt: skip
    return [each["p"] for each in found["records"]]


def siblings(client: Client, parent: str) -> list[str]:
    found = client.query(f"SELECT Id FROM {CHARGE} WHERE {FIELD} = '{parent}'")
    return [each["Id"] for each in found["records"]]


def started(client: Client, ids: list[str]) -> dict[str, Any]:
    job = client.create_job(object=CHARGE, operation="delete")
    client.upload(job, csv_of(ids))
    client.close(job)
    return job
