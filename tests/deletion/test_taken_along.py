"""What goes along with permission is backed up whole beforehand, and counted afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.shapes import INVOICES, ITEMS, NOTE, cleanup, ids, notes, of, rows, shaped

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

REMARK = "Remark__c"
pytestmark = pytest.mark.rows_may_go(NOTE, REMARK, "EntitySubscription", "Task", "Note")
DEEP = {
    "objects": [notes(), notes(to=NOTE, name=REMARK)],
    "rows": [
        {**rows(NOTE, 3, Of__c=of(INVOICES), Text__c="note {n}"), "name": "notes"},
        rows(REMARK, 4, Of__c={"row": "notes"}, Text__c="remark {n}"),
    ],
}
ALLOWED = {"allow_cascade_to": [NOTE, REMARK]}


def along(ran: Any) -> dict[str, tuple[int, int | None]]:
    return {each["path"]: (each["planned"], each["gone"]) for each in ran.report["taken_along"]}


@pytest.mark.parametrize("backup", ["ids", "full"])
def test_rows_of_people_are_backed_up_whole_at_every_depth(tmp_path: Path, backup: str) -> None:
    with shaped(DEEP) as server:
        there = {name: ids(server, name) for name in (NOTE, REMARK)}
        ran = cleanup(server, tmp_path, **ALLOWED, backup=backup)
        assert (ran.status, ids(server, NOTE), ids(server, REMARK)) == (0, set(), set())
    for name, text in ((NOTE, "note"), (REMARK, "remark")):
        found = ran.backup(name)
        assert {row["Id"] for row in found} == there[name]
        assert {row["Text__c"] for row in found} == {
            f"{text} {n}" for n in range(1, len(found) + 1)
        }
        assert "CreatedDate" in found[0]
    assert along(ran) == {
        f"{NOTE}.Of__c": (3, 3), f"{REMARK}.Of__c below {NOTE}.Of__c": (4, 4),
    }  # fmt: skip
    assert ran.report["headline"].endswith(" and 7 rows of other objects taken along.")
    assert f"ALONG 3 rows of {NOTE} went with {INVOICES}: {NOTE}.Of__c" in ran.summary
    page = (ran.folder / "report.html").read_text(encoding="utf-8")
    assert "Rows of other objects that went along" in page


def test_what_goes_is_on_the_disk_before_the_delete_that_takes_it(tmp_path: Path) -> None:
    with shaped(DEEP) as server:
        seen: list[bool] = []

        def look(operation: str, name: str, _id: str) -> None:
            if (operation, name) == ("delete", INVOICES):
                seen.append(
                    all([*tmp_path.glob(f"*/backup/{each}.csv.gz")] for each in (NOTE, REMARK))
                )

        server.org.row_hook = look
        cleanup(server, tmp_path, **ALLOWED)
    assert seen
    assert all(seen)


def test_without_a_backup_it_is_counted_all_the_same(tmp_path: Path) -> None:
    with shaped(DEEP) as server:
        ran = cleanup(server, tmp_path, **ALLOWED, backup="none")
    assert ran.status == 0
    assert not (ran.folder / "backup").exists()
    assert along(ran)[f"{NOTE}.Of__c"] == (3, 3)


def test_two_ways_to_one_object_fill_one_file(tmp_path: Path) -> None:
    field = {"object": NOTE, "name": "By__c", "type": "reference", "to": [ITEMS],
             "on_delete": "cascade"}  # fmt: skip
    shape = {
        "objects": [notes()],
        "fields": [field],
        "rows": [rows(NOTE, 2, Of__c=of(INVOICES)), rows(NOTE, 3, By__c=of(ITEMS))],
    }
    with shaped(shape) as server:
        there = ids(server, NOTE)
        ran = cleanup(server, tmp_path, **ALLOWED | {"allow_cascade_to": [NOTE]})
        assert (ran.status, ids(server, NOTE)) == (0, set())
    assert {row["Id"] for row in ran.backup(NOTE)} == there
    assert along(ran) == {f"{NOTE}.By__c": (3, 3), f"{NOTE}.Of__c": (2, 2)}


def test_marks_and_activities_are_backed_up_too(tmp_path: Path) -> None:
    shape = {
        "rows": [
            rows("EntitySubscription", ParentId=of(INVOICES), SubscriberId=of("User")),
            rows("Task", 2, WhatId=of(INVOICES), Subject="call {n}"),
            rows("Note", ParentId=of(INVOICES), Title="hm"),
        ]
    }
    with shaped(shape) as server:
        there = {name: ids(server, name) for name in ("EntitySubscription", "Task", "Note")}
        ran = cleanup(server, tmp_path, allow_cascade_to=["Task", "Note"])
        gone = {name: there[name] - ids(server, name) for name in there}
    assert ran.status == 0
    assert gone == there
    for name, of_these in gone.items():
        assert {row["Id"] for row in ran.backup(name)} == of_these
    assert {path: numbers[1] for path, numbers in along(ran).items()} == {
        "EntitySubscription.ParentId": 1, "Note.ParentId": 1, "Task.WhatId": 2,
    }  # fmt: skip


def test_what_stays_with_what_is_held_back_has_not_gone(tmp_path: Path) -> None:
    shape = {
        **DEEP,
        "rows": [*DEEP["rows"], rows(NOTE, 2, Of__c=of(INVOICES, 2), Text__c="other {n}")],
        "vetoes": [{"object": INVOICES, "every": 2, "message": "no"}],
    }
    with shaped(shape) as server:
        ran = cleanup(server, tmp_path, **ALLOWED)
        assert (ran.status, len(ids(server, NOTE))) == (4, 2)
    assert along(ran)[f"{NOTE}.Of__c"] == (5, 3)
    assert "and 7 rows of other objects taken along, " in ran.report["headline"]


def test_what_can_not_be_counted_afterwards_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.shapes import at_first

    def refuse(server: EmulatorServer) -> None:
        rule = {"soql": f"*COUNT(*FROM {NOTE}*", "code": "QUERY_TOO_COMPLICATED"}
        server.set_faults({"queries": [rule]})

    with shaped({"objects": [notes()], "rows": [rows(NOTE, 3, Of__c=of(INVOICES))]}) as server:
        at_first(monkeypatch, INVOICES, lambda: refuse(server))
        ran = cleanup(server, tmp_path, **ALLOWED | {"allow_cascade_to": [NOTE]})
    assert ran.status == 0
    assert along(ran) == {f"{NOTE}.Of__c": (3, None)}
    assert "and an unknown number of rows of other objects taken along" in ran.report["headline"]


def test_a_plan_takes_nothing_along(tmp_path: Path) -> None:
    with shaped(DEEP) as server:
        ran = cleanup(server, tmp_path, mode="plan", **ALLOWED)
    assert along(ran)[f"{NOTE}.Of__c"] == (3, 0)


def test_follows_of_records_that_stay_are_no_part_of_those_that_went(tmp_path: Path) -> None:
    name, quoted = "zqu__ProductRatePlan__c", "zqu__QuoteRatePlan__c.zqu__ProductRatePlan__c"
    child, field = quoted.split(".")
    with shaped({}, records=1500) as server:
        (user, *_) = ids(server, "User")
        used = server.org.query(f"SELECT {field} FROM {child} WHERE {field} != null")
        stay = {row[0] for row in used.rows(0, used.total)}
        go = ids(server, name) - stay
        followed = [*sorted(stay)[:2], *sorted(go)[:3]]
        server.org.dml(
            "insert",
            "EntitySubscription",
            [{"ParentId": each, "SubscriberId": user} for each in followed],
        )
        ran = cleanup(server, tmp_path, include_objects=None, object_groups=["product_catalog"])
        assert (ran.status, ids(server, name)) == (0, stay)
        assert len(ids(server, "EntitySubscription")) == 2
    assert along(ran)["EntitySubscription.ParentId"][1] == 3
