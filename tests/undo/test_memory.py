"""What people have filled on many records, and an undo of many, take no more memory than few."""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.peak import peak
from tests.support.runs import ALLOWED, login

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.org import Org

FEW, MANY = (int(each) for each in os.environ.get("ZUORA360_FILLED", "15000,50000").split(","))
NAME, KEY = "Zuora__Subscription__c", "Zuora__External_Id__c"
SHAPE = {"fields": [{"object": NAME, "name": "Region__c", "type": "string"}]}
ROOM = 8 * 1024
_AT_ONCE = 10_000


def fill(org: Org, count: int) -> None:
    """Subscriptions on each of which somebody has filled a field."""
    for first in range(0, count, _AT_ONCE):
        rows = [
            {"Name": f"S{n}", KEY: f"{n:032x}", "Region__c": f"Region {n}"}
            for n in range(first, min(first + _AT_ONCE, count))
        ]
        assert not [each for each in org.dml("insert", NAME, rows) if each.error]


def peaks(folder: Path, count: int) -> tuple[int, int]:
    """The most memory of a cleanup that writes so many values, and of its undo, in KiB."""
    options = OrgOptions(records=0, quotes=False, sandbox=True, shape=json.dumps(SHAPE))
    with Emulated(options) as server:
        fill(server.org, count)
        given = {**login(server), **ALLOWED, "include_objects": [NAME], "job_size": 5_000}
        cleaned = peak("tests.support.runs", "run", {**given, "mode": "cleanup"}, folder)
        assert not server.org.query(f"SELECT COUNT() FROM {NAME}").total
        (path,) = folder.glob(f"*-cleanup/values/{NAME}.csv.gz")
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            assert sum(1 for row in csv.DictReader(file) if row["Region__c"]) == count
        # (what was written to stdout is for whoever stores it)
        mild = {**given, "allow_failures": True}
        undone = peak("tests.support.undoing", "undo", mild, folder)
        assert server.org.query(f"SELECT COUNT() FROM {NAME}").total == count
    return cleaned, undone


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_values_on_many_records_and_their_undo_take_no_more_memory_than_on_few(
    tmp_path: Path,
) -> None:
    few, many = peaks(tmp_path / "few", FEW), peaks(tmp_path / "many", MANY)
    print(f"{FEW:,}: {few} KiB, {MANY:,}: {many} KiB (cleanup, undo)")  # noqa: T201 - for -s
    assert many[0] < few[0] + ROOM, f"cleanup: {few[0]:,} and {many[0]:,} KiB"
    assert many[1] < few[1] + ROOM, f"undo: {few[1]:,} and {many[1]:,} KiB"
