"""The drawing and the timeline: no overlap, all lines to the right, right numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from graphlib import CycleError
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from target_zuora360_cleanup.output.timeline import Timeline
from target_zuora360_cleanup.report.graph import BOX_WIDTH, COLUMN_GAP, Node, draw, reduced
from target_zuora360_cleanup.report.timeline_chart import chart, duration

some = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
LABELS = st.text("abc XYZ_", min_size=1, max_size=90)


@st.composite
def graphs(draws: st.DrawFn) -> list[Node]:
    """Up to 25 nodes in an order that fits, some of them objects that are not deleted."""
    nodes: list[Node] = []
    for number in range(1, draws(st.integers(1, 25)) + 1):
        names = [node.name for node in nodes]
        after = draws(st.sets(st.sampled_from(names), max_size=4)) if names else set[str]()
        step = number if bool(after) or draws(st.booleans()) else 0
        nodes.append(Node(f"n{number}", draws(LABELS), "1 record", step, frozenset(after)))
    return nodes


@given(graphs())
@some
def test_no_two_boxes_overlap_and_all_are_inside(nodes: list[Node]) -> None:
    drawing = draw(nodes)
    assert {box.node.name for box in drawing.boxes} == {node.name for node in nodes}
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - BOX_WIDTH
        assert -0.1 <= box.y <= drawing.height - box.height + 0.1
    for one, other in combinations(drawing.boxes, 2):
        beside = abs(one.x - other.x) >= BOX_WIDTH
        assert beside or one.y >= other.y + other.height or other.y >= one.y + one.height


@given(graphs())
@some
def test_every_line_leads_from_what_goes_first_to_what_goes_later(nodes: list[Node]) -> None:
    drawing = draw(nodes)
    places = {box.node.name: box for box in drawing.boxes}
    assert {(edge.first.name, edge.then.name) for edge in drawing.edges} == {
        (first, node.name) for node in nodes for first in node.after
    }
    for edge in drawing.edges:
        first, then = places[edge.first.name], places[edge.then.name]
        numbers = [float(each) for each in re.findall(r"-?[\d.]+", edge.path)]
        assert not edge.first.step or edge.first.step < edge.then.step
        assert numbers[0] == first.x + BOX_WIDTH < then.x == numbers[-2]
        assert first.y < numbers[1] < first.y + first.height
        assert then.y < numbers[-1] < then.y + then.height


@given(graphs())
@some
def test_no_line_runs_through_a_box(nodes: list[Node]) -> None:
    drawing = draw(nodes)
    for edge in drawing.edges:
        for y, end in re.findall(r" (-?[\d.]+)H([\d.]+)", edge.path):
            passed = [box for box in drawing.boxes if box.x == float(end) - BOX_WIDTH]
            assert passed
            assert not [box for box in passed if box.y <= float(y) <= box.y + box.height]


@given(graphs())
@some
def test_the_drawing_is_the_same_each_time(nodes: list[Node]) -> None:
    assert draw(nodes) == draw(nodes)


def above(after: dict[str, frozenset[str]], name: str) -> set[str]:
    found: set[str] = set()
    for each in after.get(name, ()):
        found |= {each} | above(after, each)
    return found


@given(graphs(), st.data())
@some
def test_a_reduced_order_is_the_same_order_with_no_line_too_many(
    nodes: list[Node], data: st.DataObject
) -> None:
    after = {node.name: node.after for node in nodes}
    shown = data.draw(st.sets(st.sampled_from(list(after))))
    less = reduced(after, shown)
    assert set(less) == shown
    for name in shown:
        assert above(less, name) == above(after, name) & shown
        for each in less[name]:
            without = {**less, name: less[name] - {each}}
            assert each not in above(without, name)


def test_what_goes_before_itself_is_no_order() -> None:
    with pytest.raises(CycleError):
        reduced({"a": ["b"], "b": ["a"]}, ["a", "b"])


def test_an_empty_drawing_takes_no_room() -> None:
    drawing = draw(())
    assert (drawing.width, drawing.height, drawing.boxes, drawing.edges) == (0, 0, (), ())


def test_objects_that_stay_stand_next_to_what_they_lead_to() -> None:
    nodes = [
        Node("own", "Own__c", "", 0),
        Node("n1", "x", "", 1),
        Node("n2", "x", "", 2, frozenset({"n1"})),
        Node("n3", "x", "", 3, frozenset({"n2", "own"})),
    ]
    drawing = draw(nodes)
    x = {box.node.name: box.x for box in drawing.boxes}
    assert x["own"] == x["n2"] == BOX_WIDTH + COLUMN_GAP


START = datetime(2026, 5, 4, 8, tzinfo=UTC)


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


SPANS = st.lists(
    st.tuples(st.floats(0, 1e5), st.floats(0, 1e5), st.integers(0, 10**7)), max_size=20
)


@given(SPANS)
def test_bars_and_ticks_stay_on_the_axis(spans: list[tuple[float, float, int]]) -> None:
    clock = Clock()
    timeline = Timeline(clock)
    for start, seconds, rows in spans:
        clock.now = START + timedelta(seconds=start + seconds)
        timeline.add("x", START + timedelta(seconds=start), rows)
    drawn = chart([each.as_json() for each in timeline.spans])
    assert drawn.rows.is_all
    assert drawn.rows.known == sum(rows for _, _, rows in spans)
    for bar in drawn.bars:
        assert bar.left >= 0
        assert bar.width > 0
        assert bar.left + bar.width <= 100.011
    assert all(0 <= left <= 100.01 for left, _ in drawn.ticks)
    assert len(drawn.ticks) <= 6


def test_a_bar_tells_when_how_long_and_how_fast() -> None:
    timeline = [
        {"object": "A", "started_at": "2026-05-04T08:00:00+00:00",
         "finished_at": "2026-05-04T08:01:00.000000+00:00", "rows": 600},
        {"object": "B", "started_at": "2026-05-04T08:01:00+00:00",
         "finished_at": "2026-05-04T08:04:00+00:00", "rows": 90},
    ]  # fmt: skip
    drawn = chart(timeline)
    assert [(each.left, each.width, each.rate) for each in drawn.bars] == [
        (0, 25, 10), (25, 75, 0.5)
    ]  # fmt: skip
    assert (drawn.seconds, drawn.rows.words, drawn.rate) == (240, "690", 2.875)
    assert drawn.ticks == ((0, "0 s"), (25, "1 min"), (50, "2 min"), (75, "3 min"), (100, "4 min"))


def test_rows_that_nobody_knows_are_no_zero_and_have_no_rate() -> None:
    times = {"started_at": "2026-05-04T08:00:00+00:00", "finished_at": "2026-05-04T08:01:00+00:00"}
    drawn = chart([{"object": "A", **times, "rows": 600}, {"object": "B", **times, "rows": None}])
    assert [(each.rows, each.rate) for each in drawn.bars] == [(600, 10), (None, None)]
    assert (drawn.rows.words, drawn.rate) == ("at least 600", None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.04, "< 0.1 s"), (0.44, "0.4 s"), (5, "5 s"), (9.96, "10.0 s"), (59.7, "1 min"),
     (65, "1 min 05 s"), (3_600, "1 h 00 min"), (7_890, "2 h 11 min")],
)  # fmt: skip
def test_a_duration_reads_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text
