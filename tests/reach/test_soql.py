"""The conditions under which rows are reached, held to the rules of SOQL."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.catalog.objects import Condition
from target_zuora360_cleanup.reach import Lookup, Path, Relationship, soql

if TYPE_CHECKING:
    from collections.abc import Mapping

WHERE = Condition(("Key__c",), "!= null", "= null")
ANY = ("Account", "Case")
"""Objects that a polymorphic lookup may lead to, whichever they are."""


def path(*steps: tuple[str, str], root: str = "R__c") -> Path:
    """A way down, from (object, field) to (object, field)."""
    names = [root, *(name for name, _ in steps)]
    return Path(
        tuple(
            Relationship(child, field, parent, "cascade")
            for (parent, child), (_, field) in zip(pairwise(names), steps, strict=True)
        )
    )


def lookups(of: Path, **names: Lookup | None) -> dict[tuple[str, str], Lookup]:
    """The lookups of a way: each leads to one object, unless they are given by their field."""
    plain = {
        (each.child, each.field): Lookup(each.field.replace("__c", "__r"), (each.parent,))
        for each in of.links
    }
    given_ones = {key: names.get(key[1], lookup) for key, lookup in plain.items()}
    return {key: lookup for key, lookup in given_ones.items() if lookup}


def condition(of: Path, where: Condition | None = None, **names: Lookup | None) -> str | None:
    return soql.condition(of, lookups(of, **names), where)


NOTE = path(("Note__c", "Of__c"))
WORD = path(("Note__c", "Of__c"), ("Word__c", "In__c"))
TASK = path(("Task", "WhatId"))
WHAT = Lookup("What", ANY)


def deep(levels: int) -> Path:
    return path(*((f"O{level}__c", f"F{level}__c") for level in range(levels)))


FIVE_UP = "F4__r.F3__r.F2__r.F1__r.F0__r"


@pytest.mark.parametrize(
    ("way", "where", "expected"),
    [
        (NOTE, None, "Of__c != null"),
        (NOTE, WHERE, "Of__r.Key__c != null"),
        (WORD, None, "In__r.Of__c != null"),
        (WORD, WHERE, "In__r.Of__r.Key__c != null"),
        (deep(6), None, "F5__r.F4__r.F3__r.F2__r.F1__r.F0__c != null"),
        (deep(5), WHERE, "F4__r.F3__r.F2__r.F1__r.F0__r.Key__c != null"),
        (deep(6), WHERE, f"F5__c IN (SELECT Id FROM O4__c WHERE {FIVE_UP}.Key__c != null)"),
        (deep(7), None, None),
        (deep(7), WHERE, None),
    ],
)  # fmt: skip
def test_lookups_are_followed_upwards_over_up_to_five_levels(
    way: Path, where: Condition | None, expected: str | None
) -> None:
    assert condition(way, where) == expected


@pytest.mark.parametrize(
    ("where", "expected"), [(None, ""), (WHERE, " WHERE Key__c != null")]
)  # fmt: skip
def test_a_lookup_that_may_lead_to_several_objects_is_held_to_the_one_by_a_query_of_its_own(
    where: Condition | None, expected: str
) -> None:
    way = path(("Visit__c", "WhatId"))
    assert condition(way, where, WhatId=WHAT) == f"WhatId IN (SELECT Id FROM R__c{expected})"


@pytest.mark.parametrize("lookup", [None, Lookup(None, ("R__c",))])
def test_a_lookup_without_a_name_and_one_that_nobody_knows_are_not_followed(
    lookup: Lookup | None,
) -> None:
    assert condition(NOTE, WHERE, Of__c=lookup) == f"Of__c IN (SELECT Id FROM R__c WHERE {WHERE})"
    assert condition(WORD, WHERE, In__c=lookup) == (
        "In__c IN (SELECT Id FROM Note__c WHERE Of__r.Key__c != null)"
    )


def test_names_are_those_of_the_describe_and_none_is_made_by_a_rule() -> None:
    person = Lookup("Of__pr", ("R__c",))
    assert condition(NOTE, WHERE, Of__c=person) == "Of__pr.Key__c != null"
    assert condition(WORD, WHERE, Of__c=person) == "In__r.Of__pr.Key__c != null"
    assert soql.root_id(WORD, lookups(WORD, In__c=Lookup("In__pr", ("Note__c",)))) == (
        "In__pr.Of__c"
    )


def test_a_condition_of_several_fields_is_asked_of_each_and_an_id_by_the_lookup_itself() -> None:
    chosen = Condition(("Id", "A__r.B__c"), "IN :only_accounts")
    assert condition(WORD, chosen) == (
        "(In__r.Of__c IN :only_accounts OR In__r.Of__r.A__r.B__c IN :only_accounts)"
    )


def test_one_query_is_never_inside_of_two_others() -> None:
    way = path(("A__c", "FirstId"), ("B__c", "SecondId"), ("C__c", "C__c"))
    assert condition(way, FirstId=WHAT, SecondId=WHAT) is None


def test_no_path_of_relationships_stands_on_the_left_of_a_query() -> None:
    way = path(("A__c", "FirstId"), ("B__c", "SecondId"), ("C__c", "C__c"))
    second = Lookup("Second", ("A__c",))
    assert condition(way, FirstId=WHAT, SecondId=second) == "C__r.Second.What.Type = 'R__c'"
    assert condition(way, WHERE, FirstId=WHAT, SecondId=second) is None
    assert condition(way, FirstId=Lookup(None, ("R__c", "S__c")), SecondId=second) is None
    assert condition(way, SecondId=WHAT) is None


def test_the_query_inside_is_never_on_the_object_outside() -> None:
    assert condition(path(("R__c", "OtherId")), OtherId=WHAT) is None
    around = path(("A__c", "Of__c"), ("B__c", "MidId"), ("A__c", "End__c"))
    assert condition(around, MidId=WHAT) is None


@pytest.mark.parametrize("inside", ["Task", "Event", "Note", "Attachment"])
def test_the_query_inside_is_never_on_an_object_that_may_not_be_there(inside: str) -> None:
    way = path((inside, "Of__c"), ("Sub__c", "UpId"))
    assert condition(way, UpId=WHAT) is None
    assert condition(way, UpId=Lookup("Up", (inside,))) == ("Up.Of__c != null")


@pytest.mark.parametrize("activity", ["Task", "Event"])
def test_of_activities_those_that_are_archived_count_and_those_that_are_deleted_do_not(
    activity: str,
) -> None:
    way = path((activity, "WhatId"))
    assert condition(way, WHERE, WhatId=WHAT) == (
        f"WhatId IN (SELECT Id FROM R__c WHERE {WHERE}) AND IsDeleted = false"
    )
    assert activity in soql.WITH_ARCHIVED


def test_a_feed_counts_without_the_changes_that_salesforce_tracks() -> None:
    way = path(("FeedItem", "ParentId"))
    assert condition(way, ParentId=Lookup("Parent", ANY)) == (
        "ParentId IN (SELECT Id FROM R__c) AND Type != 'TrackedChange'"
    )
    by_type = soql.count_by_type(
        "FeedItem", "ParentId", lookups(way, ParentId=Lookup("Parent", ANY)), ["R__c", "S__c"]
    )
    assert by_type == (
        "SELECT Parent.Type t, COUNT(Id) n FROM FeedItem WHERE Parent.Type IN ('R__c', 'S__c') "
        "AND Type != 'TrackedChange' GROUP BY Parent.Type"
    )


def test_links_of_files_are_only_asked_for_by_the_record() -> None:
    way = path(("ContentDocumentLink", "LinkedEntityId"))
    entity = Lookup("LinkedEntity", ANY)
    known = lookups(way, LinkedEntityId=entity)
    assert condition(way, LinkedEntityId=entity) == "LinkedEntityId IN (SELECT Id FROM R__c)"
    assert soql.at_most(way, known) is None
    assert soql.count_by_type("ContentDocumentLink", "LinkedEntityId", known, ["R__c"]) is None


def test_follows_are_only_asked_for_by_fields_of_their_own() -> None:
    way, parent = path(("EntitySubscription", "ParentId")), Lookup("Parent", ANY)
    known = lookups(way, ParentId=parent)
    assert condition(way, ParentId=parent) == "ParentId IN (SELECT Id FROM R__c)"
    assert soql.at_most(way, known) is None
    assert soql.count_by_type("EntitySubscription", "ParentId", known, ["R__c"]) == (
        "SELECT Parent.Type t, COUNT(Id) n FROM EntitySubscription GROUP BY Parent.Type"
    )


def test_rows_by_type_are_only_counted_where_the_lookup_has_a_name() -> None:
    assert soql.count_by_type("Task", "WhatId", {}, ["R__c"]) is None
    nameless = lookups(TASK, WhatId=Lookup(None, ANY))
    assert soql.count_by_type("Task", "WhatId", nameless, ["R__c"]) is None


@pytest.mark.parametrize(
    ("way", "names", "expected"),
    [
        (deep(8), {}, "F7__c != null"),
        (TASK, {"WhatId": WHAT}, "What.Type = 'R__c' AND IsDeleted = false"),
        (NOTE, {"Of__c": None}, None),
        (NOTE, {"Of__c": Lookup(None, ("R__c",))}, None),
    ],
)
def test_where_rows_can_not_be_counted_exactly_there_is_a_count_that_is_never_too_small(
    way: Path, names: dict[str, Lookup | None], expected: str | None
) -> None:
    assert soql.at_most(way, lookups(way, **names)) == expected


@pytest.mark.parametrize(
    ("way", "names", "expected"),
    [
        (NOTE, {}, "Of__c"),
        (TASK, {"WhatId": WHAT}, "WhatId"),
        (WORD, {}, "In__r.Of__c"),
        (WORD, {"In__c": WHAT}, None),
        (deep(6), {}, "F5__r.F4__r.F3__r.F2__r.F1__r.F0__c"),
        (deep(7), {}, None),
    ],
)
def test_the_record_at_the_root_is_named_as_far_as_it_can_be_reached(
    way: Path, names: dict[str, Lookup | None], expected: str | None
) -> None:
    assert soql.root_id(way, lookups(way, **names)) == expected


OBJECTS = st.sampled_from(["A__c", "B__c", "C__c", "Task", "Note", "FeedItem", "R__c"])
KINDS = st.sampled_from(["one", "one", "one", "many", "nameless", "unknown"])
STEPS = st.lists(st.tuples(OBJECTS, KINDS), min_size=1, max_size=8)
NAME = r"\w+"
SINGLE = re.compile(rf"(?P<left>{NAME}(?:\.{NAME})*) (?:!=|=) (?:null|false|'\w+')")
JOIN = re.compile(
    rf"(?P<left>{NAME}(?:\.{NAME})*) IN "
    rf"\(SELECT Id FROM (?P<inner>{NAME})(?: WHERE (?P<where>.*))?\)"
)


def _made(steps: list[tuple[str, str]]) -> tuple[Path, dict[tuple[str, str], Lookup]]:
    way = path(*((name, f"{kind}{at}Id") for at, (name, kind) in enumerate(steps)))
    known: dict[tuple[str, str], Lookup] = {}
    for each in way.links:
        kind = each.field.rstrip("0123456789Id")
        if kind == "one":
            known[each.child, each.field] = Lookup(f"{each.field}R", (each.parent,))
        elif kind == "many":
            known[each.child, each.field] = Lookup(f"{each.field}R", ANY)
        elif kind == "nameless":
            known[each.child, each.field] = Lookup(None, (each.parent,))
    return way, known


def _assert_is_soql(
    text: str, outer: str, fields: Mapping[str, set[str]], *, inside: bool = False
) -> None:
    """The rules of "Relationship Queries" and of semi-joins, once more on purpose."""
    for part in re.split(r" AND (?![^(]*\))", text):
        if join := JOIN.fullmatch(part):
            assert not inside, "a query in a query in a query"
            assert join["inner"] != outer
            assert join["inner"] not in {"Task", "Event", "Note", "Attachment"}
            if join["where"]:
                _assert_is_soql(join["where"], join["inner"], fields, inside=True)
            left = join["left"]
        else:
            single = SINGLE.fullmatch(part)
            assert single, part
            left = single["left"]
        *relationships, last = left.split(".")
        assert len(relationships) <= 5
        assert set(relationships) <= fields["relationships"]
        assert last in fields["columns"]


@given(STEPS, st.sampled_from([None, WHERE]))
def test_whatever_the_way_a_condition_keeps_to_the_rules_of_soql(
    steps: list[tuple[str, str]], where: Condition | None
) -> None:
    way, known = _made(steps)
    fields = {
        "relationships": {each.relationship_name or "" for each in known.values()},
        "columns": {each.field for each in way.links} | {"Key__c", "IsDeleted", "Type"},
    }
    found = soql.condition(way, known, where)
    if found is not None:
        _assert_is_soql(found, way.child, fields)
    elif all(kind == "one" for _, kind in steps):
        # (a query of its own can't be on the same object)
        assert len(way.links) > 6 or (where and len(way.links) == 6)


@given(STEPS)
def test_a_way_that_can_be_followed_to_its_root_names_every_field_on_it(
    steps: list[tuple[str, str]],
) -> None:
    way, known = _made([(name, "one") for name, _ in steps])
    root = soql.root_id(way, known)
    if root is None:
        assert len(way.links) > 6
    else:
        names = [f"{each.field}R" for each in reversed(way.links[1:])]
        assert root.split(".") == [*names, way.links[0].field]
