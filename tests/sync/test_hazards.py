"""What a deletion takes along that must not go: from relationships, and from a fake's rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.reach import Relationship
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.sync.endangered import PART, Endangered
from target_zuora360_cleanup.sync.hazards import Cascades, Hazard, goes_along, question

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

ACCOUNT, SUBSCRIPTION = "Zuora__CustomerAccount__c", "Zuora__Subscription__c"
PLAN, NEW = "Zuora__SubscriptionRatePlan__c", "Zuora__New__c"
VISIT, PHOTO = "Visit__c", "Photo__c"
OURS = (ACCOUNT, SUBSCRIPTION, PLAN)


def cascade(child: str, parent: str, by: str = "Of__c") -> Relationship:
    return Relationship(child, by, parent, "cascade")


OWN = [cascade(SUBSCRIPTION, ACCOUNT), cascade(PLAN, SUBSCRIPTION)]


def must_stay(
    *more: Relationship, described: Sequence[str] = OURS, allowed: Sequence[str] = ()
) -> set[str]:
    """The objects whose rows must not go, of those that a deletion leads to."""
    made = Cascades.of([*OWN, *more], described, allowed)
    found = {each.child for links in made.below.values() for each in links}
    return found - made.may_go


def test_where_nothing_of_peoples_hangs_nothing_must_stay() -> None:
    assert must_stay() == set()


def test_rows_of_people_must_stay_whatever_they_hang_below() -> None:
    assert must_stay(cascade(VISIT, PLAN)) == {VISIT}
    assert must_stay(cascade("Task", ACCOUNT, "WhatId")) == {"Task"}


@pytest.mark.parametrize("on_delete", ["clear", "restrict"])
def test_rows_that_do_not_go_along_are_no_hazard(on_delete: Any) -> None:
    assert must_stay(Relationship(VISIT, "Of__c", PLAN, on_delete)) == set()


@pytest.mark.parametrize("name", ["EntitySubscription", "TopicAssignment", "ProcessInstance"])
def test_marks_are_no_hazard(name: str) -> None:
    assert must_stay(cascade(name, SUBSCRIPTION)) == set()


@pytest.mark.parametrize("name", ["zqu__QuoteRatePlan__c", "Zuora__ZuoraConfig__c", "Product2"])
def test_rows_of_the_packages_that_no_sync_brings_back_must_stay(name: str) -> None:
    assert must_stay(cascade(name, PLAN), described=[*OURS, name]) == {name}


def test_an_object_of_which_nobody_knows_what_hangs_on_it_must_stay() -> None:
    assert must_stay(cascade(NEW, PLAN)) == {NEW}
    assert must_stay(cascade(NEW, PLAN), described=[*OURS, NEW]) == set()
    assert must_stay(cascade(VISIT, PLAN), allowed=[VISIT]) == {VISIT}


def test_what_is_allowed_may_go_but_not_what_hangs_on_it() -> None:
    links = [cascade(VISIT, PLAN), cascade(PHOTO, VISIT)]
    described = [*OURS, VISIT]
    assert must_stay(*links[:1], described=described, allowed=[VISIT]) == set()
    assert must_stay(*links, described=described, allowed=[VISIT]) == {PHOTO}
    both = [*described, PHOTO]
    assert must_stay(*links, described=both, allowed=[VISIT, PHOTO]) == set()


def test_a_circle_of_package_objects_comes_to_an_end() -> None:
    circle = [cascade(PLAN, PLAN), cascade(SUBSCRIPTION, PLAN)]
    assert must_stay(*circle) == set()
    assert must_stay(*circle, cascade(VISIT, PLAN)) == {VISIT}


def test_only_objects_of_the_packages_go_along_with_their_parents() -> None:
    assert all(map(goes_along, OURS))
    assert goes_along(NEW)
    assert not any(map(goes_along, ("Product2", "Task", VISIT, "zqu__Quote__c")))


def test_a_lookup_to_many_objects_is_asked_for_by_ids() -> None:
    assert question(cascade("Attachment", SUBSCRIPTION, "ParentId"), ["a", "b"]) == (
        "SELECT Id, ParentId FROM Attachment WHERE ParentId IN ('a', 'b')"
    )


def test_deleted_activities_and_tracked_changes_are_not_people_s_rows() -> None:
    assert question(cascade("Task", SUBSCRIPTION, "WhatId"), ["a"]).endswith(
        " WHERE WhatId IN ('a') AND IsDeleted = false"
    )
    assert question(cascade("FeedItem", SUBSCRIPTION, "ParentId"), ["a"]).endswith(
        " AND Type != 'TrackedChange'"
    )


@dataclass
class FakeRest:
    """Rows as (id, parent's id) by object and lookup field.

    Attributes:
        refused: Objects of which no rows are told.
        asked: The objects that were asked for.
        with_all_rows: Those of which archived rows were asked for too.
    """

    rows: dict[tuple[str, str], list[tuple[str, str]]]
    refused: dict[str, ApiError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    with_all_rows: set[str] = field(default_factory=set)

    def query_each(
        self, queries: Sequence[str], *, all_rows: Collection[str] = ()
    ) -> list[list[dict[str, str]] | ApiError]:
        return [self._answer(each, is_all=each in all_rows) for each in queries]

    def _answer(self, soql: str, *, is_all: bool) -> list[dict[str, str]] | ApiError:
        child, by, listed = _QUERY.match(soql).groups()  # type: ignore[union-attr]
        ids = re.findall("'(.*?)'", listed)
        assert len(ids) <= PART
        self.asked.append(child)
        if is_all:
            self.with_all_rows.add(child)
        if child in self.refused:
            return self.refused[child]
        found = self.rows.get((child, by), [])
        return [{"Id": id_, by: parent} for id_, parent in found if parent in ids]


_QUERY = re.compile(r"SELECT Id, \w+ FROM (\w+) WHERE (\w+) IN \((.*?)\)")


def held(
    rest: FakeRest, ids: Sequence[str], *links: Relationship, name: str = ACCOUNT, **more: Any
) -> dict[str, Hazard]:
    cascades = Cascades.of([*OWN, *links], **{"described": OURS, **more})
    endangered = Endangered(rest, cascades, lambda: None)  # type: ignore[arg-type]
    endangered.look(name, ids)
    return endangered.held


TASK = cascade("Task", SUBSCRIPTION, "WhatId")
SUBSCRIBED = {(SUBSCRIPTION, "Of__c"): [("s1", "a1"), ("s2", "a2"), ("s3", "a2")]}


def test_a_row_is_held_by_what_hangs_on_it_and_no_other() -> None:
    rest = FakeRest({("Task", "WhatId"): [("t", "s2")]})
    assert held(rest, ["s1", "s2"], TASK, name=SUBSCRIPTION) == {"s2": Hazard("Task")}


def test_a_row_is_held_by_what_hangs_on_rows_that_go_along() -> None:
    rest = FakeRest({**SUBSCRIBED, ("Task", "WhatId"): [("t", "s3")]})
    assert held(rest, ["a1", "a2"], TASK) == {"a2": Hazard("Task")}


def test_a_grandchild_of_peoples_below_a_package_child_is_found() -> None:
    plans = {(PLAN, "Of__c"): [("p1", "s1"), ("p2", "s2")]}
    rest = FakeRest({**SUBSCRIBED, **plans, (VISIT, "Of__c"): [("v", "p1")]})
    assert held(rest, ["a1", "a2", "a3"], cascade(VISIT, PLAN)) == {"a1": Hazard(VISIT)}


def test_a_row_that_goes_along_with_two_holds_both_whatever_the_ways_to_it() -> None:
    """One of the ways is longer, so that the row was seen before."""
    short = cascade(PLAN, ACCOUNT, "Account__c")
    rows = {(PLAN, "Account__c"): [("p", "a1")], (PLAN, "Of__c"): [("p", "s2")]}
    rest = FakeRest({**SUBSCRIBED, **rows, (VISIT, "Of__c"): [("v", "p")]})
    found = held(rest, ["a1", "a2", "a3"], short, cascade(VISIT, PLAN))
    assert found == dict.fromkeys(["a1", "a2"], Hazard(VISIT))


def test_what_can_not_be_asked_for_holds_all_that_it_might_hang_on() -> None:
    refusal = ApiError(400, "INVALID_TYPE", "sObject type 'Visit__c' is not supported")
    rest = FakeRest(SUBSCRIBED, {VISIT: refusal})
    found = held(rest, ["a1", "a2", "a3"], cascade(VISIT, SUBSCRIPTION))
    assert found.keys() == {"a1", "a2"}
    assert "might be deleted with it (INVALID_TYPE: sObject type" in found["a1"].words
    assert "name Visit__c in allow_cascade_to" in found["a1"].words


def test_what_may_go_but_can_not_be_asked_for_holds_since_it_could_not_be_backed_up() -> None:
    rest = FakeRest(SUBSCRIBED, {VISIT: ApiError(400, "INVALID_TYPE", "no")})
    allowed: dict[str, Any] = {"described": [*OURS, VISIT], "allowed": [VISIT]}
    found = held(rest, ["a1", "a3"], cascade(VISIT, SUBSCRIPTION), **allowed)
    assert found == {"a1": Hazard(VISIT, "INVALID_TYPE: no")}
    assert found["a1"].words.endswith("and give the user Read on it")


def test_a_package_child_that_can_not_be_asked_for_holds_too() -> None:
    rest = FakeRest({}, {SUBSCRIPTION: ApiError(400, "MALFORMED_QUERY", "no")})
    found = held(rest, ["a1"])
    assert found == {"a1": Hazard(SUBSCRIPTION, "MALFORMED_QUERY: no")}
    assert found["a1"].words.endswith(
        f"(MALFORMED_QUERY: no); give the user Read on {SUBSCRIPTION}"
    )


def test_no_setting_is_named_where_none_would_let_rows_go() -> None:
    """`allow_cascade_to` takes no object of the packages."""
    quote = held(FakeRest({("zqu__Quote__c", "Of__c"): [("q", "a1")]}), ["a1"],
                 cascade("zqu__Quote__c", ACCOUNT))["a1"]  # fmt: skip
    assert "rows of zqu__Quote__c would be deleted with it" in quote.words
    assert "allow_cascade_to" not in quote.words


def test_trouble_that_may_pass_is_no_answer() -> None:
    rest = FakeRest(SUBSCRIBED, {"Task": ApiError(503, "SERVER_UNAVAILABLE", "busy")})
    with pytest.raises(ApiError, match="busy"):
        held(rest, ["a1"], TASK)


def test_archived_activities_are_asked_for_too() -> None:
    rest = FakeRest({})
    held(rest, ["s1"], TASK, cascade("Note", SUBSCRIPTION, "ParentId"), name=SUBSCRIPTION)
    assert rest.with_all_rows == {"Task"}
    assert set(rest.asked) == {"Task", "Note", PLAN}


def test_many_rows_are_asked_for_in_parts() -> None:
    ids = [f"s{number}" for number in range(2 * PART + 1)]
    rest = FakeRest({("Task", "WhatId"): [("t", ids[0]), ("u", ids[-1])]})
    assert held(rest, ids, TASK, name=SUBSCRIPTION).keys() == {ids[0], ids[-1]}
    assert rest.asked.count("Task") == 3


def test_below_a_row_that_is_held_already_nothing_more_is_asked_for() -> None:
    rest = FakeRest({**SUBSCRIBED, ("Task", "WhatId"): [("t", "a1")]})
    held(rest, ["a1"], TASK, cascade("Task", ACCOUNT, "WhatId"))
    assert rest.asked == [SUBSCRIPTION, "Task"]


def test_rows_in_a_circle_come_to_an_end() -> None:
    rest = FakeRest(
        {(PLAN, "Up__c"): [("p1", "p2"), ("p2", "p1")], (VISIT, "Of__c"): [("v", "p2")]}
    )
    links = (cascade(PLAN, PLAN, "Up__c"), cascade(VISIT, PLAN))
    assert held(rest, ["p1", "p3"], *links, name=PLAN) == {"p1": Hazard(VISIT)}


def test_a_signal_ends_the_looking() -> None:
    def stop() -> None:
        raise Stopped

    endangered = Endangered(FakeRest({}), Cascades.of([TASK], OURS), stop)  # type: ignore[arg-type]
    with pytest.raises(Stopped):
        endangered.look(SUBSCRIPTION, ["s1"])


_PEOPLE = (VISIT, PHOTO)
_links = st.sets(
    st.tuples(st.sampled_from([*OURS, *_PEOPLE]), st.sampled_from([*OURS, VISIT])), max_size=9
)


@given(_links, st.data(), st.booleans())
def test_a_row_is_held_just_where_rows_of_people_would_go_with_it(
    links: set[tuple[str, str]],
    data: st.DataObject,
    visits_may_go: bool,  # noqa: FBT001 - drawn
) -> None:
    """Rows in any net of lookups, compared with going down from each row by itself."""
    relationships = [cascade(child, parent, f"To_{parent}") for child, parent in sorted(links)]
    ids = {name: [f"{name}{number}" for number in range(3)] for name in (*OURS, *_PEOPLE)}
    rows = {
        (each.child, each.field): data.draw(st.lists(st.tuples(
            st.sampled_from(ids[each.child]), st.sampled_from(ids[each.parent])), max_size=3))
        for each in relationships
    }  # fmt: skip
    allowed = [VISIT] if visits_may_go else []
    cascades = Cascades.of(relationships, [*OURS, *allowed], allowed)
    endangered = Endangered(FakeRest(rows), cascades, lambda: None)  # type: ignore[arg-type]
    endangered.look(ACCOUNT, ids[ACCOUNT])
    must_stay = set(_PEOPLE) - set(allowed)
    pairs = [pair for found in rows.values() for pair in found]
    assert endangered.held.keys() == {
        each for each in ids[ACCOUNT] if _taken_along(each, pairs, must_stay)
    }


def _taken_along(root: str, pairs: list[tuple[str, str]], must_stay: set[str]) -> bool:
    """Whether a row that must stay would go; below such a row nothing matters any more."""
    seen, todo = {root}, [root]
    while todo:
        above = todo.pop()
        for row, parent in pairs:
            if parent != above or row in seen:
                continue
            if row[:-1] in must_stay:
                return True
            seen.add(row)
            todo.append(row)
    return False
