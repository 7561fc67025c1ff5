"""What a cleanup costs the machine that runs it: time, CPU, peak memory and API calls.

Run by hand::

    python tests/benchmarks/deletion.py [--records 10000,100000,1000000] [--markdown FILE]

For each size an emulated org is filled once, and each contender gets a copy of it, behind an
emulator in a process of its own. The plugin runs as Meltano would run it, simple-salesforce's
`bulk2` (`deletion_peer.py`) deletes the same object types in the same order. The plugin also
describes the org, plans, backs the ids up and counts what is left; the peer only deletes. Time
includes the emulator's; CPU and memory are the contender's alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.request import urlopen

from target_zuora360_cleanup.objects import OBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PEER = "simple-salesforce"
PLUGIN = "this plugin"
PEER_SCRIPT = Path(__file__).with_name("deletion_peer.py")
BIN = Path(sys.executable).parent
STREAM = b"".join(
    json.dumps(message).encode() + b"\n"
    for message in (
        {"type": "STATE", "value": {"bookmarks": {"Account": {"version": 1}}}},
        {"type": "SCHEMA", "stream": "Account", "schema": {"properties": {}}, "key_properties": []},
        {"type": "RECORD", "stream": "Account", "record": {"Id": "1"}},
        {"type": "STATE", "value": {"bookmarks": {"Account": {"version": 1}}}},
    )
)
READY = re.compile(r"zuora360-emulator: (\S+) .* access token (\S+)")
JOB_SIZE = 100_000
FLAT = 1.10


@dataclass(frozen=True)
class Cost:
    """What one run of a contender took.

    Attributes:
        seconds: Wall time.
        cpu: Seconds of CPU, user and system.
        peak: Peak memory (resident set) in MiB.
        calls: API calls, as Salesforce counts them.
    """

    contender: str
    records: int
    seconds: float
    cpu: float
    peak: float
    calls: int


@dataclass(frozen=True)
class Emulator:
    """An emulated org that is being served."""

    url: str
    access_token: str

    def stats(self) -> dict[str, Any]:
        with urlopen(f"{self.url}/__emulator__/stats", timeout=60) as answer:  # noqa: S310 - loopback
            return dict(json.load(answer))


@contextmanager
def emulator(db: Path, records: int) -> Iterator[Emulator]:
    """Serve the org in a database, which is filled if it is new."""
    program = [str(BIN / "zuora360-emulator"), "serve", "--sandbox", "--port=0"]
    given = [f"--records={records}", f"--db={db}", f"--stop-with={os.getpid()}"]
    with subprocess.Popen([*program, *given], stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = READY.match(process.stdout.readline() if process.stdout else "")
            if not ready:
                sys.exit("The emulator did not start.")
            yield Emulator(*ready.groups())
        finally:
            process.send_signal(signal.SIGTERM)


def filled(folder: Path, records: int) -> Path:
    """A database with a filled org."""
    db = folder / "filled.db"
    with emulator(db, records):
        return db


def copied(db: Path) -> Path:
    copy = db.with_name("copy.db")
    for old in db.parent.glob("copy.db*"):
        old.unlink()
    with closing(sqlite3.connect(db)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def measured(command: Sequence[str], stdin: IO[bytes]) -> tuple[float, float, float]:
    """Run a process to its good end; its wall time, CPU time and peak memory.

    The peak is never less than this process' own, which is why so little is imported here.
    """
    with tempfile.TemporaryFile() as stderr:
        stdin.seek(0)
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=stderr)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            stderr.seek(0)
            sys.exit(f"{command[0]} failed: {stderr.read().decode()[-2000:]}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit


def run_plugin(org: Emulator, folder: Path) -> tuple[float, float, float]:
    config = folder / "config.json"
    settings = {
        "mode": "cleanup",
        "access_token": org.access_token,
        "instance_url": org.url,
        "allow_cascade_to": ["PricebookEntry"],
        "keep_quoted_products": False,
        "max_records": 1_000_000_000,
        "job_size": JOB_SIZE,
        "backup": "ids",
        "output_dir": str(folder / "output"),
    }
    config.write_text(json.dumps(settings), encoding="utf-8")
    with tempfile.TemporaryFile() as stdin:
        stdin.write(STREAM)
        return measured([str(BIN / "target-zuora360-cleanup"), f"--config={config}"], stdin)


def cleaned_objects(folder: Path) -> dict[str, str]:
    """The object types that the plugin has cleaned, in its order, with their conditions."""
    report = json.loads(next(folder.glob("output/*/report.json")).read_text(encoding="utf-8"))
    conditions = {kind.api_name: kind.where for kind in OBJECTS}
    names = [each["api_name"] for each in report["objects"] if each["found"]]
    return {name: conditions[name] for name in names}


def run_peer(org: Emulator, folder: Path, wait: float) -> tuple[float, float, float]:
    order = {
        "url": org.url,
        "access_token": org.access_token,
        "api_version": "64.0",
        "objects": cleaned_objects(folder),
        "job_size": JOB_SIZE,
        "wait": wait,
    }
    with tempfile.TemporaryFile() as stdin:
        stdin.write(json.dumps(order).encode())
        return measured([sys.executable, str(PEER_SCRIPT)], stdin)


def compare(records: int, *, peer: bool, wait: float) -> list[Cost]:
    """Run the contenders on copies of one org."""
    costs, left = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        db = filled(folder, records)
        for contender in (PLUGIN, PEER) if peer else (PLUGIN,):
            with emulator(copied(db), records) as org:
                took = run_peer(org, folder, wait) if contender == PEER else run_plugin(org, folder)
                stats = org.stats()
            costs.append(Cost(contender, records, *took, stats["api_calls"]["total"]))
            left.append(stats["rows"])
    if left[0] != left[-1]:
        sys.exit("The contenders did not delete the same.")
    return costs


def ratio(own: float, other: float) -> str:
    return f"{own:,.1f} (x {own / other:.2f})"


def row(cost: Cost, base: Cost) -> list[str]:
    """A row of the table; each ratio is to the plugin's cost at the same size."""
    return [
        f"{cost.records:,}",
        cost.contender,
        ratio(cost.seconds, base.seconds),
        ratio(cost.cpu, base.cpu),
        ratio(cost.peak, base.peak),
        f"{cost.calls:,} (x {cost.calls / base.calls:.2f})",
    ]


def table(costs: Sequence[Cost]) -> list[str]:
    """The costs as a Markdown table that is also easy to read as it is."""
    base = {cost.records: cost for cost in costs if cost.contender == PLUGIN}
    head = ["records", "contender", "wall s", "CPU s", "peak MiB", "API calls"]
    rows = [head, *(row(cost, base[cost.records]) for cost in costs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, each, widths)) + " |" for each in rows]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def flatness(costs: Sequence[Cost], contender: str) -> str:
    """How the peak memory at the largest size compares with that at the smallest."""
    own = [cost for cost in costs if cost.contender == contender]
    least, most = (pick(own, key=lambda cost: cost.records) for pick in (min, max))
    grown = most.peak / least.peak
    sizes = f"{most.records:,} against {least.records:,} records"
    verdict = "flat" if grown <= FLAT else "not flat"
    return f"{contender}: peak memory x {grown:.2f}, {sizes}: {verdict}."


def machine() -> str:
    made_by = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{datetime.now(timezone.utc):%Y-%m-%d}, {made_by}, Python {platform.python_version()}"


def sizes(text: str) -> list[int]:
    return sorted({int(part) for part in text.split(",")})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=sizes, default=sizes("10000,100000,1000000"))
    parser.add_argument("--peer", choices=(PEER, "none"), default=PEER)
    parser.add_argument("--peer-wait", type=float, default=0.1, help="before its first poll")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table here too")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    costs: list[Cost] = []
    for records in given.records:
        new = compare(records, peer=given.peer == PEER, wait=given.peer_wait)
        print(*table(new)[2:], sep="\n", flush=True)  # noqa: T201
        costs += new
    contenders = dict.fromkeys(cost.contender for cost in costs)
    lines = [machine(), "", *table(costs), "", *(flatness(costs, each) for each in contenders)]
    print(*lines, sep="\n")  # noqa: T201
    if given.markdown:
        given.markdown.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
