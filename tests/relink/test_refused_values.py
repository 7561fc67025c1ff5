"""What an org refuses of a record is told; the record's other values are there again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.refusals import Refused
from target_zuora360_cleanup.emulator.org.write import Writer
from target_zuora360_cleanup.emulator.schema.objects import Schema
from target_zuora360_cleanup.emulator.schema.reading import with_fields
from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult
from tests.relink.test_values import (
    FIELDS,
    before,
    filled,
    integration,
    numbers,
    server,
    shape,
    synced,
    values,
)
from tests.support.full_sync import Zuora
from tests.support.relinking import relink
from tests.support.runs import login
from tests.support.shapes import INVOICES, cleanup, shaped

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.relink.test_values import Values

__all__ = ["before", "server"]


def refusing(monkeypatch: pytest.MonkeyPatch, field: str, code: str, message: str) -> None:
    """Refuse each row that gives this field a value."""
    real = Writer._field  # noqa: SLF001 - a rule of the org

    def found(self: Writer, name: str) -> Any:
        if name == field:
            raise Refused(RowError(code, message, (field,)))
        return real(self, name)

    monkeypatch.setattr(Writer, "_field", found)


@pytest.mark.parametrize(
    ("field", "code", "message"),
    [
        ("Region__c", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Only managers may set a region"),
        ("Region__c", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
         "Region: bad value for restricted picklist field: EMEA"),
        ("Region__c", "STRING_TOO_LONG", "Region: data value too large"),
        ("Boss__c", "FIELD_FILTER_VALIDATION_EXCEPTION", "Value does not match filter criteria."),
        ("Boss__c", "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
        ("Boss__c", "ENTITY_IS_DELETED", "entity is deleted"),
        ("Boss__c", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights"),
        ("OwnerId", "INACTIVE_OWNER_OR_USER", "operation performed with inactive user"),
        ("Story__c", "ENTITY_IS_LOCKED", "This record is locked for approval"),
    ],
)  # fmt: skip
def test_one_field_that_is_refused_takes_no_other_along(  # noqa: PLR0913, PLR0917 - a case
    server: EmulatorServer,
    before: Values,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    field: str,
    code: str,
    message: str,
) -> None:
    with monkeypatch.context() as rules:
        refusing(rules, field, code, message)
        ran = relink(login(server), tmp_path)
    now, count = values(server), numbers(ran)[field]["in_snapshot"]
    for key in filled(before):
        others = {name: before[key][name] for name in FIELDS if name != field}
        assert {name: now[key][name] for name in others} == others
    assert numbers(ran)[field] == {"in_snapshot": count, "failed": count}
    assert {row["detail"] for row in ran.file("relink.csv")} == {f"{code}: {message}"}
    assert ran.status == 4
    assert relink(login(server), tmp_path).status == 0
    assert values(server) == before


def test_a_rule_that_wants_another_field_first_is_met_in_one_relink(
    server: EmulatorServer, before: Values, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Writer._change  # noqa: SLF001 - a rule of the org

    def change(self: Writer, number: int, row: dict[str, Any], operation: str) -> RowResult:
        told = self._store.value(f'SELECT Story__c FROM "{INVOICES}" WHERE Id = ?', (number,))
        if "Score__c" in row and told is None:
            raise Refused(RowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Tell the story first"))
        return real(self, number, row, operation)

    monkeypatch.setattr(Writer, "_change", change)
    ran = relink(login(server), tmp_path)
    assert (ran.status, values(server)) == (0, before), ran.summary


def test_an_owner_who_is_inactive_by_now_is_told_and_all_else_is_there(
    server: EmulatorServer, before: Values, tmp_path: Path
) -> None:
    (deputy,) = {row["OwnerId"] for row in before.values()} - {integration(server)}
    server.org.dml("update", "User", [{"Id": deputy, "IsActive": False}])
    ran = relink(login(server), tmp_path)
    assert numbers(ran)["OwnerId"] == {"in_snapshot": 1, "failed": 1}
    (row,) = ran.file("relink.csv")
    assert row["detail"].startswith("INACTIVE_OWNER_OR_USER: ")
    assert {key: {**row, "OwnerId": None} for key, row in values(server).items()} == {
        key: {**row, "OwnerId": None} for key, row in before.items()
    }
    server.org.dml("update", "User", [{"Id": deputy, "IsActive": True}])


def test_a_lookup_to_a_record_that_somebody_has_deleted_since_is_told(
    server: EmulatorServer, before: Values, tmp_path: Path
) -> None:
    boss = next(row["Boss__c"] for row in before.values() if row["Boss__c"])
    server.org.dml("delete", "Contact", [{"Id": boss}])
    ran = relink(login(server), tmp_path)
    (row,) = ran.file("relink.csv")
    assert (row["field"], row["reason"]) == ("Boss__c", "failed")
    assert row["detail"].startswith("ENTITY_IS_DELETED: ")
    server.org.undelete([str(boss)])


def without(schema: Schema, field: str, *, is_shown: bool) -> Schema:
    """The schema for a user who may not write a field of invoices, or doesn't see it."""
    item = schema.get(INVOICES)
    fields = [
        replace(each, createable=False, updateable=False) if each.name == field else each
        for each in item.fields.values()
        if is_shown or each.name != field
    ]
    return Schema(
        with_fields(item, fields) if each is item else each for each in schema.objects.values()
    )


@pytest.mark.parametrize("later", ["read-only", "hidden"])
def test_a_field_that_may_not_be_written_by_now_is_told_and_all_else_is_there(
    tmp_path: Path, later: str
) -> None:
    with shaped(shape()) as server:
        was, zuora = values(server), Zuora.of(server.org)
        assert cleanup(server, tmp_path).status == 0
        synced(server, zuora)
        all_of_it = server.org.schema
        server.org.schema = without(all_of_it, "Region__c", is_shown=later == "read-only")
        ran = relink(login(server), tmp_path)
        server.org.schema = all_of_it
        assert ran.status == 4
        told = numbers(ran)["Region__c"]
        assert told.get("restored", 0) == 0
        assert sum(told.values()) == 2 * told["in_snapshot"] == 4
        (why,) = {row["detail"] for row in ran.file("relink.csv")}
        assert why.startswith("NOT_RELINKABLE: ")
        assert "Region__c" in why
        rest = [each["Story__c"] for each in values(server).values()]
        assert sorted(map(str, rest)) == sorted(str(each["Story__c"]) for each in was.values())
        assert relink(login(server), tmp_path).status == 0
        assert [row["Region__c"] for row in values(server).values()] == [
            row["Region__c"] for row in was.values()
        ]
