"""The comparison of a report with its org sees what it is there for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from tests.support.agreement import assert_report_agrees
from tests.support.emulated import opened
from tests.support.runs import zuora_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

TERM = "Zuora__PaymentTerm__c"


@pytest.fixture
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=800)) as made:
        yield made


def entry(org: Org, **numbers: Any) -> dict[str, Any]:
    found = zuora_rows(org)[TERM]
    plain = {"found": found, "deleted": 0, "kept": 0, "failed": 0, "ended": None}
    return {"api_name": TERM, **plain, **numbers}


def delete_one(org: Org) -> None:
    first = org.query(f"SELECT Id FROM {TERM}").rows(0, 1)[0][0]
    org.dml("delete", TERM, [{"Id": first}])


def test_true_numbers_agree(org: Org) -> None:
    before, left = zuora_rows(org), zuora_rows(org)[TERM] - 1
    told = entry(org, deleted=1, failed=left, ended="partial")
    unknown = entry(org, deleted=None, failed=None, ended="unknown")
    delete_one(org)
    assert_report_agrees(org, before, {"objects": [told]})
    assert_report_agrees(org, before, {"objects": [unknown]})


@pytest.mark.parametrize(
    "numbers",
    [
        {},
        {"deleted": 0, "failed": 0, "ended": "unknown"},
        {"deleted": 2, "failed": 0, "ended": "partial"},
        {"deleted": None, "failed": None, "ended": "partial"},
    ],
)
def test_numbers_that_the_org_does_not_have_are_seen(org: Org, numbers: dict[str, Any]) -> None:
    before, told = zuora_rows(org), entry(org, **numbers)
    delete_one(org)
    with pytest.raises(AssertionError):
        assert_report_agrees(org, before, {"objects": [told]})


def test_rows_that_went_unsaid_are_seen(org: Org) -> None:
    before = zuora_rows(org)
    delete_one(org)
    with pytest.raises(AssertionError, match="the report says nothing"):
        assert_report_agrees(org, before, {"objects": []})
