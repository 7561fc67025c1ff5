"""Each object type with rows to delete has a stream that brings them back, or it is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from target_zuora360_cleanup.catalog.objects import OBJECTS
from target_zuora360_cleanup.catalog.streams import OTHER, StreamNames
from target_zuora360_cleanup.state.coverage import Coverage
from target_zuora360_cleanup.state.outcome import PairedState, ResetOutcome
from target_zuora360_cleanup.state.paired import reset_of

ACCOUNT, INVOICE = "Zuora__CustomerAccount__c", "Zuora__ZInvoice__c"
SET = {"UpdatedDate": "2026-01-01"}


def coverage(
    rows: dict[str, int], *bookmarks: str, streams: tuple[str, ...] = (), **chosen: str
) -> Coverage:
    names = StreamNames.of(((kind.api_name, kind.streams) for kind in OBJECTS), chosen)
    cleaned = names.cleaned(rows)
    stored: Any = {"bookmarks": dict.fromkeys(bookmarks, SET)}
    state = PairedState("a", stored, reset_of(stored, cleaned, cleaned.strictly))
    return Coverage(rows, ResetOutcome(paired=(state,), streams=frozenset(streams)), names)


def told(found: Coverage) -> list[tuple[str, str]]:
    return [(each.code, each.severity) for each in found.findings()]


def fed(found: Coverage) -> dict[str, tuple[tuple[str, ...], str]]:
    return {each.object: (each.bookmarks, each.words) for each in found.feeds}


def test_of_each_object_type_it_is_said_which_bookmark_goes_or_why_none_does() -> None:
    rows = {ACCOUNT: 5, INVOICE: 1200, "Zuora__Payment__c": 0}
    assert fed(coverage(rows, "Account", streams=("Invoice",))) == {
        ACCOUNT: (("Account",), "reset"),
        INVOICE: ((), "none stored"),
    }
    assert fed(coverage(rows, "Account"))[INVOICE] == ((), "no stream")
    # A bookmark that nobody knows may be theirs; and where nothing is known, no stream is not said.
    assert fed(coverage(rows, "Account", "inv_x1"))[INVOICE] == ((), "unknown")
    assert fed(coverage(rows))[INVOICE] == ((), "unknown")


def test_where_the_user_gives_all_its_streams_to_other_object_types_none_feeds_it() -> None:
    history, subscription = "Zuora__SubscriptionHistory__c", "Zuora__Subscription__c"
    found = coverage({history: 5}, "Subscription", "Invoice", Subscription=subscription)
    assert fed(found) == {history: ((), "no stream")}
    assert told(found) == [("rows-without-stream", "warns")]
    # The other streams of this tap are not known by that.
    found = coverage({history: 5, INVOICE: 3}, "Subscription", Subscription=subscription)
    assert fed(found) == {history: ((), "no stream"), INVOICE: ((), "unknown")}
    assert told(found) == [("rows-without-stream", "warns"), ("streams-unknown", "tells")]
    assert fed(coverage({history: 5}, Subscription=history))[history] == ((), "unknown")


def test_a_bookmark_that_has_gone_is_told_though_a_later_look_does_not_find_it() -> None:
    before, now = coverage({ACCOUNT: 5}, "Account"), coverage({ACCOUNT: 5}, "Other")
    later = replace(now, earlier=before.outcome.resets)
    assert fed(later) == {ACCOUNT: (("Account",), "reset")}


def test_the_bookmarks_of_each_object_type_are_known() -> None:
    found = coverage({ACCOUNT: 5, INVOICE: 0}, "zuora_account", "Contact", "Amendment")
    assert found.bookmarks == {ACCOUNT: ("zuora_account", "Contact")}
    assert told(found) == []


def test_rows_that_no_stream_feeds_are_told_with_their_counts() -> None:
    found = coverage({ACCOUNT: 5, INVOICE: 1200}, "Account")
    (finding,) = found.findings()
    assert (finding.code, finding.severity) == ("rows-without-stream", "warns")
    assert f"No stream of this tap feeds {INVOICE} (1,200 records)" in finding.message
    assert finding.objects == ((INVOICE, 1200),)


def test_a_stream_without_a_bookmark_feeds_its_rows_all_the_same() -> None:
    assert told(coverage({ACCOUNT: 5, INVOICE: 5}, "Account", streams=("Invoice",))) == []


def test_where_a_kept_bookmark_may_be_theirs_it_blocks_until_the_user_says_what_it_is() -> None:
    rows = {ACCOUNT: 5, INVOICE: 5}
    found = coverage(rows, "Account", "inv_x1", streams=("Invoice",))
    assert told(found) == [("rows-without-stream", "blocks")]
    assert "inv_x1" in next(iter(found.findings())).message
    assert told(coverage(rows, "Account", "inv_x1", streams=("Invoice",), inv_x1=OTHER)) == []
    assert told(coverage(rows, "Account", "inv_x1", inv_x1=INVOICE)) == []


def test_an_unknown_bookmark_is_told_where_all_rows_have_theirs() -> None:
    """A tap may bring the same object type by two streams, of which one has a name of its own."""
    found = coverage({ACCOUNT: 5}, "Account", "my_table")
    assert told(found) == [("bookmarks-unknown", "warns")]
    assert "my_table" in next(iter(found.findings())).message
    assert told(coverage({ACCOUNT: 5}, "Account", "my_table", my_table=OTHER)) == []
    assert told(coverage({ACCOUNT: 0}, "my_table")) == []


def test_bookmarks_of_other_zuora_objects_are_nobodys_here() -> None:
    found = coverage({ACCOUNT: 5, INVOICE: 5}, "Account", "Amendment", "zuora_usage")
    assert told(found) == [("rows-without-stream", "warns")]


def test_where_nothing_at_all_is_known_that_is_told() -> None:
    assert told(coverage({ACCOUNT: 5})) == [("streams-unknown", "tells")]


def test_an_object_type_that_the_catalogue_does_not_list_is_fed_by_the_stream_of_its_name() -> None:
    assert told(coverage({"Zuora__OrderItem__c": 5}, "order_items")) == []
