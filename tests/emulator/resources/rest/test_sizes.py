"""What is too long to be asked, and rows that are too wide for a full batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.http_client import Client

ACCOUNT = "Zuora__CustomerAccount__c"


def test_an_address_that_is_too_long_is_a_414(shared: Client) -> None:
    soql = f"SELECT Id FROM {ACCOUNT} WHERE Name IN ('{'x' * 16_384}')"
    answer = shared("GET", "query", params={"q": soql})
    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (414, "text/html")


def test_an_address_and_headers_that_are_too_long_together_are_a_431(shared: Client) -> None:
    soql = f"SELECT Id FROM {ACCOUNT} WHERE Name IN ('{'x' * 16_000}')"
    headers = {"X-Long": "y" * 500}
    assert shared("GET", "query", params={"q": soql}, headers=headers).status_code == 431
    assert shared("GET", "query", params={"q": soql[:300] + "')"}, headers=headers).ok


def test_wide_rows_come_in_smaller_batches(shared: Client) -> None:
    narrow = shared.query("SELECT Id, Name FROM Zuora__SubscriptionProductCharge__c")
    wide = shared.query("SELECT Id, Zuora__PriceTable__c FROM Zuora__SubscriptionProductCharge__c")
    total = narrow["totalSize"]
    assert (len(narrow["records"]), narrow["done"]) == (total, True)
    assert (len(wide["records"]), wide["done"], wide["totalSize"]) == (249, False, total)
    second = shared("GET", wide["nextRecordsUrl"]).json()
    assert second["records"][0]["Id"] == narrow["records"][249]["Id"]
