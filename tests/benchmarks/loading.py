"""How fast and in how much memory mode `sync` loads, next to a plain batch target of the SDK.

Run by hand, from the repository's root::

    python -m tests.benchmarks.loading [--records 100000 400000] [--seconds 60] [--alike]
        [--beside CHECKOUT]

All programs read the same file of billing accounts, in processes of their own. The plain target
has the SDK's default batches, makes the same rows of its records and writes them to a file; this
plugin sends them to an emulated org, page by page. The org works in a process of its own, so the
server's time is not in the CPU seconds, which are compared; the wall time has it. With another
checkout of this plugin, which has a `.venv`, the records have the fields that that one knows.

Texts, amounts and dates differ from record to record, as far as those of real accounts do, unless
all are to be alike.

Then a slow tap and a slow server (`both_at_work`): how long a sync takes next to each of them.
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
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.field_maps import field_maps
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.schema.reading import load_schema
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.benchmarks.waiting import busy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OBJECT: Final = "Zuora__CustomerAccount__c"
SHARE: Final = 1.1
BATCH: Final = 200
PIECE: Final = 50
"""Lines that the slow tap writes at once."""
PLAIN: Final = """
import csv, sys
from singer_sdk import BatchSink, Target
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.opening import open_org
from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.catalog.field_maps import field_maps
from target_zuora360_cleanup.sync.org_objects import target_objects
from target_zuora360_cleanup.sync.rows import RowLayout, line
NAME = "Zuora__CustomerAccount__c"
with open_org(OrgOptions(records=1)) as org:
    there = {each["name"] for each in org.describe_global()["sobjects"]}
    objects = target_objects({name: org.describe(name) for name in BY_NAME if name in there})
MAP = next(each for each in field_maps() if each.object == NAME)
class ToFile(BatchSink):
    max_size = 50_000
    def process_batch(self, context):
        layout = RowLayout.of(MAP, objects, self.schema["properties"])
        with open(sys.argv[1], "a", encoding="utf-8") as file:
            for record in context["records"]:
                row = layout.row(record)
                file.write(line(row.cells, row.links) + "\\n")
class Plain(Target):
    name = "target-plain"
    config_jsonschema = {"properties": {}}
    default_sink_class = ToFile
Plain(config={}).listen()
"""
_MEASURE: Final = """
import json, os, resource, subprocess, sys, time
start = time.perf_counter()
with open(sys.argv[1], "rb") as stdin, open(os.devnull, "w") as null:
    status = subprocess.run(sys.argv[2:], stdin=stdin, stdout=null, stderr=null).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([status, time.perf_counter() - start, used.ru_utime + used.ru_stime,
                  used.ru_maxrss / 1024]))
"""


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    wall: float
    cpu: float
    mebibytes: float


VALUES: Final = {
    "boolean": True, "date": "2026-11-01", "datetime": "2026-11-01T00:00:00.000000Z", "int": 7,
    "double": "1234.50", "currency": "1234.50", "percent": "12.5",
    "email": "somebody@example.com", "reference": None,
}  # fmt: skip
"""Of each type of field; others are texts. Lookups lead to records that the stream has not."""


CHOICES: Final = frozenset(
    {"Status", "Currency", "PaymentTerm", "PaymentGateway", "Batch", "BillCycleDay"}
)
"""Fields of which all accounts have one of a few values."""


def fields() -> dict[str, Any]:
    """A value for each field of an account that the map knows."""
    (made_by,) = [each for each in field_maps() if each.object == OBJECT]
    there = load_schema().get(OBJECT).fields
    values = {
        source.split("|")[0]: VALUES.get(there[names[0]].type, "a text of usual length")
        for source, names in made_by.fields.items()
        if names[0] in there
    }
    return values | {each.source.split("|")[0]: None for each in made_by.parents}


def fields_of(checkout: Path) -> dict[str, Any]:
    """The same, as another checkout of this plugin has it."""
    said = subprocess.run(
        [checkout / ".venv/bin/python", "-c",
         "import json; from tests.benchmarks import loading; print(json.dumps(loading.fields()))"],
        cwd=checkout, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def differing(values: dict[str, Any], number: int) -> dict[str, Any]:
    """The values of one account: amounts, dates and every other text that is no choice differ."""
    own = dict(values)
    for at, (name, value) in enumerate(values.items()):
        if isinstance(value, bool):
            own[name] = (number + at) % 3 == 0
        elif isinstance(value, str) and value[:2].isdigit():
            day = f"{2000 + number % 26}-{1 + at % 12:02}-{1 + number % 28:02}"
            own[name] = day + value[10:] if value[4:5] == "-" else f"{number % 99_991 + at}.50"
        elif name in CHOICES:
            own[name] = f"{value} {(number + at) % 7}"
        elif isinstance(value, str) and at % 2:
            own[name] = f"{value} {number * 7 + at}"
    return own


def messages(
    count: int, crm_id: str, values: dict[str, Any] | None = None, *, alike: bool = True
) -> Iterator[dict[str, Any]]:
    """A stream of accounts, with a STATE after every record as tap-zuora writes it."""
    values = {**(values or fields()), "CrmId": crm_id}
    properties = {name: {"type": ["string", "boolean", "null"]} for name in values}
    described = {"type": "object", "properties": properties}
    yield {"type": "SCHEMA", "stream": "Account", "schema": described, "key_properties": ["Id"]}
    for number in range(count):
        record = dict(values) if alike else differing(values, number)
        record |= {"CrmId": crm_id, "Id": f"{number:032x}", "AccountNumber": f"A{number:08d}"}
        yield {"type": "RECORD", "stream": "Account", "record": record}
        yield {"type": "STATE", "value": {"bookmarks": {"Account": {"UpdatedDate": str(number)}}}}


def measured(stream: Path, *command: str) -> Cost:
    """Run a program on a stream, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(stream), *command],
        capture_output=True, text=True, check=True, timeout=3600,
    )  # fmt: skip
    status, wall, cpu, mebibytes = json.loads(done.stdout)
    if status:
        raise SystemExit(f"{command[0]} ended with {status}")
    return Cost(wall, cpu, mebibytes)


def run(
    count: int, folder: Path, beside: Path | None = None, *, alike: bool = False
) -> dict[str, Cost]:
    """The programs on a stream of so many records.

    Args:
        count: How many.
        folder: Where the stream and the output go.
        beside: Another checkout.
        alike: Whether all records are.
    """
    stream, config, costs = folder / "stream.singer", folder / "config.json", dict[str, Cost]()
    values = fields_of(beside) if beside else fields()
    programs = {"this plugin": Path(sys.executable).parent}
    if beside:
        programs[str(beside)] = beside / ".venv/bin"
    for name, path in programs.items():
        with EmulatorServer(OrgOptions(records=100)) as server:
            crm_id = server.org.query("SELECT Id FROM Account LIMIT 1").records(0, 1)[0]["Id"]
            with stream.open("w", encoding="utf-8") as file:
                said = messages(count, crm_id, values, alike=alike)
                file.writelines(json.dumps(each) + "\n" for each in said)
            settings = {"mode": "sync", "access_token": server.access_token,
                        "instance_url": server.url,
                        "output_dir": str(folder / "output")}  # fmt: skip
            config.write_text(json.dumps(settings))
            target = str(path / "target-zuora360-cleanup")
            costs[name] = measured(stream, target, "--config", str(config))
    plain = measured(stream, sys.executable, "-c", PLAIN, str(folder / "rows.csv"))
    return {**costs, "plain SDK batch target": plain}


@dataclass(frozen=True)
class BothAtWork:
    """Seconds of a sync from its first record's beginning to its end.

    Attributes:
        wall: Altogether, the start of the program included.
        tap: In which the tap was at work; not those in which it waited to be read.
        server: In which the server had a job.
        either: In which one of them was at work, or both.
        batches: How many batches came together.
    """

    wall: float
    tap: float
    server: float
    either: float
    batches: int

    @property
    def bound(self) -> float:
        """How long a sync may take: little more than the slower of both, and one batch."""
        quick, slow = sorted((self.tap, self.server))
        return SHARE * slow + quick / self.batches


def both_at_work(tap: float, server: float, folder: Path, batches: int = 10) -> BothAtWork:
    """A sync of which tap and server take so many seconds each.

    Args:
        tap: Seconds in which it makes its records, evenly.
        server: Seconds of its jobs, one a batch.
        folder: Where the output goes.
        batches: How many there are.
    """
    config, worked = folder / "config.json", list[tuple[float, float]]()
    with EmulatorServer(
        OrgOptions(records=100), ServerOptions(job_seconds=server / batches)
    ) as org:
        crm_id = org.org.query("SELECT Id FROM Account LIMIT 1").records(0, 1)[0]["Id"]
        settings = {"mode": "sync", "access_token": org.access_token, "instance_url": org.url,
                    "output_dir": str(folder / "output"), "batch_size_rows": BATCH}  # fmt: skip
        config.write_text(json.dumps(settings))
        target = str(Path(sys.executable).with_name("target-zuora360-cleanup"))
        start = time.time()
        with subprocess.Popen(
            [target, "--config", str(config)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, text=True,
        ) as program:  # fmt: skip
            assert program.stdin
            for at, each in enumerate(messages(batches * BATCH, crm_id)):
                if at % PIECE == 0:
                    begin = time.time()
                    time.sleep(tap * PIECE / (2 * batches * BATCH))
                    worked.append((begin, time.time()))
                program.stdin.write(json.dumps(each) + "\n")
                if at % PIECE == 0:
                    program.stdin.flush()
        if program.returncode:
            raise SystemExit(f"{target} ended with {program.returncode}")
        wall = time.time() - start
        done = org.service.jobs.page(query=False, offset=0)[0]
        jobs = [(each.created.timestamp(), each.modified.timestamp()) for each in done]
    return BothAtWork(wall, busy(worked), busy(jobs), busy([*worked, *jobs]), batches)


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="*", default=[100_000, 400_000])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--alike", action="store_true")
    parser.add_argument("--beside", type=Path)
    given = parser.parse_args()
    compare(given.records, given.beside, alike=given.alike)
    print("\n| tap s | server s | wall s | at most s |\n|---|---|---|---|")  # noqa: T201 - its result
    for tap, server in ((1.0, 1.0), (1.0, 0.3), (0.3, 1.0)):
        with tempfile.TemporaryDirectory() as folder:
            took = both_at_work(tap * given.seconds, server * given.seconds, Path(folder))
        print(  # noqa: T201 - its result
            f"| {took.tap:.1f} | {took.server:.1f} | {took.wall:.1f} | {took.bound:.1f} |",
            flush=True,
        )


def compare(counts: Iterable[int], beside: Path | None, *, alike: bool) -> None:
    """Print a table of the programs."""
    print("| records | program | wall s | CPU s | peak MiB |\n|---|---|---|---|---|")  # noqa: T201 - its result
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            costs = run(count, Path(folder), beside, alike=alike)
        own = costs["this plugin"]
        for name, cost in costs.items():
            print(  # noqa: T201 - its result
                f"| {count:,} | {name} | {cost.wall:.1f} | {cost.cpu:.1f} "
                f"(x {cost.cpu / own.cpu:.2f}) | {cost.mebibytes:.0f} "
                f"(x {cost.mebibytes / own.mebibytes:.2f}) |",
                flush=True,
            )


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"{time.perf_counter() - start:.0f} s")  # noqa: T201 - how long it took
