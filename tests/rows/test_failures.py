"""Failures are gathered by reason, in bounded room."""

from __future__ import annotations

from target_zuora360_cleanup.rows.errors import RowError
from target_zuora360_cleanup.rows.failures import GROUPS, SAMPLES, Failures


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
    assert (second.count, second.samples) == (1, ())


def test_messages_that_all_differ_take_bounded_room() -> None:
    failures = Failures()
    for number in range(5 * GROUPS):
        failures.add("A__c", RowError(f"id{number}", "DELETE_FAILED", f"in use by INV-{number}"))
    groups = failures.grouped()
    assert len(groups) == GROUPS + 1
    assert sum(each.count for each in groups) == 5 * GROUPS
    assert "failures.csv" in groups[0].message
