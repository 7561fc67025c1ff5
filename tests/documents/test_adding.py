"""Each way of adding the plugin that a page shows, followed word for word in a new project."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from target_zuora360_cleanup.settings.schema import json_schema
from target_zuora360_cleanup.target import TargetZuora360Cleanup
from tests.documents.definitions import PACKAGE_VARIABLE
from tests.documents.pages import README, block_after
from tests.support.meltano_project import BIN, Project
from tests.support.paths import ROOT, copy_parts

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS_PAGE = ROOT / "docs/settings.md"
CLONE = "target-zuora360-cleanup"
PARTS = ("target_zuora360_cleanup", "pyproject.toml", "README.md", "LICENSE")
SECONDS = 300
LOADER, UTILITY = "target-zuora360-cleanup", "zuora360"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clone of this repository, and nothing else of it."""
    folder = tmp_path_factory.mktemp("home")
    copy_parts(PARTS, folder / CLONE)
    return folder


@pytest.fixture
def project(home: Path) -> Project:
    """A new project next to the clone, in which Meltano can't ask its hub."""
    number = sum(1 for _ in home.iterdir())
    folder = home / f"project-{number}"
    folder.mkdir()
    content = {
        "default_environment": "dev",
        "environments": [{"name": "dev"}],
        "hub_url": "http://127.0.0.1:9",
        "send_anonymous_usage_stats": False,
        "cli": {"disable_version_check": True},
    }
    (folder / "meltano.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return Project(folder)


def follow(project: Project, commands: str, **variables: str) -> str:
    """What the commands of a page write to stdout, in a shell that has Meltano on its path."""
    environ = project.environ({})
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=project.path, capture_output=True, text=True, timeout=SECONDS, check=False,
        env=environ | {"PATH": f"{BIN}:{environ['PATH']}"} | variables,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def dumped(project: Project, plugin: str, **variables: str) -> dict[str, Any]:
    """The settings that Meltano hands to a plugin."""
    text = follow(project, f"meltano invoke --dump=config {plugin}", **variables)
    made: dict[str, Any] = json.loads(text)
    return made


def about(project: Project) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(
        follow(project, f"meltano invoke {LOADER} --about --format=json")
    )
    return made


@pytest.mark.slow
@pytest.mark.timeout(2 * SECONDS)
def test_the_loader_is_added_from_its_definition(project: Project) -> None:
    assert f"{LOADER} v" in follow(project, block_after(README, "loader commands"))
    assert set(about(project)["settings"]["properties"]) == set(json_schema()["properties"])
    assert dumped(project, LOADER)["mode"] == "plan"


@pytest.mark.slow
@pytest.mark.timeout(2 * SECONDS)
def test_the_utility_is_added_from_its_definition(project: Project) -> None:
    assert f"{UTILITY}, version" in follow(project, block_after(README, "utility commands"))
    given = follow(
        project, "meltano config set zuora360 max_records 5; meltano config print zuora360"
    )
    assert json.loads(given[given.index("{") :])["max_records"] == 5


@pytest.mark.slow
@pytest.mark.timeout(2 * SECONDS)
def test_an_entry_is_copied_and_installs_a_wheel(project: Project) -> None:
    file = project.path / "meltano.yml"
    with file.open("a", encoding="utf-8") as target:
        target.write(block_after(SETTINGS_PAGE, "entry"))
    follow(project, block_after(SETTINGS_PAGE, "wheel command"))
    commands = block_after(SETTINGS_PAGE, "entry command")
    assert f"{LOADER} v" in follow(project, commands)
    mode = {"TARGET_ZUORA360_CLEANUP_MODE": "cleanup"}
    assert dumped(project, LOADER, **mode)["mode"] == "cleanup"


@pytest.mark.parametrize("marker", ["loader commands", "utility commands"])
def test_a_definition_that_is_named_is_there_and_installs_what_the_variable_names(
    marker: str,
) -> None:
    commands = block_after(README, marker)
    (definition,) = re.findall(rf"\.\./{CLONE}/(\S+\.yml)", commands)
    content = yaml.safe_load((ROOT / definition).read_text(encoding="utf-8"))
    assert content["pip_url"] == f"${{{PACKAGE_VARIABLE}}}"
    assert f"echo '{PACKAGE_VARIABLE}=../{CLONE}' >> .env" in commands


def test_the_entry_to_copy_says_what_the_code_says() -> None:
    (entry,) = yaml.safe_load(block_after(SETTINGS_PAGE, "entry"))["plugins"]["loaders"]
    assert entry["capabilities"] == [each.value for each in TargetZuora360Cleanup.capabilities]
    properties = json_schema()["properties"]
    for setting in entry["settings"]:
        declared = properties[setting["name"]]
        assert setting.get("kind", "string") == declared["type"][0]
        assert setting.get("sensitive", False) == declared.get("secret", False)
        assert setting.get("value", declared.get("default")) == declared.get("default")
