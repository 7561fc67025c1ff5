"""Whose rows an object holds, held against the children that real describes have."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from target_zuora360_cleanup.catalog.objects import OBJECTS
from target_zuora360_cleanup.reach import is_kept_by_salesforce, nature_of
from target_zuora360_cleanup.reach.natures import MARKS
from tests.support.paths import TESTS

RIGHTS = ("queryable", "createable", "updateable", "deletable")
NOTHING: dict[str, Any] = dict.fromkeys(RIGHTS, False)
"""What a global describe says of a view: all its rows are another object's."""
READ_ONLY = {**NOTHING, "queryable": True}


def children() -> dict[str, str]:
    """Children of standard objects in describes of five orgs, with what they hold."""
    text = (TESTS / "data" / "standard_children.tsv").read_text(encoding="utf-8")
    return {row["child"]: row["holds"] for row in csv.DictReader(text.splitlines(), delimiter="\t")}


CHILDREN = children()


def named(*holds: str) -> list[str]:
    return [name for name, each in CHILDREN.items() if each in holds]


@pytest.mark.parametrize("name", named("people", "mark"))
def test_no_object_with_rows_of_its_own_is_left_out(name: str) -> None:
    for summary in (None, {}, READ_ONLY, {**NOTHING, "queryable": True}):
        assert not is_kept_by_salesforce(name, summary)
    assert nature_of(name) == CHILDREN[name]


@pytest.mark.parametrize("name", named("companion"))
def test_companions_are_left_out_whether_they_are_shown_or_not(name: str) -> None:
    assert is_kept_by_salesforce(name, None)
    assert is_kept_by_salesforce(name, READ_ONLY)


@pytest.mark.parametrize("name", named("view"))
def test_views_are_left_out_where_they_are_shown(name: str) -> None:
    assert is_kept_by_salesforce(name, NOTHING)


@pytest.mark.parametrize("suffix", ["Share", "History", "Feed", "Tag", "ChangeEvent"])
def test_companions_of_a_packages_object_are_left_out(suffix: str) -> None:
    assert is_kept_by_salesforce(f"Zuora__ZInvoice__{suffix}", None)
    assert is_kept_by_salesforce(f"Note__{suffix}", READ_ONLY)


@pytest.mark.parametrize(
    "name",
    ["Market_Share__c", "Order_History__c", "News_Feed__c", "acme__Tag__c", "History__c",
     "Share__x", "acme__Feed__b", "__History"],
)  # fmt: skip
def test_a_customers_object_counts_whatever_its_name_ends_in(name: str) -> None:
    assert not is_kept_by_salesforce(name, None)
    assert nature_of(name) == "people"


def test_an_object_named_like_a_companion_counts_where_rows_of_it_can_be_made() -> None:
    for name in ("PatientHistory", "NewsFeed"):
        assert not is_kept_by_salesforce(name, {**READ_ONLY, "createable": True})
    assert is_kept_by_salesforce("AccountShare", {**READ_ONLY, "createable": True})


@pytest.mark.parametrize("right", RIGHTS)
def test_who_may_do_anything_with_an_object_sees_rows_of_it(right: str) -> None:
    assert not is_kept_by_salesforce("Case", {**NOTHING, right: True})


def test_what_a_describe_does_not_say_is_not_taken_for_a_no() -> None:
    assert not is_kept_by_salesforce("Case", {"createable": False, "deletable": False})


def test_objects_of_the_packages_are_theirs_and_no_step_is_left_out() -> None:
    assert nature_of("Zuora__New__c") == nature_of("zqu__Quote__c") == "package"
    assert not any(is_kept_by_salesforce(kind.api_name, NOTHING) for kind in OBJECTS
                   if kind.api_name.endswith("__c"))  # fmt: skip


def test_a_mark_is_never_an_object_of_anybodys_own() -> None:
    assert not [name for name in MARKS if "__" in name]
    assert not [name for name in MARKS & CHILDREN.keys() if CHILDREN[name] == "people"]
