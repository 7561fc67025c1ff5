"""The definitions that `meltano add --from-ref` reads say what the code says, and can be added."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.hub import FOLDER, definitions
from tests.support.meltano_project import BIN, COMMAND_SECONDS, Project

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(definitions())
KINDS = {"target-zuora360-cleanup": "loaders", "zuora360": "utilities"}


def test_there_is_a_file_for_each_definition_and_no_other() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.yml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_says_what_the_code_says(name: str) -> None:
    found = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    assert found == definitions()[name], "run `python -m tests.support.hub`"


@pytest.fixture
def empty(tmp_path: Path) -> Project:
    """A project without plugins, in which Meltano can't ask its hub."""
    content = {
        "default_environment": "dev",
        "environments": [{"name": "dev"}],
        "hub_url": "http://127.0.0.1:9",
        "send_anonymous_usage_stats": False,
        "cli": {"disable_version_check": True},
    }
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return Project(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_meltano_adds_a_plugin_from_its_definition_without_the_hub(
    empty: Project, name: str
) -> None:
    plugin = name.removesuffix(".yml")
    kind = KINDS[plugin]
    ref = ("--no-install", "--plugin-type", kind, "--from-ref", str(FOLDER / name))
    done = empty.meltano("add", plugin, *ref)
    assert done.returncode == 0, done.stderr
    project = yaml.safe_load((empty.path / "meltano.yml").read_text(encoding="utf-8"))
    (added,) = project["plugins"][kind]
    assert added["name"] == plugin
    assert added["settings"] == definitions()[name]["settings"]


@pytest.mark.slow
def test_an_added_utility_takes_its_settings_from_the_project(empty: Project) -> None:
    ref = ("--no-install", "--plugin-type", "utilities", "--from-ref", str(FOLDER / "zuora360.yml"))
    assert empty.meltano("add", "zuora360", *ref).returncode == 0
    done = empty.meltano("config", "set", "zuora360", "paired_state_ids", '["a"]')
    assert done.returncode == 0, done.stderr
    done = subprocess.run(
        [BIN / "meltano", "config", "print", "zuora360"], cwd=empty.path, env=empty.environ({}),
        capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout)["paired_state_ids"] == ["a"], done.stderr
