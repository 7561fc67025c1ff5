"""What a field takes and what it refuses, in Salesforce's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.wire.errors import RowResult

ACCOUNT = "Zuora__CustomerAccount__c"
INVOICE = "Zuora__ZInvoice__c"
MILESTONE = "Milestone__c"
SHAPE = json.dumps({
    "objects": [{"name": MILESTONE, "fields": [
        {"name": "Stage__c", "type": "picklist", "values": ["Open", "Done"], "restricted": True},
        {"name": "Mood__c", "type": "picklist", "values": ["Good"]},
        {"name": "Owner_Name__c", "type": "string", "length": 20, "required": True},
        {"name": "Key__c", "type": "string", "length": 20, "external_id": True}]}],
})  # fmt: skip


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=0, quotes=False, shape=SHAPE)) as made:
        yield made


def refused(org: Org, name: str, operation: Any = "insert", **values: Any) -> tuple[str, str]:
    (result,) = org.dml(operation, name, [values])
    assert result.error is not None
    return result.error.code, result.error.message


def added(org: Org, name: str, **values: Any) -> str:
    (result,) = org.dml("insert", name, [values])
    assert result.id, result.error
    return result.id


def test_a_restricted_picklist_takes_its_own_values_only(org: Org) -> None:
    assert refused(org, MILESTONE, Owner_Name__c="a", Stage__c="open") == (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Stage: bad value for restricted picklist field: open",
    )
    assert added(org, MILESTONE, Owner_Name__c="a", Stage__c="Done", Mood__c="So so")


def test_the_packages_picklists_are_not_restricted(org: Org) -> None:
    picklists = [each for item in org.schema.objects.values() for each in item.fields.values()
                 if each.picklist and each.name.startswith(("Zuora__", "zqu__"))]  # fmt: skip
    assert picklists
    assert not any(each.restricted for each in picklists)


def test_a_number_has_so_many_digits_before_its_point(org: Org) -> None:
    assert refused(org, INVOICE, Zuora__TotalAmount__c="-10000000000000000") == (
        "NUMBER_OUTSIDE_VALID_RANGE",
        "Total Amount: value outside of valid range on numeric field: -10000000000000000",
    )
    invoice = added(org, INVOICE, Zuora__TotalAmount__c=9_999_999_999_999_998)
    assert org.get_record(INVOICE, invoice)["Zuora__TotalAmount__c"] == 9_999_999_999_999_998


def test_a_required_field_can_not_be_cleared(org: Org) -> None:
    row = added(org, MILESTONE, Owner_Name__c="a")
    error = refused(org, MILESTONE, "update", Id=row, Owner_Name__c=None)
    assert error == (
        "REQUIRED_FIELD_MISSING", "Required fields are missing: [Owner_Name__c]",
    )  # fmt: skip
    assert org.get_record(MILESTONE, row)["Owner_Name__c"] == "a"


def test_an_email_address_has_two_sides(org: Org) -> None:
    told = refused(org, ACCOUNT, Zuora__BillToWorkEmail__c="nobody")
    assert told == ("INVALID_EMAIL_ADDRESS", "Bill To Work Email: invalid email address: nobody")


def test_a_new_row_has_the_defaults_and_the_numbers_of_its_fields(org: Org) -> None:
    account = added(org, "Account", Name="Owner")
    made = org.get_record(ACCOUNT, added(org, ACCOUNT, Zuora__Account__c=account))
    assert made["Zuora__CreditBalance__c"] == 0
    quote = org.get_record("zqu__Quote__c", added(org, "zqu__Quote__c", Name="Q"))
    assert quote["zqu__Number__c"] == "Q-00000001"


def test_an_update_that_fails_names_its_row(org: Org) -> None:
    row = added(org, MILESTONE, Owner_Name__c="a", Key__c="k")
    wrong = {"Owner_Name__c": "x" * 21}
    for result in (
        *org.dml("update", MILESTONE, [{"Id": row, **wrong}]),
        *org.dml("upsert", MILESTONE, [{"Key__c": "k", **wrong}], external_id="Key__c"),
    ):
        assert outcome(result) == (row, "STRING_TOO_LONG")
    (new,) = org.dml("upsert", MILESTONE, [{"Key__c": "n", **wrong}], external_id="Key__c")
    assert outcome(new) == (None, "STRING_TOO_LONG")


def test_a_key_that_several_rows_have_names_them(org: Org) -> None:
    rows = [added(org, MILESTONE, Owner_Name__c="a", Key__c="twice")[:15] for _ in range(2)]
    (result,) = org.dml("upsert", MILESTONE, [{"Key__c": "TWICE"}], external_id="Key__c")
    assert result.error is not None
    assert (result.error.code, result.error.message) == (
        "DUPLICATE_EXTERNAL_ID",
        f"Key: more than one record found for external id field: [{rows[0]}, {rows[1]}]",
    )


def outcome(result: RowResult) -> tuple[str | None, str]:
    assert result.error is not None
    return result.id, result.error.code
