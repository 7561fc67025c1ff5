"""What an answer means: one table, by status, code and shape."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed, is_passing
from target_zuora360_cleanup.salesforce.meaning import Answer, Extent, Kind, meaning

DONE, PASSING, LOST = Kind.DONE, Kind.PASSING, Kind.LOST
REFUSED, UNREADABLE = Kind.REFUSED, Kind.UNREADABLE
ROW, JOB, RUN = Extent.ROW, Extent.JOB, Extent.RUN
CONCURRENT = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
GERMAN_DAY = "Das Limit TotalRequests wurde überschritten."
LIMIT = "REQUEST_LIMIT_EXCEEDED"

TABLE = [
    (Answer(200), DONE, None),
    (Answer(201, repeatable=False), DONE, None),
    (Answer(204), DONE, None),
    (Answer(200, fits=False), UNREADABLE, None),
    (Answer(201, fits=False, repeatable=False), LOST, None),
    (Answer(302), UNREADABLE, None),
    (Answer(302, repeatable=False), LOST, None),
    (Answer(0), PASSING, None),
    (Answer(0, repeatable=False), LOST, None),
    (Answer(406), PASSING, None),
    (Answer(406, repeatable=False), LOST, None),
    (Answer(408), PASSING, None),
    (Answer(420), PASSING, None),
    (Answer(429), PASSING, None),
    (Answer(429, repeatable=False), PASSING, None),
    (Answer(500, "UNKNOWN_EXCEPTION"), PASSING, None),
    (Answer(500, "UNKNOWN_EXCEPTION", repeatable=False), LOST, None),
    (Answer(502, repeatable=False), LOST, None),
    (Answer(503, "SERVER_UNAVAILABLE"), PASSING, None),
    (Answer(503, repeatable=False), LOST, None),
    (Answer(504), PASSING, None),
    (Answer(403, LIMIT, CONCURRENT), PASSING, None),
    (Answer(403, LIMIT, CONCURRENT, repeatable=False), PASSING, None),
    (Answer(503, LIMIT, "Zu viele."), PASSING, None),
    (Answer(403, LIMIT, "TotalRequests Limit exceeded."), REFUSED, RUN),
    (Answer(403, LIMIT, GERMAN_DAY), REFUSED, RUN),
    (Answer(403, LIMIT, "Zu viele.", is_used_up=True), REFUSED, RUN),
    (Answer(400, "QUERY_TIMEOUT"), REFUSED, JOB),
    (Answer(400, "OPERATION_TOO_LARGE"), REFUSED, JOB),
    (Answer(400, "MALFORMED_QUERY"), REFUSED, JOB),
    (Answer(400, "INVALID_FIELD"), REFUSED, JOB),
    (Answer(403, "INSUFFICIENT_ACCESS"), REFUSED, JOB),
    (Answer(403, ""), REFUSED, JOB),
    (Answer(404, "NOT_FOUND"), REFUSED, JOB),
    (Answer(409, "INVALIDJOBSTATE"), REFUSED, JOB),
    (Answer(401, "INVALID_SESSION_ID"), REFUSED, RUN),
    (Answer(401, ""), REFUSED, RUN),
    (Answer(403, "API_DISABLED_FOR_ORG"), REFUSED, RUN),
    (Answer(403, "API_CURRENTLY_DISABLED"), REFUSED, RUN),
    (Answer(400, "UNSUPPORTED_API_VERSION"), REFUSED, RUN),
    (Answer(200, "DELETE_FAILED"), REFUSED, ROW),
    (Answer(200, "UNABLE_TO_LOCK_ROW"), PASSING, None),
]


@pytest.mark.parametrize(("answer", "kind", "extent"), TABLE)
def test_an_answer_means_one_thing(answer: Answer, kind: Kind, extent: Extent | None) -> None:
    meant = meaning(answer)
    assert (meant.kind, meant.extent) == (kind, extent)


@pytest.mark.parametrize("kind", Kind)
def test_every_meaning_is_in_the_table(kind: Kind) -> None:
    assert kind in {each for _, each, _ in TABLE}


def test_the_pause_is_the_servers() -> None:
    assert meaning(Answer(503, pause=7.0)).pause == 7.0
    assert meaning(Answer(403, LIMIT, CONCURRENT, pause=3.0)).pause == 3.0


@pytest.mark.parametrize("code", ["QUERY_TIMEOUT", "OPERATION_TOO_LARGE"])
def test_what_was_too_much_at_once_is_known_for_it(code: str) -> None:
    assert meaning(Answer(400, code)).is_slow
    assert not meaning(Answer(400, "MALFORMED_QUERY")).is_slow


def test_the_days_limit_is_known_for_it() -> None:
    assert meaning(Answer(403, LIMIT, GERMAN_DAY)).is_day_used
    assert not meaning(Answer(401)).is_day_used


@pytest.mark.parametrize(
    ("exc", "passes"),
    [
        (ApiError(403, LIMIT, CONCURRENT), True),
        (ApiError(403, LIMIT, GERMAN_DAY), False),
        (ApiError(406, "HTTP_406", "Not Acceptable"), True),
        (ApiError(400, "MALFORMED_QUERY", ""), False),
        (JobFailed("750", "Failed", "x"), True),
    ],
)
def test_trouble_passes_as_its_answer_means(exc: Exception, passes: bool) -> None:  # noqa: FBT001
    assert is_passing(exc) is passes
