"""An org before its first sync, and customers who link what they have to Zuora's records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.generate.customers import customers_links, link_customers
from target_zuora360_cleanup.emulator.org.org import CUSTOMER_OBJECTS, Org, OrgOptions
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = 2_000
LOOKUPS = (
    ("Renewal_Forecast__c", "Subscription__c"),
    ("Dunning_Case__c", "Invoice__c"),
    ("zqu__QuoteRatePlan__c", "zqu__ProductRatePlan__c"),
    ("zqu__QuoteRatePlan__c", "zqu__Product__c"),
    ("zqu__QuoteProductFeature__c", "zqu__ZFeature__c"),
)


@pytest.fixture
def synced() -> Iterator[Org]:
    with opened(OrgOptions(records=RECORDS, customer_rows=frozenset(CUSTOMER_OBJECTS))) as org:
        yield org


@pytest.fixture
def fresh() -> Iterator[Org]:
    options = OrgOptions(records=RECORDS, customer_rows=frozenset(CUSTOMER_OBJECTS), synced=False)
    with opened(options) as org:
        yield org


def linked(org: Org, name: str, field: str) -> int:
    return org.query(f"SELECT COUNT() FROM {name} WHERE {field} != null").total


def ids(org: Org, soql: str) -> list[dict[str, str]]:
    return [{"Id": row[0]} for row in org.query(soql).rows(0, RECORDS)]


def test_an_org_before_its_first_sync_has_none_of_zuoras_records(fresh: Org) -> None:
    logs = ("Sync_History__c", "Result__c", "Settings__c", "Config__c", "Stub__c")
    counts = {
        name: count
        for name, count in fresh.counts().items()
        if name.startswith(("Zuora__", "zqu__")) and count and not name.endswith(logs)
    }

    assert all(name.startswith(("zqu__Quote", "zqu__ProductOption")) for name in counts)
    assert counts["zqu__Quote__c"]
    assert not ids(fresh, "SELECT Id FROM Product2 WHERE zqu__ZuoraId__c != null")
    assert ids(fresh, "SELECT Id FROM Product2")
    assert not any(fresh.recycle_bin_counts().values())


def test_customers_wait_with_their_lookups_for_the_first_sync(synced: Org, fresh: Org) -> None:
    for name, field in LOOKUPS:
        assert linked(synced, name, field)
        assert linked(fresh, name, field) == 0
        assert fresh.counts()[name] == synced.counts()[name]
    assert synced.counts()["Usage_Note__c"]
    assert fresh.counts()["Usage_Note__c"] == 0
    assert fresh.counts()["PricebookEntry"] < synced.counts()["PricebookEntry"]
    assert fresh.counts()["Account"] == synced.counts()["Account"]


def test_quotes_keep_the_zuora_ids_before_the_first_sync(fresh: Org) -> None:
    assert linked(fresh, "zqu__QuoteRatePlan__c", "zqu__ProductRatePlanZuoraId__c")


def test_there_is_nothing_to_link_before_the_first_sync_or_when_all_is_linked(
    synced: Org, fresh: Org
) -> None:
    assert link_customers(fresh) == {}
    assert link_customers(synced) == {}


def test_customers_link_to_the_record_with_the_same_zuora_id(fresh: Org, synced: Org) -> None:
    keys = synced.query("SELECT Zuora__External_Id__c FROM Zuora__Subscription__c")
    rows = [{"Zuora__External_Id__c": row[0]} for row in keys.rows(0, RECORDS)[:100]]
    assert all(each.success for each in fresh.dml("insert", "Zuora__Subscription__c", rows))

    counts = link_customers(fresh)

    soql = (
        "SELECT Id, Subscription__r.Zuora__External_Id__c FROM Renewal_Forecast__c"
        " WHERE Subscription__c != null ORDER BY Id"
    )
    found = fresh.query(soql).rows(0, RECORDS)
    expected = [
        row for row in synced.query(soql).rows(0, RECORDS)
        if row[1] in {each["Zuora__External_Id__c"] for each in rows}
    ]  # fmt: skip
    assert counts == {"Renewal_Forecast__c.Subscription__c": len(expected)}
    assert found == expected
    assert link_customers(fresh) == {}


def test_detail_rows_that_went_with_their_parent_are_written_again(synced: Org) -> None:
    charge = "Zuora__SubscriptionProductCharge__c"
    soql = f"SELECT Zuora__External_Id__c, Name FROM {charge}"
    keys = [(row[0], row[1]) for row in synced.query(soql).rows(0, RECORDS)]
    notes = "SELECT Note__c, Reading__c, Charge__r.Zuora__External_Id__c FROM Usage_Note__c"
    before = sorted(map(str, synced.query(notes).rows(0, RECORDS)))
    synced.dml("delete", charge, ids(synced, f"SELECT Id FROM {charge}"))
    assert synced.counts()["Usage_Note__c"] == 0
    rows = [{"Zuora__External_Id__c": key, "Name": name} for key, name in keys]
    synced.dml("insert", charge, rows)

    counts = link_customers(synced)

    assert counts == {"Usage_Note__c.Charge__c": len(before)}
    assert sorted(map(str, synced.query(notes).rows(0, RECORDS))) == before
    assert link_customers(synced) == {}


def test_price_book_entries_come_back_with_their_products(synced: Org) -> None:
    product = "SELECT Id, zqu__ZuoraId__c, Name FROM Product2 WHERE zqu__ZuoraId__c != null"
    found = synced.query(product).rows(0, RECORDS)
    entries = synced.counts()["PricebookEntry"]
    synced.dml("delete", "Product2", [{"Id": row[0]} for row in found])
    assert synced.counts()["PricebookEntry"] == entries - len(found)
    synced.dml("insert", "Product2", [{"zqu__ZuoraId__c": row[1], "Name": row[2]} for row in found])

    assert link_customers(synced)["PricebookEntry.Product2Id"] == len(found)
    assert synced.counts()["PricebookEntry"] == entries


JUNCTION = {
    "objects": [{"name": "Pair__c", "fields": [
        {"name": "One__c", "type": "reference", "to": ["Zuora__Subscription__c"],
         "on_delete": "master"},
        {"name": "Other__c", "type": "reference", "to": ["Zuora__ZInvoice__c"],
         "on_delete": "master"},
    ]}],
    "rows": [{"object": "Pair__c", "values": {"One__c": {"each": "Zuora__Subscription__c"},
                                              "Other__c": {"each": "Zuora__ZInvoice__c"}}}],
}  # fmt: skip


def test_a_row_with_two_masters_is_back_when_both_are() -> None:
    with opened(OrgOptions(records=200, quotes=False, shape=json.dumps(JUNCTION))) as org:
        (one, *_), (other, *_) = (
            org.all_rows("Zuora__Subscription__c"),
            org.all_rows("Zuora__ZInvoice__c"),
        )
        before = org.counts()["Pair__c"]
        for name, row in (("Zuora__Subscription__c", one), ("Zuora__ZInvoice__c", other)):
            org.dml("delete", name, [{"Id": row["Id"]}])
        gone = before - org.counts()["Pair__c"]
        assert gone > 1
        assert link_customers(org) == {}
        for name, row, back in (
            ("Zuora__Subscription__c", one, gone - 1),
            ("Zuora__ZInvoice__c", other, 1),
        ):
            again = {key: row[key] for key in ("Name", "Zuora__External_Id__c")}
            assert org.dml("insert", name, [again])[0].success
            assert link_customers(org) == {"Pair__c.One__c": back, "Pair__c.Other__c": back}
        blank = "SELECT COUNT() FROM Pair__c WHERE One__c = null OR Other__c = null"
        assert org.query(blank).total == 0


def test_what_customers_link_is_known_before_and_after_a_sync(synced: Org, fresh: Org) -> None:
    links = customers_links(synced)
    assert customers_links(fresh) == links
    for name, field in LOOKUPS:
        assert links[f"{name}.{field}"] == linked(synced, name, field) > 0
