"""Rows that hold each other by a lookup of their own type are deleted leaf by leaf."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.deletion.leaves import Leaves
from target_zuora360_cleanup.rows.errors import RowError
from tests.support.few_as_many import by
from tests.support.shapes import cleanup, ids, of, rows, shaped
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

pytestmark = pytest.mark.slow
SUBS, FIELD = "Zuora__Subscription__c", "Renewed__c"
ALL = {"include_objects": None, "object_groups": ["accounts"]}


def renewals(on_delete: str = "restrict") -> dict[str, Any]:
    return {
        "object": SUBS, "name": FIELD, "type": "reference", "to": [SUBS], "on_delete": on_delete,
    }  # fmt: skip


def chain(length: int) -> dict[str, Any]:
    """Rows that each lead to the one before."""
    values: dict[str, Any] = {FIELD: {"previous": True}, "Zuora__External_Id__c": "chain-{n}"}
    return rows(SUBS, length, **values)


@pytest.mark.parametrize("on_delete", ["restrict", "cascade"])
def test_a_chain_of_three_hundred_goes_from_its_end(tmp_path: Path, on_delete: str) -> None:
    shape = {"fields": [renewals(on_delete)], "rows": [chain(300)]}
    with shaped(shape) as server:
        thin_out(server.org)
        before = len(ids(server, SUBS))
        ran = cleanup(server, tmp_path, **ALL)
        assert (ran.status, ids(server, SUBS)) == (0, set())
    entry = ran.object(SUBS)
    assert (entry["found"], entry["deleted"], entry["failed"]) == (before, before, 0)
    assert len({row["Id"] for row in ran.backup(SUBS)}) == len(ran.backup(SUBS)) == before


@pytest.mark.parametrize("on_delete", ["restrict", "cascade"])
def test_a_veto_holds_what_is_above_it_in_the_hierarchy(tmp_path: Path, on_delete: str) -> None:
    last: dict[str, Any] = {FIELD: {"row": "chain", "at": 7}}
    shape = {
        "fields": [renewals(on_delete)],
        "rows": [{**chain(10), "name": "chain"}, {**rows(SUBS, **last), "name": "vetoed"}],
        "changes": [{"object": SUBS, "at": 1, "values": {FIELD: {"row": "chain", "at": 4}}}],
        "vetoes": [{"object": SUBS, "rows": ["vetoed"], "message": "not this one"}],
    }
    with shaped(shape) as server:
        thin_out(server.org)
        numbered = sorted(ids(server, SUBS))
        chained = numbered[-11:-1]
        ran = cleanup(server, tmp_path, **ALL)
        assert ids(server, SUBS) == {*chained[:7], numbered[-1]}
    assert (ran.status, ran.object(SUBS)["held_back"], ran.object(SUBS)["failed"]) == (4, 7, 8)
    held = {
        row["id"]: row["message"] for row in ran.file("failures.csv") if row["code"] == "HELD_BACK"
    }
    assert {id_ for id_ in held if id_ in numbered} == set(chained[:7])


@pytest.mark.parametrize(
    "fault",
    [{"counters": {"processed": 1, "failed": 0}}, {"missing": 1, "missing_are_done": False}],
    ids=["a number that is late", "a result with gaps"],
)
def test_a_veto_that_no_job_tells_holds_all_the_same(tmp_path: Path, fault: dict[str, Any]) -> None:
    """Jobs say nothing of the refused row, and the next level would take it along."""
    last: dict[str, Any] = {FIELD: {"row": "chain", "at": 3}}
    shape = {
        "fields": [renewals("cascade")],
        "rows": [{**chain(3), "name": "chain"}, {**rows(SUBS, **last), "name": "vetoed"}],
        "vetoes": [{"object": SUBS, "rows": ["vetoed"], "message": "not this one"}],
    }
    job = {"object": SUBS, "operation": "delete", **fault, "times": 2}
    with shaped(shape) as server, by("jobs"):
        thin_out(server.org)
        left = set(sorted(ids(server, SUBS))[-4:])
        server.set_faults({"jobs": [job]})
        ran = cleanup(server, tmp_path, **ALL)
        assert ids(server, SUBS) == left
    assert (ran.status, ran.object(SUBS)["failed"]) == (4, 4)


def test_a_circle_stays_and_is_told(tmp_path: Path) -> None:
    shape = {
        "fields": [renewals()],
        "rows": [{**chain(4), "name": "chain"}],
        "changes": [
            {"object": SUBS, "at": at, "values": {FIELD: of(SUBS, to)}}
            for at, to in ((1, 2), (2, 3), (3, 1), (4, 1), (1, 2))
        ],
    }
    with shaped(shape) as server:
        thin_out(server.org)
        circle = set(sorted(ids(server, SUBS))[:3])
        ran = cleanup(server, tmp_path, **ALL)
        assert ids(server, SUBS) == circle
    told = [row for row in ran.file("failures.csv") if row["object"] == SUBS]
    assert {row["id"] for row in told} == circle
    assert {row["message"] for row in told} == {
        f"rows of {SUBS} hold each other in a circle, with it or below it"
    }


def test_without_such_rows_nothing_is_done_otherwise(tmp_path: Path) -> None:
    with shaped({"fields": [renewals()]}) as server:
        thin_out(server.org)
        ran = cleanup(server, tmp_path, **ALL)
        asked = [str(each["path"]) for each in server.service.stats.requests(10_000)]
        assert (ran.status, ids(server, SUBS)) == (0, set())
    assert not [each for each in asked if f"SELECT+Id%2C+{FIELD}" in each]


NAME = "X__c"


@pytest.fixture
def leaves(tmp_path: Path) -> Iterator[Leaves]:
    made = Leaves(tmp_path / "leaves.sqlite", NAME)
    yield made
    made.close()


def levels(leaves: Leaves, *failing: str) -> list[list[str]]:
    """The ids of each level, some of which fail."""
    found: list[list[str]] = []
    while leaves.next_level():
        found.append([])
        for page in leaves.pages(2):
            with closing(page):
                found[-1] += page.ids()
        errors = [RowError(each, "NO", "no") for each in found[-1] if each in failing]
        leaves.noting(lambda given: [*given].clear())(errors)
    return found


def may_go(leaves: Leaves, *row_ids: str) -> list[bytes]:
    return leaves.set_aside([each.encode() for each in row_ids])


def test_rows_without_such_lookups_go_in_any_order(leaves: Leaves) -> None:
    leaves.add([["b", "a"]])
    assert may_go(leaves, "a", "b", "c") == [b"c"]


def test_each_level_is_what_nothing_hangs_on_any_more(leaves: Leaves) -> None:
    leaves.add([["b", "a", ""], ["c", "a", ""], ["d", "b", "c"], ["e", "d", ""], ["f", "f", ""]])
    assert may_go(leaves, "a", "b", "c", "d", "e", "f") == [b"f"]
    assert levels(leaves) == [["e"], ["d"], ["b", "c"], ["a"]]
    assert list(leaves.left()) == []


def test_what_may_not_go_holds_what_is_above_it(leaves: Leaves) -> None:
    leaves.add([["b", "a"], ["c", "b"], ["y", "x"]])
    may_go(leaves, "a", "b", "x", "y")
    assert levels(leaves) == [["y"], ["x"]]
    assert [(each.id, each.code) for each in leaves.left()] == [
        ("a", "HELD_BACK"), ("b", "HELD_BACK"),
    ]  # fmt: skip


def test_what_fails_holds_what_is_above_it(leaves: Leaves) -> None:
    leaves.add([["b", "a"], ["c", "b"], ["d", "b"]])
    may_go(leaves, "a", "b", "c", "d")
    assert levels(leaves, "d") == [["c", "d"]]
    assert [each.id for each in leaves.left()] == ["a", "b"]


def test_a_chain_of_any_length_has_as_many_levels(leaves: Leaves) -> None:
    names = [f"{number:05}" for number in range(1_001)]
    leaves.add([[child, parent] for parent, child in pairwise(names)])
    may_go(leaves, *names)
    assert levels(leaves) == [[each] for each in reversed(names)]


def test_a_circle_is_told_from_what_is_held(leaves: Leaves) -> None:
    leaves.add([["b", "a"], ["a", "b"], ["a", "top"], ["q", "p"]])
    may_go(leaves, "a", "b", "top", "p")
    assert levels(leaves) == []
    assert {each.id: "circle" in each.message for each in leaves.left()} == {
        "a": True, "b": True, "top": True, "p": False,
    }  # fmt: skip
