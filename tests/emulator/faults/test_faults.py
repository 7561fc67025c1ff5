"""Faults on demand: each kind, over HTTP where it is asked there."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from jsonschema import Draft202012Validator

from target_zuora360_cleanup.emulator.faults.in_force import Faults
from target_zuora360_cleanup.emulator.faults.kinds import KINDS
from target_zuora360_cleanup.emulator.faults.spec import FaultSpec, FaultSpecError, fault_schema
from target_zuora360_cleanup.emulator.wire.allowances import Allowances
from target_zuora360_cleanup.emulator.wire.sessions import Sessions
from tests.support.http_client import csv_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.http_client import Client

TERM = "Zuora__PaymentTerm__c"
ITEM = "Zuora__InvoiceItem__c"


def set_faults(client: Client, **faults: Any) -> requests.Response:
    return client("POST", "/__emulator__/faults", json=faults)


def in_force(**faults: Any) -> Faults:
    made = Faults(Sessions("00D", seed=1), Allowances())
    made.replace(FaultSpec.parse(faults))
    return made


def statuses(client: Client, times: int, path: str = "limits") -> list[int]:
    return [client("GET", path).status_code for _ in range(times)]


def test_faults_can_be_set_shown_and_cleared_while_it_runs(own: Client) -> None:
    assert own("GET", "/__emulator__/faults").json() == {}
    faults = {"requests": [{"status": 503, "path": "*/limits"}]}
    assert set_faults(own, **faults).json() == faults
    assert own("GET", "/__emulator__/faults").json() == faults
    assert own("GET", "limits").status_code == 503
    assert own("GET", "sobjects").status_code == 200
    assert own("DELETE", "/__emulator__/faults").status_code == 204
    assert own("GET", "limits").status_code == 200


WRONG: dict[str, list[Any]] = {
    # What is refused under each kind's name.
    "requests": [
        [{"status": 200}],
        [{"path": "*"}],
        [{"cut": "during"}],
        [{"status": 503, "colour": "red"}],
        [{"spoil": "rotten"}],
        [{"answer": {"status": 100, "body": ""}}],
        [{"limit": "Patience"}],
    ],
    "rows": [[{"object": TERM}], [{"code": "X", "share": 2}]],
    "sessions": [{}],
    "login": [{"description": "no"}],
    "refresh_tokens": ["keep"],
    "jobs": [[{"state": "JobComplete"}], [{"object": TERM}], [{"counters": {}}], [{"missing": 0}]],
    "locks": [{}],
    "composite": [{}],
    "language": ["en"],
    "queries": [[{"soql": "*"}]],
    "allowances": [{"NoSuchAllowance": {"Max": 1}}, {"DailyApiRequests": {"Left": 1}}],
}


def test_every_kind_of_fault_has_cases() -> None:
    assert WRONG.keys() == {kind.NAME for kind in KINDS}


@pytest.mark.parametrize(
    ("kind", "given"),
    [("request", []), *((kind, given) for kind, cases in WRONG.items() for given in cases)],
)
def test_faults_that_do_not_follow_the_schema_are_refused_with_the_place(
    shared: Client, kind: str, given: object
) -> None:
    before = shared("GET", "/__emulator__/faults").json()
    answer = set_faults(shared, **{kind: given})
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "INVALID_FAULTS"
    assert answer.json()[0]["message"].startswith("Faults at $")
    assert shared("GET", "/__emulator__/faults").json() == before == {}


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        (
            {"request": []},
            "$: Additional properties are not allowed ('request' was unexpected)",
        ),
        (
            {"requests": [{"status": 200}]},
            "$.requests[0].status: 200 is less than the minimum of 400",
        ),
        ({"rows": [{"object": TERM}]}, "$.rows[0]: 'code' is a required property"),
        (
            {"allowances": {"NoSuchAllowance": {"Max": 1}}},
            "$.allowances: no allowance named NoSuchAllowance",
        ),
    ],
)
def test_what_is_wrong_with_faults_is_one_sentence(faults: dict[str, Any], message: str) -> None:
    with pytest.raises(FaultSpecError) as refused:
        in_force(**faults)
    assert str(refused.value) == f"Faults at {message}"


def test_the_schema_is_one_and_the_emulator_answers_it(shared: Client) -> None:
    Draft202012Validator.check_schema(fault_schema())
    assert shared("GET", "/__emulator__/faults/schema").json() == fault_schema()


def test_a_faults_file_is_read_and_a_broken_one_is_shown(tmp_path: Path) -> None:
    good, broken = tmp_path / "good.json", tmp_path / "broken.json"
    good.write_text('{"seed": 7, "requests": [{"status": 503}]}')
    broken.write_text("{")
    assert FaultSpec.load(good).seed == 7
    with pytest.raises(FaultSpecError, match="is no JSON"):
        FaultSpec.load(broken)


def test_a_status_fault_has_code_message_and_retry_after(own: Client) -> None:
    rule = {"status": 429, "code": "SLOW_DOWN", "message": "not so fast", "retry_after": 2}
    set_faults(own, requests=[rule])
    answer = own("GET", "limits")
    assert answer.status_code == 429
    assert answer.json() == [{"message": "not so fast", "errorCode": "SLOW_DOWN"}]
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["Sforce-Limit-Info"]


def test_a_fault_can_begin_late_come_every_nth_time_and_end(own: Client) -> None:
    set_faults(own, requests=[{"status": 503, "nth": 2, "times": 2}])
    assert statuses(own, 5) == [200, 503, 503, 200, 200]
    set_faults(own, requests=[{"status": 503, "every": 3}])
    assert statuses(own, 6) == [200, 200, 503, 200, 200, 503]


def test_a_fault_is_for_its_method_and_path_only(own: Client) -> None:
    set_faults(own, requests=[{"status": 500, "method": "POST", "path": "*/JOBS/*"}])
    assert own("GET", "jobs/ingest").status_code == 200
    assert own("POST", "jobs/ingest", json={}).status_code == 500
    assert own("POST", "sobjects/Account", json={"Name": "x"}).status_code == 201


def test_probabilities_are_drawn_from_the_seed(own: Client) -> None:
    def draw(seed: int) -> list[int]:
        set_faults(own, seed=seed, requests=[{"status": 503, "probability": 0.5}])
        return statuses(own, 30)

    first = draw(1)
    assert 5 < first.count(503) < 25
    assert draw(1) == first
    assert draw(2) != first


def test_latency_delays_the_answer_and_lets_later_rules_act(own: Client) -> None:
    set_faults(own, requests=[{"latency": 0.2}, {"latency": [0.1, 0.15]}, {"status": 503}])
    begun = time.monotonic()
    assert own("GET", "limits").status_code == 503
    assert time.monotonic() - begun >= 0.3


def test_a_cut_before_closes_the_connection_and_changes_nothing(own: Client) -> None:
    [record] = own.ids(TERM, 1)
    set_faults(own, requests=[{"cut": "before", "method": "DELETE", "times": 1}])
    with pytest.raises(requests.ConnectionError):
        own("DELETE", f"sobjects/{TERM}/{record}")
    assert own("GET", f"sobjects/{TERM}/{record}").status_code == 200


def test_a_cut_after_closes_the_connection_when_it_is_done(own: Client) -> None:
    [record] = own.ids(TERM, 1)
    set_faults(own, requests=[{"cut": "after", "method": "DELETE", "times": 1}])
    with pytest.raises(requests.ConnectionError):
        own("DELETE", f"sobjects/{TERM}/{record}")
    assert own("GET", f"sobjects/{TERM}/{record}").status_code == 404
    cut = own("GET", "/__emulator__/requests").json()[-2]
    assert (cut["method"], cut["status"]) == ("DELETE", 0)


def test_a_cut_works_in_the_middle_of_a_large_upload(own: Client) -> None:
    set_faults(own, requests=[{"cut": "before", "method": "PUT", "times": 1}])
    job = own.create_job(object=TERM, operation="delete")
    with pytest.raises(requests.ConnectionError):
        own.upload(job, csv_of(["a005g0000000001AAA"] * 500_000))
    assert own.upload(job, csv_of([])).status_code == 201


def test_sessions_can_be_expired_at_once_and_a_login_helps(own: Client) -> None:
    set_faults(own, sessions={"expire": True})
    assert own("GET", "limits").status_code == 401
    form = {"grant_type": "refresh_token", "client_id": "a", "refresh_token": "b"}
    granted = requests.post(f"{own.server.url}/services/oauth2/token", data=form, timeout=10).json()
    own.session.headers["Authorization"] = f"Bearer {granted['access_token']}"
    assert own("GET", "limits").status_code == 200


def test_sessions_can_expire_every_so_many_requests(own: Client) -> None:
    set_faults(own, sessions={"every": 3})
    assert statuses(own, 4) == [200, 200, 401, 401]


def failed_rows(client: Client, job: dict[str, Any]) -> dict[str, str]:
    text = client.results(job, "failedResults")
    return {row["Id"]: row["sf__Error"] for row in csv.DictReader(io.StringIO(text))}


def test_row_faults_strike_given_ids_as_often_as_they_say(own: Client) -> None:
    ids = own.ids(ITEM, 5)
    rows = {"object": ITEM, "operation": "delete", "ids": [ids[0], ids[1][:15]], "times": 2}
    error = {"code": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access"}
    set_faults(own, rows=[{**rows, **error}])
    first = own.run(csv_of(ids), object=ITEM, operation="delete")
    text = "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access:--"
    assert failed_rows(own, first) == {ids[0]: text, ids[1]: text}
    second = own.run(csv_of(ids[:2]), object=ITEM, operation="delete")
    assert second["numberRecordsFailed"] == 2
    last = own.run(csv_of(ids[:2]), object=ITEM, operation="delete")
    assert last["numberRecordsFailed"] == 0


def test_a_trigger_may_veto_with_a_text_of_several_lines(own: Client) -> None:
    text = 'acme.Guard: execution of BeforeDelete\n\ncaused by: a, "quoted" reason'
    rule = {"code": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": text, "fields": ["Name"]}
    set_faults(own, rows=[rule])
    ids = own.ids(ITEM, 2)
    job = own.run(csv_of(ids), object=ITEM, operation="delete")
    expected = f"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:{text}:Name --"
    assert failed_rows(own, job) == dict.fromkeys(ids, expected)
    [result] = own("DELETE", "composite/sobjects", params={"ids": ids[0]}).json()
    assert result["errors"][0]["message"] == text
    single = own("DELETE", f"sobjects/{ITEM}/{ids[0]}")
    assert (single.status_code, single.json()[0]["fields"]) == (400, ["Name"])


def test_a_share_of_the_rows_is_always_the_same_rows() -> None:
    def struck(seed: int) -> set[str]:
        rule = {"code": "X", "share": 0.3}
        faults = in_force(seed=seed, rows=[rule])
        ids = [f"a005g00000{number:05d}AAA" for number in range(1_000)]
        return {each for each in ids if faults.on_row("delete", ITEM, each)}

    assert 200 < len(struck(1)) < 400
    assert struck(1) == struck(1) != struck(2)


def test_row_faults_are_for_their_object_operation_and_every_nth_id() -> None:
    rule = {"code": "X", "object": ITEM, "operation": "delete", "every": 4}
    faults = in_force(rows=[rule])
    ids = [f"a005g000000000{digit}AAA" for digit in "0123456789"]
    struck = [each for each in ids if faults.on_row("hardDelete", ITEM.lower(), each)]
    assert struck == [ids[0], ids[4], ids[8]]
    assert faults.on_row("update", ITEM, ids[0]) is None
    assert faults.on_row("delete", TERM, ids[0]) is None


@pytest.mark.parametrize("state", ["Failed", "Aborted"])
def test_jobs_can_fail_or_be_aborted_and_leave_rows_unprocessed(own: Client, state: str) -> None:
    rule = {"object": TERM, "state": state, "after_batches": 1, "times": 1}
    text = "InternalServerError : out of luck"
    set_faults(own, jobs=[{**rule, "error_message": text}])
    rows = csv_of(["a005g0000000001AAA"] * 10_003)
    job = own.run(rows, object=TERM, operation="delete")
    assert job["state"] == state
    assert job.get("errorMessage") == (text if state == "Failed" else None)
    assert job["numberRecordsProcessed"] == 10_000
    assert len(own.results(job, "unprocessedrecords").splitlines()) == 4
    assert own.run(rows, object=TERM, operation="delete")["state"] == "JobComplete"


def test_a_query_job_can_fail_too(own: Client) -> None:
    set_faults(own, jobs=[{"operation": "query", "state": "Failed"}])
    job = own.create_job(operation="query", query="SELECT Id FROM Account")
    assert own.wait(job)["state"] == "Failed"


def test_allowances_can_be_set(own: Client) -> None:
    set_faults(own, allowances={"DailyApiRequests": {"Max": 50, "Remaining": 2}})
    assert statuses(own, 3) == [200, 200, 403]
