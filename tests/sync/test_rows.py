"""Rows of an upsert, made from records by a map and what the org has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from target_zuora360_cleanup.catalog.field_maps import FieldMap, FilledRelationship, Made
from target_zuora360_cleanup.catalog.paths import read_path
from target_zuora360_cleanup.sync.field_values import NULL, Field, Unfit
from target_zuora360_cleanup.sync.org_objects import TargetObject, TargetRelationship
from target_zuora360_cleanup.sync.rows import CLEARED, RowLayout, line

KEY = "Zuora__External_Id__c"
ACCOUNT, INVOICE = "Zuora__CustomerAccount__c", "Zuora__ZInvoice__c"
LOOKUP = TargetRelationship(
    "Zuora__BillingAccount__c",
    "Zuora__BillingAccount__r",
    (ACCOUNT,),
    owning=True,
    insert_only=False,
    clearable=True,
)
MAP = FieldMap(
    "Invoice",
    INVOICE,
    {"InvoiceNumber": ("Name",), "Amount": ("Zuora__TotalAmount__c",), "New": ("Zuora__New__c",)},
    (FilledRelationship("AccountId", "Zuora__BillingAccount__c", ACCOUNT),),
)
OBJECTS = {
    ACCOUNT: TargetObject(ACCOUNT, "Account", KEY, {KEY: Field(KEY, "string", 255)}, {}),
    INVOICE: TargetObject(
        INVOICE,
        "Invoice",
        KEY,
        {
            KEY: Field(KEY, "string", 255),
            "Name": Field("Name", "string", 5),
            "Zuora__TotalAmount__c": Field("Zuora__TotalAmount__c", "currency"),
        },
        {"Zuora__BillingAccount__c": LOOKUP},
    ),
}
SENT = {"Id", "InvoiceNumber", "Amount", "New", "AccountId"}
LAYOUT = RowLayout.of(MAP, OBJECTS, SENT)


def csv(record: dict[str, Any], layout: RowLayout = LAYOUT) -> tuple[str, str]:
    """Header and row as a job gets them."""
    row = layout.row(record)
    return layout.header(row.links), line(row.cells, row.links)


def test_the_key_comes_first_and_a_parent_is_named_by_its_external_id() -> None:
    header, row = csv({"Id": "8a1", "InvoiceNumber": "INV1", "Amount": 49.5, "AccountId": "8a2"})
    assert header == f"{KEY},Name,Zuora__TotalAmount__c,Zuora__BillingAccount__r.{KEY}"
    assert row == "8a1,INV1,49.5,8a2"


def test_a_parent_that_is_blank_clears_the_lookup_by_its_own_column() -> None:
    header, row = csv({"Id": "8a1", "AccountId": None})
    assert header.endswith(",Zuora__BillingAccount__c")
    assert row == f"8a1,,,{NULL}"


def test_a_lookup_that_can_not_be_blank_is_left_alone() -> None:
    fixed = replace(LOOKUP, clearable=False)
    invoice = replace(OBJECTS[INVOICE], relationships={LOOKUP.name: fixed})
    layout = RowLayout.of(MAP, {**OBJECTS, INVOICE: invoice}, SENT)
    assert csv({"Id": "8a1", "AccountId": ""}, layout)[0] == f"{KEY},Name,Zuora__TotalAmount__c"


def test_a_field_that_the_org_does_not_have_is_left_out_by_name() -> None:
    assert LAYOUT.left_out == ("Zuora__New__c",)


def test_a_field_that_the_stream_does_not_have_is_no_column_and_no_warning() -> None:
    layout = RowLayout.of(MAP, OBJECTS, {"Id", "Amount"})
    assert [each.header for each in layout.columns] == [KEY, "Zuora__TotalAmount__c"]
    assert layout.parents == ()
    assert layout.left_out == ()


@pytest.mark.parametrize(
    "objects",
    [
        {INVOICE: OBJECTS[INVOICE]},
        {**OBJECTS, INVOICE: replace(OBJECTS[INVOICE], relationships={})},
        {**OBJECTS, ACCOUNT: replace(OBJECTS[ACCOUNT], external_id="")},
    ],
    ids=["no parent object", "no lookup", "parent without a key"],
)
def test_a_parent_that_the_org_does_not_have_is_no_link(objects: dict[str, TargetObject]) -> None:
    assert RowLayout.of(MAP, objects, SENT).parents == ()


def test_a_users_own_parent_key_is_a_plain_column() -> None:
    made_by = FieldMap("Invoice", INVOICE, {"Region": ("Zuora__BillingAccount__r.Region__c",)})
    layout = RowLayout.of(made_by, OBJECTS, {"Id", "Region"})
    assert layout.header(()) == f"{KEY},Zuora__BillingAccount__r.Region__c"


def test_what_is_null_clears_its_field_and_what_is_missing_leaves_it() -> None:
    assert csv({"Id": "8a1", "Amount": None})[1] == f"8a1,,{NULL}"


@pytest.mark.parametrize(
    ("text", "cell"),
    [("a,b", '"a,b"'), ('a"b', '"a""b"'), ("a\nb", '"a\nb"'), (" a", '" a"'), ("Łó", "Łó")],
)
def test_a_text_that_would_break_the_csv_is_quoted(text: str, cell: str) -> None:
    assert csv({"Id": "8a1", "InvoiceNumber": text})[1] == f"8a1,{cell},"


def test_a_text_that_was_cut_is_told_by_its_column() -> None:
    row = LAYOUT.row({"Id": "8a1", "InvoiceNumber": "INV00001"})
    assert (row.cells, row.cut) == ("8a1,INV00,", ("Name",))


def test_a_value_that_does_not_fit_names_its_column_and_not_itself() -> None:
    with pytest.raises(Unfit, match=r"^Amount for Zuora__TotalAmount__c is no number") as caught:
        LAYOUT.row({"Id": "8a1", "Amount": "much"})
    assert "much" not in str(caught.value)


def test_of_many_records_each_has_the_row_that_it_has_alone() -> None:
    records: list[dict[str, Any]] = [
        {"Id": "1", "Amount": "1.5", "InvoiceNumber": "a, b", "AccountId": "2"},
        {"Id": "2", "InvoiceNumber": "too long a text", "AccountId": None},
        {"Id": "3", "Amount": "much"},
        {"Id": None},
        {"Id": "5", "Amount": None, "InvoiceNumber": "\0"},
    ]
    alone = [LAYOUT.rows([each])[0] for each in records]
    assert list(map(str, LAYOUT.rows(records))) == list(map(str, alone))
    assert [isinstance(each, Unfit) for each in alone] == [False, False, True, True, False]


@given(
    st.lists(
        st.sampled_from([None, "", "INV00", "INV00001", "a,b", " a", "#N/B", "\0"]), max_size=4
    )
)
@example(["INV00", "INV00001"])
@example(["a,b", "a,b"])
def test_values_that_are_alike_are_written_and_told_as_each_is(names: list[str | None]) -> None:
    records = [{"Id": f"{at}", "InvoiceNumber": name, "Amount": None, "New": "", "AccountId": "1"}
               for at, name in enumerate(names)]  # fmt: skip
    assert LAYOUT.rows(records) == [LAYOUT.row(each) for each in records]


@pytest.mark.parametrize("record", [{}, {"Id": None}, {"Id": ""}])
def test_a_record_without_an_id_is_no_row(record: dict[str, Any]) -> None:
    with pytest.raises(Unfit, match="Id is blank"):
        LAYOUT.row(record)


def test_lookups_are_kept_as_values_so_that_they_can_be_left_out_later() -> None:
    assert LAYOUT.row({"Id": "1", "AccountId": "2"}).links == ("2",)
    assert LAYOUT.row({"Id": "1", "AccountId": None}).links == (CLEARED,)
    assert LAYOUT.row({"Id": "1"}).links == (None,)


def test_a_field_is_found_under_either_name_whatever_its_case() -> None:
    made_by = FieldMap("Invoice", INVOICE, {"Number|InvoiceNumber": ("Name",)}, MAP.parents)
    layout = RowLayout.of(made_by, OBJECTS, {"ID", "invoicenumber", "Account.Id"})
    assert layout.header(("x",)) == f"{KEY},Name,Zuora__BillingAccount__r.{KEY}"
    record = {"ID": "1", "invoicenumber": "I", "Account.Id": "2"}
    assert csv(record, layout)[1] == "1,I,2"
    both = RowLayout.of(made_by, OBJECTS, {"Id", "Number", "InvoiceNumber"})
    assert both.columns[1].source == "Number"


def test_of_several_sources_of_a_field_the_first_counts_that_the_stream_has() -> None:
    made_by = FieldMap("Invoice", INVOICE, {"Price": ("Name",)}, made=(
        Made((read_path("AccountId/Account.Name"),), "", "Name"),
        Made((read_path("*Tier@InvoiceId.Price"),), "first", "Name")))  # fmt: skip
    sources = [
        RowLayout.of(made_by, OBJECTS, {"Id", *sent}).columns[1].source
        for sent in ({"Price", "AccountId"}, {"AccountId"}, set[str]())
    ]
    assert sources == ["Price", "=Name", "=Name"]


def test_a_field_of_a_customers_own_is_filled_where_both_sides_name_it_alike() -> None:
    own = {**OBJECTS[INVOICE].fields, "Region__c": Field("Region__c", "string", 9)}
    objects = {**OBJECTS, INVOICE: replace(OBJECTS[INVOICE], fields=own)}
    layout = RowLayout.of(MAP, objects, {"Id", "region__c", "Elsewhere__c"})
    assert csv({"Id": "1", "region__c": "EU"}, layout) == (f"{KEY},Region__c", "1,EU")


def test_what_another_field_of_the_same_source_takes_is_not_missed() -> None:
    made_by = FieldMap("Invoice", INVOICE, {"InvoiceNumber": ("Name", "Old__c"), "X": ("X__c",)})
    assert RowLayout.of(made_by, OBJECTS, {"Id", "InvoiceNumber", "X"}).left_out == ("X__c",)
