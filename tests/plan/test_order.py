"""The order of deletion, from relationships alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.plan.order import deletion_order, flat
from target_zuora360_cleanup.reach import OnDelete, Relationship


def link(child: str, parent: str, on_delete: OnDelete = "cascade") -> Relationship:
    return Relationship(child, "Parent__c", parent, on_delete)


def test_children_go_before_the_parents_that_would_take_them_along() -> None:
    order = flat(deletion_order("ABC", [link("A", "B"), link("B", "C")]))
    assert order == ("A", "B", "C")


def test_rows_that_hold_a_parent_go_before_it() -> None:
    order = flat(deletion_order("AB", [link("B", "A", "restrict")]))
    assert order == ("B", "A")


def test_rows_with_a_plain_lookup_go_first_so_that_it_need_not_be_blanked() -> None:
    order = flat(deletion_order("AB", [link("B", "A", "clear")]))
    assert order == ("B", "A")


def test_a_plain_lookup_never_makes_a_circle() -> None:
    links = [link("Method", "Account"), link("Account", "Method", "clear")]
    assert flat(deletion_order(["Account", "Method"], links)) == ("Method", "Account")


def test_a_lookup_to_itself_is_no_circle() -> None:
    assert flat(deletion_order("A", [link("A", "A", "clear"), link("A", "A")])) == ("A",)


def test_reference_data_goes_last() -> None:
    order = flat(deletion_order(["Aterm", "Invoice", "Zline"], [], frozenset({"Aterm"})))
    assert order[-1] == "Aterm"


def test_reference_data_that_something_hangs_below_still_goes_after_its_children() -> None:
    links = [link("Account", "Contact", "restrict")]
    order = flat(deletion_order(["Account", "Contact"], links, frozenset({"Contact"})))
    assert order == ("Account", "Contact")


def test_objects_outside_the_cleanup_do_not_matter() -> None:
    assert deletion_order("A", [link("Customer__c", "A")]) == {"A": set()}


NAMES = st.sampled_from("ABCDEFG")
# An edge from a later to an earlier letter makes no circle, as in the packages.
HARD = st.tuples(NAMES, NAMES).filter(lambda pair: pair[0] > pair[1])


@given(st.lists(HARD), st.lists(st.tuples(NAMES, NAMES)), st.sets(NAMES))
def test_every_hard_relationship_is_kept_whatever_the_soft_ones_are(
    hard: list[tuple[str, str]], soft: list[tuple[str, str]], last: set[str]
) -> None:
    links = [link(*pair) for pair in hard] + [link(*pair, "clear") for pair in soft]
    order = flat(deletion_order("ABCDEFG", links, frozenset(last)))
    assert sorted(order) == list("ABCDEFG")
    assert all(order.index(child) < order.index(parent) for child, parent in hard)
