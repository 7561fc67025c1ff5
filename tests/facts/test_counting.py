"""Counting rows at the end of paths: many at once, and each with its own answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.catalog.objects import Condition
from target_zuora360_cleanup.facts.counter import Counter
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.reach import Lookup, Path, Relationship
from tests.facts.answers import NO, REFUSED, Answers

if TYPE_CHECKING:
    from target_zuora360_cleanup.reach import OnDelete

INVOICE, PAYMENT, PRODUCT = "Zuora__ZInvoice__c", "Zuora__Payment__c", "Product2"
KEY = "zqu__ZuoraId__c"


def path(child: str, field: str, root: str = INVOICE, on_delete: OnDelete = "cascade") -> Path:
    return Path((Relationship(child, field, root, on_delete),))


def counter(answers: Answers, *paths: Path, **names: Lookup) -> Counter:
    """A counter that knows the lookups of these paths, or those that are given by their field."""
    lookups = {
        (each.child, each.field): names.get(each.field, Lookup("Up__r", (each.parent,)))
        for each in paths
    }
    wheres = {PRODUCT: Condition((KEY,), "!= null", "= null")}
    others = {PRODUCT: f"{KEY} = null"}
    return Counter(answers.salesforce, lookups, wheres, others)


def test_all_lookups_of_an_object_are_counted_by_one_query() -> None:
    both = [path("Note__c", "A__c"), path("Note__c", "B__c", PAYMENT)]
    answers = Answers({"FROM Note__c": [{"c0": 3, "c1": 0}]})
    assert counter(answers, *both).count(both) == {both[0]: Known(3), both[1]: Known(0)}
    assert answers.asked == ["SELECT COUNT(A__c) c0, COUNT(B__c) c1 FROM Note__c"]


def test_where_one_query_for_all_is_refused_each_is_asked_by_itself() -> None:
    both = [path("Note__c", "A__c"), path("Note__c", "B__c", PAYMENT)]
    answers = Answers({"COUNT(A__c)": NO, "A__c != null": NO, "B__c != null": [{"n": 2}]})
    assert counter(answers, *both).count(both) == {both[0]: REFUSED, both[1]: Known(2)}


def test_all_objects_that_a_lookup_leads_to_are_counted_by_one_query() -> None:
    what = Lookup("What", (INVOICE, PAYMENT, "Account"))
    both = [path("Task", "WhatId"), path("Task", "WhatId", PAYMENT)]
    answers = Answers({"GROUP BY What.Type": [{"t": INVOICE, "n": 4}]})
    assert counter(answers, *both, WhatId=what).count(both) == {both[0]: Known(4),
                                                               both[1]: Known(0)}  # fmt: skip
    (asked,) = answers.asked
    assert asked.endswith(
        f"WHERE What.Type IN ('{INVOICE}', '{PAYMENT}') AND IsDeleted = false GROUP BY What.Type"
    )
    assert answers.with_deleted == [asked]


@pytest.mark.parametrize("name", [None, "Other__c"])
def test_rows_of_a_type_that_is_not_told_are_of_no_known_number(name: str | None) -> None:
    ways = [path("Task", "WhatId", each) for each in (INVOICE, PAYMENT)]
    lookups = {("Task", "WhatId"): Lookup("What", (INVOICE, PAYMENT))}
    answers = Answers({"GROUP BY What.Type": [{"t": name, "n": 4}], "COUNT(Id) n FROM": NO})
    found = Counter(answers.salesforce, lookups, {}, {}).count(ways)
    assert found == dict.fromkeys(ways, REFUSED)


def test_rows_that_hang_on_products_that_are_not_zuoras_do_not_count() -> None:
    way = path("Note__c", "P__c", PRODUCT)
    answers = Answers({f"Up__r.{KEY} != null": [{"n": 2}]})
    assert counter(answers, way).count([way]) == {way: Known(2)}
    assert answers.asked == [f"SELECT COUNT(Id) n FROM Note__c WHERE Up__r.{KEY} != null"]


def test_rows_of_products_that_are_zuoras_are_not_others() -> None:
    way = path(PRODUCT, "Of__c")
    answers = Answers({f"{KEY} = null": [{"n": 1}]})
    assert counter(answers, way).count([way]) == {way: Known(1)}


def test_where_only_more_can_be_counted_than_there_are_none_is_known_and_some_are_not() -> None:
    links = [Relationship(f"O{at + 1}__c", "Up__c", f"O{at}__c", "cascade") for at in range(7)]
    way = Path(tuple(links))
    lookups = {(each.child, each.field): Lookup("Up__r", (each.parent,)) for each in links}
    for rows, expected in ((0, Known(0)), (5, Unknown("no query can count them; there are at "
                                                      "most 5"))):  # fmt: skip
        answers = Answers({"Up__c != null": [{"n": rows}]})
        made = Counter(answers.salesforce, lookups, {}, {})
        assert made.count([way]) == {way: expected}


def test_what_no_query_counts_is_unknown_with_the_reason() -> None:
    links = [Relationship(f"O{at + 1}__c", "Up__c", f"O{at}__c", "cascade") for at in range(7)]
    way, answers = Path(tuple(links)), Answers({"Up__c != null": NO})
    lookups: dict[Any, Lookup] = {
        (each.child, each.field): Lookup("Up__r", (each.parent,)) for each in links
    }
    assert Counter(answers.salesforce, lookups, {}, {}).count([way]) == {
        way: Unknown("no query can count them (INSUFFICIENT_ACCESS: no access)")
    }
    assert Counter(answers.salesforce, {}, {}, {}).count([way]) == {
        way: Unknown("no query can count them")
    }
