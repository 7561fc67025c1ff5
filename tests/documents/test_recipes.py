"""Every recipe of docs/recipes.md, followed word for word: what it prints, the state, and the org.

Real Meltano runs the real tap-zuora against an emulated Zuora. Recipes for a pipeline that syncs
begin after its first sync, with a copy of its project and of its org.
"""

from __future__ import annotations

import ast
import shutil
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.generate.customers import link_customers
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.schema import ids
from tests.support.emulated import Emulated
from tests.support.full_sync import lookups
from tests.support.life_cycle import LifeCycle, at_bookmarks
from tests.support.meltano_project import NOT_CLEANED
from tests.support.recipe_projects import (
    ORG,
    PRODUCTION,
    SANDBOX,
    bare_project,
    become_sandbox,
    led,
    reports,
    stored,
    sync_first,
)
from tests.support.recipes import Recipe, fences
from tests.support.relinking import LINK, QUOTE_LINKS

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

OLD_CRM_IDS, OTHER_CRM_IDS = "0015g00000", "0018d00000"
"""How ids of Accounts begin that the org has, and that it has not."""
HISTORIES = (
    "Zuora__SubscriptionHistory__c", "Zuora__SubscriptionRatePlanHistory__c",
    "Zuora__SubscriptionProductChargeHistory__c", "Zuora__SubscriptionChargeTierHistory__c",
)  # fmt: skip
CATALOG = ("Product", "ProductRatePlan", "ProductRatePlanCharge", "ProductRatePlanChargeTier",
           "Feature", "ProductFeature", "UnitOfMeasure")  # fmt: skip

VETO = {"rows": [{
    "object": "Zuora__ZInvoice__c", "operation": "delete", "every": 10,
    "code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "The period is closed.",
}]}  # fmt: skip


def segments(life: LifeCycle) -> set[str | None]:
    found = life.server.org.query("SELECT Segment__c FROM Zuora__CustomerAccount__c")
    return {row[0] for row in found.rows(0, found.total)}


def test_full_resynchronisation_after_a_mapping_change(synced: LifeCycle) -> None:
    recipe = Recipe("Full resynchronisation after a mapping change", synced.project)
    rows, before = synced.rows, stored(synced)
    assert segments(synced) == {None}
    recipe.follow()
    assert synced.sent(synced.project.report) == synced.live | once(*NOT_CLEANED)
    assert None not in segments(synced)
    assert synced.rows == rows
    recipe.follow()
    assert 0 < sum(synced.project.report["records_read"].values()) < sum(synced.live.values())
    recipe.follow_all()
    assert stored(synced) == before


def once(*streams: str) -> dict[str, int]:
    """What an incremental sync sends of streams in which nothing has changed."""
    return dict.fromkeys(streams, 1)


@pytest.mark.quotes_may_change
def test_after_a_sandbox_refresh(first_sync: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(first_sync / "project", folder, symlinks=True)
    become_sandbox(folder)
    refreshed = OrgOptions(seed=2, records=400, sandbox=True)
    with (
        Emulated(ORG, base=first_sync / "org.sqlite") as before,
        Emulated(refreshed) as server,
    ):
        life = LifeCycle(led(folder, server, before), server)
        zuora = LifeCycle(life.project, before)
        give_id(server, 2)
        set_crm_ids(before, OTHER_CRM_IDS)
        recipe = Recipe("After a sandbox refresh", life.project)
        recipe.follow()
        recipe.follow()
        assert stored(life, SANDBOX).keys() == set(NOT_CLEANED)
        recipe.follow()
        set_crm_ids(before, OLD_CRM_IDS)
        recipe.follow_all()
        assert life.rows == zuora.rows
        assert stored(life, SANDBOX).keys() == set(zuora.streams)
        give_id(server, 1)  # (it would be missed at the end)


def give_id(server: EmulatorServer, number: int) -> None:
    """Give an org another id, as Salesforce does to a sandbox at its refresh."""
    with server.org.lock, server.org.store.transaction():
        server.org.store.run("UPDATE Organization SET Id = ?", (number,))
    server.org.org_id = ids.encode("00D", number)


def set_crm_ids(server: EmulatorServer, beginning: str) -> None:
    """Let every third billing account in Zuora lead to Accounts of this beginning."""
    with server.org.lock, server.org.store.transaction():
        server.org.store.run(
            "UPDATE zuora_Account SET CrmId = ? || substr(CrmId, 11) "
            "WHERE CrmId IS NOT NULL AND _n % 3 = 0",
            (beginning,),
        )


def test_freeing_storage(synced: LifeCycle) -> None:
    recipe = Recipe("Freeing storage", synced.project)
    rows, before = synced.rows, stored(synced)
    recipe.follow()
    assert synced.rows == rows
    synced.server.zuora.change(40, 1)
    recipe.follow()
    assert all(
        synced.project.report["records_read"][name] > 1 for name in ("Subscription", "RatePlan")
    )
    assert stored(synced).keys() == before.keys()
    assert not set(HISTORIES) & synced.rows.keys()
    recipe.follow_all()
    assert all(synced.rows[name] >= rows[name] for name in HISTORIES)


@pytest.mark.relinks(*QUOTE_LINKS, "PricebookEntry.Product2Id", from_blank=True)
def test_the_catalogue_before_a_reorganisation(real_tap: Path, tmp_path: Path) -> None:
    options = OrgOptions(records=1500, synced=False)
    bare_project(tmp_path / "project", real_tap, PRODUCTION, CATALOG)
    with Emulated(options) as server:
        life = LifeCycle(led(tmp_path / "project", server), server, CATALOG)
        sync_first(life.project.path, server, PRODUCTION)
        assert link_customers(server.org)
        rows, links = life.rows, lookups(server.org)
        recipe = Recipe("The catalogue before a reorganisation", life.project)
        recipe.follow()
        recipe.follow()
        assert lookups(server.org) == links
        assert stored(life) == {}
        recipe.follow_all()
        assert lookups(server.org) == links
        assert life.rows == rows
        assert stored(life).keys() == set(CATALOG)


def test_a_full_sync_once_a_month(synced: LifeCycle) -> None:
    recipe = Recipe("A full sync once a month", synced.project)
    rows = synced.rows
    recipe.follow_all()
    full, incremental = (
        sum(each["records_read"].values()) for each in reports(synced.project, "sync")
    )
    again = {name: len(each) for name, each in at_bookmarks(synced.moments()).items()}
    assert full == sum((synced.live | {name: again[name] for name in NOT_CLEANED}).values())
    assert incremental == sum(again.values())
    assert synced.rows == rows


@pytest.mark.relinks(LINK, *QUOTE_LINKS)
def test_from_zuoras_own_sync_to_your_own_pipeline(real_tap: Path, tmp_path: Path) -> None:
    options = OrgOptions(
        records=500, own_sync=True, customer_rows=frozenset({"Renewal_Forecast__c"})
    )
    bare_project(tmp_path / "project", real_tap, PRODUCTION)
    with Emulated(options) as server:
        life = LifeCycle(led(tmp_path / "project", server), server)
        rows, links = life.rows, lookups(server.org)
        recipe = Recipe("From Zuora's own sync to your own pipeline", life.project)
        recipe.follow()
        assert (life.rows, lookups(server.org)) == (rows, links)
        recipe.follow_all()
        assert (life.rows, lookups(server.org)) == (rows, links)


def test_in_airflow_or_another_orchestrator(synced: LifeCycle) -> None:
    recipe = Recipe("In Airflow or another orchestrator", synced.project)
    assert tasks(recipe.heading) == [
        ("meltano invoke zuora360:cleanup", {"ZUORA360_CONFIRM_ORG_ID": synced.server.org.org_id}),
        ("meltano run tap-zuora target-zuora360-cleanup", {}),
    ]
    rows, before = synced.rows, stored(synced)
    recipe.follow()
    assert (synced.rows, stored(synced)) == (rows, before)
    synced.server.set_faults(VETO)
    recipe.follow()
    assert stored(synced).keys() == {*NOT_CLEANED, *CATALOG} - {"UnitOfMeasure"}
    assert 0 < sum(synced.rows.values()) < sum(rows.values())
    synced.server.set_faults({})
    recipe.follow_all()
    assert synced.rows == rows
    assert stored(synced).keys() == before.keys()


def tasks(heading: str) -> list[tuple[str, dict[str, str]]]:
    """What the tasks of a recipe's DAG run, and the variables that they are given.

    The recipe runs the same by hand: Airflow itself is too much to install for it.
    """
    (dag,) = (each.text for each in fences(heading) if each.kind == "python")
    calls = [each for each in ast.walk(ast.parse(dag)) if isinstance(each, ast.Call)]
    found = [
        {each.arg: ast.literal_eval(each.value) for each in call.keywords
         if each.arg in ("bash_command", "env")}
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "BashOperator"
    ]  # fmt: skip
    return [(each["bash_command"], each.get("env", {})) for each in found]
