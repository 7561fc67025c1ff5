"""What the org's user may not: see objects, see rows, delete."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.server.opening import open_org
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

INVOICE, ITEM, REFUND = "Zuora__ZInvoice__c", "Zuora__InvoiceItem__c", "Zuora__Refund__c"


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(
        OrgOptions(
            records=500,
            quotes=False,
            not_visible=frozenset({REFUND}),
            not_deletable=frozenset({INVOICE}),
            rows_hidden=frozenset({ITEM}),
            modify_all=False,
        )
    ) as made:
        yield made


def ids(org: Org, name: str) -> list[str]:
    with org.query(f"SELECT Id FROM {name}") as found:
        return [row[0] for row in found.rows(0, found.total)]


def summary(org: Org, name: str) -> dict[str, Any]:
    return next(each for each in org.describe_global()["sobjects"] if each["name"] == name)


def test_an_object_that_may_not_be_read_seems_not_to_be_there(org: Org) -> None:
    assert org.counts()[REFUND]
    assert REFUND not in {each["name"] for each in org.describe_global()["sobjects"]}
    for ask in (
        lambda: org.describe(REFUND),
        lambda: org.query(f"SELECT Id FROM {REFUND}"),
        lambda: org.dml("delete", REFUND, [{"Id": "a000000000000001AAA"}]),
    ):
        with pytest.raises(SalesforceError) as caught:
            ask()
        assert caught.value.code in {"NOT_FOUND", "INVALID_TYPE"}


def test_no_describe_names_such_an_object_as_a_child(org: Org) -> None:
    account = org.describe("Zuora__CustomerAccount__c")
    assert REFUND not in {each["childSObject"] for each in account["childRelationships"]}


def test_rows_of_an_object_that_may_not_be_deleted_are_refused_one_by_one(org: Org) -> None:
    assert not summary(org, INVOICE)["deletable"]
    rows = ids(org, INVOICE)
    results = org.dml("delete", INVOICE, [{"Id": each} for each in rows])
    assert [each.id for each in results] == rows
    assert {each.error.code for each in results if each.error} == {
        "INSUFFICIENT_ACCESS_OR_READONLY"
    }
    assert ids(org, INVOICE) == rows


def test_hidden_rows_are_counted_by_salesforce_and_by_nobody_else(org: Org) -> None:
    visible = len(ids(org, ITEM))
    assert 0 < visible < org.counts()[ITEM]
    assert org.query(f"SELECT COUNT() FROM {ITEM}").total == visible


@pytest.mark.parametrize("allowed", [True, False])
def test_a_user_can_ask_what_it_may(allowed: bool) -> None:  # noqa: FBT001 - a table
    options = OrgOptions(records=0, hard_delete_permission=allowed, modify_all=allowed)
    org = open_org(options)
    fields = "PermissionsBulkApiHardDelete, PermissionsModifyAllData"
    with org.query(f"SELECT {fields} FROM UserPermissionAccess") as found:
        assert found.rows(0, 1) == [(allowed, allowed)]
    org.close()


ASKED = "PermissionsViewAllData, PermissionsModifyAllData"
OBJECT_RIGHTS = (
    "SELECT SobjectType, PermissionsViewAllRecords, PermissionsModifyAllRecords, PermissionsDelete"
    " FROM ObjectPermissions WHERE ParentId IN (SELECT PermissionSetId FROM PermissionSetAssignment"
    " WHERE AssigneeId = '{}')"
)


def permitted(given: dict[str, Any] | None, **more: Any) -> Org:
    shape = json.dumps({"permissions": given}) if given is not None else ""
    return open_org(OrgOptions(records=0, quotes=False, shape=shape, **more))


@pytest.mark.parametrize(
    ("given", "modify_all", "told"),
    [
        (None, True, [(True, True)]),
        (None, False, [(False, False)]),
        ({"view_all_data": False}, True, [(False, False)]),
        ({"view_all_data": True, "modify_all_data": False}, True, [(True, False)]),
        ({"view_all_data": True}, False, [(True, False)]),
        ({"view_all_data": None}, True, []),
        ({"modify_all_data": None}, True, []),
    ],
)
def test_view_all_and_modify_all_data_are_told_or_not(
    given: dict[str, Any] | None,
    modify_all: bool,  # noqa: FBT001 - a table
    told: list[tuple[bool, bool]],
) -> None:
    with permitted(given, modify_all=modify_all) as org:
        assert org.query(f"SELECT {ASKED} FROM UserPermissionAccess").rows(0, 9) == told


def test_the_user_is_told_what_it_may_do_with_each_object() -> None:
    with permitted(None, not_visible=frozenset({REFUND}), not_deletable=frozenset({ITEM})) as org:
        found = org.query(OBJECT_RIGHTS.format(org.user_id))
        rights = {row[0]: row[1:] for row in found.rows(0, found.total)}
        assert rights[INVOICE] == (True, True, True)
        assert rights[ITEM] == (True, True, False)
        assert rights["Account"] == (True, True, True)
        assert REFUND not in rights
        assert "Zuora__ZuoraConfig__c" not in rights
        assert org.query(OBJECT_RIGHTS.format("0055g0000000002")).total == 0


def test_view_all_and_modify_all_are_told_by_object() -> None:
    given = {"view_all_data": False, "objects": {INVOICE: {"view_all": True},
                                                 ITEM: {"modify_all": True}}}  # fmt: skip
    with permitted(given) as org:
        found = org.query(OBJECT_RIGHTS.format(org.user_id))
        rights = {row[0]: row[1:3] for row in found.rows(0, found.total)}
        assert rights[INVOICE] == (True, False)
        assert rights[ITEM] == (True, True)
        assert rights[REFUND] == (False, False)


@pytest.mark.parametrize("lapsed", ["expired", "session"])
def test_a_permission_set_gives_nothing_once_its_assignment_has_lapsed(lapsed: str) -> None:
    given = {"view_all_data": False, "objects": {ITEM: {"view_all": True, "lapsed": lapsed}}}
    with permitted(given, rows_hidden=frozenset({ITEM})) as org:
        assert org.schema.objects[ITEM].hidden_every
        asked = OBJECT_RIGHTS.format(org.user_id) + f" AND SobjectType = '{ITEM}'"
        found = [row[1] for row in org.query(asked).rows(0, 9)]
        assert sorted(found) == [False, True]
        told = "SELECT IsActive, PermissionSet.HasActivationRequired FROM PermissionSetAssignment"
        assert (lapsed == "session", lapsed == "session") in org.query(told).rows(0, 9)


def test_no_row_is_hidden_from_a_user_who_sees_all_data() -> None:
    with opened(OrgOptions(records=500, quotes=False, rows_hidden=frozenset({ITEM}))) as org:
        assert len(ids(org, ITEM)) == org.counts()[ITEM]
