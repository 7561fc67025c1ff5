"""The columns of a query, as the Salesforce CLI reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.http_client import Client

ACCOUNT = "Zuora__CustomerAccount__c"


def columns(client: Client, soql: str) -> list[dict[str, Any]]:
    answer = client("GET", "query", params={"q": soql, "columns": "true"}).json()
    found: list[dict[str, Any]] = answer["columnMetadata"]
    return found


def test_a_parents_field_is_no_aggregate_and_lies_below_its_relationship(shared: Client) -> None:
    soql = f"SELECT Id, Zuora__Account__r.Owner.Name FROM {ACCOUNT}"
    _, parent = columns(shared, soql)
    assert (parent["columnName"], parent["aggregate"]) == ("Zuora__Account__r", False)
    [owner] = parent["joinColumns"]
    assert (owner["columnName"], owner["joinColumns"][0]["columnName"]) == ("Owner", "Name")


def test_a_child_subquery_is_an_aggregate_with_its_columns(shared: Client) -> None:
    soql = f"SELECT Name, (SELECT Id, Name FROM Zuora__Subscriptions__r) FROM {ACCOUNT}"
    name, child = columns(shared, soql)
    assert (name["columnName"], name["aggregate"]) == ("Name", False)
    assert (child["columnName"], child["aggregate"]) == ("Zuora__Subscriptions__r", True)
    assert [each["columnName"] for each in child["joinColumns"]] == ["Id", "Name"]


def test_what_a_function_makes_is_an_aggregate(shared: Client) -> None:
    status = "Zuora__Status__c"
    soql = f"SELECT {status}, COUNT(Id), MAX(Name) n FROM {ACCOUNT} GROUP BY {status}"
    told = [(each["columnName"], each["aggregate"]) for each in columns(shared, soql)]
    assert told == [(status, False), ("expr0", True), ("n", True)]


def test_paths_may_begin_with_two_slashes_and_end_with_one(shared: Client) -> None:
    params = {"q": "SELECT COUNT() FROM Account"}
    wanted = shared("GET", "query", params=params).json()
    for path in ("//services/data/v59.0/query", "/services/data/v59.0//query/"):
        url = f"{shared.server.url}{path}"
        assert shared.session.get(url, params=params, timeout=10).json() == wanted
