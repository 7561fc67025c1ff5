"""Inserting, updating and upserting, with typed values and with text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult, SalesforceError
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, SUBSCRIPTION = "Zuora__CustomerAccount__c", "Zuora__Subscription__c"
INVOICE, PAYMENT = "Zuora__ZInvoice__c", "Zuora__Payment__c"
KEY = "Zuora__External_Id__c"


@pytest.fixture
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=0, quotes=False)) as made:
        yield made


def add(org: Org, object_name: str, **values: Any) -> str:
    result = org.dml("insert", object_name, [values])[0]
    assert result.id, result.error
    return result.id


def billing_account(org: Org, **more: Any) -> str:
    return add(org, ACCOUNT, Zuora__Account__c=add(org, "Account", Name="Owner"), **more)


def upsert(org: Org, object_name: str, *rows: dict[str, Any], key: str = KEY) -> list[RowResult]:
    return org.dml("upsert", object_name, list(rows), external_id=key)


def error_of(results: list[RowResult]) -> RowError:
    (result,) = results
    assert result.error is not None
    return result.error


def test_an_insert_answers_the_new_id_and_fills_the_system_fields(org: Org) -> None:
    result = org.dml("insert", INVOICE, [{"Name": "INV-1"}])[0]

    assert result.created
    assert result.id is not None
    record = org.get_record(INVOICE, result.id)
    assert record["Name"] == "INV-1"
    assert record["CreatedById"] == record["OwnerId"] == org.user_id
    assert record["CreatedDate"] == record["SystemModstamp"] is not None
    assert record["IsDeleted"] is False


def test_typed_values_and_text_come_to_the_same(org: Org) -> None:
    typed = add(
        org,
        INVOICE,
        Zuora__TotalAmount__c=12.5,
        Zuora__InvoiceDate__c="2024-02-29",
        Zuora__Posted_Date__c="2024-02-29T10:00:00.000+02:00",
        Zuora__PaymentTerm__c=True,
    )
    text = add(
        org,
        INVOICE,
        Zuora__TotalAmount__c="12.50",
        Zuora__InvoiceDate__c="2024-02-29",
        Zuora__Posted_Date__c="2024-02-29T08:00:00Z",
        Zuora__PaymentTerm__c="true",
    )
    records = [org.get_record(INVOICE, each) for each in (typed, text)]

    for name in ("TotalAmount", "InvoiceDate", "Posted_Date", "PaymentTerm"):
        assert records[0][f"Zuora__{name}__c"] == records[1][f"Zuora__{name}__c"], name
    assert records[0]["Zuora__Posted_Date__c"] == "2024-02-29T08:00:00.000+0000"


def test_auto_numbers_are_counted(org: Org) -> None:
    account = billing_account(org)
    names = [
        org.get_record("Zuora__PaymentMethod__c", each)["Name"]
        for each in [
            add(org, "Zuora__PaymentMethod__c", Zuora__BillingAccount__c=account) for _ in range(2)
        ]
    ]

    assert names == ["PM-000000001", "PM-000000002"]


def test_an_update_changes_only_what_it_names(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1", Zuora__TotalAmount__c=5)

    result = org.dml("update", INVOICE, [{"Id": invoice, "Zuora__TotalAmount__c": 7}])[0]

    record = org.get_record(INVOICE, invoice)
    assert (result.id, result.created, result.success) == (invoice, False, True)
    assert (record["Name"], record["Zuora__TotalAmount__c"]) == ("INV-1", 7)


def test_null_clears_a_field(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1", Zuora__TotalAmount__c=5)

    org.dml("update", INVOICE, [{"Id": invoice, "Zuora__TotalAmount__c": None}])

    assert org.get_record(INVOICE, invoice)["Zuora__TotalAmount__c"] is None


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"Name": "x"}, "MISSING_ARGUMENT"),
        ({"Id": "x"}, "MALFORMED_ID"),
        ({"Id": "a065g00000zzzzz"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"Id": "0015g0000000001"}, "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
def test_an_update_needs_a_row(org: Org, row: dict[str, Any], code: str) -> None:
    assert error_of(org.dml("update", INVOICE, [row])).code == code


def test_a_deleted_row_cannot_be_updated(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")
    org.dml("delete", INVOICE, [{"Id": invoice}])

    error = error_of(org.dml("update", INVOICE, [{"Id": invoice, "Name": "x"}]))

    assert error.code == "ENTITY_IS_DELETED"


def test_an_upsert_inserts_and_then_updates(org: Org) -> None:
    first = upsert(org, INVOICE, {KEY: "z1", "Name": "one"})[0]
    second = upsert(org, INVOICE, {KEY: "z1", "Name": "two"})[0]

    assert (first.created, second.created) == (True, False)
    assert first.id == second.id
    assert org.query(f"SELECT Name FROM {INVOICE}").rows(0, 9) == [("two",)]


def test_an_upsert_does_not_find_rows_of_the_recycle_bin(org: Org) -> None:
    first = upsert(org, INVOICE, {KEY: "z1"})[0]
    org.dml("delete", INVOICE, [{"Id": str(first.id)}])

    assert upsert(org, INVOICE, {KEY: "z1"})[0].created


def test_an_upsert_heeds_case_where_its_key_does(org: Org) -> None:
    account = billing_account(org)
    rows = [{KEY: key, "Zuora__BillingAccount__c": account} for key in ("z1", "Z1")]

    assert [each.created for each in upsert(org, INVOICE, {KEY: "z1"}, {KEY: "Z1"})] == [True, True]
    created = [each.created for each in upsert(org, "Zuora__PaymentMethod__c", *rows[:1])]
    created += [each.created for each in upsert(org, "Zuora__PaymentMethod__c", {KEY: "Z1"})]
    assert created == [True, False]


def test_an_upsert_needs_its_key(org: Org) -> None:
    assert error_of(upsert(org, INVOICE, {"Name": "x"})).code == "MISSING_ARGUMENT"


def test_a_key_that_fits_several_rows_is_refused(org: Org) -> None:
    account = billing_account(org)
    for number in ("1", "2"):
        add(
            org,
            PAYMENT,
            Zuora__BillingAccount__c=account,
            Zuora__External_Id__c="same",
            Zuora__EXT_ID__c=number,
        )

    assert error_of(upsert(org, PAYMENT, {KEY: "same"})).code == "DUPLICATE_EXTERNAL_ID"


def test_an_upsert_by_id_updates(org: Org) -> None:
    invoice = add(org, INVOICE, Name="INV-1")

    result = upsert(org, INVOICE, {"Id": invoice, "Name": "new"}, key="Id")[0]

    assert (result.id, result.created) == (invoice, False)
    assert org.get_record(INVOICE, invoice)["Name"] == "new"


def test_a_parent_can_be_named_by_its_external_id(org: Org) -> None:
    account = billing_account(org, Zuora__External_Id__c="acc")

    flat, nested = upsert(
        org,
        INVOICE,
        {KEY: "1", f"Zuora__BillingAccount__r.{KEY}": "acc"},
        {KEY: "2", "Zuora__BillingAccount__r": {KEY: "acc"}},
    )

    for result in (flat, nested):
        record = org.get_record(INVOICE, str(result.id))
        assert record["Zuora__BillingAccount__c"] == account


def test_an_unknown_parent_is_named_in_the_error(org: Org) -> None:
    error = error_of(upsert(org, INVOICE, {KEY: "1", f"Zuora__BillingAccount__r.{KEY}": "nobody"}))

    assert error.code == "INVALID_FIELD"
    assert error.message == (
        f"Foreign key external ID: nobody not found for field {KEY} in entity {ACCOUNT}"
    )


@pytest.mark.parametrize("gone", [True, False])
def test_a_parent_that_is_not_there_is_refused(org: Org, gone: bool) -> None:  # noqa: FBT001 - pytest gives it
    account = billing_account(org)
    if gone:
        org.dml("delete", ACCOUNT, [{"Id": account}])
    parent = account if gone else "a005g00000zzzzz"

    error = error_of(org.dml("insert", INVOICE, [{"Zuora__BillingAccount__c": parent}]))

    assert error.code == ("ENTITY_IS_DELETED" if gone else "INVALID_CROSS_REFERENCE_KEY")
    assert error.fields == ("Zuora__BillingAccount__c",)


def test_two_live_rows_cannot_share_a_unique_value(org: Org) -> None:
    first = add(org, INVOICE, Zuora__External_Id__c="z1")

    error = error_of(org.dml("insert", INVOICE, [{KEY: "z1"}]))

    assert error.code == "DUPLICATE_VALUE"
    assert first[:15] in error.message


def test_a_row_may_keep_its_own_unique_value(org: Org) -> None:
    invoice = add(org, INVOICE, Zuora__External_Id__c="z1")

    assert org.dml("update", INVOICE, [{"Id": invoice, KEY: "z1"}])[0].success


@pytest.mark.parametrize(
    ("object_name", "row", "code"),
    [
        (PAYMENT, {"Zuora__Amount__c": 1}, "REQUIRED_FIELD_MISSING"),
        ("Contact", {"FirstName": "x"}, "REQUIRED_FIELD_MISSING"),
        (INVOICE, {"Nothing__c": 1}, "INVALID_FIELD"),
        (INVOICE, {"CreatedDate": "2024-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        (INVOICE, {"Name": "x" * 300}, "STRING_TOO_LONG"),
        (INVOICE, {"Zuora__TotalAmount__c": "much"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        (INVOICE, {"Zuora__InvoiceDate__c": "soon"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        (
            INVOICE,
            {"Zuora__InvoiceDate__c": "2024-02-29T00:00:00Z"},
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
        ),
        (ACCOUNT, {"Zuora__AutoPay__c": "perhaps"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        (ACCOUNT, {"Zuora__BillToWorkEmail__c": "nobody"}, "INVALID_EMAIL_ADDRESS"),
        (INVOICE, {"Zuora__TotalAmount__c": 10**16}, "NUMBER_OUTSIDE_VALID_RANGE"),
        (INVOICE, {"Name": "x" * 81}, "STRING_TOO_LONG"),
        ("Account", {"Phone": "1"}, "REQUIRED_FIELD_MISSING"),
        ("Zuora__CreditMemo__c", {"Zuora__Balance__c": 1}, "REQUIRED_FIELD_MISSING"),
        (ACCOUNT, {"Zuora__CreditCard_Number__c": "x"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        (PAYMENT, {"Zuora__RefundedAmount__c": 1}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("zqu__Quote__c", {"zqu__Number__c": "x"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        (INVOICE, {"Zuora__BillingAccount__c": "x"}, "MALFORMED_ID"),
        (INVOICE, {"Zuora__BillingAccount__c": "0015g0000000001"}, "FIELD_INTEGRITY_EXCEPTION"),
    ],
)
def test_what_a_field_does_not_take_is_refused(
    org: Org, object_name: str, row: dict[str, Any], code: str
) -> None:
    assert error_of(org.dml("insert", object_name, [row])).code == code


def test_a_bad_row_does_not_keep_the_others_out(org: Org) -> None:
    results = org.dml("insert", INVOICE, [{"Name": "a"}, {"Nothing__c": 1}, {"Name": "b"}])

    assert [each.success for each in results] == [True, False, True]
    assert org.query(f"SELECT COUNT() FROM {INVOICE}").total == 2


def test_all_or_none_keeps_everything_out(org: Org) -> None:
    results = org.dml("insert", INVOICE, [{"Name": "a"}, {"Nothing__c": 1}], all_or_none=True)

    assert [each.error.code for each in results if each.error] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "INVALID_FIELD",
    ]
    assert org.query(f"SELECT COUNT() FROM {INVOICE}").total == 0


def test_the_hook_vetoes_writing_too(org: Org) -> None:
    veto = RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Trig: execution of BeforeInsert")
    org.row_hook = lambda operation, _, __: veto if operation == "insert" else None

    assert error_of(org.dml("insert", INVOICE, [{"Name": "x"}])) == veto


def test_an_object_for_reading_is_not_written(org: Org) -> None:
    with pytest.raises(SalesforceError) as caught:
        org.dml("insert", "ApexTrigger", [{"Name": "x"}])

    assert caught.value.code == "INVALID_TYPE_FOR_OPERATION"


def test_one_call_updates_a_record_twelve_times_at_most(org: Org) -> None:
    record = billing_account(org)
    given = [{"Id": record, "Name": f"Name {n}"} for n in range(1, 15)]
    results = org.dml("update", ACCOUNT, given)
    assert [each.error for each in results[:12]] == [None] * 12
    assert {each.error.code for each in results[12:] if each.error} == {"DUPLICATE_VALUE"}
    assert org.get_record(ACCOUNT, record)["Name"] == "Name 12"
