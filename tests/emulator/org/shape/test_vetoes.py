"""Triggers that refuse deletions, asked for the rows that are deleted themselves."""

from __future__ import annotations

from tests.emulator.org.shape.making import (
    INVOICE,
    SUBSCRIPTION,
    child,
    codes,
    delete,
    ids,
    shaped,
)

REFUSED = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
MILESTONE = child("Milestone__c", SUBSCRIPTION, "cascade")
ROWS = [{"object": "Milestone__c", "name": "kept", "values": {"Parent__c": {"each": SUBSCRIPTION}}}]


def test_a_trigger_refuses_every_row_or_each_nth() -> None:
    vetoes = [
        {"object": INVOICE, "message": "posted"},
        {"object": SUBSCRIPTION, "every": 2, "message": "even", "code": "LOCKED"},
    ]
    with shaped(vetoes=vetoes) as org:
        (first, *_), subscriptions = ids(org, INVOICE), ids(org, SUBSCRIPTION)
        (error,) = [each.error for each in delete(org, INVOICE, first)]
        assert error is not None
        assert (error.code, error.message) == (REFUSED, "posted")
        found = codes(delete(org, SUBSCRIPTION, *subscriptions))
        assert found == [None, "LOCKED"] * (len(subscriptions) // 2) + [None] * (
            len(subscriptions) % 2
        )


def test_a_trigger_refuses_rows_by_name() -> None:
    rows = [*ROWS, {"object": "Milestone__c", "count": 2}]
    vetoes = [{"object": "Milestone__c", "rows": ["kept"], "message": "kept"}]
    with shaped(objects=[MILESTONE], rows=rows, vetoes=vetoes) as org:
        every = ids(org, "Milestone__c")
        named = len(every) - 2
        assert codes(delete(org, "Milestone__c", *every)) == [REFUSED] * named + [None] * 2


def test_no_trigger_saves_a_row_that_goes_along() -> None:
    vetoes = [{"object": "Milestone__c", "message": "kept"}]
    with shaped(objects=[MILESTONE], rows=ROWS, vetoes=vetoes) as org:
        assert codes(delete(org, SUBSCRIPTION, ids(org, SUBSCRIPTION)[0])) == [None]
        assert len(ids(org, "Milestone__c")) == len(ids(org, SUBSCRIPTION))


def test_a_hard_delete_fires_triggers_and_an_update_does_not() -> None:
    with shaped(vetoes=[{"object": INVOICE, "message": "posted"}]) as org:
        row = {"Id": ids(org, INVOICE)[0]}
        assert codes(org.dml("hardDelete", INVOICE, [row])) == [REFUSED]
        assert codes(org.dml("update", INVOICE, [{**row, "Name": "x"}])) == [None]


def test_what_somebody_else_asks_before_rows_is_asked_too() -> None:
    with shaped(vetoes=[{"object": INVOICE, "every": 2, "message": "posted"}]) as org:
        asked: list[str] = []
        org.row_hook = lambda _operation, _name, record_id: asked.append(record_id)
        first, second, *_ = ids(org, INVOICE)
        assert codes(delete(org, INVOICE, first, second)) == [None, REFUSED]
        assert asked == [first]
