"""Over HTTP: several requests in one, and how they are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.http_client import Client

BASE = "/services/data/v59.0"


def get(path: str, reference: str, **more: Any) -> dict[str, Any]:
    return {"method": "GET", "url": f"{BASE}/{path}", "referenceId": reference, **more}


def series(client: Client, *asked: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    answer = client("POST", "composite", json={"compositeRequest": list(asked), **more})
    assert answer.ok, answer.text
    answers: list[dict[str, Any]] = answer.json()["compositeResponse"]
    return answers


def test_a_series_is_one_api_call_whatever_it_holds(own: Client) -> None:
    own.server.service.stats.reset()
    before = own.server.service.allowances.usage("DailyApiRequests")[0]
    answers = series(own, *(get("sobjects/Account/describe", f"d{n}") for n in range(25)))
    assert {answer["httpStatusCode"] for answer in answers} == {200}
    assert answers[0]["body"]["name"] == "Account"
    assert own.server.stats()["api_calls"] == {"total": 1, "composite": 1}
    assert own.server.service.allowances.usage("DailyApiRequests")[0] == before + 1


def test_a_later_request_may_use_an_earlier_answer(shared: Client) -> None:
    made = {"method": "POST", "url": f"{BASE}/sobjects/Account", "referenceId": "new"}
    answers = series(
        shared,
        {**made, "body": {"Name": "Parent"}},
        {**made, "referenceId": "child", "body": {"Name": "C", "ParentId": "@{new.id}"}},
        get("query?q=SELECT+Id,ParentId+FROM+Account+WHERE+Id='@{child.id}'", "found"),
        get("sobjects/Account/@{found.records[0].ParentId}?fields=Name", "parent"),
    )
    assert [answer["httpStatusCode"] for answer in answers] == [201, 201, 200, 200]
    assert answers[3]["body"]["Name"] == "Parent"


def test_a_reference_to_nothing_and_an_unknown_resource_fail_alone(shared: Client) -> None:
    answers = series(
        shared, get("nothing", "a"), get("sobjects/Account/@{a.id}", "b"), get("limits", "c")
    )
    assert [answer["httpStatusCode"] for answer in answers] == [404, 400, 200]
    assert answers[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert [answer["referenceId"] for answer in answers] == ["a", "b", "c"]


def test_all_or_none_turns_every_answer_into_an_error(shared: Client) -> None:
    answers = series(shared, get("limits", "a"), get("nothing", "b"), allOrNone=True)
    assert [answer["httpStatusCode"] for answer in answers] == [400, 404]
    assert answers[0]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_all_or_none_with_writes_is_refused_rather_than_half_done(shared: Client) -> None:
    delete = {"method": "DELETE", "url": f"{BASE}/sobjects/Account/001", "referenceId": "x"}
    body = {"compositeRequest": [delete], "allOrNone": True}
    assert shared("POST", "composite", json=body).status_code == 400


def test_a_series_has_bounds(shared: Client) -> None:
    many = [get("limits", f"l{n}") for n in range(26)]
    queries = [get("query?q=SELECT+Id+FROM+Account", f"q{n}") for n in range(6)]
    for asked in (many, queries):
        answer = shared("POST", "composite", json={"compositeRequest": asked})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "LIMIT_EXCEEDED")
    assert len(series(shared, *queries[:5])) == 5


def test_an_upload_or_a_login_can_be_no_subrequest(shared: Client) -> None:
    login = {"method": "POST", "url": "/services/oauth2/token", "referenceId": "x"}
    assert series(shared, login)[0]["httpStatusCode"] == 400


def test_a_batch_counts_every_request_in_it(own: Client) -> None:
    own.server.service.stats.reset()
    before = own.server.service.allowances.usage("DailyApiRequests")[0]
    asked = [
        {"method": "GET", "url": "v59.0/limits"},
        {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Name": "Batch"}},
        {"method": "GET", "url": "v59.0/nothing"},
    ]
    answer = own("POST", "composite/batch", json={"batchRequests": asked}).json()
    assert answer["hasErrors"] is True
    assert [result["statusCode"] for result in answer["results"]] == [200, 201, 404]
    assert own.server.stats()["api_calls"]["total"] == 3
    assert own.server.service.allowances.usage("DailyApiRequests")[0] == before + 3


def test_a_batch_halts_on_an_error_when_asked_to(shared: Client) -> None:
    asked = [{"method": "GET", "url": "v59.0/nothing"}, {"method": "GET", "url": "v59.0/limits"}]
    body = {"batchRequests": asked, "haltOnError": True}
    results = shared("POST", "composite/batch", json=body).json()["results"]
    assert [result["statusCode"] for result in results] == [404, 412]
    assert results[1]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"
