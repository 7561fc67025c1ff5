"""Answers that are not what Salesforce means to send: pages, pieces, refusals by limits."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.support.http_client import csv_of

if TYPE_CHECKING:
    from tests.support.http_client import Client

TERM = "Zuora__PaymentTerm__c"
ITEM = "Zuora__InvoiceItem__c"


def with_rules(client: Client, *rules: dict[str, Any]) -> None:
    assert client("POST", "/__emulator__/faults", json={"requests": list(rules)}).ok


def exported(client: Client, **rule: Any) -> requests.Response:
    """The result of a query job, read under a rule."""
    job = client.create_job(operation="query", query=f"SELECT Id, Name FROM {TERM}")
    client.wait(job)
    with_rules(client, {"path": "*/results", **rule})
    return client("GET", f"jobs/query/{job['id']}/results")


def test_any_answer_can_be_a_page_that_takes_no_effect(own: Client) -> None:
    [record] = own.ids(TERM, 1)
    with_rules(own, {"method": "DELETE", "answer": "html"})
    page = own("DELETE", f"sobjects/{TERM}/{record}")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")
    assert page.text.startswith("<!DOCTYPE html>")
    assert own("GET", f"sobjects/{TERM}/{record}").status_code == 200


def test_any_answer_can_be_a_page_once_it_is_done(own: Client) -> None:
    [record] = own.ids(TERM, 1)
    with_rules(own, {"method": "DELETE", "spoil": "html"})
    assert own("DELETE", f"sobjects/{TERM}/{record}").text.startswith("<!DOCTYPE html>")
    assert own("GET", f"sobjects/{TERM}/{record}").status_code == 404


def test_an_answer_can_be_given_word_by_word(own: Client) -> None:
    given = {"status": 201, "type": "text/plain", "body": "é", "headers": {"X-Proxy": "yes"}}
    with_rules(own, {"answer": given, "times": 1})
    answer = own("GET", "limits")
    assert (answer.status_code, answer.content) == (201, "é".encode())
    assert answer.headers["X-Proxy"] == "yes"
    assert own("GET", "limits").json()["DailyApiRequests"]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_that_is_cut_ends_the_connection(own: Client, encoding: str) -> None:
    with_rules(own, {"cut": "within"})
    with pytest.raises(requests.RequestException):
        own("GET", "limits", headers={"Accept-Encoding": encoding})


def test_half_a_body_may_look_whole(own: Client) -> None:
    with_rules(own, {"spoil": "half"})
    answer = own("GET", "limits")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        json.loads(answer.text)


def test_an_answer_may_be_a_list_or_lack_a_key_or_everything(own: Client) -> None:
    with_rules(own, {"spoil": "list", "times": 1}, {"without": "DailyApiRequests", "times": 1},
               {"spoil": "empty"})  # fmt: skip
    listed, lacking, empty = (own("GET", "limits") for _ in range(3))
    assert listed.json()[0]["DailyApiRequests"]
    assert "DailyApiRequests" not in lacking.json()
    assert lacking.json()
    assert empty.content == b""


def test_a_result_may_have_a_mark_in_front_or_a_byte_that_is_no_utf8(own: Client) -> None:
    assert exported(own, spoil="bom").content.startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError):
        exported(own, spoil="not_utf8").content.decode()


def test_a_short_page_has_fewer_rows_than_its_header_says(own: Client) -> None:
    short = exported(own, spoil="short")
    rows = list(csv.DictReader(io.StringIO(short.content.decode())))
    assert len(rows) == int(short.headers["Sforce-NumberOfRecords"]) - 1 > 0
    with_rules(own, {"path": "*/query", "spoil": "short"})
    page = own.query(f"SELECT Id FROM {TERM}")
    assert len(page["records"]) == page["totalSize"] - 1


def test_the_last_row_of_a_result_may_end_within_its_quotes(own: Client) -> None:
    text = exported(own, spoil="unclosed").content.decode()
    with pytest.raises(csv.Error):
        list(csv.reader(io.StringIO(text), strict=True))


@pytest.mark.parametrize("limit", ["ConcurrentRequests", "TotalRequests"])
def test_both_limits_of_requests_are_a_403(own: Client, limit: str) -> None:
    with_rules(own, {"limit": limit})
    refused = own("GET", "limits")
    assert refused.status_code == 403
    [error] = refused.json()
    assert error["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    assert error["message"].startswith(f"{limit} ")


def test_slow_parts_end_a_composite_request_and_fewer_do_not(own: Client) -> None:
    faults = {"composite": {"most_parts": 2, "path": "*/query*"}}
    assert own("POST", "/__emulator__/faults", json=faults).ok
    soql = f"SELECT+COUNT()+FROM+{TERM}"
    url = f"/services/data/v59.0/query?q={soql}"
    parts = [{"method": "GET", "url": url, "referenceId": f"r{n}"} for n in range(3)]
    refused = own("POST", "composite", json={"compositeRequest": parts})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (
        503,
        "REQUEST_RUNNING_TOO_LONG",
    )
    assert own("POST", "composite", json={"compositeRequest": parts[:2]}).ok


def test_a_refresh_token_may_be_good_for_one_login(own: Client) -> None:
    assert own("POST", "/__emulator__/faults", json={"refresh_tokens": "rotate"}).ok

    def login(token: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "client_id": "a", "refresh_token": token}
        return requests.post(f"{own.server.url}/services/oauth2/token", data=form, timeout=10)

    following = login("first").json()["refresh_token"]
    assert following != "first"
    assert login("first").json()["error"] == "invalid_grant"
    assert login(following).ok


def test_texts_may_be_in_another_language_and_codes_are_not(own: Client) -> None:
    assert own("POST", "/__emulator__/faults", json={"language": "de"}).ok
    [record] = own.ids(ITEM, 1)
    own("DELETE", f"sobjects/{ITEM}/{record}")
    [gone] = own("DELETE", f"sobjects/{ITEM}/{record}").json()
    assert (gone["errorCode"], gone["message"]) == (
        "ENTITY_IS_DELETED",
        "Der Datensatz ist gelöscht",
    )
    job = own.run(csv_of([record]), object=ITEM, operation="delete")
    [row] = csv.DictReader(io.StringIO(own("GET", f"jobs/ingest/{job['id']}/failedResults")
                                       .content.decode()))  # fmt: skip
    assert row["sf__Error"] == "ENTITY_IS_DELETED:Der Datensatz ist gelöscht:--"
    [collected] = own("DELETE", "composite/sobjects", params={"ids": record}).json()
    assert collected["errors"][0]["message"] == "Der Datensatz ist gelöscht"
