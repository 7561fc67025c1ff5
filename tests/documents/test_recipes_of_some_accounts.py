"""The recipes of docs/recipes.md that clean some billing accounts only, followed word for word."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.settings.declared import Settings
from tests.support.meltano_project import NOT_CLEANED
from tests.support.recipe_projects import SANDBOX, become_sandbox, reports, stored
from tests.support.recipes import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.life_cycle import LifeCycle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ERASED = ("A00000002", "A00000005")
GONE = "Erased"
TESTED = "Batch3"


@pytest.fixture(autouse=True)
def _some_accounts_can_be_cleaned() -> None:
    names = {each.name for each in fields(Settings)}
    assert "only_accounts" in names, "this version has no setting only_accounts yet"


def numbers(life: LifeCycle, condition: str = "Id != null") -> set[str]:
    """The numbers of the billing accounts in the org."""
    soql = f"SELECT Zuora__AccountNumber__c FROM Zuora__CustomerAccount__c WHERE {condition}"
    with life.server.org.query(soql) as found:
        return {str(row[0]) for row in found.rows(0, found.total)}


def forget_in_zuora(server: EmulatorServer, condition: str) -> set[str]:
    """Blank the CRM id of billing accounts in Zuora, and their contacts' names, as people do.

    Returns:
        The accounts' Zuora ids.
    """
    store = server.org.store
    of_these = f"SELECT Id FROM zuora_Account WHERE {condition}"
    with server.org.lock, store.transaction():
        store.run(f"UPDATE zuora_Account SET CrmId = NULL WHERE {condition}")
        store.run(
            f'UPDATE zuora_Contact SET LastName = ? WHERE "Account.Id" IN ({of_these})', (GONE,)
        )
        return {key for (key,) in store.run(of_these)}


def last_names(life: LifeCycle) -> list[str]:
    with life.server.org.query("SELECT Zuora__LastName__c FROM Zuora__ZContact__c") as found:
        return [str(row[0]) for row in found.rows(0, found.total)]


def left_out(life: LifeCycle) -> set[str]:
    """The billing accounts that the last sync has left out, by Zuora id."""
    file = life.project.reports[-1].with_name("skipped.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        return {
            row["id"] for row in csv.DictReader(lines) if row["code"] == "NO_SALESFORCE_ACCOUNT"
        }


def test_erasing_some_customers(synced: LifeCycle) -> None:
    recipe = Recipe("Erasing some customers", synced.project)
    rows, everyone = synced.rows, numbers(synced)
    recipe.follow()
    assert synced.rows == rows
    erased = forget_in_zuora(synced.server, f"AccountNumber IN {ERASED}")
    assert GONE not in last_names(synced)
    recipe.follow_all()
    assert erased <= left_out(synced)
    assert last_names(synced).count(GONE) == len(ERASED)
    assert numbers(synced) == everyone - set(ERASED)
    (cleaned,) = reports(synced.project, "cleanup")
    deleted = {each["api_name"]: each["deleted"] for each in cleaned["objects"]}
    assert sum(deleted.values()) == 66
    left = {name: count - deleted.get(name, 0) for name, count in rows.items()}
    assert synced.rows == {name: count for name, count in left.items() if count}


def test_test_data_of_a_sandbox_every_night(synced: LifeCycle) -> None:
    become_sandbox(synced.project.path)
    with as_sandbox(synced.server):
        recipe = Recipe("Test data of a sandbox, every night", synced.project)
        everyone, tested = numbers(synced), numbers(synced, f"Zuora__Batch__c = '{TESTED}'")
        assert tested
        forget_in_zuora(synced.server, f"Batch = '{TESTED}'")
        recipe.follow()
        assert numbers(synced) == everyone - tested
        before = stored(synced, SANDBOX)
        assert before.keys() > set(NOT_CLEANED)
        recipe.follow_all()
        assert numbers(synced) == everyone - tested
        assert stored(synced, SANDBOX).keys() == before.keys()


@contextmanager
def as_sandbox(server: EmulatorServer) -> Iterator[None]:
    """Let an org call itself a sandbox."""

    def call(*, is_sandbox: bool) -> None:
        with server.org.lock, server.org.store.transaction():
            server.org.store.run("UPDATE Organization SET IsSandbox = ?", (is_sandbox,))

    call(is_sandbox=True)
    try:
        yield
    finally:
        call(is_sandbox=False)
