"""One small org for all tests over HTTP, and one for each test that changes what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.options import ServerOptions
from target_zuora360_cleanup.emulator.org import OrgOptions
from target_zuora360_cleanup.emulator.server import EmulatorServer
from tests.emulator.http_client import Client, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def shared() -> Iterator[Client]:
    """An org that a test may read, and write to as long as no other test would notice."""
    with EmulatorServer(OrgOptions(records=3_000), ServerOptions(tls=True)) as server:
        client = client_of(server)
        with client.session:
            yield client


@pytest.fixture
def own() -> Iterator[Client]:
    """An org for one test."""
    with EmulatorServer(OrgOptions(records=300)) as server:
        client = client_of(server)
        with client.session:
            yield client
