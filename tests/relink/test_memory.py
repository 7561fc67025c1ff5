"""A relink of many links takes no more memory than one of few."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.relinking import FORECAST, LINK, SUBSCRIPTION
from tests.support.runs import login

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

FEW, MANY, PARENTS = 15_000, 50_000, 10_000
_RELINK = """
import json, re, sys
from pathlib import Path
from tests.support.relinking import carry_out
from target_zuora360_cleanup.settings.reading import read_settings
status = carry_out(read_settings(json.loads(sys.argv[1])), None, sys.stderr).exit_status
# (getrusage would count what the parent of this process had)
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
print(json.dumps([status, peak]))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    options = OrgOptions(records=300, quotes=False, sandbox=True)
    with Emulated(options) as made:
        made.org.dml("insert", SUBSCRIPTION, [
            {"Name": f"S{n}", "Zuora__External_Id__c": f"{n:032x}"} for n in range(PARENTS)
        ])  # fmt: skip
        made.org.dml("insert", FORECAST, [{"Name": f"F{n}"} for n in range(FEW + MANY)])
        yield made


def snapshot(org: Org, output: Path, first: int, count: int) -> None:
    """A snapshot of so many forecasts, as a cleanup writes it."""
    folder = output / "20260101T000000Z-cleanup" / "links"
    folder.mkdir(parents=True)
    found = org.query(f"SELECT Id FROM {FORECAST} ORDER BY Id")
    rows = [(row[0], "Subscription__c", SUBSCRIPTION, f"{n % PARENTS:032x}")
            for n, row in enumerate(found.rows(first, count))]  # fmt: skip
    with gzip.open(folder / f"{LINK}.csv.gz", "wt", encoding="utf-8", newline="") as file:
        header = ("record_id", "field", "parent_object", "parent_external_id")
        csv.writer(file).writerows([header, *rows])
    (folder / "manifest.json").write_text(json.dumps({"org_id": org.org_id}))


def peak(server: EmulatorServer, output: Path, first: int, count: int) -> float:
    """The most memory that a relink of so many links has, in KiB."""
    snapshot(server.org, output, first, count)
    config = json.dumps({**login(server), "output_dir": str(output), "job_size": 5_000})
    done = subprocess.run(
        [sys.executable, "-c", _RELINK, config], capture_output=True, text=True, timeout=200,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    status, kib = json.loads(done.stdout)
    assert status == 0
    (path,) = output.glob("*-relink/report.json")
    (link,) = json.loads(path.read_text())["links"]
    assert link["restored"] == link["in_snapshot"] == count
    return float(kib)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_fifty_thousand_links_take_no_more_memory_than_fifteen_thousand(
    server: EmulatorServer, tmp_path: Path
) -> None:
    few = peak(server, tmp_path / "few", 0, FEW)
    many = peak(server, tmp_path / "many", FEW, MANY)
    assert many < few + 8 * 1024, f"{few:,.0f} and {many:,.0f} KiB"
    led = server.org.query(f"SELECT COUNT() FROM {FORECAST} WHERE Subscription__c != null").total
    assert led == FEW + MANY
