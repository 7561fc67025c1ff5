"""Findings about records and relationships, over HTTP: counts, holders, kept rows, estimates."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.plan.estimate import Estimate
from tests.support.emulated import Emulated
from tests.support.page import Page
from tests.support.runs import ALLOWED, login, run

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

SLOW = {"code": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}


def org(**options: Any) -> EmulatorServer:
    return Emulated(OrgOptions(**{"records": 1000, "sandbox": True, **options}))


def plan(server: EmulatorServer, **more: Any) -> dict[str, Any]:
    return {"mode": "plan", **login(server), **ALLOWED, **more}


@pytest.mark.slow
def test_a_count_that_takes_too_long_is_made_by_a_bulk_query(tmp_path: Path) -> None:
    with org(customer_rows=frozenset({"Renewal_Forecast__c"})) as server:
        quick = run(plan(server), tmp_path / "quick")
        server.set_faults({"queries": [{"soql": "SELECT COUNT(Id)*", **SLOW}]})
        slow = run(plan(server), tmp_path / "slow")
        assert (
            server.org.counts()["Zuora__ZInvoice__c"] == slow.object("Zuora__ZInvoice__c")["found"]
        )
    assert (quick.status, slow.status) == (0, 0)

    def numbers(ran: Any) -> dict[str, int]:
        return {each["api_name"]: each["found"] for each in ran.report["objects"]}

    assert numbers(slow) == numbers(quick)
    assert slow.report["blank_links"] == quick.report["blank_links"]


def test_a_count_that_fails_for_another_reason_refuses_the_run(tmp_path: Path) -> None:
    refusal = {"code": "UNKNOWN_EXCEPTION", "message": "An unexpected error", "status": 500}
    with org() as server:
        server.set_faults({"queries": [{"soql": "SELECT COUNT(Id)*ZInvoice__c*", **refusal}]})
        ran = run(plan(server), tmp_path)
    assert ran.status == 3
    assert "UNKNOWN_EXCEPTION" in ran.message


def test_rows_that_hold_a_record_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    with org(customer_rows=frozenset({"Dunning_Case__c"})) as server:
        ran = run(plan(server), tmp_path)
        soql = "SELECT Id FROM Dunning_Case__c WHERE Invoice__c != null ORDER BY Id"
        found = server.org.query(soql)
        ids = [row[0] for row in found.rows(0, 10)]
    assert (ran.status, "rows-hold-records" in ran.codes) == (3, True)
    assert f"{found.total:,} rows of Dunning_Case__c" in ran.message
    assert ", ".join(ids) in ran.message


def test_without_such_rows_nothing_is_held(tmp_path: Path) -> None:
    with org() as server:
        assert "rows-hold-records" not in run(plan(server), tmp_path).codes


@pytest.mark.slow
def test_the_kept_rows_are_counted_and_listed(tmp_path: Path) -> None:
    with org() as server:
        planned = run(plan(server), tmp_path / "plan")
        ran = run(plan(server, mode="cleanup"), tmp_path / "cleanup")
        left = {
            name: {row[0] for row in found.rows(0, found.total)}
            for name, found in (
                (each["api_name"], server.org.query(f"SELECT Id FROM {each['api_name']}"))
                for each in ran.report["objects"]
                if each["kept"] and each["api_name"] != "Product2"
            )
        }
    listed: dict[str, set[str]] = {}
    with (ran.folder / "kept.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            listed.setdefault(row["object"], set()).add(row["id"])
    assert left
    assert {name: listed[name] for name in left} == left
    assert {name: len(ids) for name, ids in listed.items()} == {
        each["api_name"]: each["kept"] for each in ran.report["objects"] if each["kept"]
    }
    assert (planned.folder / "kept.csv").read_bytes() == (ran.folder / "kept.csv").read_bytes()


def test_with_nothing_to_keep_there_is_no_list(tmp_path: Path) -> None:
    with org() as server:
        ran = run(plan(server, object_groups=["accounts"]), tmp_path)
    assert not (ran.folder / "kept.csv").exists()


@pytest.mark.parametrize(
    ("records", "quick", "slow"),
    [
        (0, 0, 0), (100_000, 668, 828), (1_000_000, 748, 8_415), (50_000, 334, 414),
        (10_000_000, 7_480, 84_150),
    ],
)  # fmt: skip
def test_the_estimate_meets_the_published_figures(records: int, quick: int, slow: int) -> None:
    assert Estimate.of(records) == Estimate(quick, slow, records * 2048)


def test_a_plan_tells_how_long_it_may_take_on_what_basis_and_what_is_freed(tmp_path: Path) -> None:
    with org() as server:
        ran = run(plan(server), tmp_path)
    rows = sum(each["to_delete"] for each in ran.report["objects"])
    assert ran.report["estimate"]["bytes_freed"] == rows * 2048
    assert "1,000,000 in 748 to 8,415 s" in ran.report["estimate"]["basis"]
    page = Page((ran.folder / "report.html").read_text(encoding="utf-8"))
    assert ran.report["estimate"]["basis"] in page.said()
    assert "It may take 1 min and frees" in ran.summary


def test_a_plan_tells_which_state_a_cleanup_would_reset(tmp_path: Path) -> None:
    with org() as server:
        ran = run(plan(server), tmp_path)
    assert ran.states == []
    assert ran.report["state"]["bookmarks_reset"] == ["Account", "Invoice", "Product"]
    assert "reset the state of whatever runs the target: bookmarks of Account" in ran.summary


def test_the_checks_cost_at_most_sixty_calls(tmp_path: Path) -> None:
    rows = frozenset({"Renewal_Forecast__c", "Dunning_Case__c", "Usage_Note__c"})
    with org(records=3000, customer_rows=rows, quotes=50) as server:
        ran = run(plan(server), tmp_path)
    assert ran.report["api_calls"]["total"] <= 60


@pytest.mark.parametrize("what", ["scheduled syncs", "rights", "Zuora Config", "triggers"])
def test_each_read_that_is_refused_is_told_with_its_reason(tmp_path: Path, what: str) -> None:
    objects = {"scheduled syncs": "CronTrigger", "rights": "UserPermissionAccess",
               "Zuora Config": "Zuora__ZuoraConfig__c", "triggers": "ApexTrigger"}  # fmt: skip
    refusal = {"code": "INSUFFICIENT_ACCESS", "message": "no access", "status": 403}
    with org() as server:
        server.set_faults({"queries": [{"soql": f"*FROM {objects[what]}*", **refusal}]})
        ran = run(plan(server), tmp_path)
    (told,) = [each for each in ran.report["findings"] if each["code"] == "not-checked"]
    assert f"{what} (INSUFFICIENT_ACCESS: no access)" in told["message"]
    others = {each["code"] for each in ran.report["findings"] if each["severity"] == "blocks"}
    assert others == ({"cannot-see-everything"} if what == "rights" else set())
    assert ran.status == (3 if others else 0)
