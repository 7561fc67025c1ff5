"""Queries that name chosen accounts: sent in parts, and their answers put together."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.salesforce.chosen import (
    BULK_SOQL,
    REST_SOQL,
    Chosen,
    parts_of,
    together,
)

ONE = "SELECT COUNT(Id) n FROM A__c WHERE Of__c IN :only_accounts"
TWO = "SELECT Id FROM A__c WHERE (Of__c IN :only_accounts OR In__r.Of__c IN :only_accounts)"


def chosen(count: int) -> Chosen:
    made = Chosen()
    made.add(f"a00{at:015}" for at in range(count))
    return made


def test_the_same_account_twice_is_one() -> None:
    made = chosen(3)
    made.add(["a00000000000000001", "a00000000000000007"])
    assert len(made) == 4
    assert made.among(["a00000000000000007", "a00000000000000009", ""]) == {"a00000000000000007"}


def test_the_digest_is_of_the_accounts_whatever_their_order() -> None:
    one, other = Chosen(), Chosen()
    one.add(["a", "b"])
    other.add(["b"])
    assert one.digest != other.digest
    other.add(["a"])
    assert one.digest == other.digest


def test_a_query_that_names_none_is_sent_as_it_is() -> None:
    assert list(parts_of("SELECT Id FROM A__c", None, 10)) == ["SELECT Id FROM A__c"]


def test_a_query_that_names_accounts_where_none_are_chosen_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="none are"):
        list(parts_of(ONE, None, REST_SOQL))


@pytest.mark.parametrize("longest", [REST_SOQL, BULK_SOQL])
@pytest.mark.parametrize("soql", [ONE, TWO])
@pytest.mark.parametrize("count", [0, 1, 300, 10_000])
def test_each_account_is_named_in_one_part_and_no_part_is_too_long(
    longest: int, soql: str, count: int
) -> None:
    parts = list(parts_of(soql, chosen(count), longest))
    assert all(len(each) <= longest for each in parts)
    named = [set(re.findall(r"'(\w+)'", each)) for each in parts]
    assert sum(map(len, named)) == count == len(set().union(*named))
    assert all(
        each.count("'") == 2 * soql.count(":") * len(ids)
        for each, ids in zip(parts, named, strict=True)
    )


COUNTS = st.lists(st.fixed_dictionaries({"n": st.integers(0, 9)}), min_size=1, max_size=1)


@given(COUNTS, COUNTS)
def test_counts_are_added(one: list[dict[str, int]], other: list[dict[str, int]]) -> None:
    assert together(ONE, one, other) == [{"n": one[0]["n"] + other[0]["n"]}]


def test_of_dates_the_earliest_is_taken_and_none_is_no_date() -> None:
    soql = "SELECT COUNT(Id) n, MIN(CreatedDate) d0 FROM A__c"
    one = [{"attributes": {}, "n": 1, "d0": "2026-01-01"}]
    other = [{"attributes": {}, "n": 2, "d0": "2025-01-01"}]
    none = [{"attributes": {}, "n": 0, "d0": None}]
    assert together(soql, together(soql, one, other), none)[0]["d0"] == "2025-01-01"
    assert together(soql, none, one)[0] == {"attributes": None, "n": 1, "d0": "2026-01-01"}


def test_rows_and_groups_stand_side_by_side_and_a_limit_holds() -> None:
    rows = [{"Id": "1"}], [{"Id": "2"}]
    assert together("SELECT Id FROM A__c", *rows) == [{"Id": "1"}, {"Id": "2"}]
    assert together("SELECT Id FROM A__c ORDER BY Id LIMIT 1", *rows) == [{"Id": "1"}]
    groups = "SELECT COUNT(Id) n, A__c a FROM A__c GROUP BY A__c"
    assert together(groups, [{"n": 1, "a": "x"}], [{"n": 2, "a": "x"}]) == [
        {"n": 1, "a": "x"}, {"n": 2, "a": "x"},
    ]  # fmt: skip
