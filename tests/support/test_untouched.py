"""The watch over what is not Zuora's sees what it is there for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from tests.support.emulated import opened
from tests.support.untouched import Image, differences

if TYPE_CHECKING:
    from collections.abc import Iterator

FORECAST, NOTE, RATE_PLAN = "Renewal_Forecast__c", "Usage_Note__c", "zqu__QuoteRatePlan__c"


@pytest.fixture
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=800, customer_rows=frozenset({FORECAST, NOTE}))) as made:
        yield made


def first(org: Org, name: str, where: str = "") -> str:
    return str(org.query(f"SELECT Id FROM {name} {where}").rows(0, 1)[0][0])


def seen(org: Org, before: Image, *may_go: str, quotes: bool = True) -> list[str]:
    return list(differences(org, before, may_go=frozenset(may_go), quotes=quotes))


def test_nothing_is_seen_where_nothing_happened(org: Org) -> None:
    assert seen(org, Image.of(org)) == []


@pytest.mark.parametrize("name", ["Account", FORECAST, RATE_PLAN])
def test_a_row_that_is_gone_is_seen(org: Org, name: str) -> None:
    before, gone = Image.of(org), first(org, name)
    org.dml("delete", name, [{"Id": gone}])
    assert f"{name} {gone} is gone" in seen(org, before)


def test_a_changed_field_is_seen(org: Org) -> None:
    before, changed = Image.of(org), first(org, "Account")
    org.dml("update", "Account", [{"Id": changed, "Name": "Other"}])
    (told,) = seen(org, before)
    assert told.startswith(f"Account {changed} Name:")


def test_a_lookup_may_only_go_blank_with_its_parent(org: Org) -> None:
    where = "WHERE Subscription__c != null"
    before, blanked = Image.of(org), first(org, FORECAST, where)
    org.dml("update", FORECAST, [{"Id": blanked, "Subscription__c": None}])
    assert len(seen(org, before)) == 1
    ids = org.query("SELECT Id FROM Zuora__Subscription__c")
    org.dml("delete", "Zuora__Subscription__c", [{"Id": row[0]} for row in ids.rows(0, ids.total)])
    assert seen(org, before, NOTE) == []


def test_a_row_may_only_go_with_its_master_where_that_is_allowed(org: Org) -> None:
    before = Image.of(org)
    ids = org.query("SELECT Id FROM Zuora__SubscriptionProductCharge__c")
    rows = [{"Id": row[0]} for row in ids.rows(0, ids.total)]
    org.dml("delete", "Zuora__SubscriptionProductCharge__c", rows)
    assert seen(org, before)
    assert seen(org, before, NOTE) == []


def test_a_quote_may_lose_no_lookup_while_quotes_are_protected(org: Org) -> None:
    before = Image.of(org)
    where = "WHERE Id IN (SELECT zqu__ProductRatePlan__c FROM zqu__QuoteRatePlan__c)"
    plan = first(org, "zqu__ProductRatePlan__c", where)
    org.dml("delete", "zqu__ProductRatePlan__c", [{"Id": plan}])
    assert seen(org, before)
    assert seen(org, before, quotes=False) == []
