"""How many lines a run of real Meltano prints, with an org that is in order and with the demo's."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.demo.emulated import ADDED
from tests.support.emulated import Emulated
from tests.support.meltano_project import STATE_ID, Project, with_real_tap

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MOST: Final = {"plan": 30, "cleanup": 40, "sync": 40, "status": 12}
MOST_OF_PLAN_WITH_ADDED: Final = 40
"""Where people have added rows of ten kinds, of which the plan says what becomes."""
CLEAN = OrgOptions(records=600, own_sync=True, sandbox=True)
DEMO = OrgOptions(
    records=3000,
    own_sync=True,
    customer_rows=frozenset({"Renewal_Forecast__c"}),
    shape=ADDED.read_text(encoding="utf-8"),
)
ALLOWED: Final = json.dumps(["PricebookEntry", "Note", "Attachment"])
_OTHERS: Final = re.compile(r"\S+ \[\w+ *\] (?:meltano|tap-zuora) ")


def own_lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What Meltano logs, but for what it says itself and for the tap's lines."""
    printed = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    return [each for each in printed if each.strip() and not _OTHERS.match(each)]


def last_line(lines: list[str]) -> str:
    return lines[-1].partition("Report: ")[2]


@pytest.mark.quotes_may_change
@pytest.mark.rows_may_go(
    "EntitySubscription", "TopicAssignment", "ContentDocumentLink", "Note", "Attachment"
)
@pytest.mark.detaches("Task.WhatId", "Event.WhatId", "Call__c.Subscription__c")
@pytest.mark.parametrize("options", [CLEAN, DEMO], ids=["clean", "demo"])
def test_each_command_prints_no_more_lines_than_a_person_reads(
    options: OrgOptions, tmp_path: Path, real_tap: Path
) -> None:
    counts: dict[str, int] = {}
    with Emulated(options) as server:
        project = Project(
            with_real_tap(tmp_path, real_tap, ["*.*"]),
            server,
            {
                "ZUORA_URL": server.url,
                "TARGET_ZUORA360_CLEANUP_CONFIRM_ORG_ID": server.org.org_id,
                "ZUORA360_CONFIRM_ORG_ID": server.org.org_id,
                "ZUORA360_PAIRED_STATE_IDS": json.dumps([STATE_ID]),
                "TARGET_ZUORA360_CLEANUP_ALLOW_CASCADE_TO": ALLOWED,
                "ZUORA360_ALLOW_CASCADE_TO": ALLOWED,
            },
            is_real=True,
        )

        def measure(name: str, done: subprocess.CompletedProcess[str]) -> None:
            assert done.returncode == 0, done.stderr[-4000:]
            lines = own_lines(done)
            counts[name] = len(lines)
            (tmp_path / f"{name}.log").write_text(done.stderr)
            if "status" not in name:
                assert last_line(lines).startswith("output/zuora360-cleanup/"), lines[-3:]

        measure("sync first", project.run(mode="sync"))
        measure("plan", project.run(mode="plan"))
        measure("plan zuora360", project.utility("plan"))
        measure("status before", project.utility("status"))
        measure("cleanup", project.run(mode="cleanup"))
        measure("status", project.utility("status"))
        measure("sync", project.run(mode="sync"))
        measure("status between", project.utility("status"))
        measure("cleanup zuora360", project.utility("cleanup"))
    added = {"plan": MOST_OF_PLAN_WITH_ADDED} if options is DEMO else {}
    most = {name: {**MOST, **added}[name.split()[0]] for name in counts}
    assert {name: count for name, count in counts.items() if count > most[name]} == {}
