"""Whole runs against the emulator over HTTP: what is deleted, what stays, what is said."""

from __future__ import annotations

import csv
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import CUSTOMER_OBJECTS, OrgOptions
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from tests.support.emulated import Emulated
from tests.support.runs import (
    ALLOWED,
    BOOKMARKS,
    fingerprints,
    lines,
    login,
    record,
    run,
    schema,
    state,
    zuora_rows,
)
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = pytest.mark.slow
RECORDS = 1500


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    """A sandbox with quotes, without customer rows."""
    with Emulated(OrgOptions(records=RECORDS, sandbox=True)) as made:
        yield made


@pytest.fixture
def thin() -> Iterator[EmulatorServer]:
    """The same with few object types."""
    with Emulated(OrgOptions(records=RECORDS, sandbox=True)) as made:
        thin_out(made.org)
        yield made


def config(server: EmulatorServer, mode: str = "cleanup", **more: Any) -> dict[str, Any]:
    return {"mode": mode, **login(server), **ALLOWED, **more}


def test_a_plan_changes_nothing_and_writes_no_state(server: EmulatorServer, tmp_path: Path) -> None:
    before = server.org.counts()
    ran = run(config(server, "plan"), tmp_path)
    assert (ran.status, ran.states) == (0, [])
    assert ran.report["status"] == "done"
    assert sum(each["found"] for each in ran.report["objects"]) == RECORDS
    assert server.org.counts() == before
    assert server.org.recycle_bin_counts() == dict.fromkeys(before, 0)


def test_a_cleanup_deletes_all_accounts_data_and_nothing_else(
    server: EmulatorServer, tmp_path: Path
) -> None:
    before = fingerprints(server.org, ["PricebookEntry"])
    ran = run(config(server, object_groups=["accounts"]), tmp_path)
    assert ran.status == 0
    assert not [name for name in zuora_rows(server.org) if name.startswith("Zuora__")]
    assert fingerprints(server.org, ["PricebookEntry"]) == before


def test_a_catalogue_cleanup_leaves_every_quote_as_it_was(
    server: EmulatorServer, tmp_path: Path
) -> None:
    before = fingerprints(server.org, ["PricebookEntry", "Product2"])
    own = "SELECT COUNT() FROM Product2 WHERE zqu__ZuoraId__c = null"
    own_before = server.org.query(own).total
    ran = run(config(server, object_groups=["product_catalog"]), tmp_path)
    assert ran.status == 0
    assert fingerprints(server.org, ["PricebookEntry", "Product2"]) == before
    assert server.org.query(own).total == own_before
    kept = {each["api_name"]: each["kept"] for each in ran.report["objects"] if each["kept"]}
    assert kept == {
        name: rows for name, rows in zuora_rows(server.org).items() if name[:4] != "Zuor"
    }
    assert any(each["deleted"] for each in ran.report["objects"])


@pytest.mark.quotes_may_change
def test_without_keeping_quoted_products_the_whole_catalogue_goes(
    server: EmulatorServer, tmp_path: Path
) -> None:
    ran = run(config(server, keep_quoted_products=False), tmp_path)
    assert ran.status == 0
    assert zuora_rows(server.org) == {}


def test_the_bookmarks_of_cleaned_streams_go_and_the_others_stay(
    thin: EmulatorServer, tmp_path: Path
) -> None:
    ran = run(config(thin), tmp_path)
    expected = {"bookmarks": {"Amendment": BOOKMARKS["Amendment"]}}
    assert ran.states == [expected, expected]
    assert ran.report["state"]["written"] == expected
    assert ran.report["state"]["before"]["bookmarks"] == BOOKMARKS


def test_a_cleanup_of_one_group_keeps_the_bookmarks_of_the_other(
    thin: EmulatorServer, tmp_path: Path
) -> None:
    catalog = {"ProductRatePlan": {"UpdatedDate": "2024"}, "Subscription": {"UpdatedDate": "2024"}}
    stream = lines(state(catalog), schema("Subscription"))
    ran = run(config(thin, object_groups=["accounts"]), tmp_path, stream)
    assert ran.states[-1] == {"bookmarks": {"ProductRatePlan": {"UpdatedDate": "2024"}}}


def test_a_second_cleanup_finds_nothing_and_resets_again(
    thin: EmulatorServer, tmp_path: Path
) -> None:
    run(config(thin), tmp_path / "first")
    ran = run(config(thin), tmp_path / "second")
    assert ran.status == 0
    assert "nothing-to-delete" in ran.codes
    assert len(ran.states) == 2
    assert all(each["deleted"] == 0 for each in ran.report["objects"])


def test_the_report_counts_what_the_org_counts(server: EmulatorServer, tmp_path: Path) -> None:
    before = server.org.counts()
    ran = run(config(server), tmp_path)
    after = server.org.counts()
    for each in ran.report["objects"]:
        name = each["api_name"]
        assert each["deleted"] == before[name] - after[name], name
        assert each["found"] == each["deleted"] + each["kept"] + each["failed"], name


def test_customer_hierarchies_are_reported_as_links(thin: EmulatorServer, tmp_path: Path) -> None:
    soql = "SELECT COUNT() FROM Zuora__CustomerAccount__c WHERE Zuora__Parent__c != null"
    links = thin.org.query(soql).total
    ran = run(config(thin, "plan"), tmp_path)
    account = ran.object("Zuora__CustomerAccount__c")
    assert account["links_removed"] == {"Customer Hierarchies": links}


def backup(folder: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(
        folder / "backup" / f"{name}.csv.gz", "rt", encoding="utf-8", newline=""
    ) as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("size", [40, 100_000])
def test_ids_are_backed_up_before_the_rows_go(
    thin: EmulatorServer, tmp_path: Path, size: int
) -> None:
    soql = "SELECT Id, Zuora__External_Id__c FROM Zuora__InvoiceItem__c"
    rows = thin.org.query(soql)
    expected = sorted(map(tuple, rows.rows(0, rows.total)))
    ran = run(config(thin, hard_delete=False, job_size=size), tmp_path)
    found = backup(ran.folder, "Zuora__InvoiceItem__c")
    assert sorted((row["Id"], row["Zuora__External_Id__c"]) for row in found) == expected


def test_a_full_backup_holds_every_field_as_it_was(thin: EmulatorServer, tmp_path: Path) -> None:
    rows = thin.org.query("SELECT Id, Name, Zuora__Description__c FROM Zuora__ZInvoice__c")
    expected = {row[0]: row for row in rows.rows(0, rows.total)}
    ran = run(config(thin, backup="full"), tmp_path)
    found = backup(ran.folder, "Zuora__ZInvoice__c")
    assert len(found) == len(expected)
    for row in found:
        assert (row["Id"], row["Name"], row["Zuora__Description__c"]) == expected[row["Id"]]


def test_without_a_backup_no_file_is_written(thin: EmulatorServer, tmp_path: Path) -> None:
    ran = run(config(thin, backup="none"), tmp_path)
    assert ran.status == 0
    assert not (ran.folder / "backup").exists()


def test_only_the_named_objects_are_cleaned(server: EmulatorServer, tmp_path: Path) -> None:
    before = server.org.counts()
    ran = run(config(server, include_objects=["Zuora__TaxationItem__c"]), tmp_path)
    after = server.org.counts()
    assert ran.status == 0
    assert {name for name in before if before[name] != after[name]} == {"Zuora__TaxationItem__c"}
    assert ran.states[-1]["bookmarks"] == BOOKMARKS


def test_an_object_that_its_parents_would_take_along_can_not_be_left_out(
    server: EmulatorServer, tmp_path: Path
) -> None:
    ran = run(config(server, exclude_objects=["Zuora__Payment__c"]), tmp_path)
    assert (ran.status, ran.states) == (3, [])
    assert "package-rows-taken-along" in ran.codes


def test_too_many_records_are_refused_before_anything_happens(
    thin: EmulatorServer, tmp_path: Path
) -> None:
    before = thin.org.counts()
    ran = run(config(thin, max_records=100), tmp_path)
    assert (ran.status, ran.states) == (3, [])
    assert "max_records" in ran.message
    assert thin.org.counts() == before


def test_standard_prices_go_with_their_products_and_are_backed_up_whole(
    server: EmulatorServer, tmp_path: Path
) -> None:
    config = {"mode": "cleanup", "object_groups": ["product_catalog"], "state_is_stored": True}
    ran = run({**config, **login(server)}, tmp_path)
    assert (ran.status, "prices-taken-along" in ran.codes) == (0, True)
    (along,) = ran.report["taken_along"]
    backed_up = ran.backup("PricebookEntry")
    assert len(backed_up) >= along["gone"] > 0
    assert all(each["UnitPrice"] and each["Product2Id"] for each in backed_up)


@pytest.fixture(scope="module")
def production() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=300, sandbox=False)) as made:
        yield made


def test_a_production_org_asks_for_its_own_id(production: EmulatorServer, tmp_path: Path) -> None:
    ran = run(config(production), tmp_path)
    assert (ran.status, ran.states) == (3, [])
    assert production.org.org_id in ran.message


def test_the_id_of_another_org_is_refused(production: EmulatorServer, tmp_path: Path) -> None:
    ran = run(config(production, confirm_org_id="00D000000000001EAA"), tmp_path)
    assert (ran.status, ran.codes[0]) == (3, "other-org-confirmed")


@pytest.mark.parametrize("length", [15, 18])
def test_a_production_org_is_confirmed_by_its_id(
    production: EmulatorServer, tmp_path: Path, length: int
) -> None:
    confirmed = production.org.org_id[:length]
    ran = run(config(production, "plan", confirm_org_id=confirmed), tmp_path)
    assert ran.status == 0


@pytest.mark.rows_may_go("Usage_Note__c")
def test_customer_rows_are_safe_unless_their_object_is_named(tmp_path: Path) -> None:
    options = OrgOptions(records=800, sandbox=True, customer_rows=frozenset({"Usage_Note__c"}))
    with Emulated(options) as server:
        thin_out(server.org)
        refused = run(config(server), tmp_path / "refused")
        assert refused.status == 3
        assert "Usage_Note__c" in refused.message
        allowed = {"allow_cascade_to": ["PricebookEntry", "Usage_Note__c"]}
        ran = run({**config(server), **allowed}, tmp_path / "allowed")
        assert ran.status == 0
        assert server.org.counts()["Usage_Note__c"] == 0


def test_rows_that_hold_a_record_are_told_beforehand(tmp_path: Path) -> None:
    options = OrgOptions(records=800, sandbox=True, customer_rows=CUSTOMER_OBJECTS)
    with Emulated(options) as server:
        ran = run(config(server, "plan"), tmp_path)
        assert ran.status == 3
        assert "rows-hold-records" in ran.codes


def test_an_org_without_the_packages_is_refused_in_a_sentence(tmp_path: Path) -> None:
    options = OrgOptions(records=0, sandbox=True, without_packages=frozenset({"Zuora", "zqu"}))
    with Emulated(options) as server:
        ran = run(config(server), tmp_path)
    assert (ran.status, ran.codes) == (3, ["no-360-objects"])


def test_an_org_without_quotes_is_cleaned_of_what_it_has(tmp_path: Path) -> None:
    options = OrgOptions(records=500, sandbox=True, without_packages=frozenset({"zqu"}))
    with Emulated(options) as server:
        ran = run(config(server), tmp_path)
        assert (ran.status, zuora_rows(server.org)) == (0, {})


def test_hard_delete_without_the_permission_fails_loudly(
    server: EmulatorServer, tmp_path: Path
) -> None:
    before = server.org.counts()
    ran = run(config(server, hard_delete=True), tmp_path)
    assert (ran.status, ran.codes[0]) == (3, "may-not-hard-delete")
    assert server.org.counts() == before


def test_hard_delete_leaves_no_row_in_the_recycle_bin(tmp_path: Path) -> None:
    options = OrgOptions(records=800, sandbox=True, hard_delete_permission=True)
    with Emulated(options) as server:
        thin_out(server.org)
        ran = run(config(server, hard_delete=True), tmp_path)
        assert ran.status == 0
        assert sum(server.org.recycle_bin_counts().values()) == 0


def test_a_start_date_after_the_oldest_record_is_warned_about(
    thin: EmulatorServer, tmp_path: Path
) -> None:
    pipeline = Pipeline(start_date="2026-01-01T00:00:00Z")
    ran = run(config(thin, "plan"), tmp_path, pipeline=pipeline)
    assert ran.status == 0
    assert "start-date-too-late" in ran.codes


def test_a_run_that_would_not_store_the_reset_is_refused(
    server: EmulatorServer, tmp_path: Path
) -> None:
    ran = run({**config(server), "state_is_stored": False}, tmp_path)
    assert (ran.status, ran.states) == (3, [])
    assert "Nobody is known to store what this target writes to stdout" in ran.message
    assert "state_is_stored" in ran.message


@pytest.mark.parametrize("mode", ["cleanup", "reset"])
def test_a_target_that_meltano_invokes_is_refused_with_the_way_that_works(
    server: EmulatorServer, tmp_path: Path, mode: str
) -> None:
    pipeline = Pipeline(loader="target-zuora360-cleanup", environment="prod")
    settings = {**config(server, mode), "state_is_stored": False}
    ran = run(settings, tmp_path, pipeline=pipeline)
    assert (ran.status, ran.states) == (3, [])
    assert "`meltano invoke` stores no state" in ran.message
    assert "meltano run <tap> <this loader>" in ran.message


def test_the_stream_of_meltano_config_test_only_logs_in(
    thin: EmulatorServer, tmp_path: Path
) -> None:
    before = thin.org.counts()
    stream = lines(
        schema("meltano_test_stream"),
        record("meltano_test_stream"),
        state({"meltano_test_stream": {}}),
    )
    ran = run(config(thin), tmp_path, stream)
    assert (ran.status, ran.states) == (0, [])
    assert thin.org.counts() == before


@pytest.mark.parametrize(
    ("stream", "status"),
    [
        (b"", 2),
        (b"no json\n", 2),
        (lines({"type": "HELLO"}), 2),
        (lines(record("Account")), 2),
        (lines({"type": "STATE"}), 2),
        (lines({"type": "STATE", "value": 5}), 2),
        (lines(schema("Account"))[:-5], 2),
        (lines({"type": "STATE", "value": {"airbyte_state": []}}, schema("Account")), 3),
    ],
)
def test_a_stream_that_can_not_be_used_deletes_nothing(
    thin: EmulatorServer, tmp_path: Path, stream: bytes, status: int
) -> None:
    before = thin.org.counts()
    ran = run(config(thin), tmp_path, stream)
    assert (ran.status, ran.states) == (status, [])
    assert thin.org.counts() == before


def test_a_reset_writes_state_without_asking_salesforce(tmp_path: Path) -> None:
    ran = run({"mode": "reset"}, tmp_path)
    assert ran.status == 0
    assert ran.states == [{"bookmarks": {"Amendment": BOOKMARKS["Amendment"]}}]
    assert ran.report["api_calls"]["total"] == 0


def test_secrets_never_reach_report_or_summary(thin: EmulatorServer, tmp_path: Path) -> None:
    ran = run(config(thin), tmp_path)
    assert thin.access_token not in ran.summary + json.dumps(ran.report)
