"""Progress lines: what they say, and how few there are."""

from __future__ import annotations

import logging

import pytest

from target_zuora360_cleanup.output.progress import Progress


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def test_a_line_says_rows_rate_and_time_left(clock: Clock, said: pytest.LogCaptureFixture) -> None:
    progress = Progress(5, clock)
    progress.begin("Invoice", 10_000)
    clock.now += 10
    progress.update("Invoice", "job", 2_000)
    assert said.messages == ["Invoice: 2,000 of 10,000, 200 rows/s, 40 s left"]


def test_there_is_at_most_one_line_every_few_seconds(
    clock: Clock, said: pytest.LogCaptureFixture
) -> None:
    progress = Progress(5, clock)
    progress.begin("Invoice", 1_000)
    for done in range(1_000):
        clock.now += 0.03125
        progress.update("Invoice", "job", done)
    assert len(said.messages) == 1_000 * 0.03125 // 5


def test_many_short_object_types_do_not_flood_the_log(
    clock: Clock, said: pytest.LogCaptureFixture
) -> None:
    progress = Progress(5, clock)
    for number in range(40):
        progress.begin(f"Object{number}", 10)
        clock.now += 0.1
        progress.end(f"Object{number}", 10, 0)
    assert said.messages == []


def test_failures_are_told_at_once(clock: Clock, said: pytest.LogCaptureFixture) -> None:
    progress = Progress(5, clock)
    progress.begin("Invoice", 10)
    progress.end("Invoice", 7, 3)
    assert said.messages == ["Invoice: 7 deleted, 3 failed in 0.0 s"]


def test_rows_of_all_jobs_are_counted_once(clock: Clock, said: pytest.LogCaptureFixture) -> None:
    progress = Progress(5, clock)
    progress.begin("Invoice", 100)
    progress.update("Invoice", "a", 10)
    progress.update("Invoice", "a", 20)
    clock.now += 5
    progress.update("Invoice", "b", 30)
    assert said.messages[0].startswith("Invoice: 50 of 100")
