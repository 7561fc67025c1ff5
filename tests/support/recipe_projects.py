"""Projects and orgs that recipes of docs/recipes.md are followed in."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

import yaml

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.meltano_project import LOADER, TAP, Project, with_real_tap

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.life_cycle import LifeCycle

PRODUCTION, SANDBOX = "production", "sandbox"
"""The environments of the recipes."""
_SHAPE: Final = """{"fields": [
    {"object": "Zuora__CustomerAccount__c", "name": "Segment__c", "type": "string", "length": 40}
]}"""
ORG: Final = OrgOptions(records=300, synced=False, shape=_SHAPE)
"""Zuora's records are in Zuora alone."""


def bare_project(
    folder: Path, program: Path, environment: str, select: tuple[str, ...] = ("*",)
) -> None:
    """A project with the plugins and no word of what they are to do, as a recipe begins with."""
    folder.mkdir(parents=True)
    with_real_tap(folder, program, [f"{name}.*" for name in select])
    file = folder / "meltano.yml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    del content["environments"]
    for kind in ("loaders", "utilities"):
        del content["plugins"][kind][0]["config"]
    content["default_environment"] = environment
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def sync_first(folder: Path, server: EmulatorServer, environment: str) -> None:
    """A project's first sync, whose traces but for the state and what is kept are removed."""
    file = folder / "meltano.yml"
    bare = file.read_text(encoding="utf-8")
    file.write_text(f"{bare}environments: [{{name: {environment}}}]\n", encoding="utf-8")
    done = led(folder, server).meltano("run", TAP, LOADER, TARGET_ZUORA360_CLEANUP_MODE="sync")
    assert done.returncode == 0, done.stderr[-4000:]
    file.write_text(bare, encoding="utf-8")
    shutil.rmtree(folder / "output")


def become_sandbox(folder: Path) -> None:
    """Let a project have synced in the environment of the sandbox."""
    file = folder / "meltano.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f"environment: {PRODUCTION}", f"environment: {SANDBOX}"), "utf-8")
    project = Project(folder)
    state = project.state_of(f"{PRODUCTION}:{TAP}-to-{LOADER}")
    project.set_state(f"{SANDBOX}:{TAP}-to-{LOADER}", state)
    (kept,) = folder.glob(".meltano/zuora360-kept/*.sqlite")
    kept.rename(kept.with_name(kept.name.replace(PRODUCTION, SANDBOX)))


def led(folder: Path, org: EmulatorServer, zuora: EmulatorServer | None = None) -> Project:
    """A project that is led to an org and to Zuora's side of it, or to another one's."""
    return Project(folder, org, variables={"ZUORA_URL": (zuora or org).url})


def stored(life: LifeCycle, environment: str = PRODUCTION) -> dict[str, Any]:
    """The bookmarks that Meltano has stored for the pair."""
    state = life.project.state_of(f"{environment}:{TAP}-to-{LOADER}")
    bookmarks: dict[str, Any] = state.get("bookmarks", {})
    return bookmarks


def reports(project: Project, mode: str) -> list[dict[str, Any]]:
    """The reports of a project's runs in a mode, oldest first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in project.reports]
    return [each for each in found if each["mode"] == mode]
