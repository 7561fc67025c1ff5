"""Every peer, by its name on the command line: one line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.peers import (
    cumulusci,
    jsforce,
    salesforce_cli,
    sfdmu,
    simple_salesforce,
    tap_salesforce,
    tap_zuora,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.peers.peer import Peer

__all__ = ["PEERS"]

PEERS: Final[Mapping[str, Peer]] = {
    module.PEER.name: module.PEER
    for module in (
        simple_salesforce, salesforce_cli, jsforce, sfdmu, cumulusci, tap_salesforce, tap_zuora,
    )
}  # fmt: skip
