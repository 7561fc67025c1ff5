"""One real run of the Salesforce CLI and of jsforce; the other peers are run by hand."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

import pytest

from tests.peers import jsforce, salesforce_cli
from tests.peers.__main__ import run_peer
from tests.peers.peer import Missing, Peer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def tools(request: pytest.FixtureRequest) -> Path:
    """Where they are installed once for all runs."""
    cache = request.config.cache
    assert cache is not None
    return cache.mkdir("peers")


@pytest.mark.parametrize("peer", [salesforce_cli.PEER, jsforce.PEER], ids=lambda peer: peer.name)
def test_a_client_from_npm_finds_what_it_finds_in_salesforce(tools: Path, peer: Peer) -> None:
    with (tools / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            peer.install(tools)
        except Missing as error:
            pytest.skip(f"{peer.name} can't be installed here: {error}")
    run_peer(peer, tools)
