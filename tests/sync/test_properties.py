"""Whatever the order of a stream and the size of a batch, the org ends up as the stream says.

An org in memory stands in for Salesforce: it knows external ids, parents and cascades. Changes come
in any order of object types; what a tap can't send (a child after its parent's deletion) is left
out.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_zuora360_cleanup.catalog.field_maps import FieldMap, FilledRelationship
from target_zuora360_cleanup.kept.store import Store
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.rows.errors import RowError
from target_zuora360_cleanup.sync.catching_up import CatchingUp, never_refill
from target_zuora360_cleanup.sync.changes import Change, removal
from target_zuora360_cleanup.sync.field_values import Field
from target_zuora360_cleanup.sync.layouts import RowLayouts
from target_zuora360_cleanup.sync.load_order import load_order
from target_zuora360_cleanup.sync.loading import Loading
from target_zuora360_cleanup.sync.org_objects import TargetObject, TargetRelationship
from target_zuora360_cleanup.sync.removals import Removed
from target_zuora360_cleanup.sync.rows import RowLayout
from target_zuora360_cleanup.sync.tally import Tally
from target_zuora360_cleanup.sync.upserts import FailedRow
from target_zuora360_cleanup.sync.waiting import WaitingRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


KEY = "Key__c"
ACCOUNT, METHOD, INVOICE, ITEM = "A__c", "M__c", "I__c", "T__c"
OWNED = {METHOD: ACCOUNT, INVOICE: ACCOUNT, ITEM: INVOICE}
MAPS = (
    FieldMap("A", ACCOUNT, {"V": ("V__c",)}, (
        FilledRelationship("Up", "Up__c", ACCOUNT),
        FilledRelationship("Default", "Default__c", METHOD))),
    FieldMap("M", METHOD, {"V": ("V__c",)}, (FilledRelationship("Of", "Of__c", ACCOUNT),)),
    FieldMap("I", INVOICE, {"V": ("V__c",)}, (FilledRelationship("Of", "Of__c", ACCOUNT),)),
    FieldMap("T", ITEM, {"V": ("V__c",)}, (
        FilledRelationship("Of", "Of__c", INVOICE), FilledRelationship("Paid", "Paid__c", METHOD))),
)  # fmt: skip


def _object(made_by: FieldMap) -> TargetObject:
    lookups = {
        each.field: TargetRelationship(
            each.field, each.field.replace("__c", "__r"), (each.parent,),
            owning=each.field == "Of__c", insert_only=False, clearable=each.field != "Of__c",
        )
        for each in made_by.parents
    }  # fmt: skip
    fields = {KEY: Field(KEY, "string", 255), "V__c": Field("V__c", "string", 255)}
    return TargetObject(made_by.object, made_by.object, KEY, fields, lookups)


OBJECTS = {each.object: _object(each) for each in MAPS}
ORDER = load_order(MAPS, OBJECTS)


@dataclass
class FakeOrg:
    """Rows by object and key, each with its value and its parents by lookup."""

    layouts: RowLayouts
    rows: dict[str, dict[str, tuple[str, dict[str, str | None]]]] = field(
        default_factory=lambda: {name: {} for name in OBJECTS}
    )

    def upsert(self, changes: Iterable[tuple[str, Sequence[Change]]]) -> list[FailedRow]:
        return [
            FailedRow(name, each, RowError(each.key, "INVALID_FIELD", missing))
            for name, same in changes
            for each in _once(same)
            if (missing := self._write(name, each))
        ]

    def _write(self, name: str, change: Change) -> str:
        columns = self.layouts[change.layout].parents
        value, parents = self.rows[name].get(change.key, ("", {}))
        parents = dict(parents)
        for column, key in zip(columns, change.links, strict=True):
            if key and key not in self.rows[column.parent]:
                return (
                    f"Foreign key external ID: {key} not found for field {KEY} in entity "
                    f"{column.parent}"
                )
            if key is not None:
                parents[column.relationship.name] = key or None
        cells = change.cells.split(",")
        self.rows[name][change.key] = ((cells[1:] or [""])[0] or value, parents)
        return ""

    def remove(self, target: TargetObject, keys: Sequence[str]) -> Iterable[Removed]:
        for key in keys:
            there = key in self.rows[target.name]
            self._delete(target.name, key)
            yield Removed(key, was_there=there)

    def existing(self, target: TargetObject, keys: Sequence[str]) -> set[str]:
        return self.rows[target.name].keys() & set(keys)

    def _delete(self, name: str, key: str) -> None:
        self.rows[name].pop(key, None)
        for made_by in MAPS:
            for parent in (each for each in made_by.parents if each.parent == name):
                self._let_go(made_by.object, parent.field, key)

    def _let_go(self, child: str, lookup: str, key: str) -> None:
        for name, (_, parents) in list(self.rows[child].items()):
            if parents.get(lookup) == key:
                if lookup == "Of__c":
                    self._delete(child, name)
                else:
                    parents[lookup] = None


def _once(changes: Sequence[Change]) -> Sequence[Change]:
    """No external id may come twice in a job."""
    assert len({each.key for each in changes}) == len(changes)
    return changes


Record = tuple[str, str, str, dict[str, str | None]]
"""Object, key, value, parents by Zuora field; a removal has the value `-`, others may have none."""

_few = st.integers(0, 3)


@st.composite
def streams(draw: st.DrawFn) -> list[Record]:
    """Changes of a few rows; nothing is changed any more once it, or what owns it, is removed."""
    gone: set[tuple[str, str]] = set()
    owner: dict[tuple[str, str], str] = {}
    made: list[Record] = []
    for at in range(draw(st.integers(1, 25))):
        name = draw(st.sampled_from(sorted(OBJECTS)))
        key = f"{name[0]}{draw(_few)}"
        if name in OWNED:
            owner.setdefault((name, key), f"{OWNED[name][0]}{draw(_few)}")
        if _is_gone(name, key, gone, owner):
            continue
        if draw(st.integers(0, 6)) == 0:
            gone.add((name, key))
            made.append((name, key, "-", {}))
            continue
        value = f"v{at}" if draw(st.integers(0, 3)) else ""
        made.append((name, key, value, draw(parents_of(name, owner.get((name, key))))))
    return made


def _is_gone(
    name: str, key: str, gone: set[tuple[str, str]], owner: dict[tuple[str, str], str]
) -> bool:
    if (name, key) in gone:
        return True
    parent = owner.get((name, key))
    return parent is not None and _is_gone(OWNED[name], parent, gone, owner)


@st.composite
def parents_of(draw: st.DrawFn, name: str, owner: str | None) -> dict[str, str | None]:
    found: dict[str, str | None] = {"Of": owner} if owner else {}
    for source, prefix in {ACCOUNT: {"Up": "A", "Default": "M"}, ITEM: {"Paid": "M"}}.get(
        name, {}
    ).items():
        if (number := draw(st.one_of(st.none(), st.just(-1), _few))) != -1:
            found[source] = None if number is None else f"{prefix}{number}"
    return found


def assert_ends_in_what_it_says(stream: list[Record], batch: int) -> None:
    """Load a stream in batches of a size, and compare the org with a model of it."""
    with tempfile.TemporaryDirectory() as folder, closing(Store(None)) as store:
        tally = Tally(OutputFolder(Path(folder)))
        layouts = RowLayouts()
        numbers = {
            each.object: layouts.add(
                RowLayout.of(each, OBJECTS, {"Id", "V", "Up", "Default", "Of", "Paid"}, ORDER.late)
            )
            for each in MAPS
        }
        org = FakeOrg(layouts)
        kept = WaitingRows(store, layouts, OBJECTS)
        loading = Loading(ORDER, OBJECTS, layouts, org, org, tally, kept, batch, set(OBJECTS))
        for name, key, value, parents in stream:
            loading.add(name, _change(layouts, numbers[name], key, value, parents))
            if loading.is_full:
                loading.flush()
        CatchingUp(loading, never_refill).finish()
        assert loading.is_done
    wanted = expected(stream)
    found = {name: {key: row[0] for key, row in same.items()} for name, same in org.rows.items()}
    assert found == {name: {key: row[0] for key, row in same.items()}
                     for name, same in wanted.items()}  # fmt: skip
    for name, same in wanted.items():
        for key, (_, parents) in same.items():
            for lookup, parent in parents.items():
                if parent is None or parent in wanted[PARENTS[name, lookup]]:
                    assert org.rows[name][key][1].get(lookup) == parent
    assert tally.failed == 0
    counted = tally.counts.values()
    assert sum(
        each.upserted + each.deleted + each.merged + sum(each.skipped.values()) for each in counted
    ) >= len({(name, key) for name, key, _, _ in stream})


@given(streams(), st.integers(1, 8))
@settings(max_examples=50, deadline=None)
def test_every_order_and_every_batch_size_end_in_what_the_stream_says(
    stream: list[Record], batch: int
) -> None:
    assert_ends_in_what_it_says(stream, batch)


@pytest.mark.slow
@given(streams(), st.integers(1, 8))
@settings(max_examples=150, deadline=None)
def test_many_more_orders_and_batch_sizes_do_too(stream: list[Record], batch: int) -> None:
    assert_ends_in_what_it_says(stream, batch)


def _change(
    layouts: RowLayouts, number: int, key: str, value: str, parents: dict[str, str | None]
) -> Change:
    if value == "-":
        return removal(key)
    record = {"Id": key, **({"V": value} if value else {}), **parents}
    row = layouts[number].row(record)
    return Change(row.key, number, row.cells, row.links, row.is_partial)


PARENTS = {(each.object, parent.field): parent.parent for each in MAPS for parent in each.parents}
LOOKUPS = {parent.source: parent.field for each in MAPS for parent in each.parents}
Rows = dict[str, dict[str, tuple[str, dict[str, str | None]]]]


def expected(stream: list[Record]) -> Rows:
    """The rows that a stream leaves: its last word on each field, where what owns it is there."""
    last: dict[tuple[str, str], tuple[str, dict[str, str | None]]] = {}
    for name, key, value, parents in stream:
        before = last.get((name, key), ("", {}))
        named = {LOOKUPS[source]: parent for source, parent in parents.items()}
        last[name, key] = value or before[0], {**before[1], **named}
    there: Rows = {name: {} for name in OBJECTS}
    for wanted in (ACCOUNT, METHOD, INVOICE, ITEM):
        for (name, key), (value, parents) in last.items():
            if name != wanted or value == "-":
                continue
            owner = parents.get("Of__c")
            if owner is None or owner in there[OWNED[name]]:
                there[name][key] = value, parents
    return there


Run = tuple[list[Record], bool]
"""What a tap sends in a run, and whether the run dies before anything of it is kept."""


@st.composite
def histories(draw: st.DrawFn) -> list[Run]:
    """A stream in runs; what a run that died was sent is sent again by the next."""
    stream = draw(streams())
    runs: list[Run] = []
    pending: list[Record] = []
    at = 0
    while at < len(stream):
        size = draw(st.integers(1, 8))
        pending, at = [*pending, *stream[at : at + size]], at + size
        dies = draw(st.integers(0, 3)) == 0
        runs.append((pending, dies))
        pending = pending if dies else []
    return [*runs, (pending, False)]


def assert_runs_end_in_what_they_say(runs: list[Run], batch: int) -> None:
    """Load run after run, each with what the last has kept, and compare the org with a model."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kept.sqlite"
        org = FakeOrg(RowLayouts())
        for stream, dies in runs:
            _run(org, stream, batch, file, dies=dies)
    said = [each for stream, dies in runs if not dies for each in stream]
    wanted = expected(said)
    found = {name: {key: row[0] for key, row in same.items()} for name, same in org.rows.items()}
    assert found == {name: {key: row[0] for key, row in same.items()}
                     for name, same in wanted.items()}  # fmt: skip
    for name, same in wanted.items():
        for key, (_, parents) in same.items():
            for lookup, parent in parents.items():
                if parent is None or parent in wanted[PARENTS[name, lookup]]:
                    assert org.rows[name][key][1].get(lookup) == parent


def _run(org: FakeOrg, stream: list[Record], batch: int, file: Path, *, dies: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tally = Tally(OutputFolder(Path(folder)))
        layouts = org.layouts = RowLayouts()
        store = Store(file)
        numbers = {
            each.object: layouts.add(
                RowLayout.of(each, OBJECTS, {"Id", "V", "Up", "Default", "Of", "Paid"}, ORDER.late)
            )
            for each in MAPS
        }
        kept = WaitingRows(store, layouts, OBJECTS)
        loading = Loading(ORDER, OBJECTS, layouts, org, org, tally, kept, batch, set(OBJECTS))
        for name, key, value, parents in stream:
            loading.add(name, _change(layouts, numbers[name], key, value, parents))
            if loading.is_full:
                loading.flush()
        CatchingUp(loading, never_refill).finish()
        if not dies:
            store.keep()
        store.close()
        assert tally.failed == 0


@given(histories(), st.integers(1, 8))
@settings(max_examples=50, deadline=None)
def test_a_stream_in_any_runs_of_which_any_may_die_ends_in_what_it_says(
    runs: list[Run], batch: int
) -> None:
    assert_runs_end_in_what_they_say(runs, batch)


@pytest.mark.slow
@given(histories(), st.integers(1, 8))
@settings(max_examples=150, deadline=None)
def test_many_more_runs_do_too(runs: list[Run], batch: int) -> None:
    assert_runs_end_in_what_they_say(runs, batch)
