"""Rows that appear while a run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.server.opening import open_org
from tests.emulator.org.shape.making import (
    INVOICE,
    SUBSCRIPTION,
    child,
    codes,
    column,
    delete,
    ids,
    shaped,
)

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.org.org import OrgOptions

MILESTONE = child("Milestone__c", SUBSCRIPTION, "cascade")
TWO = [{"object": "Milestone__c", "count": 2, "values": {"Parent__c": {"object": SUBSCRIPTION}}}]


def test_rows_appear_when_the_first_deletion_of_an_object_begins() -> None:
    with shaped(objects=[MILESTONE], later=[{"object": SUBSCRIPTION, "rows": TWO}]) as org:
        delete(org, INVOICE, ids(org, INVOICE)[0])
        assert ids(org, "Milestone__c") == []
        delete(org, SUBSCRIPTION, ids(org, SUBSCRIPTION)[-1])
        assert len(ids(org, "Milestone__c")) == 2
        delete(org, SUBSCRIPTION, ids(org, SUBSCRIPTION)[-1])
        assert len(ids(org, "Milestone__c")) == 2


def test_what_appears_hangs_on_what_is_about_to_go() -> None:
    with shaped(objects=[MILESTONE], later=[{"object": SUBSCRIPTION, "rows": TWO}]) as org:
        first = ids(org, SUBSCRIPTION)[0]
        assert codes(delete(org, SUBSCRIPTION, first)) == [None]
        assert org.recycle_bin_counts()["Milestone__c"] == 2


def test_rows_appear_when_so_many_others_are_gone_by_themselves_or_along() -> None:
    later = [{"object": "Milestone__c", "gone": 3, "rows": [{"object": "Task"}]}]
    rows = [{"object": "Milestone__c", "values": {"Parent__c": {"each": SUBSCRIPTION}}}]
    with shaped(objects=[MILESTONE], rows=rows, later=later) as org:
        delete(org, "Milestone__c", ids(org, "Milestone__c")[0])
        delete(org, SUBSCRIPTION, ids(org, SUBSCRIPTION)[1])
        assert ids(org, "Task") == []
        delete(org, SUBSCRIPTION, ids(org, SUBSCRIPTION)[1])
        assert len(ids(org, "Task")) == 1


def test_what_leads_to_a_row_that_is_gone_appears_no_more() -> None:
    rows = [{"object": "Task", "values": {"WhatId": {"row": "m"}}}]
    named = [{"object": "Milestone__c", "name": "m"}]
    later = [{"object": "Milestone__c", "gone": 1, "rows": [*rows, *TWO]}]
    with shaped(objects=[MILESTONE], rows=named, later=later) as org:
        delete(org, SUBSCRIPTION, *ids(org, SUBSCRIPTION))
        delete(org, "Milestone__c", *ids(org, "Milestone__c"))
        assert ids(org, "Milestone__c") == []
        assert codes(delete(org, INVOICE, ids(org, INVOICE)[0])) == [None]


def test_rows_that_appear_can_be_hidden() -> None:
    later = [{"object": SUBSCRIPTION, "rows": [{**TWO[0], "name": "new"}]}]
    with shaped(objects=[MILESTONE], later=later, hidden={"rows": [{"row": "new"}]},
                permissions={"view_all_data": False}) as org:  # fmt: skip
        delete(org, SUBSCRIPTION, ids(org, SUBSCRIPTION)[-1])
        assert len(ids(org, "Milestone__c")) == 2
        assert column(org, "SELECT Id FROM Milestone__c") == []


def test_what_has_appeared_is_remembered_with_the_file(tmp_path: Any) -> None:
    with shaped(objects=[MILESTONE], later=[{"object": SUBSCRIPTION, "rows": TWO}]) as made:
        options: OrgOptions = made.options
    for _ in range(2):
        with open_org(options, tmp_path / "org.sqlite") as org:
            delete(org, SUBSCRIPTION, ids(org, SUBSCRIPTION)[-1])
            assert len(ids(org, "Milestone__c")) == 2
