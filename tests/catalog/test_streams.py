from __future__ import annotations

import pytest

from target_zuora360_cleanup.catalog.streams import StreamNames, normal, qualifies

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
