"""Failures are gathered by reason, in bounded room."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.report.failures import Failures as Failed
from target_zuora360_cleanup.rows.errors import RowError
from target_zuora360_cleanup.rows.failures import GROUPS, SAMPLES, Failures, masked


def test_failures_are_grouped_by_reason_with_the_first_ids() -> None:
    failures = Failures()
    for number in range(9):
        record_id = f"a0G5g00000000{number:02}EAA"
        failures.add(
            "A__c", RowError(record_id, "LOCKED", f"held by {record_id}: representatives only")
        )
    failures.add("B__c", RowError("", "LOCKED", "x"))
    first, second = failures.grouped()
    assert (first.object, first.count, len(first.samples)) == ("A__c", 9, SAMPLES)
    assert first.message == "held by …: representatives only"
    assert first.example == "held by a0G5g0000000000EAA: representatives only"
    assert (second.count, second.samples) == (1, ())


def words(number: int) -> str:
    """A word of letters for each number."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def test_a_message_that_all_have_is_told_as_it_is() -> None:
    failures = Failures()
    for number in range(3):
        failures.add("A__c", RowError(str(number), "FAILED", "'Rate' must be below 100"))
    (group,) = failures.grouped()
    assert (group.message, group.example) == ("'Rate' must be below 100", "")


@pytest.mark.parametrize(
    ("message", "pattern"),
    [
        ("Fluffy: bad value for restricted picklist field: Fluffy",
         "…: bad value for restricted picklist field: …"),
        ("Stage: bad value for restricted picklist field: not so good",
         "Stage: bad value for restricted picklist field: …"),
        ("Fluffy: valor incorrecto: Fluffy.", "…: valor incorrecto: …"),
        ("Name: data value too large: A long name (max length=80)",
         "Name: data value too large: … (max length=…)"),
        ("Work Email: invalid email address: no body", "Work Email: invalid email address: …"),
        ("Foreign key external ID: so and so not found for field Zuora__Zuora_Id__c in entity A__c",
         "Foreign key external ID: … not found for field Zuora__Zuora_Id__c in entity A__c"),
        ("duplicate value found: Key_1__c duplicates value on record with id: a0G5g0000000001",
         "duplicate value found: Key_1__c duplicates value on record with id: …"),
        ("it is associated with the following invoices.: INV-1, Acme Corp",
         "it is associated with the following invoices.: …"),
        ("record 'plan' of “Ann” can't be „so“", "record … of … can't be …"),
        ("no exclusive access to this record or 2 records: a01000000000001,a01000000000002",
         "no exclusive access to this record or … records: …"),
        ("Total: value outside of valid range on numeric field: -10,000.5",
         "Total: value outside of valid range on numeric field: …"),
        ("no", "no"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_differs_from_record_to_record_parts_no_group(message: str, pattern: str) -> None:
    assert masked(message) == pattern


def test_failures_that_differ_in_the_value_alone_are_one_group_with_an_example() -> None:
    failures = Failures()
    for value in ("Fluffy", "Stale", "very old"):
        text = f"{value}: bad value for restricted picklist field: {value}"
        failures.add("A__c", RowError(f"key of {value}", "INVALID_OR_NULL", text))
    (group,) = failures.grouped()
    assert group.count == 3
    assert group.example == "Fluffy: bad value for restricted picklist field: Fluffy"
    (line,) = Failed((group,)).lines()
    assert str(line) == (
        f"FAIL A__c: 3 times INVALID_OR_NULL, such as: {group.example} "
        "(key of Fluffy, key of Stale, key of very old)"
    )


def test_messages_that_all_differ_take_bounded_room() -> None:
    failures = Failures()
    for number in range(5 * GROUPS):
        failures.add("A__c", RowError(f"id{number}", "DELETE_FAILED", f"in use by {words(number)}"))
    groups = failures.grouped()
    assert len(groups) == GROUPS + 1
    assert sum(each.count for each in groups) == 5 * GROUPS
    assert "failures.csv" in groups[0].message
