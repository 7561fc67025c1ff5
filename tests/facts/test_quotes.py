"""Which catalogue rows stay for quotes: edges in, ids out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.facts.quotes import Edge, reachable

NODES = st.sampled_from("abcdefgh")
EDGES = st.lists(st.builds(Edge, NODES, NODES, st.booleans()), max_size=20)


@given(st.sets(NODES), EDGES)
def test_what_is_kept_holds_all_quoted_rows_and_is_closed(
    quoted: set[str], edges: list[Edge]
) -> None:
    kept = reachable(quoted, edges)
    assert quoted <= kept
    for edge in edges:
        assert edge.child not in kept or edge.parent in kept
        assert edge.parent not in kept or edge.child in kept or not edge.downwards


@given(st.sets(NODES), EDGES)
def test_nothing_is_kept_without_a_way_from_a_quoted_row(
    quoted: set[str], edges: list[Edge]
) -> None:
    kept = reachable(quoted, edges)
    ways = {(edge.child, edge.parent) for edge in edges}
    ways |= {(edge.parent, edge.child) for edge in edges if edge.downwards}
    for row in kept - quoted:
        assert any(child in kept for child, parent in ways if parent == row and child != row)
    assert reachable(set(), edges) == frozenset()
