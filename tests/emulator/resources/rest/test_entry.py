"""Over HTTP: API versions, paths, tokens, the API allowance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.emulated import Emulated

if TYPE_CHECKING:
    from tests.support.http_client import Client


def test_versions_are_listed_without_a_token_and_cost_no_api_call(shared: Client) -> None:
    before = shared("GET", "").headers["Sforce-Limit-Info"]
    answer = requests.get(f"{shared.server.url}/services/data", timeout=10)
    listed = {entry["version"]: entry for entry in answer.json()}
    assert set(listed) == {f"{number}.0" for number in range(40, 68)}
    assert listed["67.0"] == {
        "label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0",
    }  # fmt: skip
    assert listed["59.0"]["label"] == "Winter '24"
    assert "Sforce-Limit-Info" not in answer.headers
    after = shared("GET", "").headers["Sforce-Limit-Info"]
    assert _used(after) == _used(before) + 1


@pytest.mark.parametrize("version", ["v40.0", "v59.0", "v67.0"])
def test_every_version_from_40_to_67_is_spoken(shared: Client, version: str) -> None:
    answer = shared("GET", f"/services/data/{version}")
    assert answer.status_code == 200
    assert answer.json()["query"] == f"/services/data/{version}/query"
    assert answer.json()["identity"].endswith(
        f"/id/{shared.server.org.org_id}/{shared.server.org.user_id}"
    )


@pytest.mark.parametrize("version", ["v39.0", "v68.0", "v59", "59.1", "latest"])
def test_another_version_is_not_found(shared: Client, version: str) -> None:
    answer = shared("GET", f"/services/data/{version}/limits")
    assert answer.status_code == 404
    assert answer.json()[0]["errorCode"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("version", "path", "found"),
    [
        ("v40.0", "jobs/ingest", False),
        ("v41.0", "jobs/ingest", True),
        ("v46.0", "jobs/query", False),
        ("v47.0", "jobs/query", True),
    ],
)
def test_a_resource_is_there_from_its_version_on(
    shared: Client, version: str, path: str, *, found: bool
) -> None:
    answer = shared("GET", f"/services/data/{version}/{path}")
    assert answer.status_code == (200 if found else 404)


def test_paths_are_taken_in_any_case_and_with_a_slash_at_the_end(shared: Client) -> None:
    for path in ("/services/data/v59.0/Limits/", "/Services/Data/V59.0/LIMITS//"):
        assert "DailyApiRequests" in shared("GET", path).json()


def test_an_unknown_resource_and_a_wrong_method_answer_with_salesforces_error(
    shared: Client,
) -> None:
    unknown = shared("GET", "nothing/here")
    assert (unknown.status_code, unknown.json()[0]["errorCode"]) == (404, "NOT_FOUND")
    wrong = shared("DELETE", "query")
    assert (wrong.status_code, wrong.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    "path",
    ["", "limits", "query?q=SELECT+Id+FROM+Account", "sobjects", "jobs/ingest", "composite"],
)
def test_a_wrong_token_is_an_invalid_session_everywhere(shared: Client, path: str) -> None:
    method = "POST" if path == "composite" else "GET"
    answer = shared(method, path, headers={"Authorization": "Bearer 00Dxx!wrong"})
    assert answer.status_code == 401
    assert answer.json() == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]


@pytest.mark.parametrize("path", ["/services/oauth2/userinfo", "/id/00D/005"])
def test_identity_urls_answer_a_wrong_token_with_a_bare_word(shared: Client, path: str) -> None:
    answer = shared("GET", path, headers={"Authorization": "Bearer 00Dxx!wrong"})
    assert (answer.status_code, answer.text) == (403, "Bad_OAuth_Token")


def test_every_call_counts_and_a_spent_allowance_is_refused() -> None:
    options = ServerOptions(allowances={"DailyApiRequests": 2})
    with Emulated(options=options) as server:
        headers = {"Authorization": f"Bearer {server.access_token}"}
        url = f"{server.url}/services/data/v59.0/sobjects"
        answers = [requests.get(url, headers=headers, timeout=10) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert [answer.headers["Sforce-Limit-Info"] for answer in answers] == [
        "api-usage=1/2", "api-usage=2/2", "api-usage=2/2",
    ]  # fmt: skip
    assert answers[2].json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"


def test_answers_are_compressed_for_clients_that_accept_it_and_only_for_them(
    shared: Client,
) -> None:
    packed = shared("GET", "sobjects")
    plain = shared("GET", "sobjects", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()


def test_a_body_that_is_no_json_is_shown(shared: Client) -> None:
    answer = shared("POST", "jobs/ingest", data=b"{")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_limits_list_every_usual_allowance_with_live_counts(shared: Client) -> None:
    first, second = shared("GET", "limits").json(), shared("GET", "limits").json()
    for name in (
        "DailyApiRequests", "DailyBulkApiBatches", "DailyBulkV2QueryJobs",
        "DailyBulkV2QueryFileStorageMB", "DataStorageMB", "FileStorageMB",
    ):  # fmt: skip
        assert set(first[name]) == {"Max", "Remaining"}
    assert second["DailyApiRequests"]["Remaining"] == first["DailyApiRequests"]["Remaining"] - 1
    assert first["DataStorageMB"]["Remaining"] < first["DataStorageMB"]["Max"]


def test_record_counts_leave_out_unknown_objects_and_list_all_when_none_is_named(
    shared: Client,
) -> None:
    asked = {"sObjects": "Account,zuora__subscription__c,Nothing__c"}
    some = shared("GET", "limits/recordCount", params=asked).json()["sObjects"]
    counts = shared.server.org.counts()
    assert {entry["name"]: entry["count"] for entry in some} == {
        name: counts[name] for name in ("Account", "Zuora__Subscription__c")
    }
    every = shared("GET", "limits/recordCount").json()["sObjects"]
    assert len(every) == len(counts)


def test_record_counts_can_be_a_stale_snapshot() -> None:
    with Emulated(options=ServerOptions(stale_counts=True)) as server:
        headers = {"Authorization": f"Bearer {server.access_token}"}
        base = f"{server.url}/services/data/v59.0"
        count = f"{base}/limits/recordCount?sObjects=Account"
        before = requests.get(count, headers=headers, timeout=10).json()
        made = requests.post(
            f"{base}/sobjects/Account", json={"Name": "New"}, headers=headers, timeout=10
        )
        assert made.status_code == 201
        assert requests.get(count, headers=headers, timeout=10).json() == before


def _used(header: str) -> int:
    return int(header.removeprefix("api-usage=").partition("/")[0])
