"""CumulusCI: `delete_data` by REST, over https."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

from tests.peers.peer import Missing, Peer, Place, Unlike, expect, has_python, have, pip_install

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PEER"]

_PACKAGE: Final = "cumulusci"
REFUND, ITEM = "Zuora__Refund__c", "Zuora__InvoiceItem__c"


def install(tools: Path) -> str:
    """Install it with a project of its own, and say what it is."""
    pip_install(tools / _PACKAGE, _PACKAGE)
    project = tools / "cumulusci-project"
    if not project.exists():
        project.mkdir()
        (project / "cumulusci.yml").write_text(
            "minimum_cumulusci_version: 3.0.0\n"
            'project: {name: peer, package: {name: peer, api_version: "64.0"}}\n',
            encoding="utf-8",
        )
        _begin(project)
    return f"CumulusCI {has_python(tools / _PACKAGE, _PACKAGE)} (REST)"


def script(place: Place) -> None:
    """Delete what it is told to, and look at what the org says of itself."""
    server, home = place.server, place.folder
    (home / ".cumulusci").mkdir()
    # (so that no newer version is looked for)
    (home / ".cumulusci/cumulus_timestamp").write_text(str(time.time()), encoding="utf-8")
    login = {
        "instance_url": server.tls_url, "access_token": server.access_token, "username": "peer",
        "id": f"{server.tls_url}/id/{server.org.org_id}/{server.org.user_id}",
        "refresh_token": "x", "client_id": "x", "client_secret": "x",
    }  # fmt: skip
    env = {
        "CUMULUSCI_ORG_emu": json.dumps(login), "CUMULUSCI_KEY": "0123456789abcdef",
        "REQUESTS_CA_BUNDLE": str(server.ca_file), "HOME": str(home),
        "CUMULUSCI_DISABLE_REFRESH": "1",
    }  # fmt: skip
    task = [str(place.tools / _PACKAGE / "bin/cci"), "task", "run", "delete_data", "--org=emu",
            "--api=rest", "--inject_namespaces=False", "--no-prompt"]  # fmt: skip
    before = server.org.counts()
    have([*task, f"--objects={ITEM}", "--where=Name != 'II-000000001'"], env,
         cwd=place.tools / "cumulusci-project")  # fmt: skip
    counts = server.org.counts()
    expect("rows left", counts[ITEM], 1)
    expect("rows of another object", counts[REFUND], before[REFUND])


def _begin(project: Path) -> None:
    me = ["-c", "user.name=peer", "-c", "user.email=peer@example.com"]
    try:
        have(["git", "init", "--quiet", str(project)])
        have(["git", "-C", str(project), *me, "commit", "--quiet", "--allow-empty", "-m", "Begin"])
    except Unlike as error:
        raise Missing(str(error)) from None


PEER: Final = Peer("cumulusci", install, script)
