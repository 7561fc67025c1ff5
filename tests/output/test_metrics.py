"""Metrics in the form of the SDK's: what was deleted, and how long jobs took."""

from __future__ import annotations

import json
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.metrics import METRICS_LOGGER_NAME

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, login, run

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = pytest.mark.quotes_may_change
ITEMS = "Zuora__InvoiceItem__c"


def points(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    lines = [each.getMessage() for each in caplog.records if each.name == METRICS_LOGGER_NAME]
    return [json.loads(line.removeprefix("METRIC: ")) for line in lines]


def cleanup(server: EmulatorServer, output: Path, caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO, logger=METRICS_LOGGER_NAME)
    config = {"mode": "cleanup", **login(server), **ALLOWED, "keep_quoted_products": False}
    return run({**config, "include_objects": ["Zuora__TaxationItem__c", ITEMS]}, output)


def test_a_counter_of_each_object_type_tells_what_was_deleted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Emulated(OrgOptions(records=4000, sandbox=True)) as server:
        ran = cleanup(server, tmp_path, caplog)
    counted: dict[str, int] = {}
    for each in points(caplog):
        if each["metric"] == "record_count":
            assert (each["type"], each["tags"]["job_type"]) == ("counter", "delete")
            counted[each["tags"]["object"]] = each["value"]
    assert counted == {each["api_name"]: each["deleted"] for each in ran.report["objects"]}


def test_each_job_has_a_timer_with_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Emulated(OrgOptions(records=4000, sandbox=True)) as server:
        server.set_faults({"jobs": [{"state": "Failed", "operation": "delete", "times": 1}]})
        cleanup(server, tmp_path, caplog)
    timers = [each for each in points(caplog) if each["metric"] == "job_duration"]
    assert {each["type"] for each in timers} == {"timer"}
    assert Counter(each["tags"]["status"] for each in timers)["failed"] == 1
    assert len({each["tags"]["job_id"] for each in timers}) == len(timers) > 1
    assert all(each["value"] >= 0 for each in timers)
