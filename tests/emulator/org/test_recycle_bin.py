"""What comes back from the recycle bin, what refuses to, and what leaves it for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.wire.errors import RowError
from tests.emulator.org.test_delete import (
    ACCOUNT,
    CHARGE,
    INVOICE,
    SUBSCRIPTION,
    add,
    billing_account,
    codes,
    delete,
    live,
    subscription_tree,
)
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEM, CONTACT, FORECAST = "Zuora__InvoiceItem__c", "Zuora__ZContact__c", "Renewal_Forecast__c"
GONE = "UNDELETE_FAILED"


@pytest.fixture
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=0, quotes=False)) as made:
        yield made


def test_what_went_along_does_not_come_back_by_itself(org: Org) -> None:
    tree = subscription_tree(org)
    delete(org, ACCOUNT, tree["account"])

    assert codes(org.undelete([tree["charge"]])) == [GONE]

    assert (live(org, ACCOUNT), live(org, CHARGE)) == (0, 0)


def test_a_detail_deleted_before_its_master_is_gone_for_good(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")
    item = add(org, ITEM, Zuora__Invoice__c=invoice)
    tax = add(
        org, "Zuora__TaxationItem__c", Zuora__Invoice_Item__c=item, Zuora__TaxAmount__c=1,
        Zuora__TaxRate__c=1, Zuora__TaxDate__c="2024-01-01",
    )  # fmt: skip
    delete(org, ITEM, item)
    delete(org, INVOICE, invoice)

    assert codes(org.undelete([item, invoice, item, tax])) == [GONE, None, GONE, GONE]

    assert (live(org, INVOICE), live(org, ITEM)) == (1, 0)
    assert org.query(f"SELECT Id FROM {ITEM}", all_rows=True).total == 1
    assert org.recycle_bin_counts()[ITEM] == 0


def test_a_detail_comes_back_alone_while_its_master_lives(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")
    item = add(org, ITEM, Zuora__Invoice__c=invoice)
    delete(org, ITEM, item)

    assert codes(org.undelete([item])) == [None]
    assert org.get_record(ITEM, item)["Zuora__Invoice__c"] == invoice


def test_what_had_held_a_row_is_gone_for_good_with_it(org: Org) -> None:
    contact = add(org, CONTACT, Name="Jane", Zuora__External_Id__c="c1")
    account = billing_account(org, Zuora__BillToContact__c=contact)
    delete(org, ACCOUNT, account)
    delete(org, CONTACT, contact)

    assert codes(org.undelete([account, contact])) == [GONE, None]


def test_a_cascading_lookup_comes_back_on_its_own_and_finds_its_parent(org: Org) -> None:
    tree = subscription_tree(org)
    delete(org, CHARGE, tree["charge"])
    delete(org, SUBSCRIPTION, tree["subscription"])

    assert codes(org.undelete([tree["charge"]])) == [None]
    assert org.get_record(CHARGE, tree["charge"])["Zuora__Subscription__c"] is None

    assert codes(org.undelete([tree["subscription"]])) == [None]
    charge = org.get_record(CHARGE, tree["charge"])
    assert charge["Zuora__Subscription__c"] == tree["subscription"]
    assert charge["Zuora__SubscriptionRatePlan__c"] == tree["plan"]


def test_lookups_that_nobody_has_replaced_lead_back(org: Org) -> None:
    first, other = (add(org, SUBSCRIPTION, Name=name) for name in ("A-1", "A-2"))
    left, replaced = (add(org, FORECAST, Name="F", Subscription__c=first) for _ in range(2))
    delete(org, SUBSCRIPTION, first)
    org.dml("update", FORECAST, [{"Id": replaced, "Subscription__c": other}])

    org.undelete([first])

    found = [org.get_record(FORECAST, each)["Subscription__c"] for each in (left, replaced)]
    assert found == [first, other]


def test_a_unique_value_that_has_come_back_refuses_a_row(org: Org) -> None:
    old = add(org, INVOICE, Name="INV-1", Zuora__External_Id__c="z1")
    delete(org, INVOICE, old)
    new = add(org, INVOICE, Name="INV-1", Zuora__External_Id__c="z1")

    (result,) = org.undelete([old])

    assert result.error
    assert (result.error.code, new[:15] in result.error.message) == ("DUPLICATE_VALUE", True)
    assert live(org, INVOICE) == 1


def test_of_two_with_one_value_the_first_comes_back(org: Org) -> None:
    both = []
    for _ in range(2):
        both.append(add(org, INVOICE, Name="INV-1", Zuora__External_Id__c="z1"))
        delete(org, INVOICE, both[-1])
    assert codes(org.undelete(both)) == [None, "DUPLICATE_VALUE"]


def test_a_child_that_clashes_keeps_its_parent_in_the_bin(org: Org) -> None:
    account = billing_account(org)
    add(org, SUBSCRIPTION, Zuora__CustomerAccount__c=account, Zuora__External_Id__c="z1")
    delete(org, ACCOUNT, account)
    add(org, SUBSCRIPTION, Name="new", Zuora__External_Id__c="z1")
    assert codes(org.undelete([account])) == ["DUPLICATE_VALUE"]


def test_a_row_is_asked_for_before_it_comes_back(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")
    delete(org, INVOICE, invoice)
    asked = []

    def hook(operation: str, name: str, record_id: str) -> RowError:
        asked.append((operation, name, record_id))
        return RowError("UNABLE_TO_LOCK_ROW", "locked")

    org.row_hook = hook
    assert codes(org.undelete([invoice])) == ["UNABLE_TO_LOCK_ROW"]
    assert asked == [("undelete", INVOICE, invoice)]


def test_what_is_no_id_of_the_org_is_told(org: Org) -> None:
    found = codes(org.undelete(["hello", "zzz5g0000000001", "a065g00000zzzzz"]))
    assert found == ["MALFORMED_ID", "INVALID_CROSS_REFERENCE_KEY", GONE]
