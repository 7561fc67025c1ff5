"""Counts of the object types to be cleaned, from Salesforce's answers."""

from __future__ import annotations

from typing import Any

import pytest

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.facts.counts import count_objects
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.facts.org_facts import Keyless, ObjectFacts
from target_zuora360_cleanup.salesforce.errors import ApiError
from tests.facts.answers import NO, REFUSED, Answer, Answers

ACCOUNT, PAYMENT = "Zuora__CustomerAccount__c", "Zuora__Payment__c"
KEYS = ("Zuora__EXT_ID__c", "Zuora__External_Id__c")
PARENT = "Zuora__Parent__c"
DATED = {"n": 5, "d0": "2020-05-01T00:00:00.000+0000"}


def describe(*names: str, **more: Any) -> dict[str, Any]:
    fields = [{"name": name, "type": "string"} for name in ("Id", *names)]
    made = {"fields": fields, "queryable": True, "deletable": True, "keyPrefix": "a01"}
    return {**made, **more}


def counted(
    name: str, *names: str, answers: dict[str, Answer], **more: Any
) -> tuple[ObjectFacts, Answers]:
    """What is known of an object type with these fields."""
    salesforce = Answers(answers)
    (facts,) = count_objects(
        salesforce.salesforce, [BY_NAME[name]], {name: describe(*names, **more)}
    )
    return facts, salesforce


def test_rows_of_which_each_has_a_key_are_known_to_have_one_without_a_second_look() -> None:
    facts, salesforce = counted(PAYMENT, KEYS[0], answers={"COUNT": [{**DATED, "k0": 5}]})
    assert facts.keyless == Keyless(Known(0))
    assert (facts.found, facts.oldest, facts.key_prefix) == (Known(5), Known("2020-05-01"), "a01")
    assert len(salesforce.asked) == 1


def test_where_a_row_may_have_one_key_or_the_other_those_without_any_are_counted() -> None:
    answers: dict[str, Answer] = {
        "COUNT(Id) n FROM": [{"n": 1}],
        "SELECT Id FROM": [{"Id": "a01X"}],
        "COUNT": [{**DATED, "k0": 3, "k1": 2}],
    }
    facts, salesforce = counted(PAYMENT, *KEYS, answers=answers)
    assert facts.keys == KEYS
    assert facts.keyless == Keyless(Known(1), ("a01X",))
    blank = f"FROM {PAYMENT} WHERE {KEYS[0]} = null AND {KEYS[1]} = null"
    assert f"SELECT COUNT(Id) n {blank}" in salesforce.asked


def test_without_a_key_that_can_be_read_no_row_has_one() -> None:
    answers: dict[str, Answer] = {"COUNT(Id) n FROM": [{"n": 5}], "COUNT": [DATED]}
    facts, _ = counted(PAYMENT, answers=answers)
    assert (facts.keys, facts.external_id) == ((), "")
    assert facts.keyless.rows == Known(5)


def test_rows_without_a_key_that_can_not_be_counted_are_unknown() -> None:
    answers: dict[str, Answer] = {"COUNT(Id) n FROM": NO, "SELECT Id FROM": NO, "COUNT": [DATED]}
    facts, _ = counted(PAYMENT, answers=answers)
    assert facts.keyless == Keyless(REFUSED)


def test_a_count_that_is_refused_leaves_all_unknown() -> None:
    facts, _ = counted(PAYMENT, *KEYS, answers={"COUNT": NO})
    assert facts.found == REFUSED
    for each in (facts.oldest, facts.links, facts.keyless.rows):
        assert isinstance(each, Unknown)


def test_what_may_not_be_queried_is_not_asked_and_not_none() -> None:
    facts, salesforce = counted(PAYMENT, answers={}, queryable=False)
    assert isinstance(facts.found, Unknown)
    assert salesforce.asked == []


def test_links_to_itself_are_counted_by_what_they_are_called() -> None:
    facts, _ = counted(ACCOUNT, PARENT, answers={"COUNT": [{**DATED, "l0": 2}]})
    assert facts.links == Known({"Customer Hierarchies": 2})


def test_links_to_itself_in_a_field_that_can_not_be_read_are_unknown() -> None:
    facts, _ = counted(ACCOUNT, answers={"COUNT(Id) n FROM": [{"n": 5}], "COUNT": [DATED]})
    assert facts.links == Unknown(f"this user can't read {PARENT}")


def test_an_object_type_without_links_to_itself_has_none() -> None:
    facts, _ = counted(PAYMENT, KEYS[0], answers={"COUNT": [{**DATED, "k0": 5}]})
    assert facts.links == Known({})


@pytest.mark.parametrize("kind", ["base64", "address", "location", "complexvalue"])
def test_fields_that_no_query_job_selects_are_left_out(kind: str) -> None:
    made = describe("Good__c")
    made["fields"].append({"name": "Bad__c", "type": kind})
    salesforce = Answers({"COUNT": [DATED], "SELECT COUNT(Id) n FROM": [{"n": 5}]})
    (facts,) = count_objects(salesforce.salesforce, [BY_NAME[PAYMENT]], {PAYMENT: made})
    assert facts.fields == ("Id", "Good__c")


def test_another_failure_than_slowness_starts_no_query_job() -> None:
    broken = ApiError(500, "UNKNOWN_EXCEPTION", "An unexpected error")
    facts, _ = counted(PAYMENT, answers={"COUNT": broken})
    assert facts.found == Unknown("UNKNOWN_EXCEPTION: An unexpected error", is_refused=True)
