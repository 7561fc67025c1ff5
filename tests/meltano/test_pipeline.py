"""What a loader learns of the Meltano run around it."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.meltano.pipeline import (
    OwnPlugin,
    ancestors,
    own_plugin,
    parent_command_line,
    read_pipeline,
)

ENVIRON = {
    "MELTANO_ENVIRONMENT": "prod",
    "MELTANO_EXTRACTOR_NAME": "tap-zuora",
    "MELTANO_LOADER_NAME": "target-zuora360-cleanup",
}
RUN = ("/usr/bin/python", "/usr/bin/meltano", "run", "tap-zuora", "target-zuora360-cleanup")


def test_the_state_id_is_named_as_meltano_names_it() -> None:
    assert read_pipeline(ENVIRON, RUN).state_id == "prod:tap-zuora-to-target-zuora360-cleanup"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, ["--state-id-suffix", "eu"]),
        ({}, ["--state-id-suffix=eu"]),
        ({"MELTANO_RUN_STATE_ID_SUFFIX": "eu"}, []),
    ],
)
def test_a_suffix_belongs_to_the_state_id(environ: dict[str, str], words: list[str]) -> None:
    found = read_pipeline({**ENVIRON, **environ}, (*RUN, *words))
    assert found.state_id == "prod:tap-zuora-to-target-zuora360-cleanup:eu"


def test_el_names_its_state_id_itself() -> None:
    el = ("meltano", "el", "tap-zuora", "target-zuora360-cleanup", "--state-id", "mine")
    assert read_pipeline(ENVIRON, el).state_id == "mine"


def test_a_run_id_is_known_where_the_user_gave_one() -> None:
    assert read_pipeline(ENVIRON, (*RUN, "--run-id", "1")).run_id == "1"
    assert read_pipeline({**ENVIRON, "MELTANO_RUN_ID": "2"}, RUN).run_id == "2"
    assert read_pipeline(ENVIRON, RUN).run_id == ""


def test_the_parents_of_this_process_are_told_nearest_first() -> None:
    found = list(ancestors())
    assert found[0] == parent_command_line()
    assert len(found) <= 4


def test_outside_of_meltano_nothing_is_known_and_nothing_is_in_the_way() -> None:
    pipeline = read_pipeline({}, ("bash", "--merge-state"))
    assert (pipeline.state_id, pipeline.undone_by) == ("", "")


def test_a_plain_run_stores_the_reset() -> None:
    assert read_pipeline(ENVIRON, RUN).undone_by == ""


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--merge-state"], "--merge-state"),
        (["--full-refresh"], "--full-refresh"),
        (["--no-state-update"], "--no-state-update"),
        (["--state-strategy", "merge"], "--state-strategy merge"),
        (["--state-strategy=merge"], "--state-strategy merge"),
        (["--no-state-update", "--state-strategy", "overwrite"], "--no-state-update"),
    ],
)
def test_flags_that_would_undo_the_reset_are_found(flags: list[str], named: str) -> None:
    assert read_pipeline(ENVIRON, (*RUN, *flags)).undone_by == named


@pytest.mark.parametrize(
    "flags",
    [
        ["--full-refresh", "--state-strategy", "overwrite"],
        ["--state-strategy=overwrite", "--full-refresh"],
        ["--state-strategy", "auto"],
        ["--force"],
        ["-f"],
    ],
)
def test_flags_that_leave_the_reset_alone_are_fine(flags: list[str]) -> None:
    assert read_pipeline(ENVIRON, (*RUN, *flags)).undone_by == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MELTANO_RUN_MERGE_STATE", "true"),
        ("MELTANO_RUN_FULL_REFRESH", "1"),
        ("MELTANO_RUN_NO_STATE_UPDATE", "True"),
        ("MELTANO_RUN_STATE_STRATEGY", "merge"),
    ],
)
def test_variables_that_would_undo_the_reset_are_found(name: str, value: str) -> None:
    assert read_pipeline({**ENVIRON, name: value}, RUN).undone_by == name


def test_a_variable_that_is_switched_off_is_fine() -> None:
    assert read_pipeline({**ENVIRON, "MELTANO_RUN_FULL_REFRESH": "0"}, RUN).undone_by == ""


def test_el_without_a_state_id_stores_the_reset_where_no_run_finds_it() -> None:
    el = ("meltano", "el", "tap-zuora", "target-zuora360-cleanup")
    assert read_pipeline(ENVIRON, el).undone_by == "meltano el without --state-id"
    assert read_pipeline(ENVIRON, (*el, "--state-id", "x")).undone_by == ""


def test_the_parent_of_this_process_has_a_command_line() -> None:
    assert parent_command_line()


@pytest.mark.parametrize(
    ("environ", "plugin"),
    [
        (ENVIRON, OwnPlugin("loader", "target-zuora360-cleanup")),
        ({"MELTANO_UTILITY_NAME": "zuora360--eu"}, OwnPlugin("utility", "zuora360--eu")),
        ({"MELTANO_EXTRACTOR_NAME": "tap-zuora"}, None),
        ({}, None),
    ],
)
def test_the_plugin_knows_itself(environ: dict[str, str], plugin: OwnPlugin | None) -> None:
    assert own_plugin(environ) == plugin
