"""What must be weighed before a cleanup, found in an emulated org over HTTP, and not found."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.output.folder import Backup
from tests.support.agreement import assert_report_agrees
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, Ran, login, run, zuora_rows
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = pytest.mark.slow
CATALOG = {"object_groups": ["product_catalog"]}
ACCOUNTS = {"object_groups": ["accounts"]}


def plan(server: EmulatorServer, **more: Any) -> dict[str, Any]:
    return {"mode": "plan", **login(server), **ALLOWED, **more}


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=1000, sandbox=True)) as made:
        yield made


def weighty(ran: Ran) -> list[str]:
    """The codes of the findings, but for what every catalogue and the tests' short stream have.

    Price book entries of products that go, the ZProduct that stands in for those of Zuora, object
    types that no stream feeds, and what people fill of products.
    """
    always = (
        "allowed-rows-taken-along", "rows-without-key", "rows-without-stream", "own-values"
    )  # fmt: skip
    return [code for code in ran.codes if code not in always]


def open_sync(server: EmulatorServer, name: str) -> str:
    (result,) = server.org.dml("insert", name, [{}])
    assert result.id is not None
    return result.id


@pytest.mark.parametrize("name", ["Zuora__Sync_History__c", "zqu__Sync_History__c"])
def test_a_sync_without_an_end_blocks(server: EmulatorServer, tmp_path: Path, name: str) -> None:
    record_id = open_sync(server, name)
    ran = run(plan(server), tmp_path)
    assert (ran.status, weighty(ran)) == (3, ["sync-running"])
    assert record_id in ran.message


def test_a_running_sync_that_is_to_be_ignored_is_only_warned_about(
    server: EmulatorServer, tmp_path: Path
) -> None:
    open_sync(server, "Zuora__Sync_History__c")
    ran = run(plan(server, ignore_running_sync=True), tmp_path)
    assert (ran.status, weighty(ran)) == (0, ["sync-running"])


def test_syncs_that_have_ended_are_no_finding(server: EmulatorServer, tmp_path: Path) -> None:
    assert server.org.counts()["Zuora__Sync_History__c"]
    assert weighty(run(plan(server), tmp_path)) == []


def test_a_catalogue_is_not_cleaned_below_quotes_3(tmp_path: Path) -> None:
    with Emulated(OrgOptions(records=1000, sandbox=True, zqu_version="2.9")) as server:
        catalog = run(plan(server, **CATALOG), tmp_path / "catalog")
        accounts = run(plan(server, **ACCOUNTS), tmp_path / "accounts")
    assert (catalog.status, weighty(catalog)) == (3, ["quotes-too-old"])
    assert (accounts.status, weighty(accounts)) == (0, [])


@pytest.mark.parametrize("version", ["3.0", "10.1"])
def test_from_quotes_3_on_a_catalogue_may_be_cleaned(tmp_path: Path, version: str) -> None:
    with Emulated(OrgOptions(records=1000, sandbox=True, zqu_version=version)) as server:
        assert run(plan(server, **CATALOG), tmp_path).status == 0


def test_a_catalogue_is_not_cleaned_where_the_version_can_not_be_read(
    server: EmulatorServer, tmp_path: Path
) -> None:
    server.set_faults({"requests": [{"path": "/services/data/*/tooling/*", "status": 403}]})
    ran = run(plan(server, **CATALOG), tmp_path)
    assert (ran.status, weighty(ran)) == (3, [
        "quotes-version-unknown", "relationships-not-checked", "not-checked",
    ])  # fmt: skip


def test_quotes_that_would_lose_products_are_counted(
    server: EmulatorServer, tmp_path: Path
) -> None:
    ran = run(plan(server, **CATALOG, keep_quoted_products=False), tmp_path)
    assert weighty(ran) == ["quotes-lose-products", "lookups-go-blank"]
    finding = next(
        each for each in ran.report["findings"] if each["code"] == "quotes-lose-products"
    )
    soql = "SELECT COUNT() FROM zqu__QuoteRatePlan__c WHERE zqu__ProductRatePlan__c != null"
    found = finding["objects"]["zqu__QuoteRatePlan__c.zqu__ProductRatePlan__c"]
    assert found == server.org.query(soql).total


FORECASTS = OrgOptions(
    records=1500, sandbox=True, customer_rows=frozenset({"Renewal_Forecast__c"})
)  # fmt: skip


def forecasts(server: EmulatorServer) -> dict[str, tuple[str | None, ...]]:
    """Of each forecast: its subscription, and by what Zuora knows that."""
    soql = (
        "SELECT Id, Subscription__c, Subscription__r.Zuora__External_Id__c FROM Renewal_Forecast__c"
    )
    found = server.org.query(soql)
    return {row[0]: row[1:] for row in found.rows(0, found.total)}


def snapshot(folder: Path) -> list[dict[str, str]]:
    path = folder / "links" / "Renewal_Forecast__c.Subscription__c.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_links_that_go_blank_are_written_down_before_they_do(tmp_path: Path) -> None:
    with Emulated(FORECASTS) as server:
        thin_out(server.org)
        before = forecasts(server)
        ran = run({**plan(server), "mode": "cleanup"}, tmp_path)
        after = forecasts(server)
    assert (ran.status, weighty(ran)) == (0, ["lookups-go-blank"])
    assert all(row == (None, None) for row in after.values())
    linked = {name: row[1] for name, row in before.items() if row[0]}
    assert linked
    assert {row["record_id"]: row["parent_external_id"] for row in snapshot(ran.folder)} == linked
    assert {row["parent_object"] for row in snapshot(ran.folder)} == {"Zuora__Subscription__c"}
    assert {row["field"] for row in snapshot(ran.folder)} == {"Subscription__c"}
    (told,) = [
        each for each in ran.report["blank_links"] if each["object"] == "Renewal_Forecast__c"
    ]
    assert told["rows"] == len(linked)


def test_a_plan_writes_no_snapshot(tmp_path: Path) -> None:
    with Emulated(FORECASTS) as server:
        ran = run(plan(server), tmp_path)
    assert (ran.status, weighty(ran)) == (0, ["lookups-go-blank"])
    assert not (ran.folder / "links").exists()


@pytest.mark.parametrize(("choice", "status"), [("ignore", 0), ("refuse", 3)])
def test_links_may_be_ignored_or_be_a_reason_to_refuse(
    tmp_path: Path, choice: str, status: int
) -> None:
    with Emulated(FORECASTS) as server:
        thin_out(server.org)
        ran = run({**plan(server), "mode": "cleanup", "lookup_links": choice}, tmp_path)
    assert ran.status == status
    assert not (ran.folder / "links").exists()


def test_without_such_links_there_is_no_finding(server: EmulatorServer, tmp_path: Path) -> None:
    assert weighty(run(plan(server), tmp_path)) == []


def test_a_snapshot_that_can_not_be_written_stops_the_cleanup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Backup, "flush", full)
    with Emulated(FORECASTS) as server:
        thin_out(server.org)
        before = zuora_rows(server.org), forecasts(server)
        ran = run({**plan(server), "mode": "cleanup"}, tmp_path)
        assert (zuora_rows(server.org), forecasts(server)) == before
    assert (ran.status, ran.states) == (3, [])
    assert "No space left" in ran.message


def test_rows_that_go_along_as_allowed_are_told(server: EmulatorServer, tmp_path: Path) -> None:
    ran = run(plan(server, **CATALOG), tmp_path / "catalog")
    assert "allowed-rows-taken-along" in ran.codes
    assert run(plan(server, **ACCOUNTS), tmp_path / "accounts").codes == ["rows-without-stream"]


SMALL_ALLOWANCES = [
    ({"DailyApiRequests": 120}, "DailyApiRequests"),
    ({"DailyBulkApiBatches": 1}, "DailyBulkApiBatches"),
]


@pytest.mark.parametrize(("allowances", "name"), SMALL_ALLOWANCES)
def test_an_allowance_that_will_not_do_blocks(
    tmp_path: Path, allowances: dict[str, int], name: str
) -> None:
    options = ServerOptions(allowances=allowances)
    with Emulated(OrgOptions(records=6000, sandbox=True), options) as server:
        ran = run(plan(server), tmp_path)
    assert (ran.status, weighty(ran)) == (3, ["allowance-too-small"])
    assert name in ran.message


def test_allowances_that_can_not_be_read_are_warned_about(
    server: EmulatorServer, tmp_path: Path
) -> None:
    server.set_faults({"requests": [{"path": "/services/data/*/limits*", "status": 403}]})
    ran = run(plan(server), tmp_path)
    assert (ran.status, weighty(ran)) == (0, ["allowances-unknown"])


def test_a_cleanup_stops_when_the_quota_is_reached_and_can_go_on(tmp_path: Path) -> None:
    # The checks alone take some forty calls, so the quota is reached while records are deleted.
    options = ServerOptions(allowances={"DailyApiRequests": 1000})
    with Emulated(OrgOptions(records=1500, sandbox=True), options) as server:
        settings = {**plan(server), "mode": "cleanup"}
        server.set_faults({"requests": [{"path": "/services/data/*/limits*", "status": 403}]})
        before = zuora_rows(server.org)
        first = run({**settings, "quota_percent_total": 8}, tmp_path / "first")
        assert_report_agrees(server.org, before, first.report)
        second = run(settings, tmp_path / "second")
    assert first.status == 4
    assert "8 % of the org's daily API calls" in first.summary
    assert first.states
    assert second.status == 0


def org(**options: Any) -> EmulatorServer:
    return Emulated(OrgOptions(records=1000, sandbox=True, **options))


def test_an_apex_job_of_the_package_blocks(tmp_path: Path) -> None:
    with org(apex_job=True) as server:
        ran = run(plan(server), tmp_path)
    assert (ran.status, weighty(ran)) == (3, ["sync-running"])
    assert "Zuora.SyncBatch" in ran.message


def test_a_scheduled_sync_is_told_with_its_next_run(tmp_path: Path) -> None:
    with org(scheduled_sync=True) as server:
        ran = run(plan(server), tmp_path)
    assert (ran.status, weighty(ran)) == (0, ["sync-scheduled"])
    assert "Zuora 360 Sync (next run 2027-12-" in ran.summary


def test_triggers_of_the_customer_on_deleted_objects_are_told(tmp_path: Path) -> None:
    with org(triggers=frozenset({"Zuora__Subscription__c", "Usage_Note__c"})) as server:
        ran = run(plan(server), tmp_path)
    assert (ran.status, weighty(ran)) == (0, ["delete-triggers"])
    assert "OnSubscription on Zuora__Subscription__c" in ran.summary
    assert "Usage_Note__c" not in ran.summary


def test_more_soft_deletes_than_the_recycle_bin_holds_are_warned_about(tmp_path: Path) -> None:
    options = ServerOptions(allowances={"DataStorageMB": 10})
    org = OrgOptions(records=1000, sandbox=True, hard_delete_permission=True)
    with Emulated(org, options) as server:
        ran = run(plan(server), tmp_path / "soft")
        hard = run(plan(server, hard_delete=True), tmp_path / "hard")
    assert (ran.status, weighty(ran)) == (0, ["recycle-bin-too-small"])
    assert weighty(hard) == []
