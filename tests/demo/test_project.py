"""meltano.yml holds the demo together: its job, plugins and environments fit each other."""

from __future__ import annotations

import os
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.opening import open_org
from target_zuora360_cleanup.emulator.wire.sessions import Sessions
from tests.demo import life_cycle, meltano_runs
from tests.support.paths import ROOT

LOADER = "target-zuora360-cleanup"


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    return content


def plugins(project: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {plugin["name"]: plugin for plugin in project["plugins"][kind]}


def loader_config(project: dict[str, Any], environment: str) -> dict[str, Any]:
    found = next(each for each in project["environments"] if each["name"] == environment)
    loaders = found["config"]["plugins"]["loaders"]
    config: dict[str, Any] = next(each["config"] for each in loaders if each["name"] == LOADER)
    return config


def test_each_task_of_the_demo_names_plugins_and_commands_that_exist(
    project: dict[str, Any],
) -> None:
    utilities = plugins(project, "utilities")
    (job,) = [job for job in project["jobs"] if job["name"] == "demo"]
    for task in job["tasks"]:
        utility, _, command = task.partition(":")
        assert command in utilities[utility]["commands"]
    assert meltano_runs.EXTRACTOR in plugins(project, "extractors")
    assert meltano_runs.LOADER in plugins(project, "loaders")


def test_no_environment_starts_a_cleanup_by_itself(project: dict[str, Any]) -> None:
    assert project["default_environment"] == "demo"
    for each in project["environments"]:
        assert "mode" not in loader_config(project, each["name"])
    (mode,) = [
        each for each in plugins(project, "loaders")[LOADER]["settings"] if each["name"] == "mode"
    ]
    assert mode["value"] == "plan"


def test_the_demo_leads_to_the_org_that_it_starts(project: dict[str, Any]) -> None:
    assert loader_config(project, "demo")["instance_url"] == life_cycle.DEFAULT_URL
    prefix = meltano_runs.LOADER.replace("-", "_").upper()
    assert f"{prefix}_INSTANCE_URL" == meltano_runs.URL_VARIABLE
    assert f"{prefix}_MODE" == meltano_runs.MODE_VARIABLE


def test_the_demo_has_the_key_to_the_emulated_org(project: dict[str, Any]) -> None:
    config = loader_config(project, "demo")
    with closing(open_org(OrgOptions(records=0))) as org:
        assert Sessions(org.org_id, OrgOptions().seed).first == config["access_token"]
        assert org.org_id.startswith(config["confirm_org_id"])


def test_commands_use_settings_that_their_utility_has(project: dict[str, Any]) -> None:
    for name, utility in plugins(project, "utilities").items():
        prefix = name.replace("-", "_").upper()
        known = {f"{prefix}_{setting['name'].upper()}" for setting in utility["settings"]}
        for command in utility["commands"].values():
            assert set(re.findall(r"\$(\w+)", command["args"])) <= known


def test_files_that_meltano_is_pointed_at_are_there(project: dict[str, Any]) -> None:
    # Meltano looks for a plugin's executable from the `bin` folder of its environment.
    bin_folder = ROOT / ".meltano/extractors/tap-zuora/venv/bin"
    tap = plugins(project, "extractors")["tap-zuora"]
    executable = Path(os.path.normpath(bin_folder / tap["executable"]))
    assert executable.is_relative_to(ROOT)
    assert os.access(executable, os.X_OK)
    assert (ROOT / project["cli"]["log_config"]).is_file()
    for command in plugins(project, "utilities")["zuora360-demo"]["commands"].values():
        flag, module = command["args"].split()[:2]
        assert flag == "-m"
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()


def test_the_tap_is_the_real_one_and_sends_every_stream(project: dict[str, Any]) -> None:
    tap = plugins(project, "extractors")["tap-zuora"]
    assert re.fullmatch(r"tap-zuora==[\d.]+", tap["pip_url"])
    assert tap["select"] == ["*.*"]


def test_extras_that_plugins_install_are_the_packages_own(project: dict[str, Any]) -> None:
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for kind in ("loaders", "utilities"):
        for plugin in plugins(project, kind).values():
            match = re.fullmatch(
                r"(?:-c requirements\.lock )?-e \.(?:\[(\w+)\])?", plugin["pip_url"]
            )
            assert match
            assert match[1] is None or f"\n{match[1]} = [" in declared
