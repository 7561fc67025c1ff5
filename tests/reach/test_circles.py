"""Objects that hold or take along each other in a circle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.plan.order import deletion_order, flat
from target_zuora360_cleanup.reach import OnDelete, Relationship, in_circles

NAMES = "ABCDE"


def link(child: str, parent: str, on_delete: OnDelete = "cascade") -> Relationship:
    return Relationship(child, f"{parent}__c", parent, on_delete)


def test_two_objects_that_hold_each_other_are_a_circle() -> None:
    both = (link("A", "B", "restrict"), link("B", "A"))
    assert in_circles(NAMES, both) == both


def test_a_circle_leads_over_several_objects_and_leaves_out_what_only_hangs_on_it() -> None:
    circle = (link("A", "B"), link("B", "C", "restrict"), link("C", "A"))
    assert in_circles(NAMES, (*circle, link("D", "A"), link("C", "E"))) == circle


def test_neither_plain_lookups_nor_an_object_of_itself_make_one() -> None:
    assert in_circles(NAMES, (link("A", "B"), link("B", "A", "clear"), link("C", "C"))) == ()


def test_a_way_over_an_object_that_does_not_matter_is_none() -> None:
    assert in_circles("AB", (link("A", "B"), link("B", "Z"), link("Z", "A"))) == ()


LINKS = st.lists(
    st.builds(
        link,
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sampled_from(["cascade", "restrict", "clear"]),
    )
)


@given(LINKS)
def test_without_the_relationships_of_circles_there_is_always_an_order(
    links: list[Relationship],
) -> None:
    circles = in_circles(NAMES, links)
    rest = [each for each in links if each not in circles]
    assert sorted(flat(deletion_order(NAMES, rest))) == list(NAMES)
    assert in_circles(NAMES, rest) == ()


@given(LINKS)
def test_each_relationship_of_a_circle_is_strong_and_leads_back(links: list[Relationship]) -> None:
    circles = in_circles(NAMES, links)
    assert all(each.on_delete != "clear" for each in circles)
    for each in circles:
        assert any(other.parent == each.child for other in circles)
        assert any(other.child == each.parent for other in circles)
