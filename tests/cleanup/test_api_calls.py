"""A cleanup costs few API calls: next to those that nobody can do without, and to polls."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.reach import is_kept_by_salesforce, nature_of
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, login, run, zuora_rows

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.org import Org

pytestmark = pytest.mark.quotes_may_change
POLL = re.compile(r".*/jobs/(query|ingest)/\w+")
FIXED = 10
"""Which objects there are (when planned and when carried out), record counts, limits, the user, the
organization, packages, triggers, relationships as metadata, the job list."""
DESCRIBED_AT_ONCE, COUNTED_AT_ONCE = 25, 5
SYNC_QUESTIONS = 3
"""Two histories and the Apex jobs of the packages."""
FILLED = 1
"""What people have filled since it was written down."""
ROWS_IN_ONE_REQUEST = 100_000 // 19
"""Ids that a job takes along when it is created."""


def least(rows: int) -> int:
    """Calls to delete the rows of one object type, polls left out."""
    if rows <= 400:
        return 1 + math.ceil(rows / 200)
    read = 1 if rows <= 2_000 else 2
    return read + (1 if rows <= ROWS_IN_ONE_REQUEST else 3)


def questions(org: Org, name: str) -> int:
    """What has to be asked before an object type is deleted, since it may have come since the plan.

    Whether a sync runs, and how many rows hang on it, of each object by itself: people's rows, and
    those of Zuora's that would go with it. Marks are counted for all object types at once. What
    people have filled since the snapshot.
    """
    shown = {each["name"]: each for each in org.describe_global()["sobjects"]}
    hanging = {
        each["childSObject"]
        for each in org.describe(name)["childRelationships"]
        if each["cascadeDelete"] or each["childSObject"] not in BY_NAME
    }
    counted = {
        each
        for each in hanging
        if not is_kept_by_salesforce(each, shown.get(each)) and nature_of(each) != "mark"
    }
    return SYNC_QUESTIONS + FILLED + len(counted)


@pytest.mark.parametrize("records", [4_000, pytest.param(60_000, marks=pytest.mark.slow)])
def test_calls_but_for_polls_are_within_a_fifth_of_the_least(tmp_path: Path, records: int) -> None:
    with Emulated(OrgOptions(records=records, sandbox=True)) as server:
        rows = zuora_rows(server.org)
        again = sum(math.ceil(questions(server.org, name) / COUNTED_AT_ONCE) for name in rows)
        config = {"mode": "cleanup", **login(server), **ALLOWED, "keep_quoted_products": False}
        ran = run(config, tmp_path)
        asked = server.service.stats.requests(10_000)
    assert ran.status == 0
    polls = sum(
        1 for each in asked if each["method"] == "GET" and POLL.fullmatch(str(each["path"]))
    )
    types = len(ran.report["objects"])
    # Before and after, each object type is counted, once what people have filled on it; just before
    # its deletion, what hangs on it, then which lookups to it have changed since the snapshot, and
    # last which follows, topics and files it has.
    looks = math.ceil(types / DESCRIBED_AT_ONCE) + 3 * math.ceil(types / COUNTED_AT_ONCE)
    linked = len({each["parent"] for each in ran.report["blank_links"]})
    deletion = sum(map(least, rows.values()))
    needed = FIXED + looks + again + linked + len(rows) + deletion
    assert ran.report["api_calls"]["total"] - polls <= 1.2 * needed
