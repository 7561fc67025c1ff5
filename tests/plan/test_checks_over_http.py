"""Each finding over HTTP: one case in which it appears, and one in which it doesn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plan.cases import CALM_ORG, INVOICE, ORGS, Case, customer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.runs import Ran


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """What is found in an org without any reason for a finding."""
    return CALM_ORG.plan(tmp_path_factory.mktemp("calm"))


@pytest.mark.parametrize("code", ORGS)
def test_a_finding_appears_when_it_must(code: str, tmp_path: Path) -> None:
    ran = ORGS[code][0].plan(tmp_path)
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


@pytest.mark.parametrize("code", ORGS)
def test_a_finding_does_not_appear_when_there_is_no_reason(
    code: str, tmp_path: Path, calm: Ran
) -> None:
    case = ORGS[code][1]
    ran = calm if case is CALM_ORG else case.plan(tmp_path)
    assert code not in ran.codes


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    case = Case(
        org={"sandbox": False, "apex_job": True, "zqu_version": "2.0",
             "not_deletable": frozenset({INVOICE}), **customer("Dunning_Case__c", "Usage_Note__c")},
        settings={"max_records": 1, "hard_delete": True, "state_is_stored": False},
    )  # fmt: skip
    ran = case.plan(tmp_path)
    assert ran.status == 3
    blocking = {each["code"] for each in ran.report["findings"] if each["severity"] == "blocks"}
    assert blocking == {
        "production-not-confirmed", "sync-running", "quotes-too-old", "may-not-delete",
        "rows-hold-records", "customer-rows-taken-along", "too-many-records",
        "may-not-hard-delete", "state-not-stored",
    }  # fmt: skip
    severities = [each["severity"] for each in ran.report["findings"]]
    assert severities == sorted(severities, key=["blocks", "warns", "tells"].index)
