"""Record types that people have given to 360 records are there again after sync and relink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.relink.test_values import numbers
from tests.support.full_sync import Zuora
from tests.support.relinking import relink
from tests.support.runs import login
from tests.support.shapes import INVOICES, cleanup, shaped

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

FIELD = "RecordTypeId"
RETAIL, PARTNER, OLD = (
    {"object": INVOICES, "name": "Retail"},
    {"object": INVOICES, "name": "Partner", "default": True},
    {"object": INVOICES, "name": "Old", "inactive": True},
)


def shape(*kinds: dict[str, Any]) -> dict[str, Any]:
    """Invoices of no record type, but the first ones: one of each."""
    given = [
        {"object": INVOICES, "at": at, "values": {FIELD: {"object": "RecordType", "at": at}}}
        for at, _ in enumerate(kinds, 1)
    ]
    return {"record_types": list(kinds), "changes": given}


def kinds(server: EmulatorServer) -> dict[str, object]:
    """The names of the record types, by the invoices' external ids."""
    names = {row["Id"]: row["Name"] for row in server.org.all_rows("RecordType")}
    return {
        str(row["Zuora__External_Id__c"]): names.get(row[FIELD])
        for row in server.org.all_rows(INVOICES)
    }


@pytest.mark.parametrize("more", [(), (PARTNER,)])
def test_each_is_there_again_whatever_the_sync_has_given(
    tmp_path: Path, more: tuple[dict[str, Any], ...]
) -> None:
    with shaped(shape(RETAIL, *more)) as server:
        before, zuora = kinds(server), Zuora.of(server.org)
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org)
        assert "Retail" not in kinds(server).values()
        ran = relink(login(server), tmp_path)
        assert ran.status == 0, ran.message
        # (a sync gives the default to those that had none)
        default = "Partner" if more else None
        assert kinds(server) == {key: name or default for key, name in before.items()}
    count = 1 + len(more)
    assert numbers(ran)[FIELD] == {"in_snapshot": count, "restored": count}


def test_one_that_is_inactive_by_now_is_told(tmp_path: Path) -> None:
    with shaped(shape(OLD)) as server:
        zuora = Zuora.of(server.org)
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org)
        ran = relink(login(server), tmp_path)
    assert ran.status == 4
    (row,) = ran.file("relink.csv")
    assert (row["field"], row["reason"]) == (FIELD, "failed")
    assert row["detail"].startswith("INVALID_CROSS_REFERENCE_KEY: Record Type ID: ")


def test_one_that_somebody_has_chosen_since_stays(tmp_path: Path) -> None:
    with shaped(shape(RETAIL, PARTNER, {"object": INVOICES, "name": "Public"})) as server:
        (key,) = (key for key, name in kinds(server).items() if name == "Retail")
        zuora = Zuora.of(server.org)
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org)
        ids = {row["Name"]: row["Id"] for row in server.org.all_rows("RecordType")}
        (record,) = (
            row["Id"] for row in server.org.all_rows(INVOICES)
            if row["Zuora__External_Id__c"] == key
        )  # fmt: skip
        server.org.dml("update", INVOICES, [{"Id": record, FIELD: ids["Public"]}])
        ran = relink(login(server), tmp_path)
        assert kinds(server)[key] == "Public"
    assert numbers(ran)[FIELD] == {"in_snapshot": 3, "restored": 2, "already_set": 1}


def test_one_that_was_the_default_is_told_where_a_sync_has_another_default(tmp_path: Path) -> None:
    with shaped(shape(RETAIL, PARTNER)) as server:
        zuora = Zuora.of(server.org)
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org)
        (retail,) = (row["Id"] for row in server.org.all_rows("RecordType")
                     if row["Name"] == "Retail")  # fmt: skip
        given = [{"Id": row["Id"], FIELD: retail} for row in server.org.all_rows(INVOICES)]
        assert not [each for each in server.org.dml("update", INVOICES, given) if each.error]
        ran = relink(login(server), tmp_path)
    (row,) = ran.file("relink.csv")
    assert (row["field"], row["reason"]) == (FIELD, "already_set")


def test_one_that_a_later_cleanup_found_as_the_default_is_not_left_to_that(tmp_path: Path) -> None:
    with shaped(shape(RETAIL, PARTNER)) as server:
        before, zuora = kinds(server), Zuora.of(server.org)
        (key,) = (key for key, name in before.items() if name == "Retail")
        first = cleanup(server, tmp_path)
        zuora.sync(server.org)
        assert cleanup(server, tmp_path).status == 0
        zuora.sync(server.org)
        assert kinds(server)[key] == "Partner"
        ran = relink(login(server), tmp_path, first.folder)
        assert ran.status == 0, ran.message
        assert kinds(server)[key] == "Retail"
