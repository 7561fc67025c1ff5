"""What recipes begin with: a pipeline after its first sync."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.support.emulated import Emulated, copy_org
from tests.support.life_cycle import LifeCycle
from tests.support.recipe_projects import ORG, PRODUCTION, bare_project, led, sync_first
from tests.support.shared import made_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def first_sync(real_tap: Path) -> Path:
    """The folder of a project after its first sync, and of its org."""

    def make(folder: Path) -> None:
        bare_project(folder / "project", real_tap, PRODUCTION)
        copy_org(ORG, folder / "org.sqlite")
        with EmulatorServer(ORG, db=folder / "org.sqlite") as server:
            sync_first(folder / "project", server, PRODUCTION)

    return made_once("recipes", make)


@pytest.fixture
def synced(first_sync: Path, tmp_path: Path) -> Iterator[LifeCycle]:
    """What goes on after the first sync, in a copy of it."""
    shutil.copytree(first_sync / "project", tmp_path / "project", symlinks=True)
    with Emulated(ORG, base=first_sync / "org.sqlite") as server:
        yield LifeCycle(led(tmp_path / "project", server), server)
