"""One small org for all tests over HTTP, and one for each test that changes what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.emulated import Emulated
from tests.support.http_client import Client, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator


SMALL = OrgOptions(records=300)


@pytest.fixture(scope="session")
def shared() -> Iterator[Client]:
    """An org that a test may read, and write to as long as no other test would notice."""
    with Emulated(OrgOptions(records=3_000), ServerOptions(tls=True)) as server:
        client = client_of(server)
        with client.session:
            yield client


@pytest.fixture
def own() -> Iterator[Client]:
    """An org for one test."""
    with Emulated(SMALL) as server:
        client = client_of(server)
        with client.session:
            yield client
