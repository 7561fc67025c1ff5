"""Over HTTP: queries and their pages, sObjects, collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support.http_client import Client

TERM = "Zuora__PaymentTerm__c"


def test_a_query_answers_records_with_attributes(shared: Client) -> None:
    found = shared.query("SELECT Id, Name FROM Account LIMIT 1")
    assert found["totalSize"] == 1
    assert found["done"] is True
    assert "nextRecordsUrl" not in found
    [record] = found["records"]
    assert record["attributes"]["type"] == "Account"
    assert set(record) == {"attributes", "Id", "Name"}


def test_count_answers_a_size_without_records(shared: Client) -> None:
    found = shared.query("SELECT COUNT() FROM Account")
    assert found == {
        "totalSize": shared.server.org.counts()["Account"], "done": True, "records": [],
    }  # fmt: skip


def test_pages_follow_one_another_until_all_records_are_there(shared: Client) -> None:
    options = {"Sforce-Query-Options": "batchSize=200"}
    soql = {"q": "SELECT Id FROM Zuora__InvoiceItem__c"}
    page = shared("GET", "query", params=soql, headers=options).json()
    sizes, ids = [len(page["records"])], {record["Id"] for record in page["records"]}
    while not page["done"]:
        page = shared("GET", page["nextRecordsUrl"]).json()
        sizes.append(len(page["records"]))
        ids |= {record["Id"] for record in page["records"]}
    total = shared.server.org.counts()["Zuora__InvoiceItem__c"]
    assert total > 400
    assert page["totalSize"] == total == len(ids)
    assert sizes == [200] * (total // 200) + [total % 200]


def test_a_page_can_be_fetched_again_and_an_unknown_locator_is_refused(shared: Client) -> None:
    options = {"Sforce-Query-Options": "batchSize=200"}
    soql = {"q": "SELECT Id FROM Zuora__ZInvoice__c"}
    url = shared("GET", "query", params=soql, headers=options).json()["nextRecordsUrl"]
    assert shared("GET", url).json() == shared("GET", url).json()
    for wrong in ("query/01gEM9999999999999-2000", "query/nothing"):
        answer = shared("GET", wrong)
        assert answer.status_code == 400
        assert answer.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_the_oldest_of_more_than_ten_open_locators_is_closed(shared: Client) -> None:
    options = {"Sforce-Query-Options": "batchSize=200"}
    soql = {"q": "SELECT Id FROM Zuora__ZInvoice__c"}
    urls = [
        shared("GET", "query", params=soql, headers=options).json()["nextRecordsUrl"]
        for _ in range(11)
    ]
    assert shared("GET", urls[0]).status_code == 400
    assert shared("GET", urls[1]).status_code == 200


def test_a_bad_query_gets_malformed_query(shared: Client) -> None:
    for soql in ("SELECT FROM Account", ""):
        answer = shared("GET", "query", params={"q": soql})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "MALFORMED_QUERY")


def test_query_all_shows_what_is_in_the_recycle_bin(own: Client) -> None:
    [record] = own.ids(TERM, 1)
    own("DELETE", f"sobjects/{TERM}/{record}")
    soql = f"SELECT Id, IsDeleted FROM {TERM} WHERE Id = '{record}'"
    assert own.query(soql)["totalSize"] == 0
    found = own("GET", "queryAll", params={"q": soql}).json()["records"]
    assert [entry["IsDeleted"] for entry in found] == [True]


def test_columns_of_a_query_are_described(shared: Client) -> None:
    soql = "SELECT Id, Name, Account.Name FROM Contact"
    answer = shared("GET", "query", params={"q": soql, "columns": "true"}).json()
    assert (answer["entityName"], answer["keyPrefix"]) == ("Contact", "003")
    names = [column["columnName"] for column in answer["columnMetadata"]]
    assert names == ["Id", "Name", "Account"]
    [parent] = answer["columnMetadata"][2]["joinColumns"]
    assert parent["columnName"] == "Name"


def test_tooling_lists_installed_packages(shared: Client) -> None:
    soql = "SELECT SubscriberPackage.NamespacePrefix FROM InstalledSubscriberPackage"
    found = shared("GET", "tooling/query", params={"q": soql}).json()["records"]
    assert {each["SubscriberPackage"]["NamespacePrefix"] for each in found} == {"Zuora", "zqu"}


def test_describe_lists_children_with_what_a_deletion_does_to_them(shared: Client) -> None:
    described = shared("GET", "sobjects/zuora__subscription__c/describe").json()
    assert described["name"] == "Zuora__Subscription__c"
    flags = {
        (child["childSObject"], child["cascadeDelete"], child["restrictedDelete"])
        for child in described["childRelationships"]
    }
    assert ("Zuora__SubscriptionProductCharge__c", True, False) in flags
    assert ("Renewal_Forecast__c", False, False) in flags


def test_the_global_describe_has_every_object_and_one_object_in_short(shared: Client) -> None:
    listed = shared("GET", "sobjects").json()["sobjects"]
    assert "Zuora__ZInvoice__c" in {entry["name"] for entry in listed}
    short = shared("GET", "sobjects/account").json()
    assert short["objectDescribe"]["name"] == "Account"


@pytest.mark.parametrize("path", ["sobjects/Nothing__c", "sobjects/Nothing__c/describe"])
def test_an_unknown_object_is_not_found(shared: Client, path: str) -> None:
    answer = shared("GET", path)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_a_record_lives_from_creation_to_deletion(shared: Client) -> None:
    made = shared("POST", "sobjects/Account", json={"Name": "Acme"})
    assert made.status_code == 201
    path = f"sobjects/Account/{made.json()['id']}"
    assert shared("PATCH", path, json={"Name": "Acme Ltd"}).status_code == 204
    record = shared("GET", path).json()
    assert record["Name"] == "Acme Ltd"
    some = shared("GET", path, params={"fields": "Name"}).json()
    assert set(some) == {"attributes", "Id", "Name"}
    assert shared("DELETE", path).status_code == 204
    assert shared("GET", path).status_code == 404
    second = shared("DELETE", path)
    assert (second.status_code, second.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_upsert_by_external_id_creates_and_then_changes(shared: Client) -> None:
    path = f"sobjects/{TERM}/Zuora__External_Id__c/pt-test"
    made = shared("PATCH", path, json={"Name": "First"})
    assert (made.status_code, made.json()["created"]) == (201, True)
    changed = shared("PATCH", path, json={"Name": "Second"})
    assert (changed.status_code, changed.json()["created"]) == (200, False)
    assert changed.json()["id"] == made.json()["id"]
    old = shared("PATCH", f"/services/data/v45.0/{path}", json={"Name": "Third"})
    assert (old.status_code, old.content) == (204, b"")


def test_a_collection_delete_answers_each_id_in_order(own: Client) -> None:
    terms, units = own.ids(TERM, 2), own.ids("Zuora__UnitOfMeasure__c", 1)
    own("DELETE", f"sobjects/{TERM}/{terms[1]}")
    asked = [terms[0], units[0], terms[1], "rubbish"]
    answer = own("DELETE", "composite/sobjects", params={"ids": ",".join(asked)})
    assert answer.status_code == 200
    results = answer.json()
    assert [result["success"] for result in results] == [True, True, False, False]
    assert [result.get("id") for result in results] == [terms[0], units[0], None, None]
    codes = [result["errors"][0]["statusCode"] for result in results[2:]]
    assert codes == ["ENTITY_IS_DELETED", "MALFORMED_ID"]
    assert set(results[2]["errors"][0]) == {"statusCode", "message", "fields"}


def test_a_collection_delete_with_all_or_none_undoes_everything(own: Client) -> None:
    before = own.server.org.counts()
    terms = own.ids(TERM, 2)
    own("DELETE", f"sobjects/{TERM}/{terms[1]}")
    asked = {"ids": ",".join(terms), "allOrNone": "true"}
    results = own("DELETE", "composite/sobjects", params=asked).json()
    codes = [result["errors"][0]["statusCode"] for result in results]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "ENTITY_IS_DELETED"]
    assert own.server.org.counts()[TERM] == before[TERM] - 1


def test_all_or_none_across_objects_is_refused_rather_than_half_done(shared: Client) -> None:
    before = shared.server.org.counts()
    asked = [*shared.ids(TERM, 1), *shared.ids("Zuora__UnitOfMeasure__c", 1)]
    query = {"ids": ",".join(asked), "allOrNone": "true"}
    assert shared("DELETE", "composite/sobjects", params=query).status_code == 400
    assert shared.server.org.counts() == before


def test_a_collection_takes_200_records_at_most(shared: Client) -> None:
    ids = ",".join(["a005g0000000001AAA"] * 201)
    answer = shared("DELETE", "composite/sobjects", params={"ids": ids})
    assert answer.status_code == 400
    assert shared("DELETE", "composite/sobjects").json()[0]["errorCode"] == "MISSING_ARGUMENT"


def test_collections_are_there_from_version_42_on(shared: Client) -> None:
    path = "/services/data/v41.0/composite/sobjects?ids=001000000000001"
    assert shared("DELETE", path).status_code == 404


def test_collections_insert_change_and_upsert(shared: Client) -> None:
    def record(**values: Any) -> dict[str, Any]:
        return {"attributes": {"type": "Account"}, **values}

    body = {"records": [record(Name="One"), record(Name="Two")]}
    made = shared("POST", "composite/sobjects", json=body).json()
    assert [result["success"] for result in made] == [True, True]
    body = {"records": [record(id=made[0]["id"], Name="Three"), record(id="bad", Name="x")]}
    changed = shared("PATCH", "composite/sobjects", json=body).json()
    assert [result["success"] for result in changed] == [True, False]
    wrong = shared("POST", "composite/sobjects", json={"records": [{"Name": "x"}]})
    assert (wrong.status_code, wrong.json()[0]["errorCode"]) == (400, "INVALID_INPUT")
