"""The real tap-zuora against the emulated Zuora: discovery, full and incremental syncs."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.schema.zuora import zuora_objects
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.support.emulated import Emulated
from tests.support.paths import TESTS
from tests.support.zuora_client import Zuora

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = pytest.mark.slow

WRAPPER = TESTS / "demo/tap_zuora_here.py"
FEW = {"Account", "Subscription", "InvoiceItem", "PaymentTransactionLog"}
State = dict[str, Any]


@pytest.fixture
def tap_python(real_tap: Path) -> Path:
    """The Python that has the tap."""
    return real_tap.parent / ".meltano/extractors/tap-zuora/venv/bin/python"


@dataclass(frozen=True)
class Tap:
    """The tap with a configuration."""

    python: Path
    url: str
    folder: Path
    api: str

    def run(self, *arguments: str) -> str:
        start = "2000-01-01T00:00:00Z" if self.api == "AQUA" else "2025-06-01T00:00:00Z"
        config = {
            "start_date": start, "api_type": self.api, "username": "user", "password": "secret",
            "partner_id": "salesforce", "auth_type": "BASIC" if self.api == "AQUA" else "OAUTH",
        }  # fmt: skip
        done = subprocess.run(
            [str(self.python), str(WRAPPER), "--config", self._write("config", config), *arguments],
            env={**os.environ, "ZUORA_URL": self.url},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def discover(self) -> dict[str, Any]:
        catalog: dict[str, Any] = json.loads(self.run("--discover"))
        return catalog

    def sync(
        self, streams: set[str], state: State | None = None
    ) -> tuple[State, list[tuple[str, dict[str, Any]]]]:
        """The last state, and the records with their streams."""
        catalog = self.discover()
        for stream in catalog["streams"]:
            for each in stream["metadata"]:
                usable = each["metadata"].get("inclusion") != "unsupported"
                each["metadata"]["selected"] = stream["stream"] in streams and usable
        given = ["--state", self._write("state", state)] if state else []
        lines = self.run("--catalog", self._write("catalog", catalog), *given).splitlines()
        messages = [json.loads(line) for line in lines]
        states = [each["value"] for each in messages if each["type"] == "STATE"]
        records = [
            (each["stream"], each["record"]) for each in messages if each["type"] == "RECORD"
        ]
        return states[-1], records

    def _write(self, name: str, data: object) -> str:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        return str(path)


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=1_500, synced=False)) as server:
        yield server


def numbers(records: list[tuple[str, dict[str, Any]]]) -> Counter[str]:
    return Counter(stream for stream, _ in records)


@pytest.mark.parametrize("api", ["AQUA", "REST"])
def test_the_tap_discovers_every_object(
    tap_python: Path, server: EmulatorServer, tmp_path: Path, api: str
) -> None:
    streams = Tap(tap_python, server.url, tmp_path, api).discover()["streams"]

    assert {each["stream"] for each in streams} == {*zuora_objects()}
    properties = next(each for each in streams if each["stream"] == "Account")["schema"]
    assert {"BillToContactId", "DefaultPaymentMethodId", "CrmId"} <= {*properties["properties"]}
    assert ("Deleted" in properties["properties"]) == (api == "AQUA")


def test_by_aqua_a_full_sync_has_all_and_the_next_what_has_changed(
    tap_python: Path, server: EmulatorServer, tmp_path: Path
) -> None:
    tap, zuora = Tap(tap_python, server.url, tmp_path, "AQUA"), Zuora(server.url)
    rows = zuora.stats()["zuora_rows"]

    state, records = tap.sync({*zuora_objects()})
    assert numbers(records) == rows

    # Bookmarks are inclusive: the last record of each stream comes again.
    state, records = tap.sync({*zuora_objects()}, state)
    assert numbers(records) == dict.fromkeys(zuora_objects(), 1)

    done = zuora.change(60)
    _, records = tap.sync({*zuora_objects()}, state)
    found = numbers(records)
    gone = Counter(stream for stream, record in records if record.get("Deleted"))
    for name, counts in done.items():
        assert found[name] - sum(counts.values()) in {0, 1}, name
        assert gone[name] == counts["deleted"], name


def test_by_rest_a_sync_has_the_records_since_its_start_date(
    tap_python: Path, server: EmulatorServer, tmp_path: Path
) -> None:
    tap, zuora = Tap(tap_python, server.url, tmp_path, "REST"), Zuora(server.url)
    by_rest = FEW | {"Contact", "PaymentMethod"}
    keys = {name: "TransactionDate" if "Log" in name else "UpdatedDate" for name in by_rest}
    expected = {
        name: len(zuora.rest(f"select Id from {name} where {key} >= '2025-06-01T00:00:00Z'"))
        for name, key in keys.items()
    }

    state, records = tap.sync(by_rest)
    assert numbers(records) == Counter(expected)
    assert sum(expected.values()) > 50

    _, records = tap.sync(by_rest, state)
    assert not records
