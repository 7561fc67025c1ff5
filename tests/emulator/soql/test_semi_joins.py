"""Where semi-joins may stand, what they may select, and what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from tests.support.emulated import opened, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

SUB, INVOICE, ACCOUNT = "Zuora__Subscription__c", "Zuora__ZInvoice__c", "Zuora__CustomerAccount__c"
PLAN = "Zuora__SubscriptionRatePlan__c"
IN_SUBS = f"Zuora__Subscription__c IN (SELECT Id FROM {SUB})"
IN_ACCOUNTS = f"Zuora__CustomerAccount__c IN (SELECT Id FROM {ACCOUNT})"
TOP_LEVEL = "only allowed at the top level WHERE expressions"


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=500, quotes=False, shape=shape("people"))) as made:
        yield made


def refusal(org: Org, soql: str) -> SalesforceError:
    with pytest.raises(SalesforceError) as caught:
        org.query(soql)
    return caught.value


def count(org: Org, rest: str) -> int:
    return org.query(f"SELECT COUNT() FROM {rest}").total


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (f"Name = 'x' OR {IN_SUBS}", "not allowed with the 'OR' operator"),
        (f"({IN_SUBS})", TOP_LEVEL),
        (f"Name != 'x' AND (Name != 'y' AND {IN_SUBS})", TOP_LEVEL),
        (f"{IN_SUBS} AND {IN_SUBS} AND {IN_SUBS}", "Maximum 2 semi join sub-selects are allowed."),
        (f"Zuora__Subscription__c IN (SELECT Id FROM {SUB} WHERE {IN_ACCOUNTS})",
         "Nesting of semi join sub-selects is not supported"),
        (f"Zuora__Subscription__c IN (SELECT Zuora__Subscription__c FROM {PLAN})",
         "The inner and outer selects should not be on the same object type"),
        ("Id IN (SELECT WhatId FROM Task)",
         "Entity 'Task' is not supported for semi join inner selects"),
        ("Id IN (SELECT ParentId FROM Note)",
         "Entity 'Note' is not supported for semi join inner selects"),
        (f"Zuora__Subscription__c IN (SELECT Id, Name FROM {SUB})", "exactly one field"),
        (f"Zuora__Subscription__c IN (SELECT COUNT(Id) FROM {SUB})", "unexpected token: 'COUNT'"),
        (f"Zuora__Account__c IN (SELECT Zuora__CustomerAccount__r.Zuora__Account__c FROM {SUB})",
         "cannot have more than one level of relationships"),
        (f"Zuora__Subscription__c IN (SELECT Id FROM {SUB} ORDER BY Id)",
         "unexpected token: 'ORDER'"),
        (f"Zuora__Subscription__c IN (SELECT Id FROM {SUB} LIMIT 5)", "unexpected token: 'LIMIT'"),
        (f"Zuora__Subscription__c IN (SELECT Id FROM {SUB} GROUP BY Id)",
         "unexpected token: 'GROUP'"),
        (f"Name IN (SELECT Id FROM {SUB})", "can only query id fields, cannot use: 'Name'"),
        (f"Zuora__Subscription__c IN (SELECT Name FROM {SUB})",
         "can only query id fields, cannot use: 'Name'"),
        (f"Zuora__Subscription__c IN (SELECT Id FROM {INVOICE})",
         "in the outer query 'Zuora__Subscription__c' should point to the same object type"),
    ],
)  # fmt: skip
def test_a_semi_join_that_the_rules_forbid_is_refused(org: Org, where: str, message: str) -> None:
    error = refusal(org, f"SELECT Id FROM {PLAN} WHERE {where}")

    assert error.code == "MALFORMED_QUERY"
    assert message in error.message


def test_no_semi_join_is_in_a_child_subquery_or_in_having(org: Org) -> None:
    inside = f"(SELECT Id FROM Zuora__Subscription_Rate_Plans__r WHERE {IN_SUBS})"
    having = f"HAVING Zuora__Subscription__c IN (SELECT Id FROM {SUB})"
    by = "GROUP BY Zuora__Subscription__c"

    assert TOP_LEVEL in refusal(org, f"SELECT Id, {inside} FROM {SUB}").message
    assert TOP_LEVEL in refusal(org, f"SELECT COUNT(Id) FROM {PLAN} {by} {having}").message


def test_two_semi_joins_and_an_anti_join_find_what_they_say(org: Org) -> None:
    billed = f"Id IN (SELECT Zuora__CustomerAccount__c FROM {SUB})"
    invoiced = f"Id NOT IN (SELECT Zuora__BillingAccount__c FROM {INVOICE})"
    found = count(org, f"{ACCOUNT} WHERE {billed} AND {invoiced}")
    one, other = count(org, f"{ACCOUNT} WHERE {billed}"), count(org, f"{ACCOUNT} WHERE {invoiced}")

    assert 0 <= found <= min(one, other)
    assert one > 0


def test_the_left_operand_may_be_a_parents_reference(org: Org) -> None:
    named = f"(SELECT Id FROM {ACCOUNT} WHERE Name != null)"
    path = "Zuora__Subscription__r.Zuora__CustomerAccount__c"

    assert count(org, f"{PLAN} WHERE {path} IN {named}") == count(
        org, f"{PLAN} WHERE {path} != null"
    )


def test_ids_of_several_objects_are_compared_with_ids_of_one(org: Org) -> None:
    tasks = org.all_rows("Task")
    every = f"Task WHERE WhatId IN (SELECT Id FROM {SUB})"
    named = f"Task WHERE WhatId IN (SELECT Id FROM {SUB} WHERE Name = 'A-S00000010')"

    assert count(org, every) == len(tasks) - 1  # (one is archived)
    assert count(org, named) == 1
    assert count(org, f"Task WHERE WhatId IN (SELECT Id FROM {INVOICE})") == 0
    linked = "WHERE Id IN (SELECT LinkedEntityId FROM ContentDocumentLink WHERE {})"
    document = org.all_rows("ContentDocument")[0]["Id"]
    assert count(org, f"{SUB} {linked.format(f'ContentDocumentId = {document!r}')}") == 1
