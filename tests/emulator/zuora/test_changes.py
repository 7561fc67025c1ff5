"""Time passing in the emulated Zuora: what changes, and how exports tell it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.schema.zuora import zuora_objects
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from target_zuora360_cleanup.emulator.zuora.query import compile_export
from target_zuora360_cleanup.emulator.zuora.tenant import Tenant
from tests.support.emulated import Emulated, opened
from tests.support.zuora_client import Zuora

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPTIONS = OrgOptions(records=3_000)
RECORDS = 120
# Wall time in California, after the last generated record.
LATER = "2026-01-02 00:00:00"


@pytest.fixture
def zuora() -> Iterator[Zuora]:
    with Emulated(OPTIONS) as server:
        yield Zuora(server.url)


def since(zuora: Zuora, name: str, fields: str = "Id") -> list[dict[str, str]]:
    query = f"select {fields} from {name} order by UpdatedDate asc"
    return zuora.aqua(query, deleted=True, incrementalTime=LATER)


def changed_ids(tenant: Tenant, name: str) -> list[tuple[Any, ...]]:
    """What the incremental export of an object holds, deleted records included."""
    query = f"select Id from {name} where UpdatedDate >= '{LATER}' order by UpdatedDate asc"
    with tenant.rows(replace(compile_export(query), deleted="Deleted")) as rows:
        return rows.fetchall()


def test_as_many_records_change_as_asked_for(zuora: Zuora) -> None:
    done = zuora.change(RECORDS)
    kinds = Counter[str]()
    for each in done.values():
        kinds.update(each)

    assert RECORDS <= sum(kinds.values()) <= RECORDS + 3
    assert kinds["changed"] > RECORDS / 2
    assert kinds["added"] > 10
    assert kinds["deleted"] > 1
    assert len(done) > 10


def test_an_incremental_export_has_just_what_changed(zuora: Zuora) -> None:
    done = zuora.change(RECORDS)

    for name, counts in done.items():
        rows = since(zuora, name)
        assert sum(counts.values()) == len(rows), name
        assert counts["deleted"] == sum(row["Deleted"] == "true" for row in rows), name


def test_the_times_of_changes_are_distinct_and_grow(zuora: Zuora) -> None:
    for seed in (1, 2):
        zuora.change(RECORDS, seed)

    for name in ("Subscription", "Invoice", "InvoiceItem"):
        times = [row[f"{name}.UpdatedDate"] for row in since(zuora, name, "UpdatedDate")]
        assert times == sorted({*times})


def test_deleted_records_are_in_no_full_export_and_in_none_by_rest(zuora: Zuora) -> None:
    before = zuora.stats()["zuora_rows"]
    done = zuora.change(RECORDS)
    now = zuora.stats()["zuora_rows"]

    name = next(name for name, each in done.items() if each["deleted"])
    gone = {row[f"{name}.Id"] for row in since(zuora, name) if row["Deleted"] == "true"}
    full = zuora.aqua(f"select Id from {name}", deleted=True, incrementalTime="2000-01-01 00:00:00")
    assert {row["Deleted"] for row in full} == {"false"}
    for rows in (full, zuora.rest(f"select Id from {name}")):
        assert gone.isdisjoint(row[f"{name}.Id"] for row in rows)
        assert len(rows) == now[name] == before[name] + done[name]["added"] - len(gone)


def test_a_file_shows_the_records_as_they_were_when_it_was_asked_for(zuora: Zuora) -> None:
    query = "select * from InvoiceItem"
    before = zuora.aqua(query, project="before")
    job = zuora.submit(query, project="snapshot")
    zuora.change(RECORDS)

    assert zuora.lines(job) == before
    assert zuora.aqua(query, project="after") != before


def test_a_new_version_takes_the_place_of_one_that_expires(zuora: Zuora) -> None:
    zuora.change(RECORDS)
    fields = "Id, Name, Version, Status, PreviousSubscriptionId, IsLatestVersion"
    rows = [
        {name.partition(".")[2]: value for name, value in row.items()}
        for row in since(zuora, "Subscription", fields)
    ]
    expired = {row["Id"]: row for row in rows if row["Status"] == "Expired"}
    following = [row for row in rows if row["PreviousSubscriptionId"] in expired]

    assert len(following) == len(expired) > 0
    for new in following:
        old = expired[new["PreviousSubscriptionId"]]
        assert (new["Name"], int(new["Version"])) == (old["Name"], int(old["Version"]) + 1)
        assert (new["IsLatestVersion"], old["IsLatestVersion"]) == ("true", "false")
        plans = zuora.rest("select Id, Subscription.Id from RatePlan")
        assert new["Id"] in {row["Subscription.Id"] for row in plans}


def test_an_update_expires_nothing_and_a_deleted_record_has_no_children(zuora: Zuora) -> None:
    expired = "select Id from Subscription where Status = 'Expired'"
    before = len(zuora.rest(expired))
    done = zuora.change(RECORDS)
    versions = sum(
        row["Subscription.Status"] == "Expired" for row in since(zuora, "Subscription", "Status")
    )

    assert len(zuora.rest(expired)) == before + versions
    assert done["Subscription"]["changed"] >= versions
    gone = {r["InvoiceItem.Id"] for r in since(zuora, "InvoiceItem") if r["Deleted"] == "true"}
    for child in ("TaxationItem", "CreditMemoItem", "DebitMemoItem"):
        assert gone.isdisjoint(
            row["InvoiceItem.Id"] for row in zuora.rest(f"select InvoiceItem.Id from {child}")
        )


def test_new_records_belong_to_accounts_of_the_crm(zuora: Zuora) -> None:
    zuora.change(RECORDS)
    synced = {r["Account.Id"] for r in zuora.rest("select Id from Account where CrmId != null")}

    for name in ("Invoice", "Payment", "Subscription"):
        rows = zuora.aqua(f"select Id, Account.Id from {name}", incrementalTime=LATER)
        assert {row["Account.Id"] for row in rows} <= synced


def test_the_same_seed_changes_the_same() -> None:
    synced = [name for name, item in zuora_objects().items() if item.is_synced]
    shown = []
    for seed in (5, 5, 6):
        with opened(OPTIONS) as org:
            tenant = Tenant(org)
            tenant.change(40, seed)
            shown.append([changed_ids(tenant, name) for name in synced])

    assert shown[0] == shown[1] != shown[2]


def test_what_changed_is_kept_with_the_database(tmp_path: Path) -> None:
    options, db = OrgOptions(records=500), tmp_path / "org.sqlite"
    with EmulatorServer(options, db=db) as server:
        zuora = Zuora(server.url)
        zuora.change(30)
        before = zuora.stats()["zuora_rows"], zuora.rest("select * from Invoice")

    with EmulatorServer(options, db=db) as server:
        zuora = Zuora(server.url)
        assert (zuora.stats()["zuora_rows"], zuora.rest("select * from Invoice")) == before


def test_nothing_changes_in_an_empty_tenant() -> None:
    with Emulated(OrgOptions(records=0)) as server:
        assert Zuora(server.url).change(10) == {}


@pytest.mark.parametrize("body", [{"records": -1}, {"records": "many"}, {"seed": 1.5}])
def test_numbers_that_are_none_are_refused(zuora: Zuora, body: dict[str, object]) -> None:
    assert zuora("POST", "/__emulator__/zuora/changes", json=body).status_code == 400
