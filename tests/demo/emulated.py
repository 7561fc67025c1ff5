"""The demo's Salesforce org and Zuora tenant: one emulator, in the background."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.demo.image import Org
from tests.demo.meltano_runs import URL_VARIABLE, DemoError

_SECONDS = 120
ADDED = Path(__file__).with_name("added.json")
"""What people have added to Zuora's records."""
OWN_VALUES = (
    "Zuora__Subscription__c.Region__c", "Zuora__Subscription__c.Success_Manager__c",
    "zqu__ProductRatePlan__c.Audience__c",
)  # fmt: skip
"""Fields of theirs on Zuora's records."""


@dataclass(frozen=True)
class Emulator:
    """The emulator at `url`."""

    url: str

    def start(self, records: int) -> None:
        """Start it with an org that Zuora's own 360 has filled.

        It ends with the Meltano that runs this job, come what may.

        Raises:
            DemoError: The port is taken.
        """
        self._run(
            "start", "--own-sync", "--records", str(records), "--stop-with", str(os.getppid()),
            "--customer-rows", "Renewal_Forecast__c", "--shape", str(ADDED),
        )  # fmt: skip

    def stop(self) -> None:
        """Stop it."""
        self._run("stop")

    def change(self, records: int) -> dict[str, dict[str, int]]:
        """Let so many records change in Zuora; how many of which kind, by object."""
        changes: dict[str, dict[str, int]] = self._ask("/zuora/changes", {"records": records})
        return changes

    def links(self) -> dict[str, int]:
        """Users' lookups to Zuora's records; how many of each, as `Object.Field`."""
        links: dict[str, int] = self._ask("/customers/links")
        return links

    def rows(self) -> dict[str, int]:
        """The org's rows, by object type."""
        rows: dict[str, int] = self._ask("/stats")["rows"]
        return rows

    def synced(self) -> dict[str, int]:
        """Zuora's records that belong into the org, by object."""
        records: dict[str, int] = self._ask("/stats")["zuora_synced"]
        return records

    @property
    def org(self) -> Org:
        """The org, for a client of Salesforce."""
        return Org(self.url, self._ask("")["access_token"])

    def _ask(self, path: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
        body = None if data is None else json.dumps(data).encode()
        url = f"{self.url}/__emulator__{path}"
        with urllib.request.urlopen(url, body, timeout=_SECONDS) as answer:  # noqa: S310 - the user's own URL
            content: dict[str, Any] = json.load(answer)
        return content

    def _run(self, command: str, *options: str) -> None:
        port = urlsplit(self.url).port or 80
        program = str(Path(sys.executable).with_name("zuora360-emulator"))
        done = subprocess.run(
            [program, command, "--port", str(port), *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            raise DemoError(
                f"{done.stderr.strip()}\nTo use another port: "
                f"{URL_VARIABLE}=http://127.0.0.1:{port + 1} meltano run demo"
            )
