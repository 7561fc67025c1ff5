"""Which stored states are meant, what becomes of them, and whose runs are in the way."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.errors import Refused
from target_zuora360_cleanup.meltano.runs import PipelineRun
from target_zuora360_cleanup.state.findings import missing
from target_zuora360_cleanup.state.paired import expanded, matches, others, reset_of, same_pair

KNOWN = ("prod:tap-zuora-to-target-a", "prod:tap-zuora-to-target-b", "dev:tap-zuora-to-target-a")
A, B, _ = KNOWN


def run(state_id: str, run_id: str, *, running: bool = True, minute: int = 0) -> PipelineRun:
    return PipelineRun(state_id, run_id, f"2026-01-01T00:{minute:02}:00+00:00", running)


def is_account(name: str) -> bool:
    return name == "Account"


def test_patterns_are_expanded_over_the_states_there_are() -> None:
    assert expanded(["prod:tap-zuora-to-*"], KNOWN) == ((A, B), ())


def test_an_id_is_taken_as_it_is_and_each_id_once() -> None:
    assert expanded(["new", A, "prod:*"], KNOWN) == (("new", A, B), ())


def test_a_pattern_that_fits_nothing_is_told() -> None:
    assert expanded(["test:*"], KNOWN) == ((), ("test:*",))


def test_upper_and_lower_case_are_different() -> None:
    assert expanded(["PROD:*"], KNOWN) == ((), ("PROD:*",))


@pytest.mark.parametrize("wanted", [A, "prod:*", "*-target-a", "prod:tap-zuora-to-target-[ab]"])
def test_ids_and_patterns_mean_a_state_id(wanted: str) -> None:
    assert matches(A, ["other", wanted])
    assert not matches("test:x", [wanted])


def test_a_missing_state_is_told_with_the_nearest_there_is() -> None:
    (finding,) = missing(["prod:tap-zuora-to-target-aa"], KNOWN)
    assert (finding.code, finding.severity) == ("paired-state-missing", "blocks")
    assert f"Did you mean {A}?" in finding.remedy
    assert "create_missing_states" in finding.remedy


def test_a_pattern_that_fits_nothing_can_not_be_created() -> None:
    (finding,) = missing(["test:*"], KNOWN)
    assert "create_missing_states" not in finding.remedy


def test_entries_of_cleaned_streams_go_whole_and_others_stay_as_they_are() -> None:
    kept = {"version": 1, "UpdatedDate": "2024", "file_ids": ["x"]}
    stored = {"bookmarks": {"Account": kept, "Other": kept}, "current_stream": "Other", "v": 2}
    reset = reset_of(stored, is_account)
    assert reset.state == {"bookmarks": {"Other": kept}, "v": 2}
    assert (reset.dropped, reset.kept) == (("Account",), ("Other",))


@pytest.mark.parametrize("stored", [None, {}, {"bookmarks": {}}])
def test_where_nothing_is_stored_the_reset_is_a_whole_one(stored: dict[str, object] | None) -> None:
    assert reset_of(stored, is_account).state == {"bookmarks": {}}


def test_a_state_of_another_form_is_refused() -> None:
    with pytest.raises(Refused, match="airbyte_state"):
        reset_of({"airbyte_state": []}, is_account)


def test_a_run_with_the_own_id_is_not_somebody_elses() -> None:
    assert others([run(A, "1"), run(A, "2")], own_run_id="1") == (run(A, "2"),)


def test_without_a_pipeline_of_its_own_every_run_is_somebody_elses() -> None:
    assert others([run(A, "1"), run(B, "2")]) == (run(A, "1"), run(B, "2"))


def test_states_of_the_same_pair_are_told_apart_by_their_environment() -> None:
    known = ["p:t-to-l", "p:t-to-l:eu", "q:t-to-l:us", "p:t-to-m", "mine", "p:other-t-to-l"]
    assert same_pair("p:t-to-l", known) == (("p:t-to-l:eu",), ("q:t-to-l:us",))
    assert same_pair("mine", known) == ((), ())
