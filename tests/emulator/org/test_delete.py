"""What a deletion takes along, what forbids it, and what is left in the recycle bin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.server.opening import open_org
from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult, SalesforceError
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, SUBSCRIPTION = "Zuora__CustomerAccount__c", "Zuora__Subscription__c"
CHARGE, INVOICE = "Zuora__SubscriptionProductCharge__c", "Zuora__ZInvoice__c"


@pytest.fixture
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=0, quotes=False)) as made:
        yield made


def add(org: Org, object_name: str, **values: Any) -> str:
    result = org.dml("insert", object_name, [values])[0]
    assert result.id, result.error
    return result.id


def delete(org: Org, object_name: str, *record_ids: str, **more: Any) -> list[RowResult]:
    return org.dml("delete", object_name, [{"Id": each} for each in record_ids], **more)


def codes(results: list[RowResult]) -> list[str | None]:
    return [each.error.code if each.error else None for each in results]


def live(org: Org, object_name: str) -> int:
    return org.query(f"SELECT COUNT() FROM {object_name}").total


def billing_account(org: Org, **more: Any) -> str:
    owner = add(org, "Account", Name="Owner")
    return add(org, ACCOUNT, Name="Billing", Zuora__Account__c=owner, **more)


def subscription_tree(org: Org) -> dict[str, str]:
    account = billing_account(org)
    subscription = add(org, SUBSCRIPTION, Name="A-S1", Zuora__CustomerAccount__c=account)
    plan = add(org, "Zuora__SubscriptionRatePlan__c", Zuora__Subscription__c=subscription)
    charge = add(
        org, CHARGE, Zuora__Subscription__c=subscription, Zuora__SubscriptionRatePlan__c=plan
    )
    return {"account": account, "subscription": subscription, "plan": plan, "charge": charge}


def test_master_detail_and_cascade_lookups_take_children_along(org: Org) -> None:
    tree = subscription_tree(org)
    add(org, "Usage_Note__c", Charge__c=tree["charge"])
    owners = live(org, "Account")

    assert codes(delete(org, ACCOUNT, tree["account"])) == [None]

    for name in (ACCOUNT, SUBSCRIPTION, "Zuora__SubscriptionRatePlan__c", CHARGE, "Usage_Note__c"):
        assert (live(org, name), org.recycle_bin_counts()[name]) == (0, 1)
    assert live(org, "Account") == owners


def test_a_child_on_two_paths_goes_once(org: Org) -> None:
    tree = subscription_tree(org)

    assert codes(delete(org, SUBSCRIPTION, tree["subscription"])) == [None]
    assert org.recycle_bin_counts()[CHARGE] == 1


def test_a_plain_lookup_goes_blank(org: Org) -> None:
    tree = subscription_tree(org)
    forecast = add(org, "Renewal_Forecast__c", Name="F", Subscription__c=tree["subscription"])

    delete(org, SUBSCRIPTION, tree["subscription"])

    assert org.get_record("Renewal_Forecast__c", forecast)["Subscription__c"] is None


def test_a_cleared_lookup_leaves_no_trace_but_the_system_stamp(org: Org) -> None:
    tree = subscription_tree(org)
    forecast = add(org, "Renewal_Forecast__c", Name="F", Subscription__c=tree["subscription"])
    before = org.get_record("Renewal_Forecast__c", forecast)

    delete(org, SUBSCRIPTION, tree["subscription"])

    after = org.get_record("Renewal_Forecast__c", forecast)
    changed = {name for name in before if before[name] != after[name]}
    assert changed - {"SystemModstamp"} == {"Subscription__c"}


def test_a_lookup_to_a_deleted_row_of_the_same_object_goes_blank(org: Org) -> None:
    parent = billing_account(org)
    child = billing_account(org, Zuora__Parent__c=parent)

    delete(org, ACCOUNT, parent)

    assert org.get_record(ACCOUNT, child)["Zuora__Parent__c"] is None


def test_a_restrict_lookup_forbids_and_names_who_holds_on(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")
    case = add(org, "Dunning_Case__c", Invoice__c=invoice)
    number = org.get_record("Dunning_Case__c", case)["Name"]

    error = delete(org, INVOICE, invoice)[0].error

    assert error is not None
    assert error.code == "DELETE_FAILED"
    assert "Your attempt to delete INV-1 could not be completed because it is" in error.message
    assert error.message.endswith(f"associated with the following dunning cases.: {number}\n")
    assert live(org, INVOICE) == 1


def test_a_restricted_child_saves_its_whole_tree(org: Org) -> None:
    account = billing_account(org)
    other = add(org, INVOICE, Name="INV-1", Zuora__BillingAccount__c=account)
    held = add(org, INVOICE, Name="INV-2", Zuora__BillingAccount__c=account)
    add(org, "Dunning_Case__c", Invoice__c=held)

    assert codes(delete(org, ACCOUNT, account)) == ["DELETE_FAILED"]

    assert live(org, ACCOUNT) == 1
    assert org.get_record(INVOICE, other)["Zuora__BillingAccount__c"] == account


def test_a_restrict_lookup_of_a_deleted_row_forbids_nothing(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")
    delete(org, "Dunning_Case__c", add(org, "Dunning_Case__c", Invoice__c=invoice))

    assert codes(delete(org, INVOICE, invoice)) == [None]


def test_other_rows_of_a_batch_go_on(org: Org) -> None:
    good, bad = (add(org, INVOICE, Name=name) for name in ("good", "bad"))
    add(org, "Dunning_Case__c", Invoice__c=bad)

    assert codes(delete(org, INVOICE, bad, good)) == ["DELETE_FAILED", None]
    assert live(org, INVOICE) == 1


def test_all_or_none_undoes_everything(org: Org) -> None:
    good, bad = (add(org, INVOICE, Name=name) for name in ("good", "bad"))
    add(org, "Dunning_Case__c", Invoice__c=bad)

    results = delete(org, INVOICE, good, bad, all_or_none=True)

    assert codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "DELETE_FAILED"]
    assert live(org, INVOICE) == 2


def test_a_deleted_row_is_gone_for_the_next_deletion(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")
    delete(org, INVOICE, invoice)

    assert delete(org, INVOICE, invoice)[0].error == RowError(
        "ENTITY_IS_DELETED", "entity is deleted"
    )


def test_the_second_of_two_equal_ids_is_gone(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")

    assert codes(delete(org, INVOICE, invoice, invoice[:15])) == [None, "ENTITY_IS_DELETED"]


def test_equal_ids_of_a_restricted_row_fail_alike(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")
    add(org, "Dunning_Case__c", Invoice__c=invoice)

    assert codes(delete(org, INVOICE, invoice, invoice)) == ["DELETE_FAILED", "DELETE_FAILED"]


def test_15_characters_name_a_row_as_well_as_18(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")

    result = delete(org, INVOICE, invoice[:15])[0]

    assert (result.id, result.success) == (invoice, True)


@pytest.mark.parametrize(
    ("record_id", "code"),
    [
        ("", "MALFORMED_ID"),
        ("hello", "MALFORMED_ID"),
        ("a065g0000000001ZZZ", "MALFORMED_ID"),
        ("a065g00000zzzzz", "INVALID_CROSS_REFERENCE_KEY"),
        ("0015g0000000001", "INVALID_CROSS_REFERENCE_KEY"),
        ("0013000000KZDd6", "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
def test_what_is_no_row_has_its_error(org: Org, record_id: str, code: str) -> None:
    assert codes(delete(org, INVOICE, record_id)) == [code]


def test_a_deleted_row_is_seen_by_query_all_only(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")
    delete(org, INVOICE, invoice)
    soql = f"SELECT Id, IsDeleted FROM {INVOICE}"

    assert org.query(soql).total == 0
    assert org.query(soql, all_rows=True).rows(0, 9) == [(invoice, True)]
    assert org.query(f"{soql} ALL ROWS").rows(0, 9) == [(invoice, True)]


def test_an_undelete_brings_back_what_went_along(org: Org) -> None:
    tree = subscription_tree(org)
    delete(org, ACCOUNT, tree["account"])

    assert codes(org.undelete([tree["account"]])) == [None]

    charge = org.get_record(CHARGE, tree["charge"])
    assert charge["Zuora__Subscription__c"] == tree["subscription"]
    assert sum(org.recycle_bin_counts().values()) == 0


def test_an_undelete_leaves_what_went_before_on_its_own(org: Org) -> None:
    tree = subscription_tree(org)
    delete(org, CHARGE, tree["charge"])
    delete(org, ACCOUNT, tree["account"])

    org.undelete([tree["account"]])

    assert (live(org, SUBSCRIPTION), live(org, CHARGE)) == (1, 0)


def test_a_live_row_cannot_be_undeleted(org: Org) -> None:
    assert codes(org.undelete([add(org, INVOICE, Name="INV-1"), "x"])) == [
        "UNDELETE_FAILED",
        "MALFORMED_ID",
    ]


def test_emptying_the_recycle_bin_removes_for_good(org: Org) -> None:
    tree = subscription_tree(org)
    delete(org, ACCOUNT, tree["account"])

    org.empty_recycle_bin([tree["account"]])

    assert org.query(f"SELECT Id FROM {CHARGE}", all_rows=True).total == 0
    assert codes(delete(org, ACCOUNT, tree["account"])) == ["ENTITY_IS_DELETED"]


def test_a_hard_delete_leaves_nothing_in_the_recycle_bin(org: Org) -> None:
    tree = subscription_tree(org)

    results = org.dml("hardDelete", ACCOUNT, [{"Id": tree["account"]}])

    assert codes(results) == [None]
    assert sum(org.recycle_bin_counts().values()) == 0
    assert org.query(f"SELECT Id FROM {CHARGE}", all_rows=True).total == 0


def test_a_hard_delete_removes_a_row_of_the_recycle_bin(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")
    delete(org, INVOICE, invoice)

    assert codes(org.dml("hardDelete", INVOICE, [{"Id": invoice}])) == [None]
    assert org.recycle_bin_counts()[INVOICE] == 0


def test_the_id_of_a_removed_row_is_never_handed_out_again(org: Org) -> None:
    first = add(org, INVOICE, Name="INV-1")
    org.dml("hardDelete", INVOICE, [{"Id": first}])

    assert add(org, INVOICE, Name="INV-2") != first


def test_a_cascade_over_too_many_rows_is_refused() -> None:
    org = open_org(OrgOptions(records=0, quotes=False, max_cascade=2))
    small, large = billing_account(org), billing_account(org)
    for account, invoices in ((small, 2), (large, 3)):
        for _ in range(invoices):
            add(org, INVOICE, Zuora__BillingAccount__c=account)

    results = delete(org, ACCOUNT, small, large)

    assert codes(results) == [None, "DELETE_OPERATION_TOO_LARGE"]
    assert (live(org, ACCOUNT), live(org, INVOICE)) == (1, 3)
    org.close()


def test_the_hook_vetoes_single_rows(org: Org) -> None:
    good, bad = (add(org, INVOICE, Name=name) for name in ("good", "bad"))
    veto = RowError("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    org.row_hook = lambda operation, _, row: veto if (operation, row) == ("delete", bad) else None

    results = delete(org, INVOICE, bad, good)

    assert [each.error for each in results] == [veto, None]
    assert live(org, INVOICE) == 1


def test_what_nobody_may_delete_is_refused_as_a_whole(org: Org) -> None:
    with pytest.raises(SalesforceError) as caught:
        delete(org, "User", org.user_id)

    assert caught.value.code == "INVALID_TYPE_FOR_OPERATION"


def test_deleting_a_product_takes_its_prices_and_leaves_rate_plans(org: Org) -> None:
    product = add(org, "Product2", Name="P", zqu__ZuoraId__c="1" * 32)
    master = add(org, "zqu__ZProduct__c", Name="Z", zqu__Product__c=product)
    plan = add(
        org, "zqu__ProductRatePlan__c", Name="R", zqu__ZProduct__c=master, zqu__Product__c=product
    )
    book = add(org, "Pricebook2", Name="Standard")
    add(org, "PricebookEntry", Pricebook2Id=book, Product2Id=product, UnitPrice=1)
    before = live(org, "PricebookEntry")

    delete(org, "Product2", product)

    assert live(org, "PricebookEntry") == before - 1
    assert org.get_record("zqu__ProductRatePlan__c", plan)["zqu__Product__c"] is None


def test_the_limit_of_a_cascade_counts_children_in_the_recycle_bin() -> None:
    org = open_org(OrgOptions(records=0, quotes=False, max_cascade=2))
    account = billing_account(org)
    invoices = [add(org, INVOICE, Zuora__BillingAccount__c=account) for _ in range(3)]
    delete(org, INVOICE, *invoices)

    assert codes(delete(org, ACCOUNT, account)) == ["DELETE_OPERATION_TOO_LARGE"]

    org.empty_recycle_bin(invoices[:1])
    assert codes(delete(org, ACCOUNT, account)) == [None]
    assert org.recycle_bin_counts()[INVOICE] == 2
    org.close()
