"""The tests' tap plays the recording that the state asks for, as tap-zuora itself would."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import RECORDINGS

TAP = Path(__file__).with_name("replay_tap_zuora.py")


def recorded(name: str) -> str:
    return gzip.decompress((RECORDINGS / f"{name}.singer.gz").read_bytes()).decode()


def last_state(output: str) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(output.splitlines()[-1])["value"]
    return state


def shape(output: str) -> list[tuple[str, str]]:
    """Kinds of messages by stream, in the order in which they first appear."""
    lines = map(json.loads, output.splitlines())
    return list(dict.fromkeys((line["type"], line.get("stream", "")) for line in lines))


def records(output: str, stream: str) -> int:
    return output.count(f'{{"type": "RECORD", "stream": "{stream}"')


@pytest.fixture
def play(tmp_path: Path) -> Any:
    def run(*arguments: str, **files: object) -> str:
        command = [str(TAP), "--config", "unused.json", *arguments]
        for name, content in files.items():
            path = tmp_path / f"{name}.json"
            path.write_text(json.dumps(content))
            command += [f"--{name}", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    return run


@pytest.mark.parametrize("state", [None, {}, {"bookmarks": {}}])
def test_without_bookmarks_it_is_the_full_recording_byte_for_byte(play: Any, state: Any) -> None:
    assert play(**({} if state is None else {"state": state})) == recorded("full")


def test_with_bookmarks_it_is_the_incremental_recording_byte_for_byte(play: Any) -> None:
    assert play(state=last_state(recorded("full"))) == recorded("incremental")


def test_each_stream_follows_its_own_bookmark(play: Any) -> None:
    bookmarks = last_state(recorded("full"))["bookmarks"]
    kept = {name: bookmarks[name] for name in ("Amendment", "PaymentTransactionLog")}
    output = play(state={"bookmarks": kept})
    for stream in bookmarks:
        recording = recorded("incremental" if stream in kept else "full")
        assert records(output, stream) == records(recording, stream) > 0
    assert last_state(output)["bookmarks"].keys() == bookmarks.keys()


def test_after_a_cleanup_it_does_what_the_real_tap_did(play: Any) -> None:
    first = json.loads(recorded("after_cleanup").splitlines()[0])["value"]
    names = ("Amendment", "PaymentTransactionLog")
    output = play(state={"bookmarks": {name: first["bookmarks"][name] for name in names}})
    assert shape(output) == shape(recorded("after_cleanup"))


def test_a_leftover_current_stream_skips_streams_as_the_real_tap_does(play: Any) -> None:
    output = play(state={"bookmarks": {}, "current_stream": "RatePlan"})
    assert records(output, "Product") == 0
    assert records(output, "RatePlan") == records(recorded("full"), "RatePlan")


def test_streams_that_the_catalog_leaves_out_are_not_played(play: Any) -> None:
    catalog = json.loads(play("--discover"))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] == "Invoice"
    output = play(catalog=catalog)
    assert {stream for _, stream in shape(output)} == {"", "Invoice"}
