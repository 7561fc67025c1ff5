"""tap-zuora by AQuA: discovery, and a full sync, against the emulated Zuora behind the org."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Final

from tests.peers.peer import Peer, Place, expect, has_python, have, pip_install
from tests.support.paths import TESTS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PEER"]

_PACKAGE: Final = "tap-zuora"
_WRAPPER: Final = TESTS / "demo/tap_zuora_here.py"
STREAMS: Final = ("Account", "Invoice")


def install(tools: Path) -> str:
    """Install it, and say what it is."""
    pip_install(tools / _PACKAGE, f"{_PACKAGE}==1.6.1")
    return f"tap-zuora {has_python(tools / _PACKAGE, _PACKAGE)} (AQuA)"


def script(place: Place) -> None:
    """Discover the tenant, and sync two objects."""
    config = {
        "start_date": "2000-01-01T00:00:00Z", "api_type": "AQUA", "username": "user",
        "password": "secret", "partner_id": "salesforce", "auth_type": "BASIC",
    }  # fmt: skip
    given = ["--config", _written(place, "config", config)]
    catalog = json.loads(_tap(place, *given, "--discover"))
    for stream in catalog["streams"]:
        for each in stream["metadata"]:
            usable = each["metadata"].get("inclusion") != "unsupported"
            each["metadata"]["selected"] = stream["stream"] in STREAMS and usable
    lines = _tap(place, *given, "--catalog", _written(place, "catalog", catalog)).splitlines()
    messages = [json.loads(line) for line in lines]
    found = Counter(each["stream"] for each in messages if each["type"] == "RECORD")
    counts = place.server.service.zuora.counts()
    expect("records", found, {name: counts[name] for name in STREAMS})


def _tap(place: Place, *words: str) -> str:
    python = str(place.tools / _PACKAGE / "bin/python")
    return have([python, str(_WRAPPER), *words], {"ZUORA_URL": place.server.url})


def _written(place: Place, name: str, data: object) -> str:
    path = place.folder / f"{name}.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


PEER: Final = Peer("tap-zuora", install, script)
