#!/usr/bin/env python3
"""tap-zuora for tests: plays back what the real tap-zuora 1.6.1 wrote (see ``record.py``).

It takes a Singer tap's arguments and needs nothing but Python. A stream whose bookmark is in the
state handed in is played from the incremental recording, any other from the full one; that is
what the real tap does, and what makes "the next run is a full one" visible. SCHEMA and RECORD
lines are the recorded bytes; a STATE line is the recorded entry of its stream put into the state
handed in. So the whole output equals a recording where the state is that recording's.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).resolve().parent.parent / "data" / "tap_zuora"


def main() -> None:
    """Discover or sync, as the arguments say."""
    arguments = _parser().parse_args()
    if arguments.discover:
        sys.stdout.write(gzip.decompress((RECORDINGS / "catalog.json.gz").read_bytes()).decode())
        return
    replay(_load(arguments.state), _deselected(_load(arguments.catalog)))


def replay(state: dict[str, Any], deselected: set[str]) -> None:
    """Write the stream that follows from `state`, without the streams in `deselected`."""
    full, incremental = sections("full"), sections("incremental")
    known = set(state.setdefault("bookmarks", {}))
    resumed = state.setdefault("current_stream", None)
    streams = [name for name in full if name not in deselected]
    for name in streams:
        state["bookmarks"].setdefault(name, _entry(full[name][0], name))
    if resumed:
        # The real tap skips, without a word, what comes before a leftover `current_stream`.
        streams = streams[streams.index(resumed) :] if resumed in streams else []
    for name in streams:
        play(name, incremental[name] if name in known else full[name], state)
    state["current_stream"] = None
    _write_state(state)


def play(name: str, lines: list[str], state: dict[str, Any]) -> None:
    """Write one stream's recorded lines; its bookmark in `state` follows them."""
    records = 0
    for line in lines:
        if line.startswith('{"type": "STATE"'):
            state["bookmarks"][name] = _entry(line, name)
            state["current_stream"] = name
            _write_state(state)
        else:
            records += line.startswith('{"type": "RECORD"')
            sys.stdout.write(line)
    sys.stderr.write(f"INFO {name}: Completed sync ({records} rows)\n")


def sections(recording: str) -> dict[str, list[str]]:
    """The lines of a recording by stream; each begins with the STATE that names the stream."""
    found: dict[str, list[str]] = {}
    with gzip.open(RECORDINGS / f"{recording}.singer.gz", "rt", encoding="utf-8") as lines:
        current = None
        for line in lines:
            if line.startswith('{"type": "STATE"'):
                current = json.loads(line)["value"]["current_stream"]
            if current:
                found.setdefault(current, []).append(line)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Play back a recording of tap-zuora 1.6.1.")
    parser.add_argument("--config", help="accepted as every tap does; not used")
    parser.add_argument("--state", type=Path, help="the state of the last run")
    parser.add_argument("--catalog", "--properties", type=Path, help="which streams to play")
    parser.add_argument("--discover", action="store_true", help="print the recorded catalog")
    return parser


def _load(path: Path | None) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path else {}
    return content


def _deselected(catalog: dict[str, Any]) -> set[str]:
    """Streams that a catalog explicitly leaves out; without a catalog, none."""
    return {
        stream["tap_stream_id"]
        for stream in catalog.get("streams", [])
        for entry in stream["metadata"]
        if not entry["breadcrumb"] and entry["metadata"].get("selected") is False
    }


def _entry(state_line: str, name: str) -> Any:
    return json.loads(state_line)["value"]["bookmarks"][name]


def _write_state(state: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"type": "STATE", "value": state}) + "\n")


if __name__ == "__main__":
    main()
