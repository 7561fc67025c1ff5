"""Which bookmarks move: never past what is not loaded."""

from __future__ import annotations

from typing import Any

import pytest

from target_zuora360_cleanup.sync.passing import Bookmarks
from target_zuora360_cleanup.sync.streams_in import StreamMaps

NAMES = StreamMaps.of({}, {"mine": "other"}).names
OLD, NEW = {"UpdatedDate": "2026-01-01"}, {"UpdatedDate": "2026-02-01"}
STATE = {"bookmarks": {"Account": NEW, "Invoice": NEW}, "current_stream": None}


def seen(*states: dict[str, Any], stream: str = "Invoice", start_date: str = "") -> Bookmarks:
    bookmarks = Bookmarks(start_date, NAMES)
    for each in states:
        bookmarks.see(each)
    bookmarks.begin(stream)
    return bookmarks


def test_a_state_is_passed_on_as_it_is_where_nothing_waits() -> None:
    assert seen(STATE).to_pass(STATE, (), ()) == STATE


def test_the_bookmark_of_a_stream_that_waits_stays_what_it_was_and_no_other() -> None:
    bookmarks = seen({"bookmarks": {"Invoice": OLD}})
    bookmarks.see(STATE)
    assert bookmarks.to_pass(STATE, {"Invoice"}, ()) == {
        "bookmarks": {"Account": NEW, "Invoice": OLD}, "current_stream": None,
    }  # fmt: skip


def test_one_that_had_none_goes_so_that_all_is_sent_again() -> None:
    bookmarks = seen({"bookmarks": {}})
    bookmarks.see(STATE)
    passed = bookmarks.to_pass(STATE, {"Invoice"}, ())
    assert passed is not None
    assert passed["bookmarks"] == {"Account": NEW}


def test_bookmarks_that_are_dropped_go() -> None:
    passed = seen(STATE).to_pass(STATE, (), {"Account"})
    assert passed is not None
    assert passed["bookmarks"] == {"Invoice": NEW}


def test_a_state_of_another_form_is_not_passed_past_what_waits() -> None:
    assert seen(STATE).to_pass({"airbyte_state": []}, {"Invoice"}, ()) is None
    assert seen(STATE).to_pass({"airbyte_state": []}, (), ()) == {"airbyte_state": []}


@pytest.mark.parametrize(
    ("entry", "start_date", "whole"),
    [
        (None, "", True),
        ({"version": 7}, "", True),
        ({"version": 7, "UpdatedDate": "2000-01-01T00:00:00Z"}, "", True),
        ({"UpdatedDate": "2024-05-01T00:00:00Z"}, "2024-05-01", True),
        ({"UpdatedDate": "2024-05-02T00:00:00Z"}, "2024-05-01", False),
        ({"UpdatedDate": "2024-05-01T00:00:00Z"}, "", False),
        ("2024-05-01", "", False),
        ({"UpdatedDate": "2024-05-01T08:00:00Z"}, "2024-05-01", False),
        ({"UpdatedDate": "2024-05-01 08:00:00"}, "2024-05-01T07:00:00Z", False),
        ({"UpdatedDate": "2024-05-01 07:00:00"}, "2024-05-01T07:00:00Z", True),
        ({"UpdatedDate": "2024-05-01T07:00:00Z"}, "2024-05-01T00:00:00-07:00", True),
        ({"replication_key": "Id", "replication_key_value": 512}, "", False),
        ({"UpdatedDate": "last week"}, "", False),
        ({"version": 7, "file_ids": ["a"], "UpdatedDate": "2000-01-01"}, "", False),
        ({"version": 7, "current_window_end": "2024-05-01T00:00:00Z"}, "", False),
        ({"UpdatedDate": None, "file_ids": None}, "", True),
    ],
)
def test_a_stream_is_sent_from_the_start_where_its_bookmark_says_nothing_else(
    entry: object, start_date: str, whole: object
) -> None:
    state = {"bookmarks": {} if entry is None else {"Invoice": entry}}
    assert seen(state, start_date=start_date).is_from_the_start("Invoice") is whole


@pytest.mark.parametrize(
    ("start_date", "sends_all"),
    [("", True), ("2000-01-01", True), ("1999-12-31T00:00:00Z", True),
     ("2000-01-01T00:00:00-08:00", True), ("2000-01-02", False), ("last year", False)],
)  # fmt: skip
def test_a_tap_that_begins_later_than_zuoras_own_sync_does_not_send_all_there_is(
    start_date: str,
    sends_all: bool,  # noqa: FBT001 - what is expected
) -> None:
    bookmarks = seen({"bookmarks": {}}, start_date=start_date)
    assert bookmarks.is_from_the_start("Invoice")
    assert bookmarks.sends_all("Invoice") is sends_all


@pytest.mark.parametrize(
    ("created", "entry", "may_have"),
    [
        ("2024-05-01T08:00:01Z", {"UpdatedDate": "2024-05-01T08:00:00.000000Z"}, False),
        ("2024-05-01T08:00:00Z", {"UpdatedDate": "2024-05-01T08:00:00.000000Z"}, True),
        ("2024-05-01T08:00:01Z", {"UpdatedDate": "2024-05-01 08:00:00"}, False),
        ("2024-05-01T08:00:01+02:00", {"UpdatedDate": "2024-05-01 08:00:00"}, True),
        ("", {"UpdatedDate": "2024-05-01 08:00:00"}, True),
        (None, {"UpdatedDate": "2024-05-01 08:00:00"}, True),
        ("2024-05-01T08:00:01Z", {"replication_key_value": 3}, True),
        ("2024-05-01T08:00:01Z", "2024-05-01", False),
        ("2024-05-01T08:00:01Z", 17, True),
    ],
)
def test_what_was_created_since_the_bookmark_was_not_sent_before(
    created: object, entry: object, may_have: object
) -> None:
    earlier = seen({"bookmarks": {"Invoice": entry}}).earlier("Invoice")
    assert earlier.may_have(created) is may_have


def test_what_another_stream_has_passed_may_hang_on_a_record_whose_own_was_held() -> None:
    old, new = ({"UpdatedDate": f"2024-05-0{day}T00:00:00Z"} for day in (1, 3))
    bookmarks = seen({"bookmarks": {"Account": old, "Invoice": new}})
    assert bookmarks.earlier("Account").may_have("2024-05-02T00:00:00Z")
    # What the tap has sent by now came in this run.
    bookmarks.see({"bookmarks": {"Account": old, "Invoice": {"UpdatedDate": "2024-05-09"}}})
    assert not bookmarks.earlier("Account").may_have("2024-05-04T00:00:00Z")


def test_where_all_streams_come_anew_nothing_was_sent_before() -> None:
    assert not seen({"bookmarks": {}}).earlier("Invoice").any_came
    assert seen(STATE).earlier("Invoice").any_came


@pytest.mark.parametrize(
    ("name", "may_be"),
    [
        ("db-Invoice", True),
        ("invoices", True),
        ("zuora_invoice", True),
        ("what_nobody_knows", True),
        ("Account", False),
        ("Usage", False),
        ("mine", False),
    ],
)
def test_a_bookmark_of_another_name_may_be_that_of_a_stream_without_one(
    name: str,
    may_be: bool,  # noqa: FBT001 - what is expected
) -> None:
    bookmarks = seen({"bookmarks": {name: OLD}})
    assert bookmarks.is_from_the_start("Invoice") is not may_be
    bookmarks.see({"bookmarks": {name: NEW}})
    passed = bookmarks.to_pass({"bookmarks": {name: NEW}}, {"Invoice"}, ())
    assert passed == {"bookmarks": {name: OLD if may_be else NEW}}
    passed = bookmarks.to_pass({"bookmarks": {name: NEW}}, (), {"Invoice"})
    assert passed == {"bookmarks": {} if may_be else {name: NEW}}


def test_a_bookmark_of_another_name_is_its_own_streams_once_that_has_come() -> None:
    state = {"bookmarks": {"what_nobody_knows": OLD}}
    bookmarks = seen(state)
    bookmarks.begin("what_nobody_knows")
    assert bookmarks.is_from_the_start("Invoice")
    assert bookmarks.to_pass(state, (), {"Invoice"}) == state


def test_a_bookmark_of_another_name_that_this_run_began_goes_where_something_waits() -> None:
    bookmarks = seen({"bookmarks": {}})
    bookmarks.see({"bookmarks": {"zuora_invoice": NEW}})
    assert bookmarks.is_from_the_start("Invoice")
    passed = bookmarks.to_pass({"bookmarks": {"zuora_invoice": NEW}}, {"Invoice"}, ())
    assert passed == {"bookmarks": {}}


def test_a_stream_whose_bookmark_goes_while_it_comes_is_not_sent_from_the_start() -> None:
    bookmarks = seen({"bookmarks": {"Invoice": OLD}})
    bookmarks.see({"bookmarks": {"Account": NEW}})
    assert not bookmarks.is_from_the_start("Invoice")
    assert bookmarks.has_passed("Invoice")


def test_only_a_bookmark_whose_name_says_so_tells_that_a_tap_has_passed_records() -> None:
    assert seen({"bookmarks": {"zuora_invoice": OLD}}).has_passed("Invoice")
    assert not seen({"bookmarks": {"what_nobody_knows": OLD}}).has_passed("Invoice")
    assert not seen({"bookmarks": {}}).has_passed("Invoice")


@pytest.mark.parametrize(
    ("state", "whole"),
    [
        ({}, True),
        ({"currently_syncing": None}, True),
        ({"airbyte_state": []}, False),
        ({"Invoice": {"UpdatedDate": "2026-01-01"}}, False),
    ],
)
def test_a_state_of_another_form_says_of_no_stream_that_all_of_it_comes(
    state: dict[str, Any],
    whole: bool,  # noqa: FBT001 - what is expected
) -> None:
    bookmarks = seen(state)
    assert bookmarks.is_from_the_start("Invoice") is whole
    assert bookmarks.is_readable is whole
    assert bookmarks.earlier("Invoice").any_came is not whole


def test_without_a_state_before_it_nobody_can_tell() -> None:
    assert not seen().is_from_the_start("Invoice")


@pytest.mark.parametrize("name", ["current_stream", "currently_syncing"])
def test_a_tap_that_ended_within_a_stream_is_noticed(name: str) -> None:
    bookmarks = seen({"bookmarks": {}, name: "Invoice"})
    assert bookmarks.interrupted == "Invoice"
    bookmarks.see({"bookmarks": {}, name: None})
    assert bookmarks.interrupted == ""
