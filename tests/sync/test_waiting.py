"""Rows and lookups that wait for a parent, in this run and the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.catalog.field_maps import FieldMap, FilledRelationship
from target_zuora360_cleanup.kept.counts import Waits, holding, waits
from target_zuora360_cleanup.kept.store import Store
from target_zuora360_cleanup.sync.changes import Change
from target_zuora360_cleanup.sync.field_values import Field
from target_zuora360_cleanup.sync.layouts import RowLayouts
from target_zuora360_cleanup.sync.org_objects import TargetObject, TargetRelationship
from target_zuora360_cleanup.sync.rows import RowLayout, line
from target_zuora360_cleanup.sync.waiting import WaitingRows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

A, B, KEY = "A__c", "B__c", "Key__c"
MAP = FieldMap(
    "B", B, {"V": ("V__c",), "W": ("W__c",)},
    (FilledRelationship("Of", "Of__c", A), FilledRelationship("Up", "Up__c", B)),
)  # fmt: skip


def lookup(name: str, parent: str) -> TargetRelationship:
    return TargetRelationship(
        name, name.replace("__c", "__r"), (parent,), owning=name == "Of__c", insert_only=False,
        clearable=True,
    )  # fmt: skip


def target(name: str, fields: str, *lookups: TargetRelationship) -> TargetObject:
    named = {each: Field(each, "string", 255) for each in fields.split()}
    return TargetObject(name, name, KEY, named, {each.name: each for each in lookups})


OBJECTS = {
    A: target(A, KEY),
    B: target(B, f"{KEY} V__c W__c", lookup("Of__c", A), lookup("Up__c", B)),
}


class Run:
    """One run's view of a store."""

    def __init__(self, store: Store, objects: dict[str, TargetObject] | None = None) -> None:
        self.layouts = RowLayouts()
        objects = objects or OBJECTS
        self.kept = WaitingRows(store, self.layouts, objects)
        self.number = self.layouts.add(
            RowLayout.of(MAP, OBJECTS, {"Id", "V", "W", "Of", "Up"}, {(B, "Up__c")})
        )

    def row(self, **record: str | None) -> Change:
        row = self.layouts[self.number].row(record)
        return Change(row.key, self.number, row.cells, row.links, row.is_partial)

    def ready(self, name: str = B) -> list[str]:
        """The CSV of what is ready, with its header."""
        return [
            f"{self.layouts[each.layout].header(each.links)}\n{line(each.cells, each.links)}"
            for each in self.kept.ready_rows(name, 9)
        ]


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store(None)
    yield made
    made.close()


FULL = {"Id": "b", "V": 'a "v",\nb', "W": "w", "Of": "a", "Up": "u"}


def test_a_row_waits_until_its_parent_has_been_loaded_and_reads_as_it_was(store: Store) -> None:
    run = Run(store)
    run.kept.wait(B, run.row(**FULL), A, "a")
    assert run.ready() == []
    run.kept.settled(A, [Change("other", run.number)])
    assert run.ready() == []
    run = Run(store)
    run.kept.settled(A, [Change("a", 0)])
    assert run.ready() == ['Key__c,V__c,W__c,Of__r.Key__c,Up__r.Key__c\nb,"a ""v"",\nb",w,a,u']
    assert run.ready() == []
    assert waits(store) == {}


def test_what_the_org_has_no_more_is_left_out(store: Store) -> None:
    run = Run(store)
    run.kept.wait(B, run.row(**FULL), A, "a")
    run.kept.settled(A, [Change("a", run.number)])
    smaller = {**OBJECTS, B: target(B, f"{KEY} W__c", lookup("Of__c", A))}
    assert Run(store, smaller).ready() == ["Key__c,W__c,Of__r.Key__c\nb,w,a"]


def test_a_newer_row_takes_the_place_of_what_waited_and_a_part_of_it_joins_that(
    store: Store,
) -> None:
    run = Run(store)
    run.kept.wait(B, run.row(**FULL), A, "a")
    run.kept.wait(B, run.row(**{**FULL, "V": "2"}), A, "a")
    run.kept.wait(B, run.row(Id="b", W="3", Up=None), A, "a")
    run.kept.settled(A, [Change("a", 0)])
    assert run.ready() == ["Key__c,V__c,W__c,Of__r.Key__c,Up__c\nb,2,3,a,#N/A"]


def test_a_row_of_another_stream_joins_what_waits_and_is_tried_with_it(store: Store) -> None:
    run = Run(store)
    run.kept.wait(B, run.row(Id="b", V="a\r\nb\u2028", Of="a"), A, "a")
    other = run.layouts.add(RowLayout.of(MAP, OBJECTS, {"Id", "W", "Of"}))
    row = run.layouts[other].row({"Id": "b", "W": "3", "Of": "c"})
    part = Change(row.key, other, row.cells, row.links)
    assert run.kept.join(B, [part, run.row(Id="z", V="1", W="1")]) == [
        run.row(Id="z", V="1", W="1")
    ]
    assert Run(store).ready() == ['Key__c,V__c,W__c,Of__r.Key__c\nb,"a\r\nb\u2028",3,c']


def test_a_row_that_says_all_that_what_waits_says_is_free(store: Store) -> None:
    run = Run(store)
    run.kept.wait(B, run.row(**FULL), A, "a")
    whole = run.row(**{**FULL, "V": "2"})
    assert run.kept.join(B, [whole]) == [whole]


def test_a_row_that_has_been_loaded_waits_no_more(store: Store) -> None:
    run = Run(store)
    run.kept.wait(B, run.row(**FULL), A, "a")
    run.kept.blank(B, "b", "Up__c", B, "u")
    run.kept.blank(B, "b", "Of__c", A, "a")
    run.kept.settled(B, [run.row(Id="b", V="1", W="1", Of="z")])
    assert waits(store) == {B: Waits(links=1)}
    run.kept.gone(B, ["b"])
    assert waits(store) == {}


def test_a_blank_lookup_is_ready_when_its_parent_comes(store: Store) -> None:
    run = Run(store)
    run.kept.blank(B, "b", "Up__c", B, "u")
    assert run.kept.ready_links(B, 9) == []
    run.kept.settled(B, [run.row(Id="u", V="1")])
    assert run.kept.ready_links(B, 9) == [("b", "Up__c", "u")]
    assert run.kept.ready_links(B, 9) == []


def test_a_blank_lookup_that_the_user_may_not_set_waits_until_he_may(store: Store) -> None:
    run = Run(store)
    run.kept.blank(B, "b", "Up__c", B, "u")
    run.kept.settled(B, [run.row(Id="u", V="1")])
    smaller = {**OBJECTS, B: target(B, f"{KEY} V__c W__c", lookup("Of__c", A))}
    assert Run(store, smaller).kept.ready_links(B, 9) == []
    assert Run(store).kept.ready_links(B, 9) == [("b", "Up__c", "u")]


def test_what_is_below_a_record_that_has_no_place_is_told_apart_at_every_depth(
    store: Store,
) -> None:
    run = Run(store)
    run.kept.put_outside(A, {"out": False, "gone": True})
    run.kept.wait(B, run.row(Id="b1", Of="out"), A, "out")
    run.kept.wait(B, run.row(Id="b2", Of="b1"), B, "b1")
    run.kept.wait(B, run.row(Id="b3", Of="late"), A, "late")
    run.kept.blank(B, "b4", "Up__c", B, "b1")
    assert waits(store) == {B: Waits(rows=1, below=2)}
    assert holding(store, [A]) == {B}
    assert holding(store, []) == set()
    assert run.kept.returned(A, ["out", "gone", "late"]) == {"gone"}
    run.kept.settled(A, [Change("out", run.number), Change("gone", run.number)])
    assert run.kept.returned(A, ["gone"]) == set()
    assert waits(store) == {B: Waits(rows=3, links=1)}


def test_what_waits_lasts(tmp_path: Path) -> None:
    store = Store(tmp_path / "kept.sqlite")
    run = Run(store)
    run.kept.wait(B, run.row(**FULL), A, "a")
    store.keep()
    store.close()
    store = Store(tmp_path / "kept.sqlite")
    run = Run(store)
    run.kept.settled(A, [Change("a", 0)])
    assert len(run.ready()) == 1
    store.close()
