"""Over HTTP: what shapes hide, archived activities, and groups that are too many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated, shape
from tests.support.http_client import Client, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "/services/data/v59.0"
VISIT, SUB = "Visit__c", "Zuora__Subscription__c"
ARCHIVED: dict[str, Any] = {"object": "Task", "values": {"Subject": "old", "IsArchived": True}}
MANY: dict[str, Any] = {"object": "Topic", "count": 2_001, "values": {"Name": "topic {n}"}}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    given = json.loads(shape("hidden"))
    given["rows"] += [ARCHIVED, MANY]
    given["later"] = [
        {"object": SUB, "rows": [{"object": "Contact", "values": {"LastName": "late"}}]}
    ]
    options = OrgOptions(records=500, quotes=False, shape=json.dumps(given))
    with Emulated(options) as server:
        made = client_of(server)
        with made.session:
            yield made


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def test_a_hidden_row_is_not_found_and_not_to_be_touched(client: Client) -> None:
    hidden = client.server.org.all_rows(VISIT)[1]["Id"]
    path = f"sobjects/{VISIT}/{hidden}"

    assert error(client("GET", path)) == (404, "NOT_FOUND")
    assert error(client("DELETE", path)) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    changed = client("PATCH", path, json={"Name": "x"})
    assert error(changed) == (403, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")
    (entry,) = client("DELETE", "composite/sobjects", params={"ids": hidden}).json()
    assert entry["errors"][0]["statusCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"


def test_a_job_says_the_same_of_it(client: Client) -> None:
    hidden = client.server.org.all_rows(VISIT)[1]["Id"]
    job = client.run(f"Id\n{hidden}\n".encode(), object=VISIT, operation="delete")

    assert job["numberRecordsFailed"] == 1
    assert "INSUFFICIENT_ACCESS_OR_READONLY" in client.results(job, "failedResults")


def test_a_hidden_object_takes_no_job(client: Client) -> None:
    answer = client("POST", "jobs/ingest", json={"object": "Secret__c", "operation": "delete"})

    assert answer.status_code == 400


def test_record_counts_have_hidden_rows_and_no_archived_ones(client: Client) -> None:
    found = client("GET", "limits/recordCount", params={"sObjects": f"{VISIT},Secret__c,Task"})
    counts = {each["name"]: each["count"] for each in found.json()["sObjects"]}
    real = client.server.org.counts()

    assert counts == {VISIT: real[VISIT], "Secret__c": real["Secret__c"], "Task": 0}


def test_archived_activities_come_by_query_all_also_in_a_composite_request(client: Client) -> None:
    soql = "SELECT Id FROM Task WHERE Subject = 'old'"
    alone = client("GET", "queryAll", params={"q": soql}).json()
    asked = [
        {"method": "GET", "url": f"{BASE}/{path}?q={soql.replace(' ', '+')}", "referenceId": path}
        for path in ("query", "queryAll")
    ]
    answers = client("POST", "composite", json={"compositeRequest": asked}).json()

    assert alone["totalSize"] == 1
    found = [each["body"]["totalSize"] for each in answers["compositeResponse"]]
    assert found == [0, 1]


def test_groups_come_in_one_batch_or_not_at_all(client: Client) -> None:
    by_name = "SELECT Name, COUNT(Id) FROM Topic GROUP BY Name"

    assert error(client("GET", "query", params={"q": by_name})) == (400, "EXCEEDED_ID_LIMIT")
    limited = client.query(f"{by_name} LIMIT 2000")
    assert (limited["totalSize"], limited["done"]) == (2_000, True)


def test_metadata_comes_in_one_batch_or_not_at_all(client: Client) -> None:
    names = ", ".join(f"'{name}'" for name in client.server.org.schema.objects)
    soql = (
        f"SELECT FieldId FROM RelationshipDomain WHERE ParentSobject.QualifiedApiName IN ({names})"
    )
    answer = client("GET", "tooling/query", params={"q": soql})

    assert error(answer) == (400, "EXCEEDED_ID_LIMIT")
    assert answer.json()[0]["message"].startswith("RelationshipDomain does not support queryMore()")


def test_what_comes_later_comes_with_the_first_job_that_deletes(client: Client) -> None:
    late = "SELECT COUNT() FROM Contact WHERE LastName = 'late'"
    subscription = client.server.org.all_rows(SUB)[-1]["Id"]

    assert client.query(late)["totalSize"] == 0
    client.run(f"Id\n{subscription}\n".encode(), object=SUB, operation="delete")
    assert client.query(late)["totalSize"] == 1


def test_relationships_are_told_over_the_tooling_api(client: Client) -> None:
    soql = (
        "SELECT ChildSobject.QualifiedApiName, IsCascadeDelete FROM RelationshipDomain"
        " WHERE ParentSobject.QualifiedApiName = 'Zuora__ZInvoice__c'"
    )
    found = client("GET", "tooling/query", params={"q": soql}).json()["records"]
    children = {each["ChildSobject"]["QualifiedApiName"] for each in found}

    assert {"Secret__c", "Memo__c"} <= children
