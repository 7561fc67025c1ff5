"""What meets passing trouble is tried once more after a wait, a few times at most."""

from __future__ import annotations

import pytest
import requests

from target_zuora360_cleanup.salesforce.attempts import attempts
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed
from target_zuora360_cleanup.salesforce.waits import NO_WAITS, Waits

BUSY, REFUSED = ApiError(503, "HTTP_503", "busy"), ApiError(400, "MALFORMED_QUERY", "no")
BROKEN, CUT = JobFailed("750", "Failed", "locks"), requests.ConnectionError("cut")
WAITS = (1.0, 2.0)


def made(*troubles: Exception) -> tuple[str, list[float], list[Exception]]:
    """What came of attempts that meet these troubles in turn, what was waited, what was noted."""
    coming, waited, noted = iter(troubles), list[float](), list[Exception]()
    for each in attempts(WAITS, waited.append):
        with each.outlive(noted.append):
            if trouble := next(coming, None):
                raise trouble
            return f"attempt {each.number}", waited, noted
    raise AssertionError("the last attempt returns or raises")


@pytest.mark.parametrize("troubles", [(), (BUSY,), (BROKEN, CUT)])
def test_an_attempt_follows_on_each_passing_trouble_after_its_wait(
    troubles: tuple[Exception, ...],
) -> None:
    count = len(troubles)
    assert made(*troubles) == (f"attempt {count + 1}", [*WAITS[:count]], [*troubles])


@pytest.mark.parametrize("last", [BUSY, BROKEN, CUT])
def test_trouble_of_the_last_attempt_is_raised(last: Exception) -> None:
    with pytest.raises(type(last)) as caught:
        made(BUSY, BUSY, last)
    assert caught.value is last


def test_a_refusal_is_raised_at_once() -> None:
    with pytest.raises(ApiError, match="MALFORMED_QUERY"):
        made(REFUSED)


def test_without_waits_there_are_as_many_attempts() -> None:
    assert (len(NO_WAITS.send), len(NO_WAITS.rounds)) == (len(Waits.send), len(Waits.rounds))
    assert {*NO_WAITS.send, *NO_WAITS.rounds, NO_WAITS.backoff, NO_WAITS.retry_after} == {0.0}
    assert NO_WAITS.outage < 1


def test_waits_are_bounded_in_all() -> None:
    waits = Waits()
    assert sum(waits.send) < 60
    assert sum(waits.rounds) < 10
