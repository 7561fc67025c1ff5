"""Rows that a cleanup has detached hang on the record with the same Zuora id after a relink."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.full_sync import Zuora
from tests.support.relinking import relink
from tests.support.runs import login
from tests.support.shapes import INVOICES, ITEMS, cleanup, notes, of, rows, shaped

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

CALL = "Call__c"
LOOKUPS = {"Task": "WhatId", "Event": "WhatId", CALL: "Of__c"}
HANGING = {
    "objects": [notes(name=CALL)],
    "rows": [
        rows("Task", 3, WhatId=of(INVOICES), Subject="call {n}"),
        rows("Task", 1, WhatId=of(ITEMS, 2), Subject="long ago", IsArchived=True),
        rows("Event", 2, WhatId=of(ITEMS), Subject="visit {n}"),
        rows(CALL, 4, Of__c=of(INVOICES, 3), Text__c="call {n}"),
    ],
}
pytestmark = pytest.mark.relinks(*(f"{name}.{field}" for name, field in LOOKUPS.items()))


def hang_on(server: EmulatorServer) -> dict[tuple[str, str], object]:
    """The Zuora id of what each row hangs on, or None."""
    keys = {
        str(row["Id"]): row["Zuora__External_Id__c"]
        for name in (INVOICES, ITEMS)
        for row in server.org.all_rows(name)
    }
    return {
        (name, str(row["Id"])): keys.get(str(row[field]))
        for name, field in LOOKUPS.items()
        for row in server.org.all_rows(name)
    }


def test_each_hangs_on_the_record_that_came_back_archived_ones_too(tmp_path: Path) -> None:
    with shaped(HANGING) as server:
        before, zuora = hang_on(server), Zuora.of(server.org)
        assert None not in before.values()
        assert cleanup(server, tmp_path).status == 0
        assert set(hang_on(server).values()) == {None}
        zuora.sync(server.org)
        looked = relink(login(server), tmp_path, dry_run=True)
        ran = relink(login(server), tmp_path)
        assert hang_on(server) == before, ran.summary
        again = relink(login(server), tmp_path)
    assert looked.link("Task.WhatId")["to_restore"] == 3
    assert ran.status == 0, ran.message
    assert {name: ran.link(name)["restored"] for name in ("Event.WhatId", "Call__c.Of__c")} == {
        "Event.WhatId": 2, "Call__c.Of__c": 4,
    }  # fmt: skip
    assert (again.status, again.report["api_calls"]["total"] < 20) == (0, True)


def test_events_of_invitees_follow_their_event_and_nothing_has_failed(tmp_path: Path) -> None:
    invited = [
        rows("Event", 1, WhatId=of(INVOICES, 2), Subject="visit", IsChild=True),
        rows("Event", 1, WhatId=of(INVOICES, 2), Subject="visit"),
        rows("Event", 2, WhatId=of(INVOICES, 2), Subject="visit", IsChild=True),
    ]
    with shaped({**HANGING, "rows": [*HANGING["rows"], *invited]}) as server:
        before, zuora = hang_on(server), Zuora.of(server.org)
        ran = cleanup(server, tmp_path)
        assert (ran.status, ran.report["failures"]) == (0, []), ran.message
        assert set(hang_on(server).values()) == {None}
        zuora.sync(server.org)
        again = relink(login(server), tmp_path)
        assert hang_on(server) == before, again.summary
    of_events = [each for each in ran.report["detached"] if each["path"] == "Event.WhatId"]
    assert sum(each["detached"] for each in of_events) == 2 + 4
    assert (again.status, again.report["failures"]) == (0, [])


def test_one_that_people_have_hung_elsewhere_meanwhile_stays_there(tmp_path: Path) -> None:
    with shaped(HANGING) as server:
        zuora = Zuora.of(server.org)
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org)
        account = str(server.org.all_rows("Account")[0]["Id"])
        first = str(server.org.all_rows("Task")[0]["Id"])
        server.org.dml("update", "Task", [{"Id": first, "WhatId": account}])
        ran = relink(login(server), tmp_path)
        assert {row["Id"]: row for row in server.org.all_rows("Task")}[first]["WhatId"] == account
        # (the watch over people's rows may see what they have changed themselves)
        server.org.dml("update", "Task", [{"Id": first, "WhatId": None}])
    links = [each for each in ran.report["links"] if each["object"] == "Task"]
    assert sum(each["already_set"] for each in links) == 1
