"""tap-salesforce in REST mode: discovery, and a sync of two objects."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

from tests.peers.peer import Peer, Place, expect, has_python, have, pip_install

__all__ = ["PEER"]

_PACKAGE: Final = "tap-salesforce"
_WRAPPER: Final = Path(__file__).parent / "scripts/tap_salesforce_here.py"
STREAMS: Final = ("Zuora__CustomerAccount__c", "Zuora__Subscription__c")


def install(tools: Path) -> str:
    """Install it, and say what it is."""
    pip_install(tools / _PACKAGE, _PACKAGE)
    return f"tap-salesforce {has_python(tools / _PACKAGE, _PACKAGE)} (REST)"


def script(place: Place) -> None:
    """Discover the org, and sync two objects."""
    config = {
        "client_id": "a", "client_secret": "b", "refresh_token": "c", "api_type": "REST",
        "start_date": "2000-01-01T00:00:00Z", "select_fields_by_default": True,
    }  # fmt: skip
    catalog = json.loads(_tap(place, "--config", _written(place, "config", config), "--discover"))
    streams = {each["tap_stream_id"]: each for each in catalog["streams"]}
    expect("streams discovered", set(STREAMS) - streams.keys(), set())
    chosen = {"streams": [_selected(streams[name]) for name in STREAMS]}
    file = _written(place, "catalog", chosen)
    lines = _tap(place, "--config", _written(place, "config", config), "--properties", file)
    messages = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    found = Counter(each["stream"] for each in messages if each["type"] == "RECORD")
    counts = place.server.org.counts()
    expect("records", found, {name: counts[name] for name in STREAMS})


def _tap(place: Place, *words: str) -> str:
    python = str(place.tools / _PACKAGE / "bin/python")
    return have([python, str(_WRAPPER), *words], {"SALESFORCE_URL": place.server.url})


def _selected(stream: dict[str, Any]) -> dict[str, Any]:
    for each in stream["metadata"]:
        if each["metadata"].get("inclusion") != "unsupported":
            each["metadata"]["selected"] = True
    return stream


def _written(place: Place, name: str, data: object) -> str:
    path = place.folder / f"{name}.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


PEER: Final = Peer("tap-salesforce", install, script)
