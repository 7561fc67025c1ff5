"""What `zuora360 verify` costs, next to a program that compares the same with a dictionary.

Run by hand, from the repository's root::

    python -m tests.benchmarks.comparing [--records 100000 1000000]

An emulated org is filled, and a backup is written as if its records had had other Salesforce ids
before a cleanup. Both programs say how many are back; the other one downloads ids with
simple-salesforce, and keeps all external ids of one object type in memory.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import OBJECTS
from tests.benchmarks.deletion_peer import connect
from tests.benchmarks.serving import BIN, Server, emulator, filled, measured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.deletion_peer import Order
    from tests.benchmarks.serving import Emulator, Usage

PEER: Final = "peer"
Keys = dict[str, tuple[str, str]]
"""The external id field that is compared and the condition of Zuora's rows, by object type."""


def write_backup(db: Path, folder: Path, org: Emulator) -> Keys:
    """A cleanup's folder: each row of Zuora's in the database, under another Salesforce id."""
    (folder / "backup").mkdir(parents=True)
    report = {"org": {"id": org.org_id}, "status": "done"}
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    keys: Keys = {}
    with closing(sqlite3.connect(db)) as database:
        database.create_collation("NOCASE", lambda a, b: (a > b) - (a < b))
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        for number, kind in enumerate(each for each in OBJECTS if each.api_name in tables):
            columns = {row[1] for row in database.execute(f'PRAGMA table_info("{kind.api_name}")')}
            key = next(each for each in kind.external_ids if each in columns)
            sql = f'SELECT Id, "{key}" FROM "{kind.api_name}" WHERE IsDeleted = 0 AND "{key}" != ""'
            rows = ((f"x{number:02d}{row:015d}", value) for row, value in database.execute(sql))
            if _write(folder / "backup" / f"{kind.api_name}.csv.gz", key, rows):
                keys[kind.api_name] = key, kind.where
    return keys


def _write(path: Path, key: str, rows: Iterator[tuple[str, str]]) -> bool:
    first = next(rows, None)
    if first is None:
        return False
    with gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=1) as file:
        writer = csv.writer(file)
        writer.writerows((("Id", key), first))
        writer.writerows(rows)
    return True


def verify(org: Emulator, folder: Path) -> Usage:
    """What the plugin takes; every record is back, or the program fails."""
    config = folder.parent / "config.json"
    settings = {
        "access_token": org.access_token,
        "instance_url": org.url,
        "output_dir": str(folder.parent / "output"),
    }
    config.write_text(json.dumps(settings), encoding="utf-8")
    return measured([str(BIN / "zuora360"), "verify", f"--config={config}", f"--from={folder}"])


def peer(org: Emulator, folder: Path, keys: Keys) -> Usage:
    """What the other program takes."""
    with tempfile.TemporaryFile() as stdin:
        order = {
            "url": org.url, "access_token": org.access_token, "api_version": "64.0",
            "folder": str(folder), "keys": keys,
        }  # fmt: skip
        stdin.write(json.dumps(order).encode())
        return measured([sys.executable, "-m", __spec__.name, PEER], stdin)


def compare_all() -> None:
    """The other program itself, with its order on stdin."""
    order = json.load(sys.stdin)
    login: Order = {
        "url": order["url"], "access_token": order["access_token"],
        "api_version": order["api_version"], "objects": {}, "job_size": 0, "wait": 0.1,
    }  # fmt: skip
    salesforce = connect(login)
    for name, (key, where) in order["keys"].items():
        with gzip.open(Path(order["folder"]) / "backup" / f"{name}.csv.gz", "rt") as file:
            missing = {row[key]: row["Id"] for row in csv.DictReader(file)}
        soql = f"SELECT Id, {key} FROM {name}" + (f" WHERE {where}" if where else "")
        with tempfile.TemporaryDirectory() as folder:
            bulk = getattr(salesforce.bulk2, name)
            for page in bulk.download(soql, folder, max_records=250_000, wait=0.1):
                with Path(page["file"]).open(encoding="utf-8", newline="") as rows:
                    for row in csv.DictReader(rows):
                        missing.pop(row[key], None)
        if missing:
            sys.exit(f"{len(missing)} of {name} are not back")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    for records in parser.parse_args().records:
        with tempfile.TemporaryDirectory() as name:
            db, folder = filled(Path(name), records), Path(name) / "20260101T000000Z-cleanup"
            with emulator(db, records, Server("quick")) as org:
                keys = write_backup(db, folder, org)
                own, other = verify(org, folder), peer(org, folder, keys)
        for title, usage in (("this plugin", own), ("a dictionary", other)):
            print(  # noqa: T201
                f"{records:,} | {title} | {usage.seconds:.1f} s | {usage.cpu:.1f} s of CPU "
                f"(x {usage.cpu / own.cpu:.2f}) | {usage.peak:.0f} MiB "
                f"(x {usage.peak / own.peak:.2f})",
                flush=True,
            )


if __name__ == "__main__":
    compare_all() if sys.argv[1:] == [PEER] else main()
