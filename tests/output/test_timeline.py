"""The timeline: when what was worked on, as `report.json` has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from target_zuora360_cleanup.output.timeline import Timeline

START = datetime(2026, 5, 4, 8, tzinfo=UTC)


def test_the_timeline_has_the_spans_in_the_order_in_which_they_began() -> None:
    timeline = Timeline(lambda: START + timedelta(seconds=9))
    timeline.add("A", START + timedelta(seconds=6), 5)
    timeline.add("C", START, None)
    timeline.add("B", START, 7)
    assert [each.as_json() for each in timeline.spans] == [
        {"object": "B", "started_at": "2026-05-04T08:00:00+00:00",
         "finished_at": "2026-05-04T08:00:09+00:00", "rows": 7},
        {"object": "C", "started_at": "2026-05-04T08:00:00+00:00",
         "finished_at": "2026-05-04T08:00:09+00:00", "rows": None},
        {"object": "A", "started_at": "2026-05-04T08:00:06+00:00",
         "finished_at": "2026-05-04T08:00:09+00:00", "rows": 5},
    ]  # fmt: skip
