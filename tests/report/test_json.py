"""What `report.json` tells of a real run for others to draw: order, times, links, allowances."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import CUSTOMER_OBJECTS, OrgOptions
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, Ran, begin, follow, login, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    with Emulated(OrgOptions(records=2_000, sandbox=True)) as server:
        return run({"mode": "cleanup", **login(server), **ALLOWED}, tmp_path_factory.mktemp("ran"))


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    options = OrgOptions(records=2_000, sandbox=True, customer_rows=frozenset(CUSTOMER_OBJECTS))
    with Emulated(options) as server:
        return run({"mode": "plan", **login(server), **ALLOWED}, tmp_path_factory.mktemp("ran"))


def test_each_object_type_names_what_goes_before_it_earlier_in_the_list(cleaned: Ran) -> None:
    seen: set[str] = set()
    for each in cleaned.report["objects"]:
        assert set(each["after"]) <= seen
        seen.add(each["api_name"])
    assert "Zuora__InvoiceItem__c" in cleaned.object("Zuora__ZInvoice__c")["after"]


def test_the_timeline_has_each_object_type_that_had_rows_and_keeps_the_order(cleaned: Ran) -> None:
    rows = {each["object"]: each["rows"] for each in cleaned.report["timeline"]}
    objects = {each["api_name"]: each for each in cleaned.report["objects"]}
    assert rows == {name: each["deleted"] for name, each in objects.items() if each["to_delete"]}
    times = {
        each["object"]: [datetime.fromisoformat(each[key]) for key in ("started_at", "finished_at")]
        for each in cleaned.report["timeline"]
    }
    run_times = [
        datetime.fromisoformat(cleaned.report[key]) for key in ("started_at", "finished_at")
    ]
    for name, (started, finished) in times.items():
        assert run_times[0] <= started <= finished <= run_times[1]
        assert all(times[each][1] <= started for each in objects[name]["after"] if each in times)


def test_a_plan_has_no_timeline(planned: Ran) -> None:
    assert planned.report["timeline"] == []


def test_links_that_do_more_than_go_blank_are_listed(planned: Ran) -> None:
    links = {each["object"]: each for each in planned.report["strong_links"]}
    assert {name: each["on_delete"] for name, each in links.items()} == {
        "Dunning_Case__c": "restrict", "PricebookEntry": "cascade", "Usage_Note__c": "cascade",
    }  # fmt: skip
    told = {
        name: rows
        for finding in planned.report["findings"]
        if finding["code"].endswith(("-taken-along", "-hold-records"))
        for name, rows in finding["objects"].items()
    }
    assert {name: each["rows"] for name, each in links.items()} == told


def test_what_a_cleanup_takes_of_the_allowances_is_told(planned: Ran) -> None:
    needed = {each["name"]: each for each in planned.report["allowances_needed"]}
    assert needed["DailyApiRequests"]["needed"] > len(planned.report["objects"])
    assert needed["DailyApiRequests"]["left"] > 0
    assert needed["DailyApiRequests"]["left_after"] is None


def test_what_is_left_of_the_allowances_after_a_cleanup_is_looked_at_again(cleaned: Ran) -> None:
    (calls,) = (each for each in cleaned.report["allowances_needed"]
                if each["name"] == "DailyApiRequests")  # fmt: skip
    assert 0 < calls["left"] - calls["left_after"] <= cleaned.report["api_calls"]["total"]


def test_the_headline_is_the_summarys_first_line(cleaned: Ran) -> None:
    assert cleaned.report["headline"] == cleaned.summary.splitlines()[0]


class Listener:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.begun: dict[str, int] = {}
        self.done: defaultdict[str, dict[object, int]] = defaultdict(dict)
        self.ended: dict[str, tuple[int, int]] = {}

    def begin(self, name: str, found: int) -> None:
        self.begun[name] = found

    def update(self, name: str, part: object, done: int) -> None:
        self.done[name][part] = done

    def end(self, name: str, deleted: int, failed: int) -> None:
        self.ended[name] = (deleted, failed)


def test_a_listener_is_told_how_each_object_type_gets_on(tmp_path: Path) -> None:
    listener = Listener()
    with Emulated(OrgOptions(records=500, sandbox=True)) as server:
        config = {"mode": "cleanup", **login(server), "object_groups": ["accounts"]}
        before = {name: count for name, count in server.org.counts().items() if count}
        assert follow(begin(config, tmp_path, progress=listener)).exit_status == 0
    assert listener.begun == {name: before[name] for name in listener.begun}
    assert len(listener.begun) > 20
    assert listener.ended == {name: (rows, 0) for name, rows in listener.begun.items()}
    assert {name: sum(each.values()) for name, each in listener.done.items()} == listener.begun
