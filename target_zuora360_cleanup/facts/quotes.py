"""Which catalogue rows stay because quotes use them. Pure: edges in, ids out.

Every lookup from a quote to the catalogue is one that Salesforce would blank without a word, so the
rows must be found beforehand. A product that a quote uses is kept whole: its rate plans, their
charges and tiers, and upwards whatever these point to, until nothing more is reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

VOCABULARY: Final = frozenset({"zqu__ZUnitOfMeasure__c", "zqu__ZFeature__c"})
"""Shared by all products: kept when pointed to, but never a way from one product to the next."""
PLACEHOLDER_MASTER: Final = "zqu__ZProduct__c"
"""The master that every rate plan must have; without a Zuora id it is the package's filler and
holds the plans of unrelated products."""


@dataclass(frozen=True)
class Edge:
    """A row that points to another."""

    child: str
    parent: str
    downwards: bool
    """Whether keeping the parent keeps the child."""


def is_whole_part(parent_object: str, *, parent_is_placeholder: bool = False) -> bool:
    """Whether rows below a row of `parent_object` belong to the same product."""
    return parent_object not in VOCABULARY and not parent_is_placeholder


def reachable(quoted: Iterable[str], edges: Iterable[Edge]) -> frozenset[str]:
    """Ids of all rows to keep, from the ids that quotes point to.

    Args:
        quoted: 18-character ids.
        edges: All references within the catalogue.
    """
    next_to: dict[str, list[str]] = {}
    for edge in edges:
        next_to.setdefault(edge.child, []).append(edge.parent)
        if edge.downwards:
            next_to.setdefault(edge.parent, []).append(edge.child)
    kept, todo = set[str](), list(quoted)
    while todo:
        row = todo.pop()
        if row not in kept:
            kept.add(row)
            todo.extend(next_to.get(row, ()))
    return frozenset(kept)
