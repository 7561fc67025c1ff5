"""By which key rows are known again, and in which form."""

from __future__ import annotations

from typing import Any

import pytest

from target_zuora360_cleanup.verify.columns import Columns

SUMMARY, KEY = "zqu__ProductRatePlanChargePriceSummary__c", "zqu__ZuoraId__c"
DESCRIBE: dict[str, Any] = {
    "fields": [
        {"name": "Id", "type": "id"},
        {"name": "Name", "type": "string"},
        {"name": KEY, "type": "string", "externalId": True, "caseSensitive": True},
    ]
}


@pytest.mark.parametrize("header", [["Id", KEY], ["Id", "Name", KEY]])
def test_a_price_summary_is_the_same_whatever_is_between_its_charge_and_its_currency(
    header: list[str],
) -> None:
    columns = Columns.of(SUMMARY, header, DESCRIBE)
    assert columns.keys == (KEY,)
    forms = ["8ab1GBP", "8ab1_GBP", "8ab1-GBP", "8ab1 GBP"]
    assert {columns.key([each]) for each in forms} == {"8ab1GBP"}
    assert columns.key(["8ab1_USD"]) == "8ab1USD"
    assert columns.key([""]) == ""


def test_signs_in_other_keys_tell_rows_apart() -> None:
    columns = Columns.of("zqu__ProductRatePlanCharge__c", ["Id", KEY], DESCRIBE)
    assert columns.key(["a_b"]) == "a_b" != columns.key(["ab"])


def test_a_key_without_case_is_folded() -> None:
    fields = [{**each, "caseSensitive": False} for each in DESCRIBE["fields"]]
    assert Columns.of(SUMMARY, ["Id", KEY], {"fields": fields}).key(["8aB_GBP"]) == "8abgbp"
