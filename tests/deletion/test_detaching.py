"""Rows of people that hang on records by a lookup that may be blank are detached, and stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.deletion.detaching import Detaching
from target_zuora360_cleanup.facts.counter import Counter
from tests.support.shapes import (
    INVOICES,
    ITEMS,
    at_first,
    cleanup,
    ids,
    lose_sight,
    notes,
    of,
    rows,
    see_all,
    shaped,
)
from tests.support.whole_org import table

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

CALL, REMARK = "Call__c", "Remark__c"
HANGING = {
    "objects": [notes(name=CALL), notes(to=CALL, name=REMARK)],
    "rows": [
        rows("Task", 3, WhatId=of(INVOICES), Subject="call {n}"),
        rows("Task", 1, WhatId=of(INVOICES, 2), Subject="long ago", IsArchived=True),
        rows("Event", 2, WhatId=of(ITEMS), Subject="visit {n}"),
        {**rows(CALL, 4, Of__c=of(INVOICES, 3), Text__c="call {n}"), "name": "calls"},
        rows(REMARK, 5, Of__c={"row": "calls"}, Text__c="remark {n}"),
    ],
}


def detached(ran: Ran) -> dict[str, tuple[int, int | None]]:
    return {each["path"]: (each["rows"], each["detached"]) for each in ran.report["detached"]}


def everything_of(server: EmulatorServer, name: str) -> dict[str, dict[str, Any]]:
    return {str(row["Id"]): row for row in server.org.all_rows(name)}


def links(ran: Ran, lookup: str) -> list[dict[str, str]]:
    return list(table(ran.folder / "links" / f"{lookup}.csv.gz"))


def test_they_stay_and_their_lookup_is_in_the_snapshot_with_the_records_key(tmp_path: Path) -> None:
    names = ("Task", "Event", CALL, REMARK)
    with shaped(HANGING) as server:
        before = {name: everything_of(server, name) for name in names}
        keys = {
            str(row["Id"]): row["Zuora__External_Id__c"]
            for name in (INVOICES, ITEMS)
            for row in server.org.all_rows(name)
        }
        ran = cleanup(server, tmp_path)
        after = {name: everything_of(server, name) for name in names}
        assert (ran.status, ids(server, INVOICES)) == (0, set())
    for name, field in {"Task": "WhatId", "Event": "WhatId", CALL: "Of__c"}.items():
        led = {id_: row[field] for id_, row in before[name].items()}
        assert {
            row["record_id"]: row["parent_external_id"] for row in links(ran, f"{name}.{field}")
        } == {id_: keys[str(parent)] for id_, parent in led.items()}
        assert {row[field] for row in after[name].values()} == {None}
        written = list(table(ran.folder / "detached" / f"{name}.csv.gz"))
        assert {row["Id"]: row[field] for row in written} == led
    assert after[REMARK] == before[REMARK]
    assert detached(ran) == {
        "Call__c.Of__c": (4, 4), "Event.WhatId": (2, 2), "Task.WhatId": (4, 4),
    }  # fmt: skip
    assert "DETACHED 10 rows of Call__c, Event, Task: they stay" in ran.summary
    page = (ran.folder / "report.html").read_text(encoding="utf-8")
    assert "Rows of other objects that were detached, and stay" in page


@pytest.mark.detaches(f"{CALL}.Of__c")
def test_what_is_hidden_while_others_are_detached_goes_with_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing tells that a hidden row is attached still, and holds its record back."""
    real = Detaching.detach

    def acting(self: Detaching, turn: Turn) -> Turn:
        if turn.step.name == INVOICES:
            lose_sight(server, CALL)
        return real(self, turn)

    shape = {
        "objects": [notes(name=CALL)],
        "rows": [rows(CALL, 9, Of__c=of(INVOICES), Text__c="call {n}")],
    }
    with shaped(shape) as server:
        before, calls = ids(server, INVOICES), ids(server, CALL)
        monkeypatch.setattr(Detaching, "detach", acting)
        ran = cleanup(server, tmp_path)
        see_all(server)
        assert (ids(server, INVOICES), ids(server, CALL)) == (before, calls)
    assert (ran.status, ran.object(INVOICES)["ended"]) == (4, "unknown")


@pytest.mark.rows_may_go(CALL, REMARK)
def test_what_is_named_to_go_goes(tmp_path: Path) -> None:
    with shaped(HANGING) as server:
        ran = cleanup(server, tmp_path, allow_cascade_to=[CALL, REMARK])
        assert (ran.status, ids(server, CALL), ids(server, REMARK)) == (0, set(), set())
    assert detached(ran) == {"Event.WhatId": (2, 2), "Task.WhatId": (4, 4)}


@pytest.mark.parametrize("lookup_links", ["ignore", "refuse"])
def test_without_a_snapshot_nothing_is_detached_and_the_cleanup_refused(
    tmp_path: Path, lookup_links: str
) -> None:
    with shaped(HANGING) as server:
        before = everything_of(server, "Task")
        ran = cleanup(server, tmp_path, lookup_links=lookup_links)
        assert (ran.status, everything_of(server, "Task")) == (3, before)
    assert "With lookup_links snapshot they are detached and stay." in ran.message


@pytest.mark.detaches("Task.WhatId")
def test_a_record_keeps_what_can_not_be_detached_and_stays(tmp_path: Path) -> None:
    with shaped(HANGING) as server:
        stubborn = min(ids(server, "Task", "WHERE Subject LIKE 'call%'"))
        (held,) = {
            row["WhatId"] for id_, row in everything_of(server, "Task").items() if id_ == stubborn
        }
        server.set_faults({"rows": [{
            "object": "Task", "operation": "update", "ids": [stubborn],
            "code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "closed",
        }]})  # fmt: skip
        ran = cleanup(server, tmp_path)
        assert everything_of(server, "Task")[stubborn]["WhatId"] == held
        assert ids(server, INVOICES) == {held}
    assert ran.status == 4
    assert detached(ran)["Task.WhatId"] == (4, 3)
    failures = {(row["object"], row["id"]): row for row in ran.file("failures.csv")}
    assert failures["Task", stubborn]["message"] == "closed"
    assert failures[INVOICES, str(held)]["message"] == "rows of Task below it are left"


@pytest.mark.detaches("Event.WhatId")
def test_rows_that_hang_on_what_is_held_back_are_left_alone(tmp_path: Path) -> None:
    shape = {**HANGING, "vetoes": [{"object": ITEMS, "every": 1, "message": "no"}]}
    with shaped(shape) as server:
        before = everything_of(server, "Task")
        ran = cleanup(server, tmp_path)
        kept = ids(server, INVOICES)
        after = everything_of(server, "Task")
    assert ran.status == 4
    for id_, row in before.items():
        if row["WhatId"] in kept:
            assert after[id_] == row


@pytest.mark.detaches("Task.WhatId")
def test_one_that_comes_after_the_plan_ends_the_run_in_front_of_its_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shaped(HANGING) as server:
        invoice = sorted(ids(server, INVOICES))[4]

        def call() -> None:
            server.org.dml("insert", "Task", [{"WhatId": invoice, "Subject": "late"}])

        at_first(monkeypatch, ITEMS, call)
        ran = cleanup(server, tmp_path)
        (late,) = ids(server, "Task", "WHERE Subject = 'late'")
        assert everything_of(server, "Task")[late]["WhatId"] == invoice
        assert invoice in ids(server, INVOICES)
    assert ran.status == 4
    assert "rows of Task would be destroyed with their Zuora__ZInvoice__c" in ran.message


def test_a_job_that_breaks_is_tried_again(tmp_path: Path) -> None:
    with shaped(HANGING) as server:
        server.set_faults({"jobs": [{
            "object": "Task", "operation": "update", "times": 1, "state": "Failed",
            "error_message": "InternalServerError : busy",
        }]})  # fmt: skip
        ran = cleanup(server, tmp_path)
        assert ran.status == 0, ran.message
        assert {row["WhatId"] for row in everything_of(server, "Task").values()} == {None}
    assert detached(ran)["Task.WhatId"] == (4, 4)


@pytest.mark.detaches("Call__c.Of__c", "Event.WhatId")
@pytest.mark.parametrize("condition", [None, "Subject != null"])
def test_nothing_is_detached_from_any_other_record_whatever_a_query_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, condition: str | None
) -> None:
    with shaped(HANGING) as server:
        account = str(server.org.all_rows("Account")[0]["Id"])
        server.org.dml("insert", "Task", [{"WhatId": account, "Subject": "other"}])
        (other,) = ids(server, "Task", "WHERE Subject = 'other'")
        real = Counter.condition

        def wide(self: Counter, path: Any) -> str | None:
            return condition if path.child == "Task" and detaching else real(self, path)

        detaching: list[bool] = []
        real_detach = Detaching.detach

        def detach(self: Detaching, turn: Any) -> Any:
            detaching.append(True)
            try:
                return real_detach(self, turn)
            finally:
                detaching.clear()

        monkeypatch.setattr(Counter, "condition", wide)
        monkeypatch.setattr(Detaching, "detach", detach)
        monkeypatch.setattr("target_zuora360_cleanup.deletion.scheduler.OBJECTS_AT_ONCE", 1)
        ran = cleanup(server, tmp_path)
        assert everything_of(server, "Task")[other]["WhatId"] == account
    if condition is None:
        assert ran.status == 4
        assert "no query tells which rows of Task hang on Zuora__ZInvoice__c" in ran.message


def test_without_a_backup_the_links_are_written_all_the_same(tmp_path: Path) -> None:
    with shaped(HANGING) as server:
        ran = cleanup(server, tmp_path, backup="none")
    assert ran.status == 0
    assert not (ran.folder / "detached").exists()
    assert len(links(ran, "Task.WhatId")) == 4
