"""What people had filled on 360 records is there again after cleanup, full sync and relink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.full_sync import Zuora
from tests.support.relinking import relink
from tests.support.runs import login
from tests.support.shapes import INVOICES, ITEMS, cleanup, of, rows, shaped
from tests.support.whole_org import table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

OWN = {
    "Region__c": "string", "Vip__c": "boolean", "Score__c": "double", "Story__c": "textarea",
    "Seen__c": "datetime",
}  # fmt: skip
FIELDS = (*OWN, "Boss__c", "OwnerId")
FILLED: dict[str, Any] = {
    "Region__c": 'EMEA, "north"', "Vip__c": True, "Score__c": 12.5, "Story__c": "one\ntwo",
    "Seen__c": "2026-01-02T03:04:05.000+0000", "Boss__c": of("Contact", 2),
}  # fmt: skip
DEPUTY = {
    "LastName": "Deputy", "Username": "d@example.com", "Email": "d@example.com", "Alias": "d",
    "ProfileId": of("Profile"), "IsActive": True,
}  # fmt: skip
KEY = "Zuora__External_Id__c"
Values = dict[str, dict[str, Any]]


def shape(**more: Any) -> dict[str, Any]:
    """Invoices of which nobody has filled any but the first two."""
    fields = [{"object": INVOICES, "name": name, "type": kind} for name, kind in OWN.items()]
    boss = {"name": "Boss__c", "type": "reference", "to": ["Contact"], "on_delete": "set_null"}
    blank: dict[str, Any] = {**dict.fromkeys(FILLED), "Vip__c": False}
    return {
        "fields": [*fields, {"object": INVOICES, **boss}],
        "rows": [rows("User", 1, **DEPUTY)],
        "changes": [
            {"object": INVOICES, "every": 1, "values": blank},
            {"object": INVOICES, "at": 1, "values": FILLED},
            {"object": INVOICES, "at": 2, "values": {"Region__c": "APAC"}},
        ],
        **more,
    }


def values(server: EmulatorServer) -> Values:
    """What is in people's fields, by the invoices' external ids."""
    return {
        str(row[KEY]): {name: row[name] for name in FIELDS} for row in server.org.all_rows(INVOICES)
    }


def fill(server: EmulatorServer, key: str, **given: Any) -> None:
    """People write to the invoice of an external id."""
    (found,) = [row for row in server.org.all_rows(INVOICES) if row[KEY] == key]
    (result,) = server.org.dml("update", INVOICES, [{"Id": found["Id"], **given}])
    assert result.error is None, result.error


def synced(server: EmulatorServer, zuora: Zuora) -> None:
    """A full sync, which knows nothing of people's fields."""
    zuora.sync(server.org)
    owner = [
        {"Id": row["Id"], "OwnerId": integration(server)} for row in server.org.all_rows(INVOICES)
    ]
    assert not [each for each in server.org.dml("update", INVOICES, owner) if each.error]


def integration(server: EmulatorServer) -> str:
    return str(server.org.all_rows("Organization")[0]["CreatedById"])


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with shaped(shape()) as made:
        deputy = str(made.org.all_rows("User")[-1]["Id"])
        first = min(str(row["Id"]) for row in made.org.all_rows(INVOICES))
        made.org.dml("update", INVOICES, [{"Id": first, "OwnerId": deputy}])
        yield made


@pytest.fixture
def before(server: EmulatorServer, tmp_path: Path) -> Values:
    """What was there before a cleanup, which a full sync has followed."""
    found, zuora = values(server), Zuora.of(server.org)
    ran = cleanup(server, tmp_path)
    assert ran.status == 0, ran.message
    synced(server, zuora)
    return found


def filled(found: Values) -> list[str]:
    return [key for key, row in found.items() if row["Region__c"]]


def numbers(ran: Ran) -> dict[str, dict[str, int]]:
    """The counts of each field that has any, by what became of its values."""
    return {
        each["field"]: {
            name: n for name, n in each.items() if n and name not in ("object", "field")
        }
        for each in ran.report["links"]
        if each["parent"] is None
    }


def test_each_value_is_there_again_text_for_text(
    server: EmulatorServer, before: Values, tmp_path: Path
) -> None:
    assert len(filled(before)) == 2
    assert not filled(values(server))
    looked = relink(login(server), tmp_path, dry_run=True)
    assert not filled(values(server))
    ran = relink(login(server), tmp_path)
    assert values(server) == before, ran.file("relink.csv")
    assert ran.status == 0, ran.message
    told = {"Region__c": 2, **dict.fromkeys((*OWN, "Boss__c", "OwnerId"), 1)} | {"Region__c": 2}
    assert numbers(ran) == {name: {"in_snapshot": n, "restored": n} for name, n in told.items()}
    assert numbers(looked)["Region__c"] == {"in_snapshot": 2, "to_restore": 2}
    assert "7 of 7 values" in ran.summary or "8 of 8 values" in ran.summary


def test_what_people_have_filled_since_stays(
    server: EmulatorServer, before: Values, tmp_path: Path
) -> None:
    first, second = filled(before)
    if before[first]["Vip__c"] is False:
        first, second = second, first
    fill(server, first, Region__c="LATAM", Score__c=0)
    ran = relink(login(server), tmp_path)
    now = values(server)
    assert (now[first]["Region__c"], now[first]["Score__c"]) == ("LATAM", 0)
    assert now[first]["Story__c"] == before[first]["Story__c"]
    assert now[second] == before[second]
    assert numbers(ran)["Region__c"] == {"in_snapshot": 2, "restored": 1, "already_set": 1}
    assert numbers(ran)["Score__c"] == {"in_snapshot": 1, "already_set": 1}
    detail = {row["field"]: row["detail"] for row in ran.file("relink.csv")}
    assert detail["Region__c"] == "is LATAM"


def test_one_whose_record_is_not_back_waits_for_it(server: EmulatorServer, tmp_path: Path) -> None:
    before, zuora = values(server), Zuora.of(server.org)
    assert cleanup(server, tmp_path).status == 0
    early = relink(login(server), tmp_path)
    assert early.status == 4
    assert numbers(early)["Region__c"] == {"in_snapshot": 2, "parent_not_back": 2}
    assert "Relink again" in early.message
    synced(server, zuora)
    assert relink(login(server), tmp_path).status == 0
    assert values(server) == before


def test_a_value_that_the_org_refuses_is_told_with_its_reason(
    server: EmulatorServer, before: Values, tmp_path: Path
) -> None:
    key = filled(before)[0]
    (record,) = [str(row["Id"]) for row in server.org.all_rows(INVOICES) if row[KEY] == key]
    server.set_faults({"rows": [{
        "object": INVOICES, "operation": "update", "ids": [record],
        "code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "closed period",
    }]})  # fmt: skip
    ran = relink(login(server), tmp_path)
    assert ran.status == 4
    assert numbers(ran)["Region__c"] == {"in_snapshot": 2, "restored": 1, "failed": 1}
    assert any("closed period" in row["detail"] for row in ran.file("relink.csv"))
    server.set_faults({})
    assert relink(login(server), tmp_path).status == 0
    assert values(server) == before, ran.file("relink.csv")


def test_where_the_org_does_not_say_what_is_back_nothing_is_set_and_all_is_told(
    server: EmulatorServer, before: Values, tmp_path: Path
) -> None:
    refusal = {"code": "INSUFFICIENT_ACCESS", "message": "no access", "status": 403}
    server.set_faults({"queries": [{"soql": f"*FROM {INVOICES} WHERE {KEY} IN*", **refusal}]})
    ran = relink(login(server), tmp_path)
    assert (ran.status, ran.report["status"]) == (1, "failed")
    assert "no access" in ran.message
    assert not filled(values(server))
    server.set_faults({})
    assert relink(login(server), tmp_path).status == 0
    assert values(server) == before


def test_where_nobody_can_count_owners_each_is_written_down(
    server: EmulatorServer, tmp_path: Path
) -> None:
    before, zuora = values(server), Zuora.of(server.org)
    refusal = {"code": "EXCEEDED_ID_LIMIT", "message": "too many groups", "status": 400}
    server.set_faults({"queries": [{"soql": f"*FROM {INVOICES} GROUP BY OwnerId*", **refusal}]})
    ran = cleanup(server, tmp_path)
    server.set_faults({})
    assert ran.status == 0, ran.message
    (found,) = [each for each in ran.report["findings"] if each["code"] == "own-values"]
    assert f"{INVOICES}.OwnerId (EXCEEDED_ID_LIMIT: too many groups)" in found["message"]
    synced(server, zuora)
    assert relink(login(server), tmp_path).status == 0
    assert values(server) == before


def test_of_two_cleanups_each_has_what_the_other_does_not_name(
    server: EmulatorServer, before: Values, tmp_path: Path
) -> None:
    first = next(key for key in filled(before) if before[key]["Vip__c"])
    fill(server, first, Score__c=7)
    zuora = Zuora.of(server.org)
    assert cleanup(server, tmp_path).status == 0
    synced(server, zuora)
    newest = relink(login(server), tmp_path)
    assert "Relink again for it" in " ".join(newest.report["notes"])
    older = relink(login(server), tmp_path)
    assert values(server) == {**before, first: {**before[first], "Score__c": 7}}
    assert numbers(older)["Score__c"] == {"in_snapshot": 1, "superseded": 1}
    assert numbers(older)["Region__c"] == {"in_snapshot": 2, "restored": 2}


def test_an_owner_comes_back_however_many_records_are_theirs(
    server: EmulatorServer, tmp_path: Path
) -> None:
    deputy = str(server.org.all_rows("User")[-1]["Id"])
    rows = [{"Id": row["Id"], "OwnerId": deputy} for row in server.org.all_rows(INVOICES)[1:]]
    server.org.dml("update", INVOICES, rows)
    before, zuora = values(server), Zuora.of(server.org)
    assert cleanup(server, tmp_path).status == 0
    synced(server, zuora)
    assert relink(login(server), tmp_path).status == 0
    assert values(server) == before
    assert sum(row["OwnerId"] == deputy for row in before.values()) > len(before) / 2


def test_a_field_of_theirs_that_is_an_external_id_comes_back_too(tmp_path: Path) -> None:
    made = shape()
    made["fields"].append(
        {"object": INVOICES, "name": "Erp__c", "type": "string", "external_id": True}
    )
    made["changes"] += [
        {"object": INVOICES, "every": 1, "values": {"Erp__c": None}},
        {"object": INVOICES, "at": 1, "values": {"Erp__c": "E-1"}},
    ]
    with shaped(made) as server:
        zuora = Zuora.of(server.org)
        assert cleanup(server, tmp_path).status == 0
        synced(server, zuora)
        ran = relink(login(server), tmp_path)
        assert [row["Erp__c"] for row in server.org.all_rows(INVOICES) if row["Erp__c"]] == ["E-1"]
    assert numbers(ran)["Erp__c"] == {"in_snapshot": 1, "restored": 1}


def test_without_the_setting_nothing_is_written_down_and_that_is_said(tmp_path: Path) -> None:
    with shaped(shape()) as made:
        ran = cleanup(made, tmp_path, keep_own_values=False)
    assert not (ran.folder / "values").exists()
    assert "values of people's own fields were on these records" in ran.summary
    assert "keep_own_values is off" in ran.summary


def test_fields_that_can_not_be_set_again_are_named(tmp_path: Path) -> None:
    lookup = {"name": "First__c", "type": "reference", "to": [ITEMS], "on_delete": "set_null"}
    made = shape()
    made["fields"].append({"object": INVOICES, **lookup})
    made["changes"].append({"object": INVOICES, "at": 1, "values": {"First__c": of(ITEMS)}})
    with shaped(made) as server:
        ran = cleanup(server, tmp_path)
    assert ran.status == 0
    (found,) = [each for each in ran.report["findings"] if each["code"] == "own-values-not-kept"]
    assert found["objects"] == {f"{INVOICES}.First__c": 1}
    assert "leads to records that are cleaned too" in found["message"]


def test_encrypted_fields_which_may_come_masked_are_named_and_never_written_down(
    tmp_path: Path,
) -> None:
    made = shape()
    made["fields"].append({"object": INVOICES, "name": "Secret__c", "type": "encryptedstring"})
    made["changes"].append({"object": INVOICES, "at": 1, "values": {"Secret__c": "4711"}})
    with shaped(made) as server:
        ran = cleanup(server, tmp_path)
    assert ran.status == 0
    (found,) = [each for each in ran.report["findings"] if each["code"] == "own-values-not-kept"]
    assert f"{INVOICES}.Secret__c (it is encrypted, and may come masked)" in found["message"]
    assert "Secret__c" not in next(iter(table(ran.folder / "values" / f"{INVOICES}.csv.gz")))


def test_records_of_which_nobody_has_filled_anything_are_in_no_file(tmp_path: Path) -> None:
    blank = shape()
    blank["changes"] = blank["changes"][:1]
    blank["fields"] = [each for each in blank["fields"] if each["name"] != "Story__c"]
    del blank["changes"][0]["values"]["Story__c"]
    with shaped(blank) as server:
        ran = cleanup(server, tmp_path)
    assert ran.status == 0
    assert "own-values" not in ran.codes
    assert not (ran.folder / "values").exists()
