"""What must be weighed before a cleanup, found in an emulated org over HTTP, and not found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org import OrgOptions
from target_zuora360_cleanup.emulator.server import EmulatorServer
from tests.support import ALLOWED, login, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CATALOG = {"object_groups": ["product_catalog"]}
ACCOUNTS = {"object_groups": ["accounts"]}


def plan(server: EmulatorServer, **more: Any) -> dict[str, Any]:
    return {"mode": "plan", **login(server), **ALLOWED, **more}


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with EmulatorServer(OrgOptions(records=1000, sandbox=True)) as made:
        yield made


def open_sync(server: EmulatorServer, name: str) -> str:
    (result,) = server.org.dml("insert", name, [{}])
    assert result.id is not None
    return result.id


@pytest.mark.parametrize("name", ["Zuora__Sync_History__c", "zqu__Sync_History__c"])
def test_a_sync_without_an_end_blocks(server: EmulatorServer, tmp_path: Path, name: str) -> None:
    record_id = open_sync(server, name)
    ran = run(plan(server), tmp_path)
    assert (ran.status, ran.codes) == (3, ["sync-running"])
    assert record_id in ran.message


def test_a_running_sync_that_is_to_be_ignored_is_only_warned_about(
    server: EmulatorServer, tmp_path: Path
) -> None:
    open_sync(server, "Zuora__Sync_History__c")
    ran = run(plan(server, ignore_running_sync=True), tmp_path)
    assert (ran.status, ran.codes) == (0, ["sync-running"])


def test_syncs_that_have_ended_are_no_finding(server: EmulatorServer, tmp_path: Path) -> None:
    assert server.org.counts()["Zuora__Sync_History__c"]
    assert run(plan(server), tmp_path).codes == []


def test_a_catalogue_is_not_cleaned_below_quotes_3(tmp_path: Path) -> None:
    with EmulatorServer(OrgOptions(records=1000, sandbox=True, zqu_version="2.9")) as server:
        catalog = run(plan(server, **CATALOG), tmp_path / "catalog")
        accounts = run(plan(server, **ACCOUNTS), tmp_path / "accounts")
    assert (catalog.status, catalog.codes) == (3, ["quotes-too-old"])
    assert (accounts.status, accounts.codes) == (0, [])


@pytest.mark.parametrize("version", ["3.0", "10.1"])
def test_from_quotes_3_on_a_catalogue_may_be_cleaned(tmp_path: Path, version: str) -> None:
    with EmulatorServer(OrgOptions(records=1000, sandbox=True, zqu_version=version)) as server:
        assert run(plan(server, **CATALOG), tmp_path).status == 0


def test_a_catalogue_is_not_cleaned_where_the_version_can_not_be_read(
    server: EmulatorServer, tmp_path: Path
) -> None:
    server.set_faults({"requests": [{"path": "/services/data/*/tooling/*", "status": 403}]})
    ran = run(plan(server, **CATALOG), tmp_path)
    assert (ran.status, ran.codes) == (3, ["quotes-version-unknown"])


def test_quotes_that_would_lose_products_are_counted(
    server: EmulatorServer, tmp_path: Path
) -> None:
    ran = run(plan(server, **CATALOG, keep_quoted_products=False), tmp_path)
    (finding,) = ran.report["findings"]
    assert finding["code"] == "quotes-lose-products"
    soql = "SELECT COUNT() FROM zqu__QuoteRatePlan__c WHERE zqu__ProductRatePlan__c != null"
    found = finding["objects"]["zqu__QuoteRatePlan__c.zqu__ProductRatePlan__c"]
    assert found == server.org.query(soql).total
