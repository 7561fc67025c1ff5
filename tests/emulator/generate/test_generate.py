"""The generated org: as large as asked for, the same for a seed, shaped like a real one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.server.opening import open_org

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.schema.objects import SObject

RECORDS = 3_000
CUSTOMER = frozenset({"Renewal_Forecast__c", "Dunning_Case__c", "Usage_Note__c"})
CATALOG = {
    "zqu__ZProduct__c",
    "zqu__ProductRatePlan__c",
    "zqu__ProductRatePlanCharge__c",
    "zqu__ProductRatePlanChargeTier__c",
    "zqu__ProductRatePlanChargePriceSummary__c",
    "zqu__ZFeature__c",
    "zqu__ZProductFeature__c",
    "zqu__ZUnitOfMeasure__c",
}
NOT_DATA = {
    "Zuora__Sync_History__c",
    "Zuora__CrmId_Change_Result__c",
    "Zuora__MigrationSettings__c",
    "Zuora__ZuoraConfig__c",
    "Zuora__ObjectStub__c",
}


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    made = open_org(OrgOptions(records=RECORDS, customer_rows=CUSTOMER))
    yield made
    made.close()


def count(org: Org, soql: str) -> int:
    return org.query(f"SELECT COUNT() FROM {soql}").total


def is_asked_freely(item: SObject) -> bool:
    """Whether a query may have any condition: not so on views, follows, and links of files."""
    is_free = item.name not in ("ContentDocumentLink", "EntitySubscription")
    return item.api == "data" and item.queryable and is_free


def zuora_records(org: Org) -> int:
    """What a cleanup of both groups deletes."""
    counts = org.counts()
    accounts = {name for name in counts if name.startswith("Zuora__")} - NOT_DATA
    products = count(org, "Product2 WHERE zqu__ZuoraId__c != null")
    return sum(counts[name] for name in accounts | CATALOG) + products


@pytest.mark.parametrize("records", [0, 1, 10, 99, 1_000, 4_321])
def test_an_org_has_as_many_of_zuoras_records_as_asked_for(records: int) -> None:
    org = open_org(OrgOptions(records=records))

    assert zuora_records(org) == records
    org.close()


def test_the_same_seed_gives_the_same_rows() -> None:
    first, second, other = (
        open_org(OrgOptions(seed=seed, records=500, customer_rows=CUSTOMER)) for seed in (1, 1, 2)
    )

    for name in first.schema.objects:
        assert first.fingerprint(name) == second.fingerprint(name), name
    assert first.fingerprint("Zuora__ZInvoice__c") != other.fingerprint("Zuora__ZInvoice__c")
    for each in (first, second, other):
        each.close()


def test_customer_rows_and_quotes_leave_zuoras_records_as_they_are(org: Org) -> None:
    plain = open_org(OrgOptions(records=RECORDS, quotes=False))

    for name in (*CATALOG, "Zuora__Subscription__c", "Zuora__InvoiceItem__c"):
        assert plain.fingerprint(name) == org.fingerprint(name), name
    plain.close()


def test_customer_objects_have_rows_only_when_asked_for(org: Org) -> None:
    assert all(org.counts()[name] for name in CUSTOMER)

    plain = open_org(OrgOptions(records=1_000))
    assert not any(plain.counts()[name] for name in CUSTOMER)
    plain.close()


def test_every_reference_points_to_a_live_row(org: Org) -> None:
    for item in org.schema.objects.values():
        for field in item.references:
            if field.relationship_name and is_asked_freely(item):
                dangling = count(
                    org,
                    f"{item.name} WHERE {field.name} != null"
                    f" AND {field.relationship_name}.Id = null",
                )
                assert dangling == 0, (item.name, field.name)


def test_required_references_are_there(org: Org) -> None:
    for item in org.schema.objects.values():
        for field in item.references:
            if field.required and field.relationship_name and is_asked_freely(item):
                assert count(org, f"{item.name} WHERE {field.name} = null") == 0, field.name


def test_external_ids_are_unique(org: Org) -> None:
    for item in org.schema.objects.values():
        for field in item.fields.values():
            if field.unique:
                soql = f"SELECT COUNT({field.name}), COUNT_DISTINCT({field.name}) FROM {item.name}"
                filled, distinct = org.query(soql).rows(0, 1)[0]
                assert filled == distinct, (item.name, field.name)


def test_zuora_ids_are_32_hexadecimal_digits(org: Org) -> None:
    for name in ("Zuora__CustomerAccount__c", "Zuora__Subscription__c", "Zuora__ZInvoice__c"):
        found = org.query(f"SELECT Zuora__External_Id__c, Zuora__Zuora_Id__c FROM {name}")

        for external_id, zuora_id in found.rows(0, RECORDS):
            assert external_id == zuora_id
            assert re.fullmatch(r"[0-9a-f]{32}", external_id)


def test_accounts_have_one_to_a_few_subscriptions(org: Org) -> None:
    found = org.query(
        "SELECT COUNT(Id) FROM Zuora__Subscription__c WHERE Zuora__CustomerAccount__c != null"
        " GROUP BY Zuora__CustomerAccount__c"
    ).rows(0, RECORDS)
    numbers = [row[0] for row in found]
    accounts = org.counts()["Zuora__CustomerAccount__c"]

    assert len(numbers) >= 0.9 * accounts
    assert 1 < sum(numbers) / len(numbers) < 4
    assert 2 < max(numbers) < 30


def test_charges_invoices_and_their_items_are_the_most(org: Org) -> None:
    counts = {name: n for name, n in org.counts().items() if name.startswith(("Zuora__", "zqu__"))}
    largest = sorted(counts, key=lambda name: counts[name])[-3:]

    assert set(largest) == {
        "Zuora__InvoiceItem__c",
        "Zuora__SubscriptionProductCharge__c",
        "Zuora__ZInvoice__c",
    }


def test_a_charge_is_of_the_subscription_of_its_rate_plan(org: Org) -> None:
    found = org.query(
        "SELECT Zuora__Subscription__c, Zuora__SubscriptionRatePlan__r.Zuora__Subscription__c"
        " FROM Zuora__SubscriptionProductCharge__c"
    ).rows(0, RECORDS)

    assert found
    assert all(own == plans for own, plans in found)


def test_some_billing_accounts_have_parents(org: Org) -> None:
    name = "Zuora__CustomerAccount__c"
    children = count(org, f"{name} WHERE Zuora__Parent__c != null")
    grandchildren = count(org, f"{name} WHERE Zuora__Parent__r.Zuora__Parent__c != null")

    assert 0 < grandchildren < children < org.counts()[name] / 2


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Zuora__Subscription__c", "Zuora__CustomerAccount__c"),
        ("Zuora__ZInvoice__c", "Zuora__BillingAccount__c"),
    ],
)
def test_a_few_rows_have_lost_their_billing_account(org: Org, name: str, field: str) -> None:
    assert 0 < count(org, f"{name} WHERE {field} = null") < org.counts()[name] / 20


def test_the_catalogue_has_products_of_zuora_and_others(org: Org) -> None:
    zuoras = count(org, "Product2 WHERE zqu__ZuoraId__c != null")
    others = count(org, "Product2 WHERE zqu__ZuoraId__c = null")

    assert zuoras
    assert others
    for which in ("!=", "="):
        soql = f"PricebookEntry WHERE Product2.zqu__ZuoraId__c {which} null"
        assert count(org, soql)


def test_a_product_without_a_zuora_id_has_rate_plans(org: Org) -> None:
    soql = "zqu__ProductRatePlan__c WHERE zqu__ZProduct__r.zqu__ZuoraId__c = null"

    assert count(org, soql)


def test_quotes_use_a_part_of_the_catalogue(org: Org) -> None:
    quoted = count(
        org,
        "zqu__ProductRatePlan__c WHERE Id IN (SELECT zqu__ProductRatePlan__c"
        " FROM zqu__QuoteRatePlan__c)",
    )

    assert 0 < quoted < org.counts()["zqu__ProductRatePlan__c"]
    for name in ("QuoteRatePlanCharge", "QuoteChargeSummary", "QuoteChargeDetail"):
        links = f"zqu__{name}__c WHERE zqu__ProductRatePlanCharge__c != null"
        assert count(org, links), name
    assert count(org, "zqu__QuoteProductFeature__c WHERE zqu__ZFeature__c != null")


@pytest.mark.parametrize(
    ("name", "field", "parent"),
    [
        ("zqu__QuoteRatePlan__c", "zqu__ProductRatePlanZuoraId__c", "zqu__ProductRatePlan__r"),
        (
            "zqu__QuoteRatePlanCharge__c",
            "zqu__ProductRatePlanChargeZuoraId__c",
            "zqu__ProductRatePlanCharge__r",
        ),
        ("zqu__QuoteProductFeature__c", "zqu__ProductZuoraId__c", "zqu__Product__r"),
        ("zqu__QuoteProductFeature__c", "zqu__FeatureZuoraId__c", "zqu__ZFeature__r"),
    ],
)
def test_quotes_keep_the_zuora_ids_of_what_they_use(
    org: Org, name: str, field: str, parent: str
) -> None:
    found = org.query(f"SELECT {field}, {parent}.zqu__ZuoraId__c FROM {name}").rows(0, RECORDS)

    assert found
    assert all(copy == own is not None for copy, own in found)


def test_an_invoice_item_is_of_a_charge_of_its_invoices_account(org: Org) -> None:
    found = org.query(
        "SELECT Zuora__Invoice__r.Zuora__BillingAccount__c,"
        " Zuora__SubscriptionRatePlanCharge__r.Zuora__Subscription__r.Zuora__CustomerAccount__c"
        " FROM Zuora__InvoiceItem__c"
    ).rows(0, RECORDS)
    known = [row for row in found if None not in row]

    assert len(known) > 0.8 * len(found)
    assert all(of_invoice == of_charge for of_invoice, of_charge in known)


def test_rate_plans_are_of_zuoras_products_only(org: Org) -> None:
    soql = "zqu__ProductRatePlan__c WHERE zqu__Product__r.zqu__ZuoraId__c"

    assert count(org, f"{soql} != null")
    assert count(org, f"{soql} = null") == 0


def test_quotes_can_be_left_out() -> None:
    org = open_org(OrgOptions(records=500, quotes=False))

    assert not any(n for name, n in org.counts().items() if name.startswith("zqu__Quote"))
    org.close()


def test_every_sync_has_finished(org: Org) -> None:
    for package in ("Zuora", "zqu"):
        soql = f"{package}__Sync_History__c WHERE {package}__Finished_On__c"
        assert count(org, f"{soql} != null")
        assert count(org, f"{soql} = null") == 0


def test_text_hurts_careless_csv_code(org: Org) -> None:
    queries = (
        "SELECT Name, Zuora__Notes__c FROM Zuora__CustomerAccount__c",
        "SELECT zqu__Description__c FROM zqu__Quote__c",
    )
    found = (row for soql in queries for row in org.query(soql).rows(0, RECORDS))
    text = "".join(str(value) for row in found for value in row)

    assert {",", '"', "\n"} <= set(text)
    assert not text.isascii()


def test_an_org_without_the_packages_has_none_of_their_rows() -> None:
    org = open_org(OrgOptions(records=100, without_packages=frozenset({"Zuora", "zqu"})))

    assert org.query("SELECT COUNT() FROM PackageLicense").total == 0
    assert org.query("SELECT Id FROM InstalledSubscriberPackage", tooling=True).total == 0
    org.close()
