"""Zuora's resources over HTTP: describes, AQuA and REST exports, and who is let in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import requests

from tests.support.zuora_client import DEADLINE, KEYS, Zuora, zuora_of

if TYPE_CHECKING:
    from tests.support.http_client import Client

SYNTAX_ERROR = "There is a syntax error in one of the queries in the AQuA input"


@pytest.fixture
def zuora(shared: Client) -> Zuora:
    return zuora_of(shared)


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=DEADLINE)


@pytest.mark.parametrize(
    "headers",
    [{}, {**KEYS, "apiSecretAccessKey": ""}, {"Authorization": "Bearer 0123"}],
    ids=["none", "blank", "another token"],
)
def test_nobody_is_let_in_without_credentials(zuora: Zuora, headers: dict[str, str]) -> None:
    answer = get(f"{zuora.url}/v1/describe", **headers)

    assert answer.status_code == 401
    assert answer.json()["success"] is False


def test_a_salesforce_token_does_not_open_zuora(shared: Client) -> None:
    assert shared("GET", "/v1/describe").status_code == 401


def test_a_token_of_the_oauth_login_opens_zuora(zuora: Zuora) -> None:
    form = {"client_id": "a", "client_secret": "b", "grant_type": "client_credentials"}
    answer = requests.post(f"{zuora.url}/oauth/token", data=form, timeout=DEADLINE)

    token = answer.json()["access_token"]
    assert get(f"{zuora.url}/v1/describe/Account", Authorization=f"Bearer {token}").ok


def test_an_oauth_login_with_a_blank_secret_is_refused(zuora: Zuora) -> None:
    form = {"client_id": "a", "client_secret": "", "grant_type": "client_credentials"}

    assert requests.post(f"{zuora.url}/oauth/token", data=form, timeout=DEADLINE).status_code == 401


def test_the_describe_names_every_object_and_each_has_fields(zuora: Zuora) -> None:
    root = ET.fromstring(zuora("GET", "/v1/describe/").content)  # noqa: S314 - our own
    names = [each.text for each in root.findall("./object/name")]

    assert {"Account", "Subscription", "Invoice", "Amendment", "PaymentTransactionLog"} <= {*names}
    for name in names:
        found = ET.fromstring(zuora("GET", f"/v1/describe/{name}").content)  # noqa: S314
        types = {each.findtext("name"): each.findtext("type") for each in found.iter("field")}
        key = "TransactionDate" if name == "PaymentTransactionLog" else "UpdatedDate"
        assert types["Id"] == "text"
        assert types[key] == "datetime"


def test_a_joined_id_is_described_as_a_related_object(zuora: Zuora) -> None:
    found = ET.fromstring(zuora("GET", "/v1/describe/Account").content)  # noqa: S314
    related = [each.text for each in found.findall("./related-objects/object/name")]
    fields = [each.findtext("name") for each in found.iter("field")]

    assert related == ["BillToContact", "SoldToContact", "DefaultPaymentMethod"]
    assert {"CrmId", "ParentId"} <= {*fields}


def test_an_object_that_is_not_there_has_no_describe(zuora: Zuora) -> None:
    assert zuora("GET", "/v1/describe/Nothing").status_code == 404


def test_an_aqua_export_has_every_record_in_the_order_asked_for(zuora: Zuora) -> None:
    rows = zuora.aqua("select Id, UpdatedDate from Invoice order by UpdatedDate asc")
    times = [row["Invoice.UpdatedDate"] for row in rows]

    assert len(rows) == zuora.stats()["zuora_rows"]["Invoice"]
    assert times == sorted(times)
    assert len({*times}) == len(times)
    assert all(time.endswith("Z") and "2024-01-15" <= time < "2026" for time in times)


def test_headers_name_the_object_and_joined_ids_their_own(zuora: Zuora) -> None:
    query = "select Id, Balance, BillToContact.Id from Account limit 1"
    row, = zuora.aqua(query, deleted=True)  # fmt: skip

    assert list(row) == ["Account.Id", "Account.Balance", "BillToContact.Id", "Deleted"]
    assert row["Deleted"] == "false"


def test_a_record_is_one_line_of_the_file(zuora: Zuora) -> None:
    job = zuora.submit("select Id, Notes from Account where CrmId = null")
    text = zuora("GET", f"/v1/file/{zuora.batch(job)['fileId']}").text
    accounts = zuora.stats()["zuora_rows"]["Account"] - zuora.stats()["zuora_synced"]["Account"]

    assert len(text.splitlines()) == 1 + accounts
    assert "Not in the CRM, billed directly" in text


def test_an_incremental_export_sends_the_row_at_the_bookmark_again(zuora: Zuora) -> None:
    rows = zuora.aqua("select Id, UpdatedDate from Payment order by UpdatedDate asc")
    # The last one, in December, as the clocks of California show it.
    utc = rows[-1]["Payment.UpdatedDate"]
    since = zuora.aqua(f"select Id from Payment where UpdatedDate >= '{utc}'", project="other")
    wall = zuora.rest(f"select UpdatedDate from Payment where UpdatedDate >= '{utc}'")[0]
    pacific = wall["Payment.UpdatedDate"][:19].replace("T", " ")
    last = zuora.submit("select Id from Payment", project="third", incrementalTime=pacific)

    assert [row["Payment.Id"] for row in zuora.lines(last)] == [rows[-1]["Payment.Id"]]
    assert len(since) == 1
    assert zuora.batch(last)["full"] is False


def test_an_export_from_before_the_first_record_is_a_full_one(zuora: Zuora) -> None:
    job = zuora.submit("select Id from Refund", incrementalTime="2000-01-01 00:00:00")

    assert zuora.batch(job)["full"] is True
    assert zuora.batch(job)["recordCount"] == zuora.stats()["zuora_rows"]["Refund"]


def test_a_second_export_of_a_session_is_incremental(zuora: Zuora) -> None:
    first, second = (zuora.submit("select Id from Refund", project="stateful") for _ in range(2))

    assert zuora.batch(first)["full"] is True
    assert zuora.batch(second)["full"] is False
    assert not zuora.lines(second)


@pytest.mark.parametrize(
    "query",
    ["select Id from Nothing", "select Nothing from Account", "select from",
     "select Id from Account group by Id", "select count(Id) from Account",
     "select Id from Account where UpdatedDate > 'soon'"],
)  # fmt: skip
def test_aqua_answers_a_wrong_query_without_a_http_error(zuora: Zuora, query: str) -> None:
    answer = zuora.submit(query)

    assert answer["message"] == SYNTAX_ERROR
    assert zuora("DELETE", f"/v1/batch-query/jobs/{answer['id']}").ok


def test_aqua_tells_no_deleted_records_of_some_objects(zuora: Zuora) -> None:
    answer = zuora.submit("select Id from PaymentTransactionLog", deleted=True)

    assert answer["message"].startswith("Objects included in the queries do not support")
    assert zuora.aqua("select Id, TransactionDate from PaymentTransactionLog")


@pytest.mark.parametrize("queries", [None, [], ["select Id from Account"], {}])
def test_aqua_refuses_an_input_without_queries(zuora: Zuora, queries: object) -> None:
    answer = zuora("POST", "/v1/batch-query/", json={"partner": "p", "queries": queries})

    assert answer.ok
    assert answer.json()["status"] == "error"


def test_aqua_wants_a_partner(zuora: Zuora) -> None:
    assert zuora.submit("select Id from Account", partner="")["errorCode"]


def test_a_cancelled_job_has_no_file(zuora: Zuora) -> None:
    job = zuora.submit("select Id from Account")
    file = zuora.batch(job)["fileId"]

    assert zuora("DELETE", f"/v1/batch-query/jobs/{job['id']}").json()["status"] == "cancelled"
    assert zuora("GET", f"/v1/file/{file}").status_code == 404
    assert zuora("GET", f"/v1/batch-query/jobs/{job['id']}").json()["status"] == "cancelled"


def test_a_rest_export_has_the_records_of_its_window(zuora: Zuora) -> None:
    window = "UpdatedDate >= '2024-06-01T00:00:00Z' and UpdatedDate < '2024-07-01T00:00:00Z'"
    rows = zuora.rest(f"select Id, UpdatedDate from Invoice where {window}")
    every = zuora.aqua("select Id, UpdatedDate from Invoice", project="window")
    expected = {r["Invoice.Id"] for r in every if r["Invoice.UpdatedDate"].startswith("2024-06")}

    assert {row["Invoice.Id"] for row in rows} == expected
    # Tenants write the time of their own zone: summer in California.
    assert all(row["Invoice.UpdatedDate"].endswith("-0700") for row in rows)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Format": "csv", "Query": "select Id from Nothing"}, "noSuchDataSource: Nothing"),
        ({"Format": "csv", "Query": "select Nothing from Account"}, "There is no field named"),
        ({"Format": "zip", "Query": "select Id from Account"}, "The value of Format"),
    ],
    ids=["object", "field", "format"],
)
def test_rest_answers_a_wrong_export_with_400(
    zuora: Zuora, body: dict[str, Any], message: str
) -> None:
    answer = zuora("POST", "/v1/object/export", json=body)

    assert answer.status_code == 400
    assert answer.json()["Errors"][0]["Message"].startswith(message)


def test_a_body_that_is_no_json_is_refused_in_zuoras_form(zuora: Zuora) -> None:
    answer = zuora("POST", "/v1/batch-query", data="select")

    assert answer.status_code == 400
    assert answer.json()["success"] is False


def test_values_are_as_zuoras_csv_has_them(zuora: Zuora) -> None:
    query = "select AutoPay, Balance, BillCycleDay, LastInvoiceDate, CrmId, ParentId from Account"
    rows = zuora.aqua(query)

    assert {row["Account.AutoPay"] for row in rows} == {"true", "false"}
    assert all(float(row["Account.Balance"]) >= 0 for row in rows)
    assert all(row["Account.BillCycleDay"].isdecimal() for row in rows)
    assert all(len(row["Account.LastInvoiceDate"]) == 10 for row in rows)
    assert {len(row["Account.CrmId"]) for row in rows} == {0, 18}
    assert {len(row["Account.ParentId"]) for row in rows} == {0, 32}


def test_zuoras_requests_are_no_api_calls_of_salesforce(own: Client) -> None:
    zuora = zuora_of(own)
    own("POST", "/__emulator__/reset-stats")
    zuora.aqua("select Id from Account")

    assert zuora.stats()["api_calls"] == {"total": 0, "zuora": 3}


def test_salesforces_faults_spare_zuora_unless_they_name_its_path(own: Client) -> None:
    zuora = zuora_of(own)
    own("POST", "/__emulator__/faults", json={"requests": [{"status": 503}]})
    assert zuora("GET", "/v1/describe").ok

    fault = {"path": "/v1/describe*", "status": 429, "retry_after": 3}
    own("POST", "/__emulator__/faults", json={"requests": [fault]})
    answer = zuora("GET", "/v1/describe")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert answer.json()["success"] is False
