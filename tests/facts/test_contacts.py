"""How many contacts only the chosen billing accounts use, worked out row by row beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.catalog.objects import BILLING_ACCOUNT, CONTACT
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.facts.accounts import choose_accounts
from target_zuora360_cleanup.facts.contacts import LISTED, contacts_left
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from tests.plan.cases import refuse
from tests.support.emulated import Emulated
from tests.support.runs import login
from tests.support.syncs import rows

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from target_zuora360_cleanup.facts.known import Fact

BILL_TO, SOLD_TO = "Zuora__BillToContact__c", "Zuora__SoldToContact__c"


def left(
    server: EmulatorServer, condition: str, listed: int = LISTED
) -> tuple[Fact[int], list[str]]:
    noted: list[str] = []
    settings = read_settings({**login(server), "only_accounts": condition})
    salesforce, _ = choose_accounts(connect(settings, waits=NO_WAITS), settings, lambda _: None)
    return contacts_left(salesforce, noted.extend, listed=listed), noted


def used_alone(server: EmulatorServer, condition: str) -> set[str]:
    every = rows(server.org, f"SELECT Id, {BILL_TO}, {SOLD_TO} FROM {BILLING_ACCOUNT}")
    soql = f"SELECT Id FROM {BILLING_ACCOUNT} WHERE {condition}"
    chosen = {each["Id"] for each in rows(server.org, soql)}
    used: dict[bool, set[Any]] = {True: set(), False: set()}
    for each in every:
        used[each["Id"] in chosen] |= {each[BILL_TO], each[SOLD_TO]}
    return {str(each) for each in used[True] - used[False] - {None}}


@pytest.mark.parametrize(
    "condition",
    [
        "Zuora__AccountNumber__c = 'A00000001'",
        "Zuora__Batch__c = 'Batch1'",
        "Zuora__Batch__c != 'Batch1'",
        "Id != null",
        f"{BILL_TO} = null AND {SOLD_TO} = null",
    ],
)
@pytest.mark.parametrize("records", [600, 6_000])
@pytest.mark.parametrize("listed", [LISTED, 0])
def test_contacts_that_accounts_not_chosen_use_too_are_not_counted(
    condition: str, records: int, listed: int
) -> None:
    with Emulated(OrgOptions(records=records, sandbox=True)) as server:
        found, noted = left(server, condition, listed)
        alone = used_alone(server, condition)
    assert (found, set(noted), len(noted)) == (Known(len(alone)), alone, len(alone))


def test_one_contact_of_all_accounts_counts_once_and_only_where_all_are_chosen() -> None:
    changes = [
        {"object": BILLING_ACCOUNT, "at": at, "values": {
            field: {"object": CONTACT, "at": 1} for field in (BILL_TO, SOLD_TO)}}
        for at in range(1, 6)
    ]  # fmt: skip
    options = OrgOptions(records=60, sandbox=True, shape=json.dumps({"changes": changes}))
    with Emulated(options) as server:
        every = rows(server.org, f"SELECT Id FROM {BILLING_ACCOUNT} WHERE {BILL_TO} != null")
        assert every
        first = rows(server.org, f"SELECT Id FROM {CONTACT} ORDER BY Id LIMIT 1")[0]["Id"]
        assert first not in left(server, f"Id = '{every[0]['Id']}'")[1]
        assert left(server, "Id != null")[1].count(first) == 1


@pytest.mark.parametrize("hidden", [(BILL_TO, SOLD_TO), (BILL_TO,), (SOLD_TO,)])
def test_where_a_lookup_to_contacts_is_hidden_it_is_not_known(hidden: tuple[str, ...]) -> None:
    fields = [f"{BILLING_ACCOUNT}.{each}" for each in hidden]
    shape = json.dumps({"hidden": {"fields": fields}})
    with Emulated(OrgOptions(records=60, sandbox=True, shape=shape)) as server:
        found, noted = left(server, "Id != null")
    assert isinstance(found, Unknown)
    assert all(each in found.why for each in hidden)
    assert noted == []


@pytest.mark.parametrize("query", [f"SELECT Id, {BILL_TO}, *", f"SELECT Id, {SOLD_TO} FROM*"])
def test_a_refused_question_is_not_known_with_its_reason(query: str) -> None:
    with Emulated(OrgOptions(records=60, sandbox=True)) as server:
        server.set_faults(refuse(query))
        found, noted = left(server, "Id != null")
    assert isinstance(found, Unknown)
    assert noted == []
