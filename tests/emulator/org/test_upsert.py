"""Upserts as a sync does them: parents by their Zuora id, masters that stay, keys named once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.schema.reading import load_schema

if TYPE_CHECKING:
    from tests.support.http_client import Client

PAYMENT, ACCOUNT = "Zuora__Payment__c", "Zuora__CustomerAccount__c"
MASTER = "Zuora__BillingAccount__r.Zuora__External_Id__c"


def keys(own: Client, name: str, field: str, limit: int = 1) -> list[str]:
    found = own.query(f"SELECT {field} FROM {name} WHERE {field} != null LIMIT {limit}")
    return [record[field] for record in found["records"]]


def upsert(own: Client, name: str, key: str, *lines: str) -> tuple[str, str]:
    """Results of a bulk upsert: those that went well, those that did not."""
    data = "\n".join((*lines, "")).encode()
    job = own.run(data, object=name, operation="upsert", externalIdFieldName=key)
    assert job["state"] == "JobComplete", job
    return own.results(job, "successfulResults"), own.results(job, "failedResults")


@pytest.mark.parametrize("item", load_schema().objects.values(), ids=lambda item: item.name)
def test_only_a_billing_account_may_be_given_to_another_master(item: object) -> None:
    for field in getattr(item, "references"):  # noqa: B009 - the parameter is of any type
        reparentable = field.name == "Zuora__Account__c"
        assert not field.master_detail or field.updateable == reparentable


def test_the_describe_says_that_a_master_stays(own: Client) -> None:
    fields = own("GET", f"sobjects/{PAYMENT}/describe").json()["fields"]
    master = next(each for each in fields if each["name"] == "Zuora__BillingAccount__c")

    assert (master["createable"], master["updateable"]) == (True, False)


def test_an_upsert_creates_a_row_below_a_master_named_by_its_key(own: Client) -> None:
    account = keys(own, ACCOUNT, "Zuora__External_Id__c")[0]
    good, bad = upsert(
        own, PAYMENT, "Zuora__EXT_ID__c", f"Zuora__EXT_ID__c,{MASTER}", f"new,{account}"
    )

    assert good.splitlines()[0].startswith('"sf__Id","sf__Created"')
    assert '"true","new"' in good
    assert len(bad.splitlines()) == 1


def test_an_upsert_of_a_row_that_is_there_may_not_name_its_master(own: Client) -> None:
    key = keys(own, PAYMENT, "Zuora__EXT_ID__c")[0]
    account = keys(own, ACCOUNT, "Zuora__External_Id__c")[0]
    for column, value in (
        (MASTER, account),
        ("Zuora__BillingAccount__c", own.ids(ACCOUNT, 1)[0]),
    ):
        good, bad = upsert(
            own, PAYMENT, "Zuora__EXT_ID__c", f"Zuora__EXT_ID__c,{column}", f"{key},{value}"
        )
        assert "INVALID_FIELD_FOR_INSERT_UPDATE:Unable to create/update fields" in bad
        assert len(good.splitlines()) == 1


def test_an_upsert_of_a_row_that_is_there_changes_its_other_fields(own: Client) -> None:
    key = keys(own, PAYMENT, "Zuora__EXT_ID__c")[0]
    good, _ = upsert(
        own,
        PAYMENT,
        "Zuora__EXT_ID__c",
        "Zuora__EXT_ID__c,Zuora__ReferenceId__c",
        f"{key},Changed",
    )

    assert f'"false","{key}"' in good
    assert keys(own, PAYMENT, "Zuora__ReferenceId__c")[0] == "Changed"


def test_a_billing_account_moves_to_another_account(own: Client) -> None:
    key = keys(own, ACCOUNT, "Zuora__External_Id__c")[0]
    account = own.ids("Account", 2)[1]
    good, _ = upsert(
        own, ACCOUNT, "Zuora__External_Id__c",
        "Zuora__External_Id__c,Zuora__Account__c", f"{key},{account}",
    )  # fmt: skip

    assert key in good


def test_a_parent_that_is_not_there_is_told_by_its_key(own: Client) -> None:
    _, bad = upsert(
        own, "Zuora__Subscription__c", "Zuora__External_Id__c",
        "Zuora__External_Id__c,Zuora__CustomerAccount__r.Zuora__External_Id__c", "new,ABC",
    )  # fmt: skip

    assert (
        "INVALID_FIELD:Foreign key external ID: abc not found for field Zuora__External_Id__c"
        " in entity Zuora__CustomerAccount__c:--"
    ) in bad


def test_not_available_clears_a_lookup_by_its_own_column_only(own: Client) -> None:
    name = "Zuora__Subscription__c"
    key = keys(own, name, "Zuora__External_Id__c")[0]
    column = "Zuora__CustomerAccount__r.Zuora__External_Id__c"
    _, bad = upsert(
        own, name, "Zuora__External_Id__c", f"Zuora__External_Id__c,{column}", f"{key},#N/A"
    )
    assert "Foreign key external ID: #n/a not found" in bad

    lines = "Zuora__External_Id__c,Zuora__CustomerAccount__c,Zuora__Notes__c", f"{key},#N/A,#N/A"
    good, _ = upsert(own, name, "Zuora__External_Id__c", *lines)
    assert key in good
    record = own.query(
        f"SELECT Zuora__CustomerAccount__c, Zuora__Notes__c FROM {name}"
        f" WHERE Zuora__External_Id__c = '{key}'"
    )["records"][0]
    assert record["Zuora__CustomerAccount__c"] is record["Zuora__Notes__c"] is None


def test_an_empty_relationship_column_leaves_the_lookup_as_it_is(own: Client) -> None:
    name = "Zuora__Subscription__c"
    key = own.query(
        f"SELECT Zuora__External_Id__c FROM {name} WHERE Zuora__CustomerAccount__c != null LIMIT 1"
    )["records"][0]["Zuora__External_Id__c"]
    column = "Zuora__CustomerAccount__r.Zuora__External_Id__c"
    good, _ = upsert(
        own, name, "Zuora__External_Id__c", f"Zuora__External_Id__c,{column}", f"{key},"
    )

    assert key in good
    still = own.query(
        f"SELECT Zuora__CustomerAccount__c FROM {name} WHERE Zuora__External_Id__c = '{key}'"
    )
    assert still["records"][0]["Zuora__CustomerAccount__c"]


def test_rows_of_a_batch_that_name_one_record_fail_all(own: Client) -> None:
    lines = "Zuora__External_Id__c,Name", "twice,A", "once,B", "twice,C"
    good, bad = upsert(own, "Zuora__Product__c", "Zuora__External_Id__c", *lines)

    assert bad.count("DUPLICATE_VALUE:Duplicate external id specified: twice") == 2
    assert good.count('"once"') == 1


def test_a_record_without_a_name_is_called_by_its_id(own: Client) -> None:
    good, _ = upsert(
        own, "Zuora__ZContact__c", "Zuora__External_Id__c",
        "Zuora__External_Id__c,Zuora__City__c", "new,Berlin",
    )  # fmt: skip
    record = own.query(
        "SELECT Id, Name FROM Zuora__ZContact__c WHERE Zuora__External_Id__c = 'new'"
    )["records"][0]

    assert record["Name"] == record["Id"]
    assert record["Id"] in good
