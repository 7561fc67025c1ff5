"""Deleting a batch as sets gives what deleting row by row gives, on any small graph of rows."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from target_zuora360_cleanup.emulator.org.delete import Deletion
from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.objects import Field, OnDelete, Schema
from target_zuora360_cleanup.emulator.schema.reading import make_object
from target_zuora360_cleanup.emulator.schema.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

OBJECTS = ("A__c", "B__c", "C__c")
PREFIXES = {"A__c": "a01", "B__c": "a02", "C__c": "a03"}
ROWS = 4
Row = tuple[str, int]


@dataclass(frozen=True)
class Lookup:
    """A reference field of the random schema, with a parent's place and number for each row."""

    child: str
    parents: tuple[str, ...]
    outcome: OnDelete
    targets: tuple[tuple[int, int] | None, ...]

    def rows(self) -> list[Row | None]:
        """The parent of each row."""
        return [
            None if each is None else (self.parents[each[0] % len(self.parents)], each[1])
            for each in self.targets
        ]

    def stored(self) -> list[int | None]:
        """The same as the store keeps it."""
        if len(self.parents) == 1:
            return [None if row is None else row[1] for row in self.rows()]
        return [None if row is None else ids.tagged(PREFIXES[row[0]], row[1])
                for row in self.rows()]  # fmt: skip


lookups = st.builds(
    Lookup,
    child=st.sampled_from(OBJECTS),
    parents=st.lists(st.sampled_from(OBJECTS), min_size=1, max_size=2, unique=True).map(tuple),
    outcome=st.sampled_from(["cascade", "restrict", "set_null"]),
    targets=st.tuples(*[st.none() | st.tuples(st.integers(0, 1), st.integers(1, ROWS))] * ROWS),
)
graphs = st.lists(lookups, max_size=5)
batches = st.lists(st.integers(1, ROWS + 1), min_size=1, max_size=6)


class RowByRow:
    """The rules, in the plainest way."""

    def __init__(self, graph: list[Lookup]) -> None:
        self.graph = graph
        self.live = {(name, number) for name in OBJECTS for number in range(1, ROWS + 1)}
        self.links = {
            (at, (lookup.child, number)): target
            for at, lookup in enumerate(graph)
            for number, target in enumerate(lookup.rows(), 1)
            if target is not None
        }

    def delete(self, root: Row) -> str | None:
        if root[1] > ROWS:
            return "INVALID_CROSS_REFERENCE_KEY"
        if root not in self.live:
            return "ENTITY_IS_DELETED"
        going = self.going(root)
        if any(parent in going for _, parent in self.pointing("restrict", going)):
            return "DELETE_FAILED"
        self.live -= going
        for key, parent in self.pointing("set_null", going):
            if parent in going:
                del self.links[key]
        return None

    def going(self, root: Row) -> set[Row]:
        going: set[Row] = set()
        found = {root}
        while found != going:
            going = found
            found = going | {key[1] for key, up in self.pointing("cascade", going) if up in going}
        return going

    def pointing(self, outcome: str, going: set[Row]) -> list[tuple[tuple[int, Row], Row]]:
        """Links of live rows outside `going`."""
        return [
            (key, parent)
            for key, parent in self.links.items()
            if self.graph[key[0]].outcome == outcome and key[1] in self.live - going
        ]


def schema_of(graph: list[Lookup]) -> Schema:
    fields: dict[str, list[Field]] = {name: [] for name in OBJECTS}
    for at, lookup in enumerate(graph):
        fields[lookup.child].append(
            Field(
                f"L{at}__c",
                "Lookup",
                "reference",
                18,
                reference_to=lookup.parents,
                polymorphic=len(lookup.parents) > 1,
                relationship_name=f"L{at}__r",
                on_delete=lookup.outcome,
            )
        )
    return Schema(make_object(name, PREFIXES[name], fields=fields[name]) for name in OBJECTS)


@contextmanager
def store_of(schema: Schema, graph: list[Lookup]) -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as store:
        store.begin_loading()
        store.create_tables(schema)
        for name in OBJECTS:
            own = {at: lookup for at, lookup in enumerate(graph) if lookup.child == name}
            rows = (
                (number, *(lookup.stored()[number - 1] for lookup in own.values()))
                for number in range(1, ROWS + 1)
            )
            store.insert(name, ["Id", *(f"L{at}__c" for at in own)], rows)
            store.move_sequence(name)
        store.create_indexes(schema)
        store.analyze()
        yield store


def live_rows(store: Store) -> set[Row]:
    return {
        (name, row[0])
        for name in OBJECTS
        for row in store.run(f'SELECT Id FROM "{name}" WHERE IsDeleted = 0')
    }


def live_links(store: Store, graph: list[Lookup]) -> dict[tuple[int, Row], Row]:
    return {
        (at, (lookup.child, row[0])): parent_of(lookup, row[1])
        for at, lookup in enumerate(graph)
        for row in store.run(
            f'SELECT Id, L{at}__c FROM "{lookup.child}"'
            f" WHERE IsDeleted = 0 AND L{at}__c IS NOT NULL"
        )
    }


def parent_of(lookup: Lookup, stored: int) -> Row:
    if len(lookup.parents) == 1:
        return lookup.parents[0], stored
    prefix, number = ids.untagged(stored)
    return next(name for name in OBJECTS if PREFIXES[name] == prefix), number


def one_by_one(model: RowByRow, batch: list[int]) -> Iterator[str | None]:
    """The answers of a batch; an id that comes again is not tried again in it."""
    answers: dict[int, str | None] = {}
    for number in batch:
        if number in answers:
            yield answers[number] or "ENTITY_IS_DELETED"
        else:
            answers[number] = model.delete(("A__c", number))
            yield answers[number]


def assert_agree(graph: list[Lookup], batch: list[int], *, hard: bool) -> None:
    """Delete by sets and by single rows, and compare."""
    model, schema = RowByRow(graph), schema_of(graph)
    expected = list(one_by_one(model, batch))

    with store_of(schema, graph) as store:
        deletion = Deletion(
            schema, store, schema.get("A__c"), hard=hard, max_children=1_000, hook=None
        )
        results = deletion.run([ids.encode("a01", number) for number in batch])

        assert [each.error.code if each.error else None for each in results] == expected
        assert live_rows(store) == model.live
        kept = {key: up for key, up in model.links.items() if key[1] in model.live}
        assert live_links(store, graph) == kept


@settings(max_examples=60, deadline=None)
@example(
    graph=[Lookup("A__c", ("A__c",), "restrict", ((0, 2), None, None, None))],
    batch=[2, 1, 2],
    hard=False,
)
@given(graph=graphs, batch=batches, hard=st.booleans())
def test_sets_and_single_rows_agree(graph: list[Lookup], batch: list[int], hard: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    assert_agree(graph, batch, hard=hard)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(graph=graphs, batch=batches, hard=st.booleans())
def test_many_more_sets_agree_too(graph: list[Lookup], batch: list[int], hard: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    assert_agree(graph, batch, hard=hard)
