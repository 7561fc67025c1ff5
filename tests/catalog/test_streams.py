from __future__ import annotations

from dataclasses import replace

import pytest

from target_zuora360_cleanup.catalog.objects import OBJECTS
from target_zuora360_cleanup.catalog.streams import OTHER, StreamNames, normal, qualifies

ACCOUNT = "Zuora__CustomerAccount__c"
PLAN = "zqu__ProductRatePlan__c"
CHARGE = "zqu__ProductRatePlanCharge__c"
PRODUCTS = ("Product2", "zqu__ZProduct__c")
NAMES = StreamNames.of(
    [
        (ACCOUNT, ["Account"]),
        (PLAN, ["ProductRatePlan"]),
        (CHARGE, ["ProductRatePlanCharge"]),
        *((product, ["Product"]) for product in PRODUCTS),
    ],
    chosen={"acct_v2": ACCOUNT, "Products": "Something__c"},
)


@pytest.mark.parametrize(
    "name",
    [
        "ProductRatePlanCharge",
        "ProductRatePlanCharges",
        "product_rate_plan_charges",
        "product-rate-plan-charge",
        "PRODUCT_RATE_PLAN_CHARGE",
        "product rate plan charge",
        "productrateplancharge",
        CHARGE,
    ],
)
def test_a_stream_is_known_in_every_usual_spelling(name: str) -> None:
    assert NAMES.objects(name) == {CHARGE}


@pytest.mark.parametrize("name", ["Account-EU", "EU.Accounts", "zuora:account", "public__account"])
def test_a_qualified_name_stands_for_the_object_in_it(name: str) -> None:
    assert NAMES.objects(name) == {ACCOUNT}


@pytest.mark.parametrize("name", ["AccountingCode", "account_snapshot", "Invoice", "", "-", "é"])
def test_a_name_that_only_looks_alike_stands_for_nothing(name: str) -> None:
    assert NAMES.objects(name) == frozenset()


def test_an_exact_name_is_not_taken_apart() -> None:
    assert NAMES.objects("product-rate-plan") == {PLAN}


def test_a_stream_may_feed_several_object_types() -> None:
    assert NAMES.objects("product") == set(PRODUCTS)
    assert NAMES.cleaned({"Product2"})("product")


def test_the_users_mapping_wins_exactly_as_typed() -> None:
    assert NAMES.objects("acct_v2") == {ACCOUNT}
    assert NAMES.objects("Acct_V2") == frozenset()
    assert NAMES.objects("Products") == {"Something__c"}
    assert not NAMES.cleaned({*PRODUCTS})("Products")


@pytest.mark.parametrize(
    "name", ["OrderItem", "order_items", "Zuora__OrderItem__c", "db:order_item", "EU.OrderItem"]
)
def test_a_package_object_that_is_not_listed_is_fed_by_the_stream_of_its_name(name: str) -> None:
    wider = NAMES.with_unlisted(["Zuora__OrderItem__c"])
    assert wider.objects(name) == {"Zuora__OrderItem__c"}
    assert NAMES.cleaned(["Zuora__OrderItem__c"])(name)
    assert not NAMES.cleaned([ACCOUNT])(name)


def test_names_of_object_types_that_are_not_listed_take_none_of_those_that_are() -> None:
    wider = NAMES.with_unlisted(["zqu__Account__c", ACCOUNT])
    assert wider.objects("Account") == {ACCOUNT, "zqu__Account__c"}
    assert wider.objects("ProductRatePlan") == {PLAN}
    assert NAMES.with_unlisted([ACCOUNT]) == NAMES


def test_the_users_mapping_wins_over_the_name_of_an_object_type_that_is_not_listed() -> None:
    chosen = StreamNames.of([(ACCOUNT, ["Account"])], chosen={"OrderItem": ACCOUNT})
    assert not chosen.cleaned(["Zuora__OrderItem__c"])("OrderItem")
    assert chosen.cleaned([ACCOUNT])("OrderItem")
    mapped = StreamNames.of([(ACCOUNT, ["Account"])], chosen={"lines": "Zuora__OrderItem__c"})
    assert mapped.cleaned(["Zuora__OrderItem__c"])("lines")


def test_only_streams_of_the_cleaned_object_types_count_as_cleaned() -> None:
    cleaned = NAMES.cleaned([ACCOUNT])
    assert [name for name in ("Account", "acct_v2", "product", "Foo") if cleaned(name)] == [
        "Account",
        "acct_v2",
    ]


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("Accounts", "Account"),
        ("Currencies", "Currency"),
        ("Addresses", "Address"),
        ("Taxes", "Tax"),
        ("Purchases", "Purchase"),
        ("Units", "unit"),
    ],
)
def test_singular_and_plural_are_one_name(plural: str, singular: str) -> None:
    assert normal(plural) == normal(singular)


def test_a_name_qualifies_a_stream_that_is_one_of_its_parts() -> None:
    assert qualifies("db-account", "Accounts")
    assert not qualifies("db-accounting", "Account")


FULL = StreamNames.of((kind.api_name, kind.streams) for kind in OBJECTS)
INVOICE, ITEM = "Zuora__ZInvoice__c", "Zuora__InvoiceItem__c"
CHARGES = {"Zuora__SubscriptionProductCharge__c", "Zuora__SubscriptionProductChargeHistory__c"}
MADE_OF_NAMES = {
    "Zuora__PaymentTerm__c", "Zuora__PaymentGateway__c", "Zuora__UnitOfMeasure__c"
}  # fmt: skip
"""Object types with a row for each name that the records of a stream have."""


@pytest.mark.parametrize(
    ("bookmark", "objects"),
    [
        ("zuora_account", {ACCOUNT}),
        ("account_eu", {ACCOUNT}),
        ("AccountV2", {ACCOUNT}),
        ("account_v2", {ACCOUNT}),
        ("AccountEU", {ACCOUNT}),
        ("tenant1_Account", {ACCOUNT}),
        ("zuoraaccount", {ACCOUNT}),
        ("prod_invoice", {INVOICE}),
        ("zuora__invoice", {INVOICE}),
        ("zuora-invoice", {INVOICE}),
        ("stg_zuora_invoice_items", {ITEM}),
        ("zuora_rateplancharge", CHARGES),
        ("Invoice", {INVOICE}),
    ],
)
def test_a_bookmark_with_something_before_or_behind_its_name_is_found(
    bookmark: str, objects: set[str]
) -> None:
    assert FULL.perhaps(bookmark) - MADE_OF_NAMES == objects
    assert FULL.cleaned(objects)(bookmark)
    assert not FULL.is_unknown(bookmark)


@pytest.mark.parametrize("bookmark", ["Amendment", "zuora_amendment", "AccountingCode", "Usage_v2"])
def test_a_zuora_object_that_no_object_type_stands_behind_is_known_not_to_be_one(
    bookmark: str,
) -> None:
    assert FULL.perhaps(bookmark) == frozenset()
    assert not FULL.is_unknown(bookmark)


@pytest.mark.parametrize("bookmark", ["acct", "plans", "", "é", "my_table"])
def test_a_name_that_nobody_knows_is_unknown_until_the_user_says_what_it_is(bookmark: str) -> None:
    assert FULL.is_unknown(bookmark)
    for said, objects in ((OTHER, frozenset()), (ACCOUNT, {ACCOUNT})):
        told = replace(FULL, chosen={bookmark: said})
        assert not told.is_unknown(bookmark)
        assert told.perhaps(bookmark) == objects
        assert told.objects(bookmark) == objects


def test_a_stream_that_the_user_has_named_is_found_behind_a_schema() -> None:
    told = replace(FULL, chosen={"plans": PLAN})
    assert told.perhaps("public-plans") == {PLAN}
    assert told.perhaps("Plans") == {PLAN}


def test_an_alias_of_a_stream_map_counts_for_the_bookmark_of_its_stream() -> None:
    told = replace(FULL, aliases={"plans": "ProductRatePlan"})
    assert told.perhaps("plans") == {PLAN}
    assert not told.is_unknown("plans")
    assert told.perhaps("Account") - MADE_OF_NAMES == {ACCOUNT}


def test_within_a_bookmark_only_usual_spellings_count() -> None:
    cleaned = FULL.cleaned([ACCOUNT])
    assert cleaned("account_id")
    assert not cleaned.strictly("account_id")
    assert cleaned.strictly("EU.Accounts")
