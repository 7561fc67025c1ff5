"""The links and values of a snapshot: taken into a store, and counted by what became of them."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.relink.joined import JoinedTaker
from target_zuora360_cleanup.relink.plan import find_restoration
from target_zuora360_cleanup.relink.records import Records
from target_zuora360_cleanup.relink.report import LinkOutcome
from target_zuora360_cleanup.relink.values import ValueTaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_zuora360_cleanup.reach import Relationship
    from target_zuora360_cleanup.relink.plan import Restoration
    from target_zuora360_cleanup.relink.snapshot import Kind, Snapshot
    from target_zuora360_cleanup.relink.store import LinkStore
    from target_zuora360_cleanup.salesforce.client import Salesforce


def take_in(
    store: LinkStore,
    salesforce: Salesforce,
    snapshot: Snapshot,
    newer: Sequence[Snapshot],
    first: int = 0,
) -> tuple[Restoration, ...]:
    """Take links and values in, but for those that a newer snapshot names too, and junctions.

    Args:
        store: Takes them.
        salesforce: The org that they are of.
        snapshot: Which.
        newer: The snapshots of later cleanups.
        first: The first number in the store that is free.

    Returns:
        How they are set again; their places, from `first` on, are the numbers in the store.
    """
    kinds = sorted({kind for kind, _ in snapshot.blocks()}, key=_place)
    describes = _described(salesforce, (each.relationship for each in kinds))
    links = tuple(find_restoration(each.relationship, each.key, describes) for each in kinds)
    records = Records(store.path.with_name(f"records_{first}.sqlite"))
    try:
        taker = ValueTaker(store, records, salesforce)
        values = taker.look(snapshot)
        of_values = tuple(chain.from_iterable(each for _, each in values))
        joined_taker = JoinedTaker(store, records, salesforce)
        joined = joined_taker.look(snapshot)
        # (all or nothing: a number in the store is a place among the restorations)
        with store.whole():
            _add_links(store, snapshot, newer, dict(zip(kinds, links, strict=True)), first)
            taker.take_in(values, newer, first + len(links))
            joined_taker.take_in(joined, first + len(links) + len(of_values))
    finally:
        records.close()
    return (*links, *of_values, *joined)


def _add_links(
    store: LinkStore,
    snapshot: Snapshot,
    newer: Sequence[Snapshot],
    restorations: Mapping[Kind, Restoration],
    first: int,
) -> None:
    numbers = {kind: number for number, kind in enumerate(restorations, first)}
    fields = _by_field(numbers)
    for kind, links in snapshot.blocks():
        number, same = numbers[kind], fields[kind.relationship.name]
        rest = [each for each in same if each != number]
        store.add(number, restorations[kind], links, rest)
    for kind, links in chain.from_iterable(each.blocks() for each in newer):
        store.supersede(fields.get(kind.relationship.name, ()), links)


def outcomes(
    store: LinkStore, restorations: Sequence[Restoration], numbers: Iterable[int] | None = None
) -> tuple[LinkOutcome, ...]:
    """What became of the links, by relationship; fields without any value are left out.

    Args:
        store: Has them.
        restorations: How they are set again; their places are the numbers.
        numbers: Those of interest; None for all.
    """
    counts: dict[Relationship, Counter[str]] = {}
    for number in range(len(restorations)) if numbers is None else numbers:
        of = counts.setdefault(restorations[number].relationship, Counter())
        of.update(store.counts(number))
    every = (LinkOutcome.of(each, found) for each, found in counts.items())
    return tuple(each for each in every if each.in_snapshot or not each.is_value)


def _place(kind: Kind) -> tuple[Relationship, bool, str]:
    return kind.relationship, kind.key is not None, kind.key or ""


def _by_field(numbers: Mapping[Kind, int]) -> dict[str, list[int]]:
    """The numbers of the kinds that are of one lookup field, by its name."""
    found: dict[str, list[int]] = {}
    for each, number in numbers.items():
        found.setdefault(each.relationship.name, []).append(number)
    return found


def _described(
    salesforce: Salesforce, relationships: Iterable[Relationship]
) -> dict[str, dict[str, Any]]:
    """The describes of what the relationships are between, as far as it is there."""
    names = {name for each in relationships for name in (each.child, each.parent)}
    return salesforce.rest.describe_all(sorted(names & salesforce.rest.object_names().keys()))
