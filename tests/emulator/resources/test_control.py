"""The emulator's own resources: what tests look at from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.http_client import Client

TERM = "Zuora__PaymentTerm__c"


def test_stats_count_rows_and_calls_live(own: Client) -> None:
    assert own("POST", "/__emulator__/reset-stats").status_code == 204
    before = own("GET", "/__emulator__/stats").json()
    assert before["api_calls"] == {"total": 0}
    [record] = own.ids(TERM, 1)
    own("DELETE", "composite/sobjects", params={"ids": record})
    own.create_job(object=TERM, operation="delete")
    own.create_job(operation="query", query="SELECT Id FROM Account")
    after = own("GET", "/__emulator__/stats").json()
    assert after["rows"][TERM] == before["rows"][TERM] - 1
    assert after["recycle_bin"][TERM] == 1
    assert after["api_calls"] == {
        "query": 1, "collections": 1, "bulk_ingest": 1, "bulk_query": 1, "total": 4,
    }  # fmt: skip


def test_the_fingerprint_of_an_object_changes_only_with_its_rows(own: Client) -> None:
    def fingerprint(name: str) -> str:
        answer = own("GET", "/__emulator__/fingerprint", params={"object": name})
        found: str = answer.json()["fingerprint"]
        return found

    before = fingerprint(TERM), fingerprint("Account")
    own("DELETE", f"sobjects/{TERM}/{own.ids(TERM, 1)[0]}")
    assert fingerprint("Account") == before[1]
    assert fingerprint(TERM) != before[0]
    assert own("GET", "/__emulator__/fingerprint").status_code == 400


def test_the_last_requests_are_listed(own: Client) -> None:
    own.ids(TERM, 1)
    own("GET", "nothing")
    listed = own("GET", "/__emulator__/requests?last=2").json()
    assert [(line["method"], line["status"]) for line in listed] == [("GET", 200), ("GET", 404)]
    assert listed[0]["path"] == "/services/data/v59.0/query"
    assert TERM in listed[0]["query"]
