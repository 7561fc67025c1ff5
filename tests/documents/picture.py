"""Make the README's picture of a report, from a real run: `python -m tests.documents.picture`.

A cleanup of the product catalogue in an emulated sandbox.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.support.chromium import Chromium
from tests.support.paths import ROOT

PICTURE: Final = ROOT / "docs/report.png"
WIDTH, HEIGHT = 960, 900
STATE: Final = {"bookmarks": {"Product": {"UpdatedDate": "2026-05-01T00:00:00Z"}}}


def main() -> None:
    """Clean an emulated sandbox up, and keep the top of the report's page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page = _cleaned(folder)
        (folder / "profiles").mkdir()
        shot = Chromium(folder / "profiles").screenshot(page, WIDTH, HEIGHT, dark=False)
        PICTURE.write_bytes(shot.read_bytes())
    sys.stderr.write(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size:,} bytes\n")


def _cleaned(folder: Path) -> Path:
    """The page of a cleanup's report."""
    org = OrgOptions(records=60_000, sandbox=True, customer_rows=frozenset({"Renewal_Forecast__c"}))
    slow = ServerOptions(job_seconds=0.4, batch_seconds=0.6)
    (folder / "state.json").write_text(json.dumps(STATE), encoding="utf-8")
    with EmulatorServer(org, slow) as server:
        settings = {
            "ZUORA360_INSTANCE_URL": server.url,
            "ZUORA360_ACCESS_TOKEN": server.access_token,
            "ZUORA360_OBJECT_GROUPS": '["product_catalog"]',
            "ZUORA360_ALLOW_CASCADE_TO": '["PricebookEntry"]',
        }
        subprocess.run(
            [Path(sys.executable).with_name("zuora360"), "cleanup", "--config=ENV",
             "--state=state.json"],
            cwd=folder, env=os.environ | settings, check=True,
        )  # fmt: skip
    (page,) = folder.glob("output/*/*/report.html")
    return page


if __name__ == "__main__":
    main()
