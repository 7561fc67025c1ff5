"""Over HTTP: Bulk API 2.0 query jobs, their pages and what they can't ask."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.emulated import Emulated
from tests.support.http_client import client_of

if TYPE_CHECKING:
    import requests

    from tests.support.http_client import Client

ITEMS = "SELECT Id FROM Zuora__InvoiceItem__c"


def query_job(client: Client, soql: str = ITEMS, **more: Any) -> dict[str, Any]:
    job = client.create_job(operation="query", query=soql, **more)
    ended = client.wait(job)
    assert ended["state"] == "JobComplete", ended
    return ended


def page(client: Client, job: dict[str, Any], **query: Any) -> requests.Response:
    return client("GET", f"jobs/query/{job['id']}/results", params=query)


def rows(answer: requests.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text)))


def test_a_new_job_starts_at_once_and_knows_its_object(shared: Client) -> None:
    job = shared.create_job(operation="query", query=ITEMS)
    expected = {
        "operation": "query", "object": "Zuora__InvoiceItem__c", "state": "UploadComplete",
        "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": 59.0,
        "jobType": "V2Query", "lineEnding": "LF", "columnDelimiter": "COMMA",
    }  # fmt: skip
    assert expected.items() <= job.items()
    ended = shared.wait(job)
    assert ended["numberRecordsProcessed"] == shared.server.org.counts()["Zuora__InvoiceItem__c"]


def test_pages_have_a_header_each_and_a_locator_until_the_end(shared: Client) -> None:
    job = query_job(shared)
    total = job["numberRecordsProcessed"]
    ids: list[str] = []
    locator: str | None = None
    while locator != "null":
        answer = page(shared, job, maxRecords=200, **({"locator": locator} if locator else {}))
        header, *found = rows(answer)
        assert header == ["Id"]
        assert answer.headers["Sforce-NumberOfRecords"] == str(len(found))
        ids += [row[0] for row in found]
        locator = answer.headers["Sforce-Locator"]
    assert len(ids) == len(set(ids)) == total > 400


def test_without_max_records_a_small_result_is_one_page(shared: Client) -> None:
    answer = page(shared, query_job(shared))
    assert answer.headers["Sforce-Locator"] == "null"
    assert answer.headers["Content-Encoding"] == "gzip"


def test_a_result_stays_the_same_when_the_records_are_deleted(own: Client) -> None:
    job = query_job(own, "SELECT Id, Name FROM Zuora__PaymentTerm__c")
    first = page(own, job, maxRecords=1)
    second = page(own, job, locator=first.headers["Sforce-Locator"])
    for record in own.ids("Zuora__PaymentTerm__c", 200):
        own("DELETE", f"sobjects/Zuora__PaymentTerm__c/{record}")
    assert page(own, job, maxRecords=1).text == first.text
    assert page(own, job, locator=first.headers["Sforce-Locator"]).text == second.text


def test_an_empty_result_has_a_header_only(shared: Client) -> None:
    job = query_job(shared, "SELECT Id, Name FROM Account WHERE Name = 'nobody at all'")
    answer = page(shared, job)
    assert rows(answer) == [["Id", "Name"]]
    assert answer.headers["Sforce-Locator"] == "null"
    assert answer.headers["Sforce-NumberOfRecords"] == "0"


@pytest.mark.parametrize("locator", ["%21%21", "rubbish", "OTk5OTk5OTk5", "LTU", "the end"])
def test_a_locator_that_was_never_given_is_refused(shared: Client, locator: str) -> None:
    answer = page(shared, query_job(shared), locator=locator)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDLOCATOR")


def test_max_records_must_be_a_number(shared: Client) -> None:
    job = query_job(shared)
    assert page(shared, job, maxRecords="many").status_code == 400
    assert page(shared, job, maxRecords=0).status_code == 400


def test_results_read_with_another_version_than_the_jobs_are_a_conflict(shared: Client) -> None:
    job = query_job(shared)
    for path in ("results", "resultPages"):
        answer = shared("GET", f"/services/data/v60.0/jobs/query/{job['id']}/{path}")
        assert answer.status_code == 409
    assert shared("GET", f"/services/data/v60.0/jobs/query/{job['id']}").status_code == 200


def test_result_pages_are_there_from_version_58_on() -> None:
    with Emulated(OrgOptions(records=0)) as server:
        client = client_of(server)
        # Past the end of the first page; over HTTP they would take a quarter of a minute.
        numbers = ((number, f"n{number}") for number in range(1_000, 51_000))
        with server.org.lock, server.org.store.transaction():
            server.org.store.insert("Account", ["Id", "Name"], numbers)
        job = query_job(client, "SELECT Id FROM Account")
        answer = client("GET", f"jobs/query/{job['id']}/resultPages").json()
        assert answer["done"] is True
        assert answer["nextRecordsUrl"] is None
        ids: set[str] = set()
        for entry in answer["resultPages"]:
            ids |= {row[0] for row in rows(client("GET", entry["resultUrl"]))[1:]}
        assert len(answer["resultPages"]) == 2
        assert len(ids) == job["numberRecordsProcessed"] == server.org.counts()["Account"]
        old = client.create_job("v57.0", operation="query", query="SELECT Id FROM Account")
        path = f"/services/data/v57.0/jobs/query/{old['id']}/resultPages"
        assert client("GET", path).status_code == 404


def test_query_all_finds_deleted_rows_and_query_does_not(own: Client) -> None:
    [record] = own.ids("Zuora__PaymentTerm__c", 1)
    own("DELETE", f"sobjects/Zuora__PaymentTerm__c/{record}")
    soql = "SELECT Id, IsDeleted FROM Zuora__PaymentTerm__c"
    job = own.create_job(operation="queryAll", query=soql)
    own.wait(job)
    assert [record, "true"] in rows(page(own, job))
    assert record not in {row[0] for row in rows(page(own, query_job(own, soql)))}


def test_delimiter_line_end_nulls_and_parents_show_in_results(shared: Client) -> None:
    soql = (
        "SELECT Id, Zuora__Account__r.Name, Zuora__Account__r.ParentId "
        "FROM Zuora__CustomerAccount__c LIMIT 1"
    )
    job = query_job(shared, soql, columnDelimiter="PIPE", lineEnding="CRLF")
    header, row, end = page(shared, job).text.split("\r\n")
    assert header == '"Id"|"Zuora__Account__r.Name"|"Zuora__Account__r.ParentId"'
    assert row.endswith('|""')
    assert end == ""


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT COUNT() FROM Account", "API_ERROR"),
        ("SELECT MAX(Name) FROM Account", "API_ERROR"),
        ("SELECT Name FROM Account GROUP BY Name", "API_ERROR"),
        ("SELECT Id FROM Account LIMIT 5 OFFSET 5", "API_ERROR"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR"),
        ("SELECT TYPEOF What WHEN Account THEN Name END FROM Event", "API_ERROR"),
        ("SELECT FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE"),
        ("SELECT Nothing__c FROM Account", "INVALID_FIELD"),
    ],
)
def test_what_a_bulk_query_cannot_do_is_refused_at_once(
    shared: Client, soql: str, code: str
) -> None:
    answer = shared("POST", "jobs/query", json={"operation": "query", "query": soql})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_those_words_are_fine_inside_a_text(shared: Client) -> None:
    query_job(shared, "SELECT Id FROM Account WHERE Name = 'group by \\' offset 1 count()'")


def test_a_job_needs_an_operation_and_a_query(shared: Client) -> None:
    for asked in ({"operation": "delete", "query": ITEMS}, {"operation": "query"}):
        assert shared("POST", "jobs/query", json=asked).status_code == 400


def test_a_job_under_way_has_no_results_and_can_be_aborted() -> None:
    with Emulated(OrgOptions(records=100), ServerOptions(batch_seconds=20)) as server:
        client = client_of(server)
        job = client.create_job(operation="query", query="SELECT Id FROM Account")
        assert page(client, job).json()[0]["errorCode"] == "INVALIDJOBSTATE"
        assert client.close(job, "UploadComplete").status_code == 400
        assert client.close(job, "Aborted").json()["state"] == "Aborted"
        assert client.close(job, "Aborted").status_code == 400


def test_a_job_can_be_deleted_and_jobs_are_listed(own: Client) -> None:
    jobs = [query_job(own)["id"] for _ in range(2)]
    listed = own("GET", "jobs/query").json()
    assert [job["id"] for job in listed["records"]] == jobs
    assert own("DELETE", f"jobs/query/{jobs[0]}").status_code == 204
    assert own("GET", f"jobs/query/{jobs[0]}").status_code == 404
    assert own("GET", f"jobs/ingest/{jobs[1]}").status_code == 404


def test_query_jobs_spend_their_daily_allowance() -> None:
    options = ServerOptions(allowances={"DailyBulkV2QueryJobs": 1})
    with Emulated(OrgOptions(records=0), options) as server:
        client = client_of(server)
        query_job(client, "SELECT Id FROM Account")
        asked = {"operation": "query", "query": "SELECT Id FROM Account"}
        answer = client("POST", "jobs/query", json=asked)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDEDQUOTA")
        used, _ = server.service.allowances.usage("DailyBulkApiBatches")
        assert used == 0
