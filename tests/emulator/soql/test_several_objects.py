"""Lookups that may lead to several objects: what queries see of the record behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from tests.support.emulated import opened, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

SUB, INVOICE = "Zuora__Subscription__c", "Zuora__ZInvoice__c"


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=500, quotes=False, shape=shape("people"))) as made:
        yield made


def rows(org: Org, soql: str) -> list[tuple[Any, ...]]:
    with org.query(soql) as found:
        return found.rows(0, found.total)


def test_the_type_is_told_filtered_and_grouped_by(org: Org) -> None:
    org.dml("insert", "Task", [{"WhatId": org.all_rows("Account")[0]["Id"]}])
    soql = f"SELECT What.Type FROM Task WHERE What.Type = '{SUB.lower()}'"
    of_type = [row["What"]["Type"] for row in org.query(soql).records(0, 99)]
    grouped = rows(org, "SELECT What.Type t, COUNT(Id) n FROM Task"
                        f" WHERE What.Type IN ('{SUB}', 'Account') GROUP BY What.Type")  # fmt: skip

    assert set(of_type) == {SUB}
    assert dict(grouped) == {SUB: len(of_type), "Account": 1}


def test_the_name_and_the_id_are_those_of_the_record(org: Org) -> None:
    (name, record_id, what), *_ = rows(
        org, f"SELECT What.Name, What.Id, WhatId FROM Task WHERE What.Type = '{SUB}' ORDER BY Id"
    )

    assert record_id == what
    assert org.get_record(SUB, what)["Name"] == name


def test_records_nest_it_as_a_name(org: Org) -> None:
    (record,) = org.query("SELECT Parent.Name FROM Attachment").records(0, 9)

    assert record["Parent"]["attributes"]["type"] == "Name"
    assert record["Parent"]["Name"] == org.all_rows(SUB)[1]["Name"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("What.Industry", "No such column 'Industry' on entity 'Name'"),
        ("What.Owner.Name", "Didn't understand relationship 'Owner'"),
    ],
)
def test_a_path_ends_behind_it(org: Org, path: str, message: str) -> None:
    with pytest.raises(SalesforceError) as caught:
        org.query(f"SELECT {path} FROM Task")

    assert caught.value.code == "INVALID_FIELD"
    assert message in caught.value.message


def test_it_is_compared_with_ids_of_any_of_its_objects(org: Org) -> None:
    (what,), *_ = rows(org, f"SELECT WhatId FROM Task WHERE What.Type = '{SUB}' ORDER BY Id")
    same_number = org.all_rows(INVOICE)[9]["Id"]

    assert rows(org, f"SELECT COUNT(Id) FROM Task WHERE WhatId = '{what}'") == [(1,)]
    assert rows(org, f"SELECT COUNT(Id) FROM Task WHERE WhatId = '{same_number}'") == [(0,)]
    assert rows(org, f"SELECT COUNT(Id) FROM Task WHERE What.Id IN ('{what}')") == [(1,)]


def test_an_id_of_another_object_is_no_row(org: Org) -> None:
    invoice = org.all_rows(INVOICE)[0]["Id"]

    assert rows(org, f"SELECT COUNT(Id) FROM {SUB} WHERE Id = '{invoice}'") == [(0,)]


def test_children_are_found_by_their_parent(org: Org) -> None:
    found = org.query(f"SELECT Id, (SELECT Subject FROM Tasks) FROM {SUB} ORDER BY Id").records(
        0, 99
    )
    with_tasks = [each for each in found if each["Tasks"]]

    assert [each["Id"] for each in with_tasks] == [each["Id"] for each in found[9::10]]
    assert with_tasks[0]["Tasks"]["records"][0]["Subject"] == "Call 1"


def test_archived_activities_are_given_by_query_all_only(org: Org) -> None:
    soql = "SELECT COUNT() FROM Task WHERE Subject = 'Long ago'"

    assert org.query(soql).total == 0
    assert org.query(soql, all_rows=True).total == 1
    assert org.query(f"{soql} ALL ROWS").total == 1


def test_paths_lead_five_levels_up_and_not_six(org: Org) -> None:
    plan = "SELECT COUNT() FROM Zuora__SubscriptionRatePlanChargeTier__c WHERE"
    up = "Zuora__SubscriptionProductCharge__r.Zuora__SubscriptionRatePlan__r"
    five = f"{up}.Zuora__Subscription__r.Zuora__CustomerAccount__r.Zuora__Account__r"

    assert org.query(f"{plan} {five}.Name != null").total
    with pytest.raises(SalesforceError) as caught:
        org.query(f"{plan} {five}.Parent.Name != null")
    assert caught.value.code == "MALFORMED_QUERY"
