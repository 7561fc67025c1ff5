"""Settings in the environment: each is read as it was meant, and no mistake is passed over."""

from __future__ import annotations

import pytest
from singer_sdk.exceptions import ConfigValidationError

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.settings.environment import (
    TARGET_PREFIX,
    UTILITY_PREFIX,
    WORDS,
    from_environment,
    loader_prefixes,
    refuse_idle_limits,
    unknown_variables,
)
from target_zuora360_cleanup.settings.reading import NARROWING, read_settings
from target_zuora360_cleanup.target import TargetZuora360Cleanup


def test_variables_are_read_as_meltano_passes_them() -> None:
    found = from_environment({
        "ZUORA360_PAIRED_STATE_IDS": '["a", "b"]',
        "ZUORA360_STREAM_OBJECTS": '{"acc": "Zuora__CustomerAccount__c"}',
        "ZUORA360_STREAM_OBJECTS_ACC": "Zuora__CustomerAccount__c",
        "ZUORA360_HARD_DELETE": "true",
        "ZUORA360_IS_SANDBOX": "false",
        "ZUORA360_MAX_RECORDS": "5",
        "ZUORA360_API_VERSION": "64.0",
        "ZUORA360_DOMAIN": "",
        "ZUORA360_EMULATOR_PORT": "8360",
        "ZUORA360__CATALOG": "x",
        "PATH": "x",
    })  # fmt: skip
    assert found == {
        "paired_state_ids": ["a", "b"],
        "stream_objects": {"acc": "Zuora__CustomerAccount__c"},
        "hard_delete": True,
        "is_sandbox": False,
        "max_records": 5,
        "api_version": "64.0",
    }


@pytest.mark.parametrize("word", ["y", "n", "t", "none", "2", "falsch", "enabled"])
def test_a_boolean_is_one_of_the_listed_words(word: str) -> None:
    with pytest.raises(InputError, match="ZUORA360_KEEP_QUOTED_PRODUCTS must be one of true, yes"):
        from_environment({"ZUORA360_KEEP_QUOTED_PRODUCTS": word})


@pytest.mark.parametrize("word", [*WORDS, "TRUE", "Off "])
def test_each_listed_word_is_read_in_any_case(word: str) -> None:
    found = from_environment({"ZUORA360_HARD_DELETE": word})
    assert found == {"hard_delete": WORDS[word.strip().lower()]}


def test_a_mistyped_variable_is_told_with_the_nearest() -> None:
    environ = {"TARGET_ZUORA360_CLEANUP_EXCLUDE_OBJECT": '["Product2"]'}
    (said,) = unknown_variables(environ, TARGET_PREFIX)
    assert said == (
        "The variable TARGET_ZUORA360_CLEANUP_EXCLUDE_OBJECT is no setting: did you mean "
        "'TARGET_ZUORA360_CLEANUP_EXCLUDE_OBJECTS'?"
    )


def test_variables_of_others_are_left_alone() -> None:
    environ = {
        "TARGET_ZUORA360_CLEANUP__LOAD_SCHEMA": "x",
        "TARGET_ZUORA360_CLEANUP_STREAM_OBJECTS_ACC": "Zuora__CustomerAccount__c",
        "TARGET_ZUORA360_CLEANUP_EU_MAX_RECORDS": "5",
        "TARGET_ZUORA360_CLEANUP_LOGLEVEL": "DEBUG",
        "TARGET_ZUORA360_CLEANUP_MODE": "plan",
        "TARGET_SALESFORCE_EXCLUDE_OBJECT": "x",
    }
    assert unknown_variables(environ, TARGET_PREFIX) == []


def test_the_name_by_which_meltano_runs_the_loader_counts_too() -> None:
    environ = {
        "MELTANO_LOADER_NAME": "zuora-cleaner",
        "ZUORA_CLEANER_MAX_RECORD": "5",
    }
    assert loader_prefixes(environ) == (TARGET_PREFIX, "ZUORA_CLEANER_")
    (said,) = unknown_variables(environ, *loader_prefixes(environ))
    assert "did you mean 'ZUORA_CLEANER_MAX_RECORDS'?" in said


@pytest.mark.parametrize("name", NARROWING)
def test_a_limit_that_is_blank_is_no_permission_to_take_all(name: str) -> None:
    with pytest.raises(InputError, match=f"ZUORA360_{name.upper()} is blank"):
        from_environment({f"ZUORA360_{name.upper()}": ""})


@pytest.mark.parametrize("prefix", [TARGET_PREFIX, UTILITY_PREFIX, "TO_SANDBOX_"])
@pytest.mark.parametrize("name", ["only_accounts", "only_accounts_file"])
@pytest.mark.parametrize("mode", ["plan", "cleanup"])
def test_a_limit_of_accounts_that_the_run_does_not_read_is_no_permission_to_take_all(
    prefix: str, name: str, mode: str
) -> None:
    variable = f"{prefix}{name.upper()}"
    environ = {variable: "x", "MELTANO_LOADER_NAME": "to-sandbox"}
    with pytest.raises(InputError, match=f"{variable} is set, and this run has no {name}"):
        refuse_idle_limits(environ, read_settings({"mode": mode}))
    for fine in ({"mode": mode, "only_accounts": "y"}, {"mode": "reset"}, {"mode": "sync"}):
        refuse_idle_limits(environ, read_settings(fine))
    refuse_idle_limits({variable: ""}, read_settings({"mode": mode}))


@pytest.mark.parametrize("mode", ["plan", "cleanup"])
def test_a_loader_refuses_accounts_that_only_the_utility_is_told(
    monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("ZUORA360_ONLY_ACCOUNTS", "Zuora__Batch__c = 'Batch9'")
    with pytest.raises(ConfigValidationError, match="this run has no only_accounts"):
        TargetZuora360Cleanup(config={"mode": mode})
