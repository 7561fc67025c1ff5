"""The packages' fields are those of real orgs' metadata, with their facts, and no others.

What is counted and picked here was read off the metadata of four orgs.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.schema.reading import load_schema, table_rows

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.schema.objects import Field

PACKAGES = ("Zuora__", "zqu__")
COUNTS = {
    "boolean": 88, "currency": 84, "date": 115, "datetime": 62, "email": 4, "encrypted": 1,
    "longtext": 42, "number": 219, "percent": 6, "phone": 9, "picklist": 153, "ref": 181,
    "text": 552, "textarea": 10,
}  # fmt: skip
REQUIRED = 61


def fields() -> dict[str, Field]:
    return {
        f"{item.name}.{each.name}": each
        for item in load_schema().objects.values()
        for each in item.fields.values()
        if each.name.startswith(PACKAGES)
    }


def test_every_field_of_the_packages_comes_from_their_table() -> None:
    table = {f"{row['object']}.{row['field']}" for row in table_rows("packages.tsv")}
    assert fields().keys() == table
    assert not [row for row in table_rows("fields.tsv") if row["field"].startswith(PACKAGES)]


def test_the_fields_are_as_many_of_each_type_as_in_the_metadata() -> None:
    types = Counter(row["type"] for row in table_rows("packages.tsv"))
    assert types == COUNTS


def test_formulas_and_roll_ups_can_not_be_written() -> None:
    computed = {name: each for name, each in fields().items() if each.calculated}
    assert len(computed) == 51
    assert not [name for name, each in computed.items() if each.createable or each.updateable]
    assert {"Zuora__Payment__c.Zuora__RefundedAmount__c", "zqu__Quote__c.zqu__MRR__c"} <= (
        computed.keys()
    )


@pytest.mark.parametrize(
    ("name", "type_", "length", "scale"),
    [
        ("Zuora__CustomerAccount__c.Zuora__AllowInvoiceEdit__c", "string", 255, 0),
        ("Zuora__CustomerAccount__c.Zuora__Notes__c", "textarea", 75_535, 0),
        ("Zuora__ZInvoice__c.Zuora__Balance2__c", "currency", 14, 2),
        ("Zuora__ZInvoice__c.Zuora__PostedDate__c", "date", 0, 0),
        ("Zuora__ZInvoice__c.Zuora__Posted_Date__c", "datetime", 0, 0),
        ("Zuora__SubscriptionProductCharge__c.Zuora__Price__c", "currency", 18, 5),
        ("Zuora__Payment__c.Zuora__RefundedAmount__c", "currency", 18, 2),
        ("Product2.zqu__SKU__c", "string", 70, 0),
        ("zqu__Hosted_Page_Setting__c.zqu__API_Security_Token__c", "encryptedstring", 175, 0),
    ],
)
def test_types_lengths_and_scales_are_theirs(
    name: str, type_: str, length: int, scale: int
) -> None:
    found = fields()[name]
    assert (found.type, found.length, found.scale) == (type_, length, scale)


def test_required_fields_are_theirs() -> None:
    required = {name for name, each in fields().items() if each.required and not each.master_detail}
    assert len(required) == REQUIRED
    assert {
        "Zuora__CreditMemo__c.Zuora__TotalAmount__c", "Zuora__TaxationItem__c.Zuora__TaxDate__c",
    } <= required  # fmt: skip
    assert "Zuora__ZInvoice__c.Zuora__External_Id__c" not in required


@pytest.mark.parametrize(
    "name",
    [
        "Zuora__Subscription__c.Zuora__QuoteNumber__QT__c",
        "Zuora__ZInvoice__c.Zuora__ReverseFlag__c",
        "Zuora__Payment__c.Zuora__Gateway__c",
        "Zuora__CreditMemo__c.Zuora__Amount__c",
        "Account.Zuora__Active__c",
    ],
)
def test_what_is_in_no_org_is_not_here(name: str) -> None:
    assert name not in fields()


def test_every_number_has_a_precision_and_every_text_a_length() -> None:
    kinds = {"double", "currency", "percent", "string", "textarea", "encryptedstring"}
    bare = [name for name, each in fields().items()
            if each.type in kinds and not each.length and not each.auto_number]  # fmt: skip
    assert bare == []
