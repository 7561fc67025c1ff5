"""Each finding over HTTP: one case in which it appears, and one in which it doesn't."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import target_zuora360_cleanup
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from tests.support.runs import ALLOWED, Ran, login, run

ORG_ID = "00D5g0000000001EAA"
CATALOG = {"object_groups": ["product_catalog"]}
INVOICE = "Zuora__ZInvoice__c"
FORBIDDEN = {"code": "INSUFFICIENT_ACCESS", "message": "no access", "status": 403}


@dataclass(frozen=True)
class Case:
    """An org, what goes wrong in it, and what the user set."""

    org: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    pipeline: Pipeline = field(default_factory=Pipeline)

    def plan(self, folder: Path) -> Ran:
        """What `plan` finds."""
        options = OrgOptions(**{"records": 600, "sandbox": True, **self.org})
        with EmulatorServer(options, ServerOptions(**self.server)) as server:
            server.set_faults(self.faults)
            config = {"mode": "plan", **login(server), **ALLOWED, **self.settings}
            return run(config, folder, pipeline=self.pipeline)


def customer(*names: str) -> dict[str, Any]:
    return {"customer_rows": frozenset(names)}


def refuse(soql: str) -> dict[str, Any]:
    return {"queries": [{"soql": soql, **FORBIDDEN}]}


def forbid(path: str) -> dict[str, Any]:
    return {"requests": [{"path": f"/services/data/*/{path}", "status": 403}]}


CALM = Case()
CASES: dict[str, tuple[Case, Case]] = {
    "no-360-objects": (Case(org={"without_packages": frozenset({"Zuora", "zqu"})}), CALM),
    "production-not-confirmed": (
        Case(org={"sandbox": False}),
        Case(org={"sandbox": False}, settings={"confirm_org_id": ORG_ID}),
    ),
    "other-org-confirmed": (
        Case(org={"sandbox": False}, settings={"confirm_org_id": "00D5g0000000002"}),
        Case(org={"sandbox": False}, settings={"confirm_org_id": ORG_ID[:15]}),
    ),
    "may-not-delete": (Case(org={"not_deletable": frozenset({INVOICE})}), CALM),
    "may-not-read": (Case(faults=refuse(f"SELECT COUNT(Id)*FROM {INVOICE}*")), CALM),
    "may-not-hard-delete": (
        Case(settings={"hard_delete": True}),
        Case(org={"hard_delete_permission": True}, settings={"hard_delete": True}),
    ),
    "objects-not-seen": (Case(org={"not_visible": frozenset({"Zuora__Refund__c"})}), CALM),
    "not-checked": (Case(faults=forbid("tooling/*")), CALM),
    "sync-not-checked": (Case(faults=refuse("*FROM AsyncApexJob*")), CALM),
    "sync-running": (Case(org={"apex_job": True}), CALM),
    "sync-scheduled": (Case(org={"scheduled_sync": True}), CALM),
    "rows-may-be-hidden": (
        Case(org={"records": 3000, "rows_hidden": frozenset({"Zuora__InvoiceItem__c"}),
                  "modify_all": False}),
        Case(org={"modify_all": False}),
    ),
    "delete-triggers": (
        Case(org={"triggers": frozenset({INVOICE})}),
        Case(org={"triggers": frozenset({"Usage_Note__c"})}),
    ),
    "recycle-bin-too-small": (
        Case(server={"allowances": {"DataStorageMB": 10}}),
        Case(server={"allowances": {"DataStorageMB": 1000}}),
    ),
    "allowances-unknown": (Case(faults=forbid("limits")), CALM),
    "allowance-too-small": (Case(server={"allowances": {"DailyApiRequests": 60}}), CALM),
    "reset-would-not-hold": (
        Case(pipeline=Pipeline(undone_by="--merge-state")),
        Case(pipeline=Pipeline(state_id="dev:tap-to-target")),
    ),
    "too-many-records": (Case(settings={"max_records": 99}), CALM),
    "nothing-to-delete": (Case(org={"records": 0}), CALM),
    "allowed-rows-taken-along": (
        Case(settings=CATALOG),
        Case(settings={"object_groups": ["accounts"]}),
    ),
    "package-rows-taken-along": (
        Case(settings={"exclude_objects": ["Zuora__InvoiceItem__c"]}),
        CALM,
    ),
    "customer-rows-taken-along": (
        Case(org=customer("Usage_Note__c")),
        Case(org=customer("Usage_Note__c"),
             settings={"allow_cascade_to": ["PricebookEntry", "Usage_Note__c"]}),
    ),
    "rows-hold-records": (Case(org=customer("Dunning_Case__c")), CALM),
    "lookups-go-blank": (Case(org=customer("Renewal_Forecast__c")), CALM),
    "quotes-version-unknown": (
        Case(faults=forbid("tooling/*"), settings=CATALOG),
        Case(faults=forbid("tooling/*"), settings={"object_groups": ["accounts"]}),
    ),
    "quotes-too-old": (
        Case(org={"zqu_version": "2.99"}, settings=CATALOG),
        Case(org={"zqu_version": "3.0"}, settings=CATALOG),
    ),
    "quotes-versions-differ": (
        Case(org={"zqu_config_version": "2.9"}, settings=CATALOG),
        Case(settings=CATALOG),
    ),
    "quotes-lose-products": (Case(settings={"keep_quoted_products": False}), CALM),
    "start-date-too-late": (
        Case(pipeline=Pipeline(start_date="2999-01-01T00:00:00Z")),
        Case(pipeline=Pipeline(start_date="1999-01-01T00:00:00Z")),
    ),
}  # fmt: skip
ELSEWHERE = {
    "plan-of-other-org", "plan-settings-changed", "plan-counts-changed",
    "no-state-named", "paired-pipeline-ran", "paired-pipeline-running",
    "paired-pipeline-still-running", "paired-state-missing", "paired-state-overwritten",
    "paired-state-unreadable", "paired-state-unsettled", "paired-states",
}  # fmt: skip
"""Those need two runs (test_saved_plan.py) or stored states (test_stored_states.py)."""


@pytest.mark.parametrize("code", CASES)
def test_a_finding_appears_when_it_must(code: str, tmp_path: Path) -> None:
    ran = CASES[code][0].plan(tmp_path)
    assert code in ran.codes
    blocking = any(each["severity"] == "blocks" for each in ran.report["findings"])
    assert ran.status == (3 if blocking else 0)
    assert all(each["message"] and each["remedy"] for each in ran.report["findings"])


@pytest.mark.parametrize("edition", ["Developer Edition", "Enterprise Edition"])
@pytest.mark.parametrize("sandbox", [True, False])
def test_only_what_salesforce_calls_a_sandbox_needs_no_confirmation(
    tmp_path: Path,
    edition: str,
    sandbox: bool,  # noqa: FBT001 - a table
) -> None:
    ran = Case(org={"organization_type": edition, "sandbox": sandbox}).plan(tmp_path)
    assert ("production-not-confirmed" in ran.codes) is not sandbox


@pytest.mark.parametrize("code", CASES)
def test_a_finding_does_not_appear_when_there_is_no_reason(code: str, tmp_path: Path) -> None:
    assert code not in CASES[code][1].plan(tmp_path).codes


def test_there_is_a_case_for_every_finding() -> None:
    assert set(CASES) | ELSEWHERE == codes_in_the_source()


def codes_in_the_source() -> set[str]:
    package = Path(target_zuora360_cleanup.__file__).parent
    calls = [
        node
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Finding"
    ]
    return {code for call in calls for code in codes_of(call.args[0])}


def codes_of(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    return {"may-not-delete", "may-not-read"}


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    case = Case(
        org={"sandbox": False, "apex_job": True, "zqu_version": "2.0",
             "not_deletable": frozenset({INVOICE}), **customer("Dunning_Case__c", "Usage_Note__c")},
        settings={"max_records": 1, "hard_delete": True},
        pipeline=Pipeline(undone_by="--merge-state"),
    )  # fmt: skip
    ran = case.plan(tmp_path)
    assert ran.status == 3
    blocking = {each["code"] for each in ran.report["findings"] if each["severity"] == "blocks"}
    assert blocking == {
        "production-not-confirmed", "sync-running", "quotes-too-old", "may-not-delete",
        "rows-hold-records", "customer-rows-taken-along", "too-many-records",
        "may-not-hard-delete", "reset-would-not-hold",
    }  # fmt: skip
    severities = [each["severity"] for each in ran.report["findings"]]
    assert severities == sorted(severities, key=["blocks", "warns", "tells"].index)
