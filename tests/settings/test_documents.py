"""The settings stand in code, in meltano.yml and in the README: the three say the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from target_zuora360_cleanup.cli import main
from target_zuora360_cleanup.settings.declared import LOGINS
from target_zuora360_cleanup.settings.schema import json_schema
from tests.support.hub import setting
from tests.support.paths import ROOT

SETTINGS: dict[str, dict[str, Any]] = json_schema()["properties"]


def plugins() -> dict[str, Any]:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    made: dict[str, Any] = project["plugins"]
    return made


def loader() -> dict[str, Any]:
    made: dict[str, Any] = plugins()["loaders"][0]
    return made


def test_the_utility_in_meltano_yml_has_the_same_settings_and_a_command_for_each_of_its_own() -> (
    None
):
    (utility,) = (each for each in plugins()["utilities"] if each["name"] == "zuora360")
    for part in ("settings", "settings_group_validation"):
        assert utility[part] == loader()[part]
    assert {name: each["args"] for name, each in utility["commands"].items()} == {
        name: f"{name} --config=ENV" for name in main.commands
    }


def test_meltano_yml_has_every_setting_and_no_other() -> None:
    assert [each["name"] for each in loader()["settings"]] == list(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_meltano_yml_says_of_a_setting_what_the_code_says(name: str) -> None:
    (found,) = [each for each in loader()["settings"] if each["name"] == name]
    assert found == setting(name)


def test_meltano_yml_knows_each_way_of_logging_in() -> None:
    groups = {tuple(sorted(group)) for group in loader()["settings_group_validation"]}
    assert groups == {tuple(sorted(way)) for way in LOGINS}


def readme_table() -> dict[str, tuple[str, str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = text.split("\n## Settings\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", text, re.MULTILINE)
    return {name: (default, meaning) for name, default, meaning in rows}


def shown(default: object) -> str:
    if default is None:
        return "not set"
    if isinstance(default, list):
        return ", ".join(f"`{each}`" for each in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


@pytest.mark.parametrize("name", SETTINGS)
def test_the_readme_documents_a_setting_with_its_default(name: str) -> None:
    default, meaning = readme_table()[name]
    assert default == shown(SETTINGS[name].get("default"))
    assert meaning == SETTINGS[name]["description"]


def test_the_readme_documents_no_setting_that_is_not_there() -> None:
    assert set(readme_table()) == set(SETTINGS)
