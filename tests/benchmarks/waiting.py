"""How long a cleanup takes next to the time in which the server worked on one of its jobs.

Run by hand, from the repository's root::

    python -m tests.benchmarks.waiting [--records 20000]

The emulator lets each job wait and each 10,000 rows take a while. Whatever time passes without a
job at the server is the plugin's: its start, its checks, its requests, and the time until a poll
finds a job ended.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.benchmarks.contenders import STREAM
from tests.benchmarks.serving import BIN

if TYPE_CHECKING:
    from collections.abc import Iterable

SPEEDS = ((0.0, 0.0), (0.5, 0.2), (2.0, 1.0), (10.0, 3.0))
SHARE, SECONDS = 1.1, 2.0


@dataclass(frozen=True)
class Waited:
    """Seconds of a cleanup, and of those in which at least one job was under way."""

    wall: float
    busy: float


def busy(jobs: Iterable[tuple[float, float]]) -> float:
    """Seconds covered by intervals of (begin, end)."""
    total, until = 0.0, 0.0
    for begin, end in sorted(jobs):
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total


def cleanup(records: int, job_seconds: float, batch_seconds: float) -> Waited:
    options = ServerOptions(job_seconds=job_seconds, batch_seconds=batch_seconds)
    with (
        tempfile.TemporaryDirectory() as folder,
        EmulatorServer(OrgOptions(records=records, sandbox=True), options) as server,
    ):
        config = Path(folder) / "config.json"
        settings = {
            "mode": "cleanup", "access_token": server.access_token, "instance_url": server.url,
            "allow_cascade_to": ["PricebookEntry"], "state_is_stored": True,
            "output_dir": f"{folder}/output",
        }  # fmt: skip
        config.write_text(json.dumps(settings), encoding="utf-8")
        start = time.perf_counter()
        program = [str(BIN / "target-zuora360-cleanup"), f"--config={config}"]
        subprocess.run(program, input=STREAM, check=True, capture_output=True)
        wall = time.perf_counter() - start
        jobs = [
            (job.created.timestamp(), job.modified.timestamp())
            for query in (True, False)
            for job in server.service.jobs.page(query=query, offset=0)[0]
        ]
    return Waited(wall, busy(jobs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=20_000)
    given = parser.parse_args()
    for job_seconds, batch_seconds in SPEEDS:
        took = cleanup(given.records, job_seconds, batch_seconds)
        bound = SHARE * took.busy + SECONDS
        print(  # noqa: T201
            f"{job_seconds:g} s a job, {batch_seconds:g} s a batch: {took.wall:.1f} s, with jobs "
            f"at the server for {took.busy:.1f} s; {SHARE} times that and {SECONDS:g} s are "
            f"{bound:.1f} s: {'within' if took.wall <= bound else 'more'}"
        )


if __name__ == "__main__":
    main()
