"""A cleanup costs few API calls: next to those that nobody can do without, and to polls."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, login, run, zuora_rows

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.quotes_may_change
POLL = re.compile(r".*/jobs/(query|ingest)/\w+")
FIXED = 6
"""Which objects there are, record counts, limits, the organization, packages, the job list."""
DESCRIBED_AT_ONCE, COUNTED_AT_ONCE = 25, 5
ROWS_IN_ONE_REQUEST = 100_000 // 19
"""Ids that a job takes along when it is created."""


def least(rows: int) -> int:
    """Calls to delete the rows of one object type, polls left out."""
    if rows <= 400:
        return 1 + math.ceil(rows / 200)
    read = 1 if rows <= 2_000 else 2
    return read + (1 if rows <= ROWS_IN_ONE_REQUEST else 3)


@pytest.mark.parametrize("records", [4_000, pytest.param(60_000, marks=pytest.mark.slow)])
def test_calls_but_for_polls_are_within_a_fifth_of_the_least(tmp_path: Path, records: int) -> None:
    with Emulated(OrgOptions(records=records, sandbox=True)) as server:
        rows = zuora_rows(server.org)
        config = {"mode": "cleanup", **login(server), **ALLOWED, "keep_quoted_products": False}
        ran = run(config, tmp_path)
        asked = server.service.stats.requests(10_000)
    assert ran.status == 0
    polls = sum(
        1 for each in asked if each["method"] == "GET" and POLL.fullmatch(str(each["path"]))
    )
    types = len(ran.report["objects"])
    # Before and after, each object type is counted.
    looks = math.ceil(types / DESCRIBED_AT_ONCE) + 2 * math.ceil(types / COUNTED_AT_ONCE)
    deletion = sum(map(least, rows.values()))
    assert ran.report["api_calls"]["total"] - polls <= 1.2 * (FIXED + looks + deletion)
