"""sfdmu, the CLI's plugin that moves data: an export to a file, and an upsert by external id."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Final

from tests.peers.npm import installed, version_of
from tests.peers.peer import Peer, Place, expect
from tests.peers.salesforce_cli import Cli
from tests.peers.salesforce_cli import install as install_cli

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PEER"]

NOTE: Final = "Renewal_Forecast__c"


def install(tools: Path) -> str:
    """Install it, and say what it is."""
    install_cli(tools)
    return f"sfdmu {version_of(installed(tools, 'sfdmu', 'sfdmu'), 'sfdmu')}"


def script(place: Place) -> None:
    """Export accounts, and write new ones from a file."""
    cli, folder = Cli(place), place.folder / "sfdmu"
    folder.mkdir()
    cli("plugins", "link", str(place.tools / "sfdmu/node_modules/sfdmu"), "--no-install")
    _configure(folder, place, "SELECT Id, Name FROM Account", "Readonly")
    run = ["sfdmu", "run", f"--path={folder}", "--noprompt"]
    cli(*run, "--sourceusername=emu", "--targetusername=csvfile")
    with (folder / "Account.csv").open(encoding="utf-8", newline="") as file:
        expect("rows exported", len(list(csv.DictReader(file))),
               place.server.org.counts()["Account"])  # fmt: skip
    _configure(folder, place, "SELECT Id, Name, Phone FROM Account", "Upsert", externalId="Name")
    (folder / "Account.csv").write_text("Name,Phone\nFrom sfdmu,1\n", encoding="utf-8")
    cli(*run, "--sourceusername=csvfile", "--targetusername=emu")
    found = place.server.org.query("SELECT Phone FROM Account WHERE Name = 'From sfdmu'")
    expect("rows written", found.rows(0, 2), [("1",)])


def _configure(folder: Path, place: Place, query: str, operation: str, **more: str) -> None:
    login = {"name": "emu", "accessToken": place.server.access_token,
             "instanceUrl": place.server.url}  # fmt: skip
    what = {"query": query, "operation": operation, "master": True, **more}
    text = json.dumps({"orgs": [login], "objects": [what]})
    (folder / "export.json").write_text(text, encoding="utf-8")


PEER: Final = Peer("sfdmu", install, script)
