"""What becomes of links, from what was seen: the store alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.relink.plan import Restoration
from target_zuora360_cleanup.relink.relinking import csv_line
from target_zuora360_cleanup.relink.snapshot import Link, blanked
from target_zuora360_cleanup.relink.store import LinkStore
from target_zuora360_cleanup.rows.errors import RowError
from target_zuora360_cleanup.salesforce.rows import soql_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RELATIONSHIP = blanked("Contract", "Subscription__c", "Zuora__Subscription__c")
RESTORATION = Restoration(
    RELATIONSHIP, "Key__c", "Subscription__r.Key__c", "Subscription__r.Key__c"
)
LOOSE = Restoration(
    RELATIONSHIP, "Key__c", "Subscription__r.Key__c", "Subscription__r.Key__c", folds=True
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LinkStore]:
    made = LinkStore(tmp_path / "links.sqlite")
    yield made
    made.close()


def reasons(store: LinkStore) -> dict[str, tuple[str, str]]:
    return {each.record: (each.result, each.code) for each in store.not_restored()}


def test_each_link_gets_the_result_that_it_deserves(store: LinkStore) -> None:
    names = ("blank", "right", "right by id", "other", "gone", "no parent", "twice", "lost")
    store.add(
        0, RESTORATION, [Link(each, "" if each == "lost" else f"key of {each}") for each in names]
    )
    parents = [
        (f"id of {each}", f"key of {each}") for each in names if each not in ("no parent", "lost")
    ]
    store.add_parents(7, [0], [*parents, ("another", "key of twice"), ("x", "of no link")])
    store.saw(0, [
        ("", "", "blank"), ("some", "key of right", "right"),
        ("id of right by id", "", "right by id"),
        ("id of right", "", "other"), ("", "", "no parent"), ("", "", "twice"), ("", "", "lost"),
        ("x", "y", "of no link"),
    ])  # fmt: skip
    store.compare(0, 7)
    assert reasons(store) == {
        "blank": ("blank", ""),
        "other": ("already_set", ""),
        "gone": ("record_gone", ""),
        "no parent": ("parent_not_back", ""),
        "twice": ("failed", "DUPLICATE_EXTERNAL_ID"),
        "lost": ("parent_not_back", ""),
    }
    assert store.counts(0) == {
        "restored": 2, "blank": 1, "already_set": 1, "record_gone": 1, "parent_not_back": 2,
        "failed": 1, "lost": 1,
    }  # fmt: skip


def test_a_lookup_that_is_set_is_not_taken_for_right_where_nothing_is_wanted(
    store: LinkStore,
) -> None:
    store.add(0, RESTORATION, [Link("record", "")])
    store.saw(0, [("some", "", "record")])
    store.compare(0, 0)
    assert reasons(store) == {"record": ("already_set", "")}


def test_a_parent_without_an_external_id_that_never_went_is_in_place(store: LinkStore) -> None:
    restoration = Restoration(RELATIONSHIP)
    store.add(
        0, restoration, [Link("one", "a015g0000000001EAA"), Link("two", "a015g0000000002EAA")]
    )
    store.saw(0, [("a015g0000000001EAA", "", "one"), ("a015g0000000001EAA", "", "two")])
    store.compare(0, -1)
    assert reasons(store) == {"two": ("already_set", "")}


def test_links_of_one_lookup_are_compared_by_their_own_keys_each(store: LinkStore) -> None:
    other = Restoration(RELATIONSHIP, "Other__c", "Subscription__r.Other__c", "")
    store.add(0, RESTORATION, [Link("one", "k"), Link("two", "k")], [1])
    store.add(1, other, [Link("three", "k")], [0])
    store.add_parents(0, [0], [("id", "k")])
    for number, name in ((0, "one"), (0, "two"), (1, "three")):
        store.saw(number, [("", "", name)])
    store.compare(0, 0)
    store.compare(1, 1)
    assert reasons(store) == {
        "one": ("blank", ""), "two": ("blank", ""), "three": ("parent_not_back", ""),
    }  # fmt: skip
    assert [list(store.to_set(number, ("", ""), 9)) for number in (0, 1)] == [
        [("one", "k", "k"), ("two", "k", "k")], [],
    ]  # fmt: skip


def test_a_record_is_in_it_once_by_what_the_snapshot_says_last(store: LinkStore) -> None:
    other = Restoration(RELATIONSHIP, "Other__c", "Subscription__r.Other__c", "")
    store.add(0, RESTORATION, [Link("record", "first"), Link("kept", "k")], [1, 2])
    store.add(1, other, [Link("record", "second")], [0, 2])
    store.add(1, other, [Link("record", "third")], [0, 2])
    assert [each[:4] for each in store.not_restored()] == [
        (0, "kept", "", "k"), (1, "record", "", "third"),
    ]  # fmt: skip
    store.supersede([0, 1, 2], [Link("record", "newest")])
    assert [store.counts(number) for number in (0, 1, 2)] == [
        {"unknown": 1, "lost": 0}, {"superseded": 1, "lost": 0}, {"lost": 0},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("restoration", "result"), [(RESTORATION, "parent_not_back"), (LOOSE, "blank")]
)
def test_external_ids_are_compared_as_their_field_does(
    store: LinkStore, restoration: Restoration, result: str
) -> None:
    store.add(0, restoration, [Link("record", "ABC")])
    store.add_parents(0, [0], [("id", restoration.wanted("abc"))])
    store.saw(0, [("", "", "record")])
    store.compare(0, 0)
    assert reasons(store) == {"record": (result, "")}
    assert [row[:2] for row in store.to_set(0, ("", ""), 9)] == (
        [("record", "ABC")] if result == "blank" else []
    )


def test_ids_that_differ_in_case_only_are_different_records(store: LinkStore) -> None:
    store.add(0, RESTORATION, [Link("a0A000000000001AAA", "k"), Link("a0a000000000001AAA", "k")])
    store.add_parents(0, [0], [("id", "k")])
    store.saw(0, [("id", "k", "a0A000000000001AAA")])
    store.compare(0, 0)
    assert reasons(store) == {"a0a000000000001AAA": ("record_gone", "")}


def test_links_are_sent_once_each_whatever_their_number(store: LinkStore) -> None:
    links = [Link(f"r{n:03}", f"k{n % 7}") for n in range(100)]
    store.add(0, RESTORATION, links)
    store.add_parents(0, [0], [(f"id{n}", f"k{n}") for n in range(7)])
    store.saw(0, [("", "", record) for record, _ in links])
    store.compare(0, 0)
    sent, after = [], ("", "")
    while part := list(store.to_set(0, after, 9)):
        sent += [row[:2] for row in part]
        after = part[-1][2], part[-1][0]
    assert sent == sorted(links, key=lambda link: (link[1], link[0]))


def test_only_failures_that_may_pass_are_tried_again(store: LinkStore) -> None:
    codes = ("UNABLE_TO_LOCK_ROW", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "ENTITY_IS_DELETED", "")
    store.add(0, RESTORATION, [Link(code, "k") for code in codes])
    store.add_parents(0, [0], [("id", "k")])
    store.saw(0, [("", "", code) for code in codes])
    store.compare(0, 0)
    store.begin(0)
    store.note(0, [RowError(code, code, "words") for code in codes if code])
    store.judge(0, "broke", final=False)
    assert {name: result for name, (result, _) in reasons(store).items()} == {
        "UNABLE_TO_LOCK_ROW": "blank",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION": "failed",
        "ENTITY_IS_DELETED": "blank",
        "": "blank",
    }
    store.judge(0, "broke", final=True)
    last = next(iter(store.not_restored()))
    assert last == (0, "", "failed", "k", 0, "", 1, "STILL_BLANK", "broke")


def test_reading_that_breaks_leaves_what_was_known(store: LinkStore) -> None:
    store.add(0, RESTORATION, [Link("record", "k")])
    store.add_parents(0, [0], [("id", "k")])
    store.saw(0, [("", "", "record")])

    def broken() -> Iterator[tuple[str, str, str]]:
        yield "value", "", "record"
        raise OSError("cut")

    with pytest.raises(OSError, match="cut"), store.whole():
        store.saw(0, broken())
    store.compare(0, 0)
    assert reasons(store) == {"record": ("blank", "")}


def test_values_are_written_so_that_they_are_read_as_they_are() -> None:
    assert csv_line(("a", 'b,"c"')) == b'a,"b,""c"""'
    assert soql_text("O'Neil\\") == "'O\\'Neil\\\\'"
