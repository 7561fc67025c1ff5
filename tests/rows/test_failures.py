"""Salesforce's words for a row that failed, and failures by reason."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.rows.failures import GROUPS, SAMPLES, Failures, split_error


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("ENTITY_IS_DELETED:entity is deleted:--", "ENTITY_IS_DELETED", "entity is deleted"),
        ("REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
         "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]"),
        ("UNABLE_TO_LOCK_ROW:a: b\n\nc:--", "UNABLE_TO_LOCK_ROW", "a: b\n\nc"),
        ("DELETE_FAILED:no end", "DELETE_FAILED", "no end"),
        ("DELETE_FAILED::--", "DELETE_FAILED", ""),
        ("Something else: entirely", "UNKNOWN", "Something else: entirely"),
        ("", "UNKNOWN", ""),
    ],
)  # fmt: skip
def test_an_error_is_split_into_code_and_message(text: str, code: str, message: str) -> None:
    assert split_error(text) == (code, message)


def test_failures_are_grouped_by_reason_with_the_first_ids() -> None:
    failures = Failures()
    for number in range(9):
        record_id = f"a0G5g00000000{number:02}EAA"
        failures.add("A__c", record_id, "LOCKED", f"held by {record_id}: representatives only")
    failures.add("B__c", "", "LOCKED", "x")
    first, second = failures.grouped()
    assert (first.object, first.count, len(first.samples)) == ("A__c", 9, SAMPLES)
    assert first.message == "held by …: representatives only"
    assert (second.count, second.samples) == (1, ())


def test_messages_that_all_differ_take_bounded_room() -> None:
    failures = Failures()
    for number in range(5 * GROUPS):
        failures.add("A__c", f"id{number}", "DELETE_FAILED", f"in use by INV-{number}")
    groups = failures.grouped()
    assert len(groups) == GROUPS + 1
    assert sum(each.count for each in groups) == 5 * GROUPS
    assert "failures.csv" in groups[0].message
