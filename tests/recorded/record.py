"""Record what the real tap-zuora 1.6.1 writes, for tests.

Regenerate the recordings byte for byte with::

    PYTHONPATH=. uv run tests/recorded/record.py

Each file under ``tests/data/tap_zuora/`` is the tap's stdout, whole and unchanged: four runs and
the catalog that ``--discover`` printed. The tap ran against ``mock_zuora.py`` with a clock that
stood still at the moment given in `RUNS`; nothing in its output was edited afterwards.
"""

# /// script
# requires-python = "==3.11.*"
# dependencies = ["tap-zuora==1.6.1", "singer-python==6.1.1", "time-machine==2.19.0"]
# ///

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests.recorded.mock_zuora import Zuora, serve
from tests.recorded.zuora_history import tell

HERE = Path(__file__).resolve().parent
RECORDINGS = HERE.parent / "data" / "tap_zuora"
CONFIG = {
    "start_date": "2000-01-01T00:00:00Z",
    "username": "demo",
    "password": "demo",
    "partner_id": "demo",
}
KEPT_STREAMS = ("Amendment", "PaymentTransactionLog")
"""Streams without a 360 object: a cleanup leaves their bookmarks alone."""


class Run(NamedTuple):
    """One run of the tap: when, over which API, from which recording's last bookmarks."""

    name: str
    now: datetime
    api: str = "AQUA"
    start_date: str = CONFIG["start_date"]
    state_from: str = ""
    streams_kept: tuple[str, ...] = ()


RUNS = (
    Run("full", datetime(2026, 11, 2, 2, tzinfo=UTC)),
    Run("incremental", datetime(2026, 11, 22, 2, tzinfo=UTC), state_from="full"),
    Run(
        "after_cleanup",
        datetime(2026, 11, 23, 2, tzinfo=UTC),
        state_from="incremental",
        streams_kept=KEPT_STREAMS,
    ),
    Run(
        "full_rest",
        datetime(2026, 11, 2, 2, tzinfo=UTC),
        api="REST",
        start_date="2024-01-01T00:00:00Z",
    ),
)


def main() -> None:
    """Carry out each of `RUNS` and write its file."""
    RECORDINGS.mkdir(parents=True, exist_ok=True)
    outputs: dict[str, bytes] = {}
    for run in RUNS:
        catalog, outputs[run.name] = record(run, outputs)
        if run is RUNS[0]:
            (RECORDINGS / "catalog.json.gz").write_bytes(gzip.compress(catalog, mtime=0))
        path = RECORDINGS / f"{run.name}.singer.gz"
        path.write_bytes(gzip.compress(outputs[run.name], mtime=0))
        records = outputs[run.name].count(b'{"type": "RECORD"')
        print(f"{path.name}: {records} records")  # noqa: T201 - a script's result


def record(run: Run, outputs: dict[str, bytes]) -> tuple[bytes, bytes]:
    """The catalog and the stream that the tap writes in one run against a mock of its own."""
    server = serve(Zuora(tell(), run.now))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        **os.environ,
        "ZUORA_URL": f"http://127.0.0.1:{server.server_port}/",
        "NOW": run.now.isoformat(),
    }
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _run_tap(run, outputs, Path(folder), environment)
    finally:
        server.shutdown()
        server.server_close()


def _run_tap(
    run: Run, outputs: dict[str, bytes], folder: Path, environment: dict[str, str]
) -> tuple[bytes, bytes]:
    config = {**CONFIG, "api_type": run.api, "start_date": run.start_date}
    tap = [sys.executable, str(HERE / "tap_zuora_at_mock.py"), "--config"]
    tap.append(_write(folder / "config.json", config))
    catalog = _call([*tap, "--discover"], environment)
    selected = _select_all(json.loads(catalog))
    arguments = ["--catalog", _write(folder / "catalog.json", selected)]
    if run.state_from:
        state = _last_state(outputs[run.state_from], run.streams_kept)
        arguments += ["--state", _write(folder / "state.json", state)]
    return catalog, _call([*tap, *arguments], environment)


def _call(command: list[str], environment: dict[str, str]) -> bytes:
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=300)
    if done.returncode:
        raise SystemExit(f"tap-zuora failed:\n{done.stderr.decode()}")
    return done.stdout


def _write(path: Path, content: dict[str, Any]) -> str:
    path.write_text(json.dumps(content))
    return str(path)


def _select_all(catalog: dict[str, Any]) -> dict[str, Any]:
    """Select every stream with all its fields, as ``select: ["*.*"]`` does in Meltano."""
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
    return catalog


def _last_state(output: bytes, streams_kept: tuple[str, ...]) -> dict[str, Any]:
    """The state that a run ended with, cut down to `streams_kept` where any are named."""
    state: dict[str, Any] = json.loads(output.splitlines()[-1])["value"]
    if not streams_kept:
        return state
    return {"bookmarks": {name: state["bookmarks"][name] for name in streams_kept}}


if __name__ == "__main__":
    main()
