"""Answers that are none of Salesforce's are asked for again, then told in a sentence."""

from __future__ import annotations

import csv
import gzip
import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests_mock import ANY

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.salesforce.bulk import Bulk, Ingest
from target_zuora360_cleanup.salesforce.client import Salesforce, connect
from target_zuora360_cleanup.salesforce.credentials import AccessToken
from target_zuora360_cleanup.salesforce.csv_file import IdFile
from target_zuora360_cleanup.salesforce.errors import ApiError, Unreadable
from target_zuora360_cleanup.salesforce.rest import Rest
from target_zuora360_cleanup.salesforce.rows import Selection, read_pages, read_table
from target_zuora360_cleanup.salesforce.session import OrgSession
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

URL = "https://acme.my.salesforce.com"
DATA = f"{URL}/services/data/v64.0"
TOKEN = "00Dxx0000001gPL!secret.of.this.session"
ATTEMPTS = 1 + len(NO_WAITS.send)

HEADER = b'"sf__Id","sf__Error","Id"\n'
HTML = b"<!DOCTYPE html>\n<html><head><title>Down for maintenance</title></head></html>"
BODIES = {
    "html": HTML,
    "nothing": b"",
    "list": b"[]",
    "other list": b'[{"a": 1}]',
    "text": b'"maintenance"',
    "null": b"null",
    "number": b"1e999",
    "object without its fields": b'{"ok": true}',
    "fields of other types": b'{"id": 1, "state": [], "records": {}, "done": "no"}',
    "cut": b'{"records": [{"Id": "001',
    "no UTF-8": b'{"records": "\xff\xfe"}',
    "nested without an end": b"[" * 100_000,
    "nested objects": b'{"records":' * 100_000,
}


@pytest.fixture
def salesforce() -> Iterator[Salesforce]:
    session = OrgSession(AccessToken(TOKEN, URL), NO_WAITS, lambda _: None)
    session.connect()
    with session:
        yield Salesforce.of(Rest(session, URL, "64.0"), lambda _: None, NO_WAITS)


@contextmanager
def some_ids() -> Iterator[IdFile]:
    with closing(IdFile([[b"001"]])) as ids:
        yield ids


def one_job(bulk: Bulk) -> str:
    with some_ids() as ids:
        return bulk.create_filled(Ingest("A__c", "delete"), ids)


ASKED: dict[str, tuple[str, str, Callable[[Salesforce], object]]] = {
    "query": ("GET", f"{DATA}/query/", lambda org: org.rest.query("SELECT Id FROM A__c")),
    "count": ("GET", f"{DATA}/query/", lambda org: org.rest.count("SELECT COUNT() FROM A__c")),
    "tooling": ("GET", f"{DATA}/tooling/query", lambda org: org.rest.tooling_query("SELECT Id")),
    "objects": ("GET", f"{DATA}/sobjects", lambda org: org.rest.object_names()),
    "counts": ("GET", f"{DATA}/limits/recordCount", lambda org: org.rest.record_counts()),
    "describes": ("POST", f"{DATA}/composite", lambda org: org.rest.describe_all(["A__c"])),
    "queries": ("POST", f"{DATA}/composite", lambda org: org.rest.query_each(["SELECT Id"])),
    "deletions": (
        "DELETE",
        f"{DATA}/composite/sobjects",
        lambda org: org.rest.delete_collection(["001", "002"]),
    ),
    "job": ("GET", f"{DATA}/jobs/query/750", lambda org: org.bulk.job("query", "750")),
    "jobs": ("GET", f"{DATA}/jobs/ingest", lambda org: list(org.bulk.listed())),
    "query job": ("POST", f"{DATA}/jobs/query", lambda org: org.bulk.create_query("SELECT Id")),
}


def assert_told(exc: Unreadable, what: str, body: bytes) -> None:
    """It says what was asked and what came, in a line of bounded length, without the token."""
    assert what in exc.message
    assert "\n" not in exc.message
    assert TOKEN not in exc.message
    assert len(exc.message) < 500
    if body.startswith(b"<"):
        assert "Down for maintenance" in exc.message


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("asked", ASKED)
def test_it_is_asked_for_again_and_then_told(
    salesforce: Salesforce, requests_mock: Any, asked: str, body: bytes
) -> None:
    method, url, ask = ASKED[asked]
    requests_mock.request(method, url, content=body)
    with pytest.raises(Unreadable) as caught:
        ask(salesforce)
    assert requests_mock.call_count == ATTEMPTS
    assert_told(caught.value, f"{method} {url}", body)


def test_limits_that_are_no_object_are_told(salesforce: Salesforce, requests_mock: Any) -> None:
    requests_mock.get(f"{DATA}/limits", content=b"[]")
    with pytest.raises(Unreadable):
        salesforce.rest.limits()


def test_an_answer_that_comes_the_second_time_is_taken(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    good = {"done": True, "totalSize": 1, "records": [{"Id": "001"}]}
    cut: Any = {"exc": requests.exceptions.ChunkedEncodingError}
    requests_mock.get(f"{DATA}/query/", [{"content": HTML}, cut, {"json": good}])
    assert salesforce.rest.query("SELECT Id FROM A__c") == [{"Id": "001"}]


def test_a_following_page_of_rows_is_asked_for_again(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    more = "/services/data/v64.0/query/01g-1"
    first = {"done": False, "totalSize": 2, "records": [{"Id": "1"}], "nextRecordsUrl": more}
    last = {"done": True, "totalSize": 2, "records": [{"Id": "2"}]}
    requests_mock.get(f"{DATA}/query/", json=first)
    requests_mock.get(f"{URL}{more}", [{"content": HTML}, {"json": last}])
    assert salesforce.rest.query("SELECT Id FROM A__c") == [{"Id": "1"}, {"Id": "2"}]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_job_that_may_have_been_made_is_not_made_again_without_a_look(
    salesforce: Salesforce, requests_mock: Any, body: bytes
) -> None:
    requests_mock.post(f"{DATA}/jobs/ingest", content=body)
    with pytest.raises(Unreadable):
        one_job(salesforce.bulk)
    assert requests_mock.call_count == 1


def test_a_job_whose_answer_was_unreadable_is_looked_for(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    job = {"id": "750", "object": "A__c", "operation": "delete", "state": "InProgress",
           "createdById": "005"}  # fmt: skip
    made = requests_mock.post(f"{DATA}/jobs/ingest", content=HTML)
    requests_mock.get(f"{DATA}/jobs/ingest", json={"done": True, "records": [job]})
    requests_mock.get(f"{URL}/services/oauth2/userinfo", json={"user_id": "005"})
    requests_mock.get(f"{DATA}/jobs/ingest/750", json={"id": "750", "state": "JobComplete"})
    done, header = b'"sf__Id","sf__Created","Id"\n"001","false","001"\n', b'"Id"\n'
    results = {"successfulResults": done, "failedResults": HEADER, "unprocessedrecords": header}
    for name, content in results.items():
        requests_mock.get(f"{DATA}/jobs/ingest/750/{name}", content=content)
    with some_ids() as ids:
        assert salesforce.jobs.send(Ingest("A__c", "delete"), ids) == "750"
    assert made.call_count == 1


def test_an_upload_that_a_proxy_took_is_no_upload(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    requests_mock.put(f"{DATA}/jobs/ingest/750/batches", content=HTML)
    with some_ids() as ids, pytest.raises(Unreadable):
        salesforce.bulk.upload("750", ids)


def test_polling_outlives_a_page_of_maintenance(salesforce: Salesforce, requests_mock: Any) -> None:
    done = {"id": "750", "state": "JobComplete", "numberRecordsProcessed": 3}
    many: list[dict[str, Any]] = [{"content": HTML}] * (ATTEMPTS + 2)
    requests_mock.get(f"{DATA}/jobs/ingest/750", [*many, {"json": done}])
    assert salesforce.bulk.wait("ingest", "750").processed == 3


ROW = '"","UNABLE_TO_LOCK_ROW:für später:--","001"\n'.encode()
BROKEN_CSV = {
    "html": HTML,
    "nothing": b"",
    "json": b"{}",
    "other columns": b'"Id"\n"001"\n',
    "cut within a value": HEADER + ROW + b'"","UNABLE_TO_LOCK',
    "cut within a row": HEADER + ROW + b'"",',
    "no UTF-8": HEADER + ROW + b'"","\xff","002"\n',
    "a character cut in two": HEADER + ROW[:-16],
    "text after a quote": HEADER + b'"a"b,"c","001"\n',
}


@pytest.mark.parametrize("body", BROKEN_CSV.values(), ids=BROKEN_CSV)
def test_no_failed_row_is_handed_on_of_a_result_that_can_not_be_read(
    salesforce: Salesforce, requests_mock: Any, body: bytes
) -> None:
    url = f"{DATA}/jobs/ingest/750/failedResults"
    requests_mock.get(url, content=body)
    rows = salesforce.bulk.failed_rows("750")
    with pytest.raises(Unreadable) as caught:
        next(rows)
    assert requests_mock.call_count == ATTEMPTS
    assert_told(caught.value, f"GET {url}", body)


def test_failed_rows_that_come_the_second_time_are_taken(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    url = f"{DATA}/jobs/ingest/750/failedResults"
    requests_mock.get(url, [{"content": HEADER + ROW + b'"","cut'}, {"content": HEADER + ROW}])
    assert [row["Id"] for row in salesforce.bulk.failed_rows("750")] == ["001"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    url = f"{DATA}/jobs/ingest/750/failedResults"
    requests_mock.get(url, content=b"\xef\xbb\xbf" + HEADER + ROW)
    assert [row["sf__Id"] for row in salesforce.bulk.failed_rows("750")] == [""]


def test_a_value_may_be_longer_than_131072_characters(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    note = "x" * 200_000
    body = b'"sf__Id","sf__Error","Id","Note__c"\n"","E:m:--","001","' + note.encode() + b'"\n'
    requests_mock.get(f"{DATA}/jobs/ingest/750/failedResults", content=body)
    assert [row["Note__c"] for row in salesforce.bulk.failed_rows("750")] == [note]
    assert csv.field_size_limit() > 131_072


RESULTS = f"{DATA}/jobs/query/750/results"
PAGE = '"Id","Name"\n"001","für"\n'.encode()


@pytest.mark.parametrize(
    "body", [HTML, b"{}", b"[]", PAGE[:-3] + b'\xff"\n', PAGE[:-4] + b'"\n'],
    ids=["html", "object", "list", "no UTF-8", "a character cut in two"],
)  # fmt: skip
def test_a_page_that_can_not_be_read_is_read_again_and_then_told(
    salesforce: Salesforce, requests_mock: Any, body: bytes
) -> None:
    requests_mock.get(RESULTS, content=body, headers={"Sforce-NumberOfRecords": "1"})
    with pytest.raises(Unreadable) as caught:
        list(salesforce.bulk.pages("750", 10, 1))
    assert requests_mock.call_count >= ATTEMPTS
    assert_told(caught.value, f"GET {RESULTS}", body)


def test_a_page_may_begin_with_a_byte_order_mark(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    headers = {"Sforce-NumberOfRecords": "1", "Sforce-Locator": "null"}
    requests_mock.get(RESULTS, content=b"\xef\xbb\xbf" + PAGE, headers=headers)
    assert [b"".join(page) for page in salesforce.bulk.pages("750", 10, 1)] == [PAGE]


def test_a_body_that_is_no_gzip_is_asked_for_again(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    good = gzip.compress(json.dumps({"id": "750", "state": "Open"}).encode())
    broken: Any = {"exc": requests.exceptions.ContentDecodingError}
    headers = {"Content-Encoding": "gzip"}
    requests_mock.get(f"{DATA}/jobs/query/750", [broken, {"content": good, "headers": headers}])
    assert salesforce.bulk.job("query", "750").state == "Open"


CONCURRENT = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit"}]
DAY = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]


@pytest.mark.parametrize("asked", ASKED)
def test_too_many_requests_at_once_pass(
    salesforce: Salesforce, requests_mock: Any, asked: str
) -> None:
    method, url, ask = ASKED[asked]
    busy: dict[str, Any] = {"json": CONCURRENT, "status_code": 403}
    refused: dict[str, Any] = {"json": [{"errorCode": "X", "message": "y"}], "status_code": 400}
    requests_mock.request(method, url, [busy, busy, refused])
    with pytest.raises(ApiError, match="X: y"):
        ask(salesforce)


def test_a_job_is_made_once_too_many_requests_have_passed(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    busy: dict[str, Any] = {"json": CONCURRENT, "status_code": 403}
    made: dict[str, Any] = {"json": {"id": "750", "state": "UploadComplete"}}
    requests_mock.post(f"{DATA}/jobs/ingest", [busy, busy, made])
    assert one_job(salesforce.bulk) == "750"


def test_the_days_limit_does_not_pass(salesforce: Salesforce, requests_mock: Any) -> None:
    requests_mock.get(f"{DATA}/query/", json=DAY, status_code=403)
    with pytest.raises(ApiError, match="TotalRequests") as caught:
        salesforce.rest.count("SELECT COUNT() FROM A__c")
    assert requests_mock.call_count == 1
    assert caught.value.meaning.is_day_used


SLOW = [{"errorCode": "QUERY_TIMEOUT", "message": "zu langsam"}]
SELECTION = Selection("A__c", ("Id", "Name"), "", 1)


def by_job(requests_mock: Any) -> None:
    done = {"id": "750", "state": "JobComplete", "numberRecordsProcessed": 1}
    requests_mock.post(f"{DATA}/jobs/query", json=done)
    requests_mock.get(f"{DATA}/jobs/query/750", json=done)
    headers = {"Sforce-NumberOfRecords": "1", "Sforce-Locator": "null"}
    requests_mock.get(RESULTS, content=PAGE, headers=headers)


def test_a_query_that_is_too_slow_becomes_a_job(salesforce: Salesforce, requests_mock: Any) -> None:
    requests_mock.get(f"{DATA}/query/", json=SLOW, status_code=400)
    by_job(requests_mock)
    pages = [b"".join(page) for page in read_pages(salesforce, SELECTION, 10)]
    assert pages == [PAGE]
    assert list(read_table(salesforce, SELECTION)) == [["001", "für"]]


def login(**more: str) -> dict[str, str]:
    return {"client_id": "client", "client_secret": "sec-ret-1", "refresh_token": "sec-ret-2",
            "domain": "acme.my", **more}  # fmt: skip


LOGIN_BODIES = {
    **BODIES,
    "no instance_url": b'{"access_token": "sec-ret-3"}',
    "instance_url of another type": b'{"access_token": "sec-ret-3", "instance_url": 1}',
}


@pytest.mark.parametrize("body", LOGIN_BODIES.values(), ids=LOGIN_BODIES)
def test_a_login_without_a_proper_answer_is_told(requests_mock: Any, body: bytes) -> None:
    requests_mock.post(f"{URL}/services/oauth2/token", content=body)
    with pytest.raises(InputError) as caught:
        connect(read_settings(login()), waits=NO_WAITS)
    assert requests_mock.call_count == 3
    assert "sec-ret" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("body", LOGIN_BODIES.values(), ids=LOGIN_BODIES)
def test_a_soap_login_without_a_proper_answer_is_told(requests_mock: Any, body: bytes) -> None:
    requests_mock.post(f"{URL}/services/Soap/u/64.0", content=body)
    config = {"username": "me", "password": "sec-ret-1", "domain": "acme.my"}
    with pytest.raises(InputError) as caught:
        connect(read_settings(config), waits=NO_WAITS)
    assert "sec-ret" not in str(caught.value)


def test_a_page_at_the_address_of_the_org_is_told(requests_mock: Any) -> None:
    requests_mock.get(ANY, content=HTML)
    config = {"access_token": TOKEN, "instance_url": "https://acme.lightning.force.com"}
    with pytest.raises(InputError, match="Down for maintenance") as caught:
        connect(read_settings(config), waits=NO_WAITS)
    assert TOKEN not in str(caught.value)
