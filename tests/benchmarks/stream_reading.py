"""How fast the tap's stream is read, next to a minimal SDK target and a raw drain of the same file.

Run by hand::

    python -m tests.benchmarks.stream_reading [--records 1000000]

Each reader gets the same file on stdin, in a process of its own. The minimal SDK target has a sink
that does nothing with its records; since it is slow it gets the first part of the file
(``--share``), and records a second are compared. Start-up is measured with a file of one record and
taken off.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READERS = {
    "this plugin": """
import sys
from target_zuora360_cleanup.state.reset import StateTracker
from target_zuora360_cleanup.singer.stream import FirstRecord, SingerStream, State
tracker = StateTracker()
for message in SingerStream(sys.stdin.buffer):
    if isinstance(message, State):
        tracker.state(message.value)
    elif isinstance(message, FirstRecord):
        tracker.record(message.stream)
tracker.reset(lambda stream: stream == "Account")
""",
    "minimal SDK target": """
import logging
from singer_sdk import Sink, Target
logging.disable()
class Nothing(Sink):
    def process_record(self, record, context): pass
    def process_batch(self, context): pass
class Minimal(Target):
    name = "target-minimal"
    config_jsonschema = {"properties": {}}
    default_sink_class = Nothing
Minimal(config={}).listen()
""",
    "raw drain": """
import sys
while sys.stdin.buffer.read1(1 << 18): pass
""",
}

SHORTEST = 0.005  # seconds


@dataclass(frozen=True)
class Form:
    """One way in which taps write: what follows each record, and whether streams take turns."""

    title: str
    state_every: int
    streams: int
    separators: tuple[str, str]


FORMS = (
    Form("SDK tap, a STATE per 10,000 records", 10_000, 1, (",", ":")),
    Form("two streams taking turns", 10_000, 2, (", ", ": ")),
    Form("tap-zuora, a STATE after every record", 1, 1, (", ", ": ")),
)


def record(stream: str, number: int) -> dict[str, object]:
    """A record of about 220 bytes."""
    return {
        "type": "RECORD",
        "stream": stream,
        "record": {
            "Id": f"{number:032d}",
            "AccountNumber": f"A{number:08d}",
            "Name": "A customer of ours",
            "UpdatedDate": "2026-11-01T00:00:00.000000Z",
        },
        "time_extracted": "2026-11-23T00:00:00.000000Z",
    }


def schema(stream: str) -> dict[str, object]:
    fields = {key: {"type": "string"} for key in ("Id", "AccountNumber", "Name", "UpdatedDate")}
    described = {"type": "object", "properties": fields}
    return {"type": "SCHEMA", "stream": stream, "schema": described, "key_properties": ["Id"]}


def messages(form: Form, count: int) -> Iterator[dict[str, object]]:
    names = ("Account", "Invoice", "Refund", "Payment")
    yield from map(schema, names[: form.streams])
    for number in range(count):
        yield record(names[number % form.streams], number)
        if number % form.state_every == 0:
            entries = {name: {"version": 1732334400, "UpdatedDate": str(number)} for name in names}
            yield {"type": "STATE", "value": {"bookmarks": entries, "current_stream": "Account"}}


def write(path: Path, form: Form, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for message in messages(form, count):
            file.write(json.dumps(message, separators=form.separators) + "\n")


def seconds(code: str, path: Path) -> float:
    with path.open("rb") as stdin:
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", code], stdin=stdin, stdout=subprocess.DEVNULL, check=True
        )
        return time.perf_counter() - start


def best(measure: Callable[[], float], rounds: int) -> float:
    return min(measure() for _ in range(rounds))


def rate(code: str, few: Path, many: Path, count: int, rounds: int) -> float:
    """Records a second, without the time that a file of next to no records takes."""
    start_up = best(lambda: seconds(code, few), rounds)
    taken = best(lambda: seconds(code, many), rounds) - start_up
    if taken < SHORTEST:
        sys.exit(f"{count:,} records took {taken:.4f} s, too short to tell: give more --records.")
    return count / taken


def compare(form: Form, count: int, share: int, rounds: int, folder: Path) -> None:
    few, part, whole = (folder / name for name in ("few", "part", "whole"))
    for path, records in ((few, 1), (part, count // share), (whole, count)):
        write(path, form, records)
    print(f"\n{form.title}: {count:,} records, {whole.stat().st_size / 1e6:,.0f} MB")  # noqa: T201
    rates = {
        name: rate(code, few, part, count // share, 1)
        if "SDK" in name
        else rate(code, few, whole, count, rounds)
        for name, code in READERS.items()
    }
    for name, value in rates.items():
        ratio = rates["this plugin"] / value
        print(f"  {name:20} {value:14,.0f} records/s   this plugin x {ratio:,.2f}")  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--share", type=int, default=20, help="the SDK target gets 1 in so many")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    given = parser.parse_args()
    for form in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            compare(form, given.records, given.share, given.rounds, Path(folder))


if __name__ == "__main__":
    main()
