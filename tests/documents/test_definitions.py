"""The definitions in `hub/` and in meltano.yml say what the code says, capabilities too."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import yaml

from target_zuora360_cleanup.cli import main
from target_zuora360_cleanup.settings.declared import LOGINS
from target_zuora360_cleanup.settings.schema import json_schema
from target_zuora360_cleanup.target import TargetZuora360Cleanup
from tests.documents.definitions import FOLDER, PACKAGE_VARIABLE, definitions
from tests.support.paths import ROOT

SETTINGS: dict[str, dict[str, Any]] = json_schema()["properties"]
NAMES = sorted(definitions())
HUB_ONLY = {"variant", "pip_url", "domain_url", "maintenance_status", "keywords"}
"""What a hub wants to know; the project's own file installs the plugin from where it lies."""


@cache
def own() -> dict[str, dict[str, Any]]:
    """The plugins of meltano.yml by their names."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    kinds = (project["plugins"][kind] for kind in ("loaders", "utilities"))
    return {each["name"]: each for kind in kinds for each in kind}


@cache
def hub(name: str) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return made


def test_there_is_a_file_for_each_definition_and_no_other() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.yml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_says_what_the_code_says(name: str) -> None:
    assert hub(name) == definitions()[name], "run `python -m tests.documents`"


@pytest.mark.parametrize("name", NAMES)
def test_meltano_yml_and_a_definition_say_the_same(name: str) -> None:
    wanted = {key: value for key, value in hub(name).items() if key not in HUB_ONLY}
    entry = own()[name.removesuffix(".yml")]
    assert {key: entry.get(key) for key in wanted} == wanted
    assert set(entry) - set(wanted) == {"pip_url"}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_in_each_definition_as_the_code_has_it(name: str) -> None:
    about = SETTINGS[name]
    for entry in (own()["target-zuora360-cleanup"], own()["zuora360"], *map(hub, NAMES)):
        (found,) = (each for each in entry["settings"] if each["name"] == name)
        assert found["description"] == about["description"]
        assert found.get("value") == about.get("default")
        assert found.get("sensitive", False) == about.get("secret", False)


def test_the_capabilities_are_the_targets() -> None:
    wanted = [each.value for each in TargetZuora360Cleanup.capabilities]
    loader = "target-zuora360-cleanup"
    assert own()[loader]["capabilities"] == hub(f"{loader}.yml")["capabilities"] == wanted


def test_each_way_of_logging_in_is_known() -> None:
    for name in NAMES:
        groups = {tuple(group) for group in hub(name)["settings_group_validation"]}
        assert groups == set(LOGINS)


def test_the_utility_has_each_command_of_the_program() -> None:
    assert {name: each["args"] for name, each in hub("zuora360.yml")["commands"].items()} == {
        name: f"{name} --config=ENV" for name in main.commands
    }


def test_the_example_of_an_env_file_names_settings_that_there_are() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    names = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (tap,) = project["plugins"]["extractors"]
    known = {f"TARGET_ZUORA360_CLEANUP_{name.upper()}" for name in SETTINGS}
    known |= {f"TAP_ZUORA_{setting['name'].upper()}" for setting in tap["settings"]}
    assert names <= known | {PACKAGE_VARIABLE}
