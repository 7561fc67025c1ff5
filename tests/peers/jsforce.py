"""jsforce, the client below the CLI and many others: `scripts/jsforce.mjs` is the script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from tests.peers.npm import installed, node_env, version_of
from tests.peers.peer import Peer, Place, expect, have

__all__ = ["PEER", "install", "script"]

_SCRIPT: Final = Path(__file__).parent / "scripts/jsforce.mjs"
ITEM, INVOICE = "Zuora__InvoiceItem__c", "Zuora__ZInvoice__c"


def install(tools: Path) -> str:
    """Install it, and say what it is."""
    return f"jsforce {version_of(installed(tools, 'jsforce', 'jsforce@3'), 'jsforce')}"


def script(place: Place) -> None:
    """Run the script, and compare what it found with what there is."""
    org, folder = place.server.org, place.tools / "jsforce"
    counts = org.counts()
    given = {"URL": place.server.url, "TOKEN": place.server.access_token,
             "MODULE": str(folder / "package.json")}  # fmt: skip
    found = json.loads(have(["node", str(_SCRIPT)], node_env(folder) | given))
    expect("what it found", found, {
        "user": org.username, "accounts": counts["Account"], "parent": "string",
        "fields": len(org.schema.get(INVOICE).fields), "phone": "1", "destroyed": True,
        "exported": counts[ITEM], "deleted": 3, "failed": 0, "refused": "INVALID_FIELD",
    })  # fmt: skip


PEER: Final = Peer("jsforce", install, script)
