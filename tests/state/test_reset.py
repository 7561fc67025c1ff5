from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from target_zuora360_cleanup.errors import InputError, Refused
from target_zuora360_cleanup.state.form import loaded
from target_zuora360_cleanup.state.reset import Reset, StateTracker

LEGACY: dict[str, Any] = {
    "version": 1732334400,
    "UpdatedDate": "2026-11-01T00:00:00.000000Z",
    "file_ids": ["2c92"],
    "current_window_end": "2026-11-20T00:00:00Z",
    "window_length": 3600,
}
SDK: dict[str, Any] = {
    "replication_key": "updated",
    "replication_key_value": "2026-11-01",
    "starting_replication_value": "2026-10-01",
    "replication_key_signpost": "2026-11-23",
    "progress_markers": {"Note": "not resumable", "replication_key_value": "2026-10-03"},
    "partitions": [{"context": {"account": "A-1"}, "replication_key_value": "2026-11-01"}],
}


def account(name: str) -> bool:
    return name.casefold() == "account"


def nothing(_: str) -> bool:
    return False


def bookmarks(**entries: object) -> dict[str, Any]:
    return {"bookmarks": entries}


def reset(*events: dict[str, Any] | str) -> Reset:
    """A tap's events, in their order: a state, or the name of a stream with a first RECORD."""
    return tracked(*events).reset(account)


def tracked(*events: dict[str, Any] | str) -> StateTracker:
    tracker = StateTracker()
    for event in events:
        tracker.record(event) if isinstance(event, str) else tracker.state(event)
    return tracker


@pytest.mark.parametrize(
    "events",
    [
        (),
        ("Account",),
        ({},),
        (bookmarks(),),
        ({"bookmarks": None},),
        (bookmarks(Account=LEGACY),),
        (bookmarks(Account=None, Invoice=None),),
        ({"current_stream": "Product"},),
        ({**bookmarks(Account=SDK), "current_stream": "Product", "currently_syncing": None},),
    ],
)
def test_when_nothing_is_kept_the_line_is_that_of_a_total_reset(events: tuple[Any, ...]) -> None:
    assert reset(*events).line == '{"bookmarks": {}}'


@pytest.mark.parametrize("entry", [LEGACY, SDK, "2026-11-01", 5, {}, [1, 2], True])
def test_a_cleaned_streams_entry_goes_whole_and_the_others_stay_as_they_are(entry: object) -> None:
    result = reset(bookmarks(Account=entry, ACCOUNT=entry, Invoice=entry))
    assert result.state == bookmarks(Invoice=entry)
    assert (result.dropped, result.kept) == (("Account", "ACCOUNT"), ("Invoice",))


def test_an_untouched_stream_gets_the_bookmark_from_before_its_first_record() -> None:
    result = reset(
        bookmarks(Invoice=1), bookmarks(Invoice=2), "Invoice", bookmarks(Invoice=3), "Invoice"
    )
    assert result.state == bookmarks(Invoice=2)


def test_a_stream_without_records_keeps_the_bookmark_of_the_last_state() -> None:
    result = reset(bookmarks(Invoice=1, Refund=1), "Refund", bookmarks(Invoice=2, Refund=2))
    assert result.state == bookmarks(Invoice=2, Refund=1)


def test_a_record_of_a_stream_that_no_bookmark_is_named_for_may_have_moved_any_of_them() -> None:
    moved = reset(bookmarks(Invoice=1, plans=1), "Renamed", bookmarks(Invoice=2, plans=2))
    assert moved.state == bookmarks(Invoice=1, plans=1)
    alike = reset(bookmarks(Invoice=1, Usage=1), "zuora.Usage", bookmarks(Invoice=2, Usage=2))
    assert alike.state == bookmarks(Invoice=2, Usage=1)
    unknown = reset("Renamed", bookmarks(Invoice=2))
    assert unknown.state == bookmarks()
    assert unknown.dropped_unsafe == ("Invoice",)


def test_the_parent_of_a_cleaned_child_goes_with_it() -> None:
    child = {"partitions": [{"context": {"invoice_id": "I-1"}, "replication_key_value": "2026"}]}
    result = reset(bookmarks(Account=child, invoices=SDK, Usage=SDK))
    assert result.state == bookmarks(Usage=SDK)
    assert (result.dropped, result.parents) == (("Account",), ("invoices",))


@pytest.mark.parametrize("number", ["1732500000.123456789012345678901", "1e400", "0.10"])
def test_numbers_of_kept_bookmarks_are_kept_to_the_last_digit(number: str) -> None:
    line = f'{{"bookmarks": {{"Invoice": {{"u": {number}}}}}}}'
    kept = reset(loaded(line)).line
    assert Decimal(number) == json.loads(kept, parse_float=Decimal)["bookmarks"]["Invoice"]["u"]
    if "e" not in number:
        assert number in kept


def test_half_a_character_is_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match="half a character"):
        StateTracker().state(bookmarks(**{"Invoice\ud83d": 1}))


def test_without_a_state_before_its_first_record_a_bookmark_goes_and_that_is_told() -> None:
    result = reset("Invoice", bookmarks(Invoice=3, Refund=1))
    assert result.state == bookmarks(Refund=1)
    assert result.dropped_unsafe == ("Invoice",)


def test_a_bookmark_that_began_in_this_run_goes_since_its_records_were_not_loaded() -> None:
    result = reset(bookmarks(), "Invoice", bookmarks(Invoice=3))
    assert result.state == bookmarks()
    assert result.dropped_new == ("Invoice",)


def test_a_bookmark_is_kept_although_the_tap_left_it_out_later() -> None:
    assert reset(bookmarks(Invoice=1), "Invoice", bookmarks()).state == bookmarks(Invoice=1)


def test_a_null_entry_is_no_bookmark_and_told_nowhere() -> None:
    result = reset(bookmarks(Account=None, Refund=None), "Refund", bookmarks(Refund=None))
    assert result == Reset(bookmarks(), before=bookmarks(Account=None, Refund=None))


def test_a_reset_in_the_middle_uses_what_is_known_and_a_later_one_what_was_learned() -> None:
    tracker = tracked(bookmarks(Account=1, Invoice=1))
    assert tracker.reset(account).state == bookmarks(Invoice=1)
    tracker.record("Invoice")
    tracker.state(bookmarks(Account=2, Invoice=2, Refund=1))
    assert tracker.reset(account).state == bookmarks(Invoice=1, Refund=1)


@pytest.mark.parametrize("key", ["current_stream", "currently_syncing", "this_stream"])
@pytest.mark.parametrize("stream", ["Account", "Invoice"])
def test_where_a_run_had_got_to_is_left_out_whatever_it_is_called(key: str, stream: str) -> None:
    assert reset({**bookmarks(Invoice=1), key: stream}).state == bookmarks(Invoice=1)


def test_a_position_among_the_bookmarks_is_left_out() -> None:
    assert reset(bookmarks(currently_syncing="Invoice", Invoice=1)).state == bookmarks(Invoice=1)


def test_other_top_level_keys_are_carried_over() -> None:
    result = reset({**bookmarks(), "tap_version": "1.2", "feature": {"on": True}, "x": None})
    assert result.state == {**bookmarks(), "tap_version": "1.2", "feature": {"on": True}}
    assert result.carried == ("tap_version", "feature")


def test_a_top_level_cursor_is_not_moved_past_records_that_were_not_loaded() -> None:
    result = reset({**bookmarks(), "lsn": 1}, "Invoice", {**bookmarks(), "lsn": 2})
    assert result.state == {**bookmarks(), "lsn": 1}


@pytest.mark.parametrize(
    "extra",
    [
        {"Account": "2026"},
        {"legacy": {"Account": {"since": 1}}},
        {"legacy": {"Account": "2026", "Invoice": "2026"}},
        {"done": ["Account"]},
        {"streams": [{"stream": "Account", "cursor": 1}]},
        {"deep": {"er": [[{"account": {}}]]}},
    ],
)
def test_a_top_level_key_that_holds_a_cleaned_streams_bookmark_goes(extra: dict[str, Any]) -> None:
    assert reset({**bookmarks(Invoice=1), **extra}).state == bookmarks(Invoice=1)


def test_in_unknown_nesting_only_the_cleaned_streams_part_goes() -> None:
    nested = {"Account": {"since": 1}, "Invoice": {"since": 2}}
    assert reset(bookmarks(EU=nested)).state == bookmarks(EU={"Invoice": {"since": 2}})
    listed = [{"stream": "Account", "since": 1}, {"stream": "Invoice", "since": 2}]
    assert reset(bookmarks(EU=listed)).state == bookmarks(EU=listed[1:])


def test_an_entry_in_which_a_cleaned_bookmark_cannot_be_told_apart_goes_and_that_is_told() -> None:
    result = reset(bookmarks(EU={"Account": "2026", "Invoice": "2026"}))
    assert result.state == bookmarks()
    assert result.tangled == ("EU",)


def test_the_contexts_of_sdk_partitions_may_name_anything() -> None:
    assert reset(bookmarks(Invoice=SDK)).state == bookmarks(Invoice=SDK)


def test_a_bookmark_named_after_schema_and_stream_follows_that_streams_records() -> None:
    before, after = {"db-invoice": 1}, {"db-invoice": 2}
    result = reset({"bookmarks": before}, "invoice", {"bookmarks": after})
    assert result.state == {"bookmarks": before}


@pytest.mark.parametrize(
    "value",
    [
        {"airbyte_state": []},
        {"airbyte_state": [], "bookmarks": {}},
        {"Invoice": "2026-11-01"},
        {"singer_state": {"bookmarks": {}}},
        {"bookmarks": []},
        {"bookmarks": "2026"},
        {"bookmarks": False},
    ],
)
def test_a_state_of_another_form_is_refused_with_the_remedy(value: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="meltano state clear"):
        StateTracker().state(value)


@pytest.mark.parametrize(
    "value", [None, [], "x", 1, True, {"bookmarks": {"a": float("nan")}}, {"bookmarks": {"a": {1}}}]
)
def test_a_state_that_is_no_json_object_is_an_input_error(value: object) -> None:
    with pytest.raises(InputError):
        StateTracker().state(value)


def test_a_state_that_nests_beyond_reason_is_an_input_error() -> None:
    value: dict[str, Any] = {}
    for _ in range(2_000):
        value = {"bookmarks": value}
    with pytest.raises(InputError, match="deeper"):
        StateTracker().state(value)


def test_a_refused_state_leaves_what_was_known() -> None:
    tracker = tracked(bookmarks(Invoice=1))
    with pytest.raises(Refused):
        tracker.state({"airbyte_state": []})
    assert tracker.reset(account).state == bookmarks(Invoice=1)


def test_the_state_before_is_the_first_one() -> None:
    assert reset().before is None
    assert reset(bookmarks(Account=1), "Account", bookmarks(Account=2)).before == bookmarks(
        Account=1
    )


def test_a_reset_does_not_share_anything_with_what_came_in() -> None:
    value = bookmarks(Invoice={"file_ids": [1]})
    tracker = tracked(value)
    first = tracker.reset(nothing)
    first.state["bookmarks"]["Invoice"]["file_ids"].append(2)
    value["bookmarks"]["Invoice"]["file_ids"].append(3)
    assert tracker.reset(nothing).state == bookmarks(Invoice={"file_ids": [1]})


def test_the_line_is_one_line_of_ascii() -> None:
    line = reset(bookmarks(Invoice="\u2028\né")).line
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert json.loads(line) == bookmarks(Invoice="\u2028\né")


def test_a_kept_bookmark_does_not_carry_the_files_of_this_runs_exports() -> None:
    tracker = StateTracker()
    stored = {"version": 1, "UpdatedDate": "2024-05-01T00:00:00Z"}
    tracker.state({"bookmarks": {"Amendment": stored}})
    tracker.state({"bookmarks": {"Amendment": {**stored, "file_ids": ["8ad0"]}}})
    tracker.record("Amendment")
    assert tracker.reset(lambda _: False).state == {"bookmarks": {"Amendment": stored}}


def test_files_that_were_stored_before_this_run_stay_with_their_bookmark() -> None:
    tracker = StateTracker()
    stored = {"version": 1, "UpdatedDate": "2024-05-01T00:00:00Z", "file_ids": ["8ad0"]}
    tracker.state({"bookmarks": {"Amendment": stored}})
    tracker.record("Amendment")
    assert tracker.reset(lambda _: False).state == {"bookmarks": {"Amendment": stored}}
