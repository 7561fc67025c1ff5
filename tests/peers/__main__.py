"""Installs the peers and runs their scripts, each against an org of its own."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from target_zuora360_cleanup.emulator.org.options import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.peers.all_peers import PEERS
from tests.peers.peer import Missing, Peer, Place, Unlike


def run_peer(peer: Peer, tools: Path) -> str:
    """Install a peer and run its script; what it is.

    Raises:
        Missing: It can't be had here.
        Unlike: It did not get what it would get from Salesforce.
    """
    told = peer.install(tools)
    org = OrgOptions(records=1_000, sandbox=True)
    with (
        tempfile.TemporaryDirectory(prefix="zuora360-peer-") as folder,
        EmulatorServer(org, ServerOptions(tls=True)) as server,
    ):
        peer.script(Place(server, tools, Path(folder)))
    return told


def main() -> int:
    """Run those that are named, or all; 1 when one of them failed or can't be had."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PEER", help=", ".join(PEERS))
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser.add_argument("--tools", type=Path, default=cache / "zuora360-peers",
                        help="where they are installed [%(default)s]")  # fmt: skip
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - PEERS.keys()):
        parser.error(f"{unknown[0]} is none of {', '.join(PEERS)}")
    given.tools.mkdir(parents=True, exist_ok=True)
    failed = False
    for name in given.names or PEERS:
        try:
            line = f"ok       {run_peer(PEERS[name], given.tools)}"
        except (Missing, Unlike) as error:
            failed = True
            line = f"{'missing' if isinstance(error, Missing) else 'FAILED':8} {name}: {error}"
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
