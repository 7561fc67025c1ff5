"""A query may do with a field what the field's describe says, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "Zuora__CustomerAccount__c"
CHARGE = "Zuora__SubscriptionProductCharge__c"


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=0)) as made:
        yield made


def refusal(org: Org, soql: str) -> tuple[str, str]:
    with pytest.raises(SalesforceError) as caught:
        org.query(soql)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize(
    ("rest", "code", "message"),
    [
        ("WHERE Zuora__Notes__c = 'x'", "INVALID_FIELD",
         "field 'Zuora__Notes__c' can not be filtered in a query call"),
        ("WHERE Zuora__Notes__c LIKE '%x%'", "INVALID_FIELD", "can not be filtered"),
        ("WHERE Zuora__Notes__c = null", "INVALID_FIELD", "can not be filtered"),
        ("WHERE Zuora__Account__r.Description != ''", "INVALID_FIELD",
         "field 'Description' can not be filtered"),
        ("ORDER BY Zuora__Notes__c", "MALFORMED_QUERY",
         "field 'Zuora__Notes__c' can not be sorted in a query call"),
    ],
)  # fmt: skip
def test_a_long_text_is_neither_compared_nor_sorted(
    org: Org, rest: str, code: str, message: str
) -> None:
    refused = refusal(org, f"SELECT Id FROM {ACCOUNT} {rest}")
    assert refused[0] == code
    assert message in refused[1]
    assert "ERROR at Row:1:Column:" in refused[1]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        (ACCOUNT, "Zuora__Notes__c"),
        (ACCOUNT, "Zuora__Balance__c"),
        (ACCOUNT, "CreatedDate"),
        (ACCOUNT, "Zuora__CreditCardType__c"),
        ("Zuora__PaymentMethod__c", "Name"),
    ],
)
def test_what_has_decimals_or_a_time_or_is_computed_is_not_grouped(
    org: Org, name: str, field: str
) -> None:
    soql = f"SELECT {field}, COUNT(Id) FROM {name} GROUP BY {field}"
    column = soql.rindex(field)
    assert refusal(org, soql) == (
        "MALFORMED_QUERY",
        (
            f"\n{soql}\n{' ' * column}^\nERROR at Row:1:Column:{column + 1}\n"
            f"field '{field}' can not be grouped in a query call"
        ),
    )


@pytest.mark.parametrize("function", ["SUM(Name)", "AVG(CreatedDate)", "MAX(Zuora__Notes__c)",
                                      "COUNT(Zuora__AutoPay__c)"])  # fmt: skip
def test_a_function_is_for_fields_that_have_it(org: Org, function: str) -> None:
    code, message = refusal(org, f"SELECT {function} FROM {ACCOUNT}")
    assert code == "MALFORMED_QUERY"
    assert "does not support aggregate operator" in message


@pytest.mark.parametrize(
    "soql",
    [
        f"SELECT MAX(CreatedDate) FROM {ACCOUNT} LIMIT 1",
        f"SELECT COUNT() FROM {ACCOUNT} ORDER BY Id",
        f"SELECT Id FROM {ACCOUNT} HAVING COUNT(Id) > 1",
    ],
)
def test_clauses_that_do_not_go_together_are_refused(org: Org, soql: str) -> None:
    assert refusal(org, soql)[0] == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    "soql",
    [
        f"SELECT COUNT() FROM {ACCOUNT} LIMIT 5",
        (
            f"SELECT Zuora__Status__c, COUNT(Id) n FROM {ACCOUNT} GROUP BY Zuora__Status__c"
            " ORDER BY COUNT(Id) LIMIT 5"
        ),
        (
            f"SELECT Id FROM {CHARGE} WHERE Zuora__Price__c > 5 AND Zuora__ProductName__c != null"
            " ORDER BY Zuora__Price__c"
        ),
        f"SELECT SUM(Zuora__Price__c), MIN(Zuora__ChargedThroughDate__c) FROM {CHARGE}",
        f"SELECT Zuora__Account__c FROM {ACCOUNT} GROUP BY Zuora__Account__c",
    ],
)
def test_what_describe_allows_is_answered(org: Org, soql: str) -> None:
    org.query(soql).close()
