"""How often a job is polled: soon enough after its end, and seldom on the way."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.salesforce.polling import Pace, Polling

BATCH = 10_000


@dataclass(frozen=True)
class Server:
    """Works on a job batch by batch, after it has waited in the queue."""

    queued: float
    rows: int
    batch_seconds: float

    @property
    def ends(self) -> float:
        return self.queued + -(-self.rows // BATCH) * self.batch_seconds

    def processed(self, elapsed: float) -> int:
        batches = int(max(0.0, elapsed - self.queued) / self.batch_seconds)
        return min(self.rows, batches * BATCH)


def polled(server: Server, polling: Polling, *, rows: int) -> list[float]:
    """When the job is polled, up to the poll that finds it ended."""
    times, pace = [polling.wait(0)], Pace(rows)
    while times[-1] < server.ends:
        now = times[-1]
        times.append(now + polling.wait(now, pace.needs(now, server.processed(now))))
    return times


SERVERS = st.builds(
    Server,
    queued=st.floats(0, 600),
    rows=st.integers(1, 1_000_000),
    batch_seconds=st.floats(0.01, 120),
)


@given(SERVERS, st.sampled_from([0, 1]))
def test_an_end_is_seen_within_a_tenth_of_the_jobs_time(server: Server, known: int) -> None:
    polling = Polling()
    seen = polled(server, polling, rows=server.rows * known)[-1]
    assert seen <= 1.1 * server.ends + polling.shortest
    assert seen <= server.ends + polling.longest


@given(SERVERS)
def test_knowing_the_rows_costs_no_poll_more(server: Server) -> None:
    polling = Polling()
    knowing = len(polled(server, polling, rows=server.rows))
    assert knowing <= len(polled(server, polling, rows=0))


def test_a_job_of_an_hour_is_polled_less_than_two_hundred_times() -> None:
    hour = Server(queued=3600, rows=1, batch_seconds=0.01)
    assert 150 < len(polled(hour, Polling(), rows=1)) < 200


def test_a_job_whose_speed_is_known_is_polled_less() -> None:
    server = Server(queued=0, rows=100_000, batch_seconds=3)
    unknown, known = (len(polled(server, Polling(), rows=rows)) for rows in (0, 100_000))
    assert known < 0.9 * unknown


def test_more_rows_than_expected_are_no_reason_to_wait_long() -> None:
    pace = Pace(10)
    assert [pace.needs(1, 5), pace.needs(2, 10), pace.needs(3, 500)] == [0, 0, 0]
