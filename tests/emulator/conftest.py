"""One small org for all tests over HTTP, and one for each test that changes what it finds."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.opening import open_org
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.support.http_client import Client, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


SMALL = OrgOptions(records=300)


@pytest.fixture(scope="session")
def shared() -> Iterator[Client]:
    """An org that a test may read, and write to as long as no other test would notice."""
    with EmulatorServer(OrgOptions(records=3_000), ServerOptions(tls=True)) as server:
        client = client_of(server)
        with client.session:
            yield client


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a small org, to be copied."""
    path = tmp_path_factory.mktemp("filled") / "org.sqlite"
    open_org(SMALL, path).close()
    return path


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Iterator[Client]:
    """An org for one test."""
    db = tmp_path / "org.sqlite"
    shutil.copy(filled, db)
    with EmulatorServer(SMALL, db=db) as server:
        client = client_of(server)
        with client.session:
            yield client
