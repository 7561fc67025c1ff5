"""What is known and what is not, as types."""

from __future__ import annotations

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.facts.org_facts import ObjectFacts, OrgConditions, OrgInfo

NOT_SEEN = Unknown("no access", is_refused=True)


def halved(number: int) -> Fact[int]:
    return Known(number // 2) if number % 2 == 0 else Unknown("it is odd")


def test_zero_is_known() -> None:
    assert Known(0).or_else(7) == 0
    assert NOT_SEEN.or_else(7) == 7


def test_what_follows_from_a_fact_is_known_only_where_the_fact_is() -> None:
    assert Known(8).then(halved).then(halved) == Known(2)
    assert Known(6).then(halved).then(halved) == Unknown("it is odd")
    assert NOT_SEEN.then(halved) == NOT_SEEN


def test_what_nobody_has_read_is_unknown() -> None:
    assert isinstance(ObjectFacts(BY_NAME["Product2"]).found, Unknown)
    conditions = OrgConditions()
    for each in (conditions.quotes_version, conditions.triggers, conditions.may_modify_all):
        assert isinstance(each, Unknown)
        assert not each.is_refused


def test_bookmarks_of_reference_data_stay_where_there_is_none_of_it() -> None:
    terms, invoices = BY_NAME["Zuora__PaymentTerm__c"], BY_NAME["Zuora__ZInvoice__c"]
    assert [ObjectFacts(terms, found=each).is_reset for each in (Known(0), Known(1))] == [
        False,
        True,
    ]
    assert not ObjectFacts(terms, found=NOT_SEEN).is_reset
    assert all(ObjectFacts(invoices, found=each).is_reset for each in (Known(0), NOT_SEEN))


def test_an_org_is_known_by_15_or_18_characters_of_its_id() -> None:
    org = OrgInfo("00D5g0000000001EAA", "Acme", is_sandbox=True)
    assert org.has_id("00D5g0000000001EAA")
    assert org.has_id("00D5g0000000001")
    assert not org.has_id("00D5g0000000002EAA")
    assert not org.has_id("")
