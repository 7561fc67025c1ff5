"""What must hold of the reset whatever a tap sends.

A tap's run is drawn as a list of events: a state, or the name of a stream whose RECORD comes. The
expectations are computed from that list, not with the code under test.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from target_zuora360_cleanup.catalog.streams import StreamNames
from target_zuora360_cleanup.state.form import loaded
from target_zuora360_cleanup.state.reset import Reset, StateTracker

if TYPE_CHECKING:
    from collections.abc import Iterator

Event: TypeAlias = dict[str, Any] | str

CLEANED = (
    "Account",
    "accounts",
    "rate_plan_charges",
    "RatePlanCharge",
    "Account-EU",
    "my_tap_table",
)
UNTOUCHED = ("Invoice", "invoice_items", "Foo", "AccountingCode", "", "bookmarks", "é")
STREAMS = CLEANED + UNTOUCHED
is_cleaned = StreamNames.of(
    [("A__c", ["Account"]), ("C__c", ["RatePlanCharge"]), ("I__c", ["Invoice"])],
    chosen={"my_tap_table": "A__c"},
).cleaned(["A__c", "C__c"])


def as_read(state: dict[str, Any]) -> dict[str, Any]:
    """As the stream's reader hands it on, which keeps numbers to the last digit."""
    read: dict[str, Any] = loaded(json.dumps(state))
    return read


dates = st.sampled_from(["2026-11-01T00:00:00.000000Z", "2026-11-23 04:03:12"])
legacy = st.fixed_dictionaries(
    {"version": st.integers(0)},
    optional={
        "UpdatedDate": dates,
        "file_ids": st.none() | st.lists(st.text("2c9f", max_size=4), max_size=2),
        "current_window_end": dates,
        "window_length": st.integers(0),
    },
)
sdk_values = st.fixed_dictionaries(
    {},
    optional={
        "replication_key": st.just("updated"),
        "replication_key_value": dates,
        "starting_replication_value": dates,
        "replication_key_signpost": dates,
        "progress_markers": st.fixed_dictionaries({"replication_key_value": dates}),
    },
)
contexts = st.dictionaries(
    st.sampled_from(["account", "id", "invoice_id", "foo"]), st.sampled_from(STREAMS), max_size=2
)
partitions = st.lists(
    st.tuples(contexts, sdk_values).map(lambda pair: {"context": pair[0], **pair[1]}), max_size=2
)
sdk = st.tuples(sdk_values, partitions).map(lambda pair: {**pair[0], "partitions": pair[1]})
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, width=32)
finite = scalars.filter(lambda value: value not in (float("inf"), float("-inf")))
# Keys that name no stream: what lies inside an entry of a kept stream has to come through unharmed.
fields = st.text(alphabet='xyz_0\u2028\n"', max_size=4)
anything = st.recursive(
    finite | st.text(alphabet="xyz é\u2028", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=3),
    max_leaves=8,
)
entries = legacy | sdk | anything
positions = st.none() | st.sampled_from(STREAMS)
states = st.fixed_dictionaries(
    {"bookmarks": st.dictionaries(st.sampled_from(STREAMS), entries, max_size=6)},
    optional={
        "current_stream": positions,
        "currently_syncing": positions,
        "Account": entries,
        "zz": anything,
    },
).map(as_read)
runs = st.lists(states | st.sampled_from(STREAMS), max_size=12)

# The same with cleaned streams' names at any depth.
tangles = st.recursive(
    finite | st.sampled_from(STREAMS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from((*STREAMS, "x")), inner, max_size=3)
    ),
    max_leaves=12,
)
tangled_states = st.builds(
    lambda extras, bookmarks: {**extras, "bookmarks": bookmarks},
    st.dictionaries(st.sampled_from((*STREAMS, "x")), tangles, max_size=3),
    st.dictionaries(st.sampled_from((*STREAMS, "x")), tangles, max_size=3) | st.none(),
).map(as_read)
tangled_runs = st.lists(tangled_states | st.sampled_from(STREAMS), max_size=6)


# A busy machine is no fault of what is tested.
unhurried = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def reset(run: list[Event]) -> Reset:
    tracker = StateTracker()
    for event in run:
        tracker.record(event) if isinstance(event, str) else tracker.state(event)
    return tracker.reset(is_cleaned)


KIN = ({"Account", "accounts", "Account-EU"}, {"rate_plan_charges", "RatePlanCharge"})
"""Names that may be one stream's; any other stream without a bookmark of its name may be any."""


def bookmarked(run: list[Event]) -> set[str]:
    """The names that a bookmark has had: at the end, or before the first record of its name."""
    states = [event for event in run if isinstance(event, dict)]
    last = [states[-1]] if states else []
    before = [(name, state_before(run, name)) for name in STREAMS if name in run]
    known = [(name, state) for state in last for name in STREAMS] + before
    return {name for name, state in known if state and state["bookmarks"].get(name) is not None}


def state_before(run: list[Event], name: str) -> dict[str, Any] | None:
    states = [event for event in run[: run.index(name)] if isinstance(event, dict)]
    return states[-1] if states else None


def may_move(stream: str, name: str, known: set[str]) -> bool:
    """Whether a record of a stream may have moved the bookmark of this name."""
    if stream == name:
        return True
    kin = {each for group in KIN if stream in group for each in group} & known
    return stream not in known and not kin


def expected(name: str, run: list[Event]) -> object:
    """The bookmark that an untouched stream must have: read off the run, by the design's words."""
    known = bookmarked(run)
    if name not in known:
        return None
    moves = [run.index(each) for each in STREAMS if each in run and may_move(each, name, known)]
    before = [event for event in run[: min(moves, default=len(run))] if isinstance(event, dict)]
    if not before:
        return None
    first = next(event for event in run if isinstance(event, dict))
    return without_new_files(first["bookmarks"].get(name), before[-1]["bookmarks"].get(name))


def without_new_files(stored: object, last: object) -> object:
    """The files of this run's own exports are no part of the bookmark."""
    kept = stored.get("file_ids") if isinstance(stored, dict) else None
    if not isinstance(last, dict) or last.get("file_ids") in (None, kept):
        return last
    rest = {key: value for key, value in last.items() if key != "file_ids"}
    return rest if kept is None else {**rest, "file_ids": kept}


def keys_at_any_depth(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        yield from keys_at_any_depth([*value.values()])
    elif isinstance(value, list):
        for child in value:
            yield from keys_at_any_depth(child)


@unhurried
@given(runs)
def test_no_bookmark_of_a_cleaned_stream_is_kept(run: list[Event]) -> None:
    state = reset(run).state
    assert not [name for name in (*state, *state["bookmarks"]) if is_cleaned(name)]


@unhurried
@given(runs)
def test_every_untouched_stream_has_its_bookmark_from_before_its_first_record(
    run: list[Event],
) -> None:
    result = reset(run)
    wanted = {name: expected(name, run) for name in UNTOUCHED if name not in result.parents}
    assert result.state["bookmarks"] == {
        name: entry for name, entry in wanted.items() if entry is not None
    }


def parents_in(run: list[Event]) -> set[str]:
    """Untouched streams that the contexts of a cleaned one in the last state are named for."""
    states = [event for event in run if isinstance(event, dict)]
    bookmarks = states[-1]["bookmarks"] if states else {}
    entries = [entry for name, entry in bookmarks.items() if name in CLEANED]
    partitions = [each for entry in entries if isinstance(entry, dict)
                  for each in entry.get("partitions", ())]  # fmt: skip
    words = {word.removesuffix("_id") for each in partitions for word in each["context"]} - {"id"}
    return {
        name for name in UNTOUCHED if name.casefold() in words and bookmarks.get(name) is not None
    }


@unhurried
@given(runs)
def test_the_parents_of_cleaned_children_go_and_no_others(run: list[Event]) -> None:
    assert set(reset(run).parents) == parents_in(run)


@unhurried
@given(runs | tangled_runs)
def test_a_null_stream_null_bookmarks_or_an_empty_state_is_never_written(run: list[Event]) -> None:
    state = reset(run).state
    assert isinstance(state["bookmarks"], dict)
    assert None not in state.values()
    assert None not in state["bookmarks"].values()


@unhurried
@given(runs | tangled_runs)
def test_where_a_run_had_got_to_is_never_written(run: list[Event]) -> None:
    state = reset(run).state
    assert not {"current_stream", "currently_syncing"} & {*state, *state["bookmarks"]}


@unhurried
@given(tangled_runs)
def test_a_cleaned_streams_name_is_a_key_nowhere_however_it_is_nested(run: list[Event]) -> None:
    assert not [key for key in keys_at_any_depth(reset(run).state) if is_cleaned(key)]


@unhurried
@given(runs | tangled_runs)
def test_the_line_is_one_line_that_reads_back_as_the_state(run: list[Event]) -> None:
    result = reset(run)
    assert result.line.isascii()
    assert "\n" not in result.line
    assert loaded(result.line) == result.state


@unhurried
@given(runs | tangled_runs)
def test_a_reset_is_stable_when_it_is_taken_as_the_next_runs_state(run: list[Event]) -> None:
    state = reset(run).state
    assert reset([state]).state == state


@unhurried
@given(runs)
def test_every_bookmark_of_the_last_state_is_accounted_for(run: list[Event]) -> None:
    result = reset(run)
    told = {
        *result.dropped,
        *result.kept,
        *result.dropped_unsafe,
        *result.dropped_new,
        *result.tangled,
        *result.parents,
    }
    states = [event for event in run if isinstance(event, dict)]
    last = states[-1] if states else {"bookmarks": {}}
    assert {name for name, entry in last["bookmarks"].items() if entry is not None} <= told
    assert set(result.kept) == set(result.state["bookmarks"])


@unhurried
@given(runs, st.integers(0, 12))
def test_a_reset_in_the_middle_never_changes_the_later_one(run: list[Event], middle: int) -> None:
    tracker = StateTracker()
    for position, event in enumerate(run):
        if position == middle:
            tracker.reset(is_cleaned)
        tracker.record(event) if isinstance(event, str) else tracker.state(event)
    assert tracker.reset(is_cleaned) == reset(run)
