"""Rows of an upsert, made from records by a map and what the org has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from target_zuora360_cleanup.field_maps import FieldMap, Parent
from target_zuora360_cleanup.field_values import NULL, Field, Unfit
from target_zuora360_cleanup.sync_rows import RowShape, TargetObject

KEY = "Zuora__External_Id__c"
ACCOUNT, INVOICE = "Zuora__CustomerAccount__c", "Zuora__ZInvoice__c"
MAP = FieldMap(
    "Invoice",
    INVOICE,
    {"InvoiceNumber": ("Name",), "Amount": ("Zuora__TotalAmount__c",), "New": ("Zuora__New__c",)},
    (Parent("AccountId", "Zuora__BillingAccount__c", ACCOUNT),),
)
OBJECTS = {
    ACCOUNT: TargetObject(ACCOUNT, KEY, {KEY: Field(KEY, "string", 255)}, {}),
    INVOICE: TargetObject(
        INVOICE,
        KEY,
        {
            KEY: Field(KEY, "string", 255),
            "Name": Field("Name", "string", 5),
            "Zuora__TotalAmount__c": Field("Zuora__TotalAmount__c", "currency"),
        },
        {"Zuora__BillingAccount__c": "Zuora__BillingAccount__r"},
    ),
}
SHAPE = RowShape.of(MAP, OBJECTS)


def test_the_key_comes_first_and_a_parent_is_named_by_its_external_id() -> None:
    assert [each.header for each in SHAPE.columns] == [
        KEY, "Name", "Zuora__TotalAmount__c", f"Zuora__BillingAccount__r.{KEY}",
    ]  # fmt: skip


def test_a_field_that_the_org_does_not_have_is_left_out_by_name() -> None:
    assert SHAPE.left_out == ("Zuora__New__c",)


def test_a_parent_that_the_org_does_not_have_is_left_out_by_its_lookup() -> None:
    shape = RowShape.of(MAP, {INVOICE: OBJECTS[INVOICE]})
    assert "Zuora__BillingAccount__c" in shape.left_out
    no_lookup = replace(OBJECTS[INVOICE], relationships={})
    assert RowShape.of(MAP, {**OBJECTS, INVOICE: no_lookup}).left_out == shape.left_out


def test_a_record_becomes_a_row_in_the_columns_order() -> None:
    record = {"Amount": 49.5, "Id": "8a1", "AccountId": "8a2", "InvoiceNumber": "INV1", "X": 1}
    assert SHAPE.row(record).values == ("8a1", "INV1", "49.5", "8a2")


def test_what_is_null_clears_its_field_and_what_is_missing_leaves_it() -> None:
    assert SHAPE.row({"Id": "8a1", "Amount": None}).values == ("8a1", "", NULL, "")


def test_a_text_that_was_cut_is_told_by_its_column() -> None:
    row = SHAPE.row({"Id": "8a1", "InvoiceNumber": "INV00001"})
    assert (row.values[1], row.cut) == ("INV00", ("Name",))


def test_a_value_that_does_not_fit_names_its_column_and_not_itself() -> None:
    with pytest.raises(Unfit, match=r"^Amount for Zuora__TotalAmount__c is no number") as caught:
        SHAPE.row({"Id": "8a1", "Amount": "much"})
    assert "much" not in str(caught.value)
