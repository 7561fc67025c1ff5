"""Queries: what SOQL can say and SQL can't, and the other way round."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.server.opening import open_org
from target_zuora360_cleanup.emulator.soql import dates as soql_dates

if TYPE_CHECKING:
    from collections.abc import Iterator

INVOICE = "Zuora__ZInvoice__c"


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    """An org with four invoices of two billing accounts, one of which is in the recycle bin."""
    made = open_org(OrgOptions(records=0, quotes=False))
    owner = add(made, "Account", Name='O\'Neil, "Sons"')
    parent = add(made, "Zuora__CustomerAccount__c", Name="Parent", Zuora__Account__c=owner)
    child = add(
        made,
        "Zuora__CustomerAccount__c",
        Name="child",
        Zuora__Account__c=owner,
        Zuora__Parent__c=parent,
    )
    for name, account, total, day in (
        ("INV-1", parent, 10, "2024-01-31"),
        ("inv-2", parent, 20.5, "2024-02-29"),
        ("100% A_B", child, 30, None),
        ("Gone", child, 40, "2024-03-01"),
        ("Orphan", None, None, "2024-04-01"),
    ):
        values = {"Name": name, "Zuora__BillingAccount__c": account}
        add(made, INVOICE, **values, Zuora__TotalAmount__c=total, Zuora__InvoiceDate__c=day)
    gone = made.query(f"SELECT Id FROM {INVOICE} WHERE Name = 'Gone'").rows(0, 1)[0][0]
    made.dml("delete", INVOICE, [{"Id": gone}])
    yield made
    made.close()


def add(org: Org, object_name: str, **values: Any) -> str:
    result = org.dml("insert", object_name, [values])[0]
    assert result.id, result.error
    return result.id


def names(org: Org, tail: str) -> list[str]:
    result = org.query(f"SELECT Name FROM {INVOICE} {tail}")
    return [row[0] for row in result.rows(0, 100)]


def numbers(org: Org, soql: str) -> list[tuple[Any, ...]]:
    return org.query(soql).rows(0, 100)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Name = 'INV-2'", {"inv-2"}),
        ("Name != 'inv-1'", {"inv-2", "100% A_B", "Orphan"}),
        ("Name <> 'inv-1' AND Name <> 'Orphan'", {"inv-2", "100% A_B"}),
        ("Name LIKE 'inv%'", {"INV-1", "inv-2"}),
        ("Name LIKE 'inv__'", {"INV-1", "inv-2"}),
        (r"Name LIKE '100\% a\_b'", {"100% A_B"}),
        (r"Name LIKE '1_0\%%'", {"100% A_B"}),
        ("NOT Name LIKE 'inv%'", {"100% A_B", "Orphan"}),
        ("Name IN ('inv-1', 'ORPHAN')", {"INV-1", "Orphan"}),
        ("Name NOT IN ('inv-1', 'ORPHAN')", {"inv-2", "100% A_B"}),
        ("Name > 'INV-1'", {"inv-2", "Orphan"}),
        ("Zuora__TotalAmount__c = null", {"Orphan"}),
        ("Zuora__TotalAmount__c != null", {"INV-1", "inv-2", "100% A_B"}),
        ("Zuora__TotalAmount__c != 10", {"inv-2", "100% A_B", "Orphan"}),
        ("NOT Zuora__TotalAmount__c = 10", {"inv-2", "100% A_B", "Orphan"}),
        ("Zuora__TotalAmount__c NOT IN (10)", {"inv-2", "100% A_B", "Orphan"}),
        ("Zuora__TotalAmount__c >= 20.5", {"inv-2", "100% A_B"}),
        ("Zuora__TotalAmount__c > -1", {"INV-1", "inv-2", "100% A_B"}),
        ("Zuora__InvoiceDate__c = 2024-02-29", {"inv-2"}),
        ("Zuora__InvoiceDate__c < 2024-02-29", {"INV-1"}),
        ("Zuora__InvoiceDate__c = null", {"100% A_B"}),
        ("Zuora__InvoiceDate__c < TODAY", {"INV-1", "inv-2", "Orphan"}),
        (
            "CreatedDate = TODAY OR CreatedDate = YESTERDAY",
            {"INV-1", "inv-2", "100% A_B", "Orphan"},
        ),
        ("CreatedDate = LAST_N_DAYS:2", {"INV-1", "inv-2", "100% A_B", "Orphan"}),
        ("CreatedDate < 2024-01-01T00:00:00Z", set()),
        ("CreatedDate > 2024-01-01T00:00:00.000+02:00 AND Name = 'INV-1'", {"INV-1"}),
        ("Zuora__PaymentTerm__c = null AND Name = 'INV-1'", {"INV-1"}),
        ("Zuora__PaymentTerm__c != null", set()),
        ("Zuora__BillingAccount__c = null", {"Orphan"}),
        ("Zuora__BillingAccount__r.Name = 'parent'", {"INV-1", "inv-2"}),
        ("Zuora__BillingAccount__r.Zuora__Parent__r.Name = 'Parent'", {"100% A_B"}),
        (
            "(Name = 'INV-1' OR Name = 'Orphan') AND (NOT Zuora__TotalAmount__c = null)",
            {"INV-1"},
        ),
        (
            (
                "Zuora__BillingAccount__c IN (SELECT Id FROM Zuora__CustomerAccount__c"
                " WHERE Zuora__Parent__c != null)"
            ),
            {"100% A_B"},
        ),
        (
            (
                "Zuora__BillingAccount__c NOT IN (SELECT Zuora__Parent__c"
                " FROM Zuora__CustomerAccount__c)"
            ),
            {"100% A_B", "Orphan"},
        ),
    ],
)
def test_conditions_find_what_salesforce_finds(org: Org, where: str, found: set[str]) -> None:
    assert set(names(org, f"WHERE {where}")) == found


def test_strings_keep_their_escapes(org: Org) -> None:
    soql = r"SELECT COUNT() FROM Account WHERE Name = 'O\'Neil, \"Sons\"'"

    assert org.query(soql).total == 1


def test_nulls_come_first_unless_the_query_says_otherwise(org: Org) -> None:
    by_total = "ORDER BY Zuora__TotalAmount__c"

    assert names(org, by_total) == ["Orphan", "INV-1", "inv-2", "100% A_B"]
    assert names(org, f"{by_total} DESC") == ["Orphan", "100% A_B", "inv-2", "INV-1"]
    assert names(org, f"{by_total} DESC NULLS LAST") == ["100% A_B", "inv-2", "INV-1", "Orphan"]
    assert names(org, f"{by_total} NULLS LAST, Name") == ["INV-1", "inv-2", "100% A_B", "Orphan"]


def test_a_window_counts_for_the_total(org: Org) -> None:
    result = org.query(f"SELECT Name FROM {INVOICE} ORDER BY Name LIMIT 2 OFFSET 1")

    assert (result.total, result.rows(0, 9)) == (2, [("INV-1",), ("inv-2",)])


def test_count_has_a_total_and_no_rows(org: Org) -> None:
    result = org.query(f"select count() from {INVOICE.lower()}")

    assert (result.total, result.is_count, result.columns) == (4, True, ())


def test_count_stops_at_its_limit(org: Org) -> None:
    assert org.query(f"SELECT COUNT() FROM {INVOICE} LIMIT 2").total == 2


def test_aggregates_have_aliases_or_numbers(org: Org) -> None:
    result = org.query(
        "SELECT COUNT(Id) cnt, SUM(Zuora__TotalAmount__c), MAX(Zuora__InvoiceDate__c) latest,"
        f" AVG(Zuora__TotalAmount__c) FROM {INVOICE}"
    )

    assert result.columns == ("cnt", "expr0", "latest", "expr1")
    assert result.records(0, 1) == [
        {
            "attributes": {"type": "AggregateResult"},
            "cnt": 4,
            "expr0": 60.5,
            "latest": "2024-04-01",
            "expr1": pytest.approx(60.5 / 3),
        }
    ]


def test_groups_can_be_filtered_and_ordered(org: Org) -> None:
    found = numbers(
        org,
        f"SELECT Zuora__BillingAccount__r.Name, COUNT(Id) FROM {INVOICE}"
        " GROUP BY Zuora__BillingAccount__r.Name HAVING COUNT(Id) >= 1 ORDER BY COUNT(Id) DESC,"
        " Zuora__BillingAccount__r.Name",
    )

    assert found == [("Parent", 2), (None, 1), ("child", 1)]


def test_parents_are_nested_with_attributes(org: Org) -> None:
    soql = (
        "SELECT Name, Zuora__BillingAccount__r.Zuora__Parent__r.Name,"
        f" Zuora__BillingAccount__r.Name FROM {INVOICE} WHERE Name LIKE '100%'"
    )
    record = org.query(soql).records(0, 1)[0]

    assert record["attributes"]["type"] == INVOICE
    own_id = record_id(org, "100%")
    assert record["attributes"]["url"] == f"/services/data/v64.0/sobjects/{INVOICE}/{own_id}"
    account = record["Zuora__BillingAccount__r"]
    assert account["attributes"]["type"] == "Zuora__CustomerAccount__c"
    assert account["Name"] == "child"
    assert account["Zuora__Parent__r"]["Name"] == "Parent"
    assert "Id" not in record


def record_id(org: Org, like: str) -> str:
    found = numbers(org, f"SELECT Id FROM {INVOICE} WHERE Name LIKE '{like}'")
    return str(found[0][0])


def test_a_missing_parent_is_null_as_a_whole(org: Org) -> None:
    path = "Zuora__BillingAccount__r.Zuora__Parent__r.Name"
    soql = f"SELECT {path} FROM {INVOICE} WHERE Name = 'Orphan'"
    assert org.query(soql).records(0, 1)[0]["Zuora__BillingAccount__r"] is None


def test_child_records_are_nested_by_parent(org: Org) -> None:
    found = org.query(
        "SELECT Name, (SELECT Name FROM Zuora__ZInvoices__r WHERE Zuora__TotalAmount__c > 10"
        " ORDER BY Name LIMIT 5), (SELECT Id FROM Zuora__Payments__r)"
        " FROM Zuora__CustomerAccount__c ORDER BY Name"
    ).records(0, 9)

    assert [each["Name"] for each in found] == ["child", "Parent"]
    below = [each["Zuora__ZInvoices__r"] for each in found]
    assert [each["totalSize"] for each in below] == [1, 1]
    assert [each["records"][0]["Name"] for each in below] == ["100% A_B", "inv-2"]
    assert [each["Zuora__Payments__r"] for each in found] == [None, None]


def test_child_records_stop_at_their_limit_for_each_parent(org: Org) -> None:
    found = org.query(
        "SELECT (SELECT Name FROM Zuora__ZInvoices__r ORDER BY Name LIMIT 1)"
        " FROM Zuora__CustomerAccount__c ORDER BY Name"
    ).records(0, 9)

    assert [len(each["Zuora__ZInvoices__r"]["records"]) for each in found] == [1, 1]


def test_fields_functions_select_by_kind(org: Org) -> None:
    every = org.query(f"SELECT FIELDS(ALL) FROM {INVOICE} LIMIT 200").columns
    custom = org.query(f"SELECT FIELDS(CUSTOM) FROM {INVOICE} LIMIT 1").columns
    standard = org.query(f"SELECT FIELDS(STANDARD) FROM {INVOICE}").columns

    assert set(every) == set(custom) | set(standard)
    assert all(name.endswith("__c") for name in custom)
    assert {"Id", "Name", "SystemModstamp"} <= set(standard)


def test_the_object_may_have_an_alias(org: Org) -> None:
    assert org.query(f"SELECT i.Name FROM {INVOICE} i WHERE i.Name = 'INV-1'").total == 1


def test_headers_are_as_written_and_records_as_in_the_schema(org: Org) -> None:
    result = org.query(
        f"SELECT id, NAME, zuora__totalamount__C FROM {INVOICE} WHERE Name = 'INV-1'"
    )

    assert result.columns == ("id", "NAME", "zuora__totalamount__C")
    assert result.records(0, 1)[0].keys() == {"attributes", "Id", "Name", "Zuora__TotalAmount__c"}


def test_a_result_stays_as_it_was_whatever_happens_to_its_rows() -> None:
    org = open_org(OrgOptions(records=0, quotes=False))
    rows = [{"Name": f"INV-{number}"} for number in range(2_500)]
    org.dml("insert", INVOICE, rows)
    with org.query(f"SELECT Id, Name FROM {INVOICE} ORDER BY Id") as result:
        ids = [{"Id": row[0]} for row in result.rows(0, 2_500)]
        org.dml("hardDelete", INVOICE, ids)

        assert result.total == 2_500
        assert [row[1] for row in result.rows(2_400, 200)] == [
            f"INV-{number}" for number in range(2_400, 2_500)
        ]
    org.close()


def test_tooling_knows_packages_and_their_versions(org: Org) -> None:
    found = org.query(
        "SELECT Id, SubscriberPackageId, SubscriberPackage.NamespacePrefix,"
        " SubscriberPackageVersion.MajorVersion, SubscriberPackageVersion.MinorVersion"
        " FROM InstalledSubscriberPackage",
        tooling=True,
    ).records(0, 9)

    assert {
        each["SubscriberPackage"]["NamespacePrefix"]: (
            each["SubscriberPackageVersion"]["MajorVersion"],
            each["SubscriberPackageVersion"]["MinorVersion"],
        )
        for each in found
    } == {"Zuora": (5, 2), "zqu": (9, 12)}


WEDNESDAY = date(2024, 2, 28)


@pytest.mark.parametrize(
    ("word", "first", "end"),
    [
        ("TODAY", "2024-02-28", "2024-02-29"),
        ("yesterday", "2024-02-27", "2024-02-28"),
        ("TOMORROW", "2024-02-29", "2024-03-01"),
        ("THIS_WEEK", "2024-02-25", "2024-03-03"),
        ("LAST_MONTH", "2024-01-01", "2024-02-01"),
        ("NEXT_QUARTER", "2024-04-01", "2024-07-01"),
        ("LAST_YEAR", "2023-01-01", "2024-01-01"),
        ("LAST_N_DAYS:3", "2024-02-25", "2024-02-29"),
        ("NEXT_N_DAYS:3", "2024-02-29", "2024-03-03"),
        ("LAST_N_MONTHS:2", "2023-12-01", "2024-02-01"),
        ("N_DAYS_AGO:28", "2024-01-31", "2024-02-01"),
        ("LAST_90_DAYS", "2023-11-30", "2024-02-29"),
    ],
)
def test_date_literals_mean_spans_of_days(word: str, first: str, end: str) -> None:
    span = soql_dates.relative(word, WEDNESDAY)

    assert span == soql_dates.Span(date.fromisoformat(first), date.fromisoformat(end))


@pytest.mark.parametrize("word", ["NAME", "LAST_N_DAYS", "LAST_N_DAYS:x", "THIS_DAY", "N_AGO:1"])
def test_other_words_are_no_date_literals(word: str) -> None:
    assert soql_dates.relative(word, WEDNESDAY) is None


def test_today_is_a_day_in_utc() -> None:
    span = soql_dates.relative("TODAY")

    assert span is not None
    assert timedelta(0) <= datetime.now(UTC).date() - span.first <= timedelta(days=1)
