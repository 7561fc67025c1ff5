"""What an answer means, from its status, Salesforce's `errorCode` and its shape. Pure.

The one place that decides it: who logs in, asks, polls, sends or repeats reads it here. Codes
decide and names of the API, never words, which come in the user's language. Sources: REST API
Developer Guide, "Status Codes and Error Responses"; SOAP API Developer Guide, `ExceptionCode`; "API
Request Limits and Allocations" for the two kinds of `REQUEST_LIMIT_EXCEEDED`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """What an answer means for what was asked."""

    DONE = "it is as asked"
    PASSING = "nothing was done, and the same may succeed when it is asked again"
    LOST = "it may have been done: look before it is asked again"
    REFUSED = "it was not done, and would be refused again"
    UNREADABLE = "what came is no answer of Salesforce's: ask again, then tell"


class Extent(Enum):
    """What a refusal refuses."""

    ROW = "one row"
    JOB = "one request or job"
    RUN = "whatever this run asks"


@dataclass(frozen=True)
class Answer:
    """What there is to judge by.

    Attributes:
        status: HTTP status; 0 where no answer came.
        code: Salesforce's `errorCode`; blank where it gave none.
        message: Salesforce's words, of which only names of the API are looked at.
        fits: Whether the body has the shape that was asked for.
        repeatable: Whether the request does the same a second time.
        pause: Seconds that the server asks to wait.
        is_used_up: Whether the day's calls are, as its own header says.
    """

    status: int = 0
    code: str = ""
    message: str = ""
    fits: bool = True
    repeatable: bool = True
    pause: float = 0.0
    is_used_up: bool = False


@dataclass(frozen=True)
class Meaning:
    """What an answer means.

    Attributes:
        kind: What it means for what was asked.
        extent: Of a refusal, what it refuses.
        pause: Of what is passing, seconds that the server asks to wait; 0 leaves it to the asker.
        is_slow: Of a refusal, that it was too much at once: a query job, or less of it, may do.
        is_day_used: Of a refusal, that the org's calls of the day are used up.
    """

    kind: Kind
    extent: Extent | None = None
    pause: float = 0.0
    is_slow: bool = False
    is_day_used: bool = False

    @property
    def may_pass(self) -> bool:
        """Whether another attempt may succeed; where something may be lost, after a look."""
        return self.kind in (Kind.PASSING, Kind.LOST, Kind.UNREADABLE)


REPEATABLE: Final = frozenset({"GET", "HEAD", "DELETE"})
"""Methods that do the same a second time."""
BUSY: Final = frozenset({406, 408, 420, 429, 500, 502, 503, 504})
"""Statuses that say nothing about the request. Orgs in maintenance answer 406 to what is well."""
TOO_SLOW: Final = frozenset({408, 504})
"""Statuses of what took too long: less at once may do."""
SLOW: Final = frozenset({"QUERY_TIMEOUT", "OPERATION_TOO_LARGE", "REQUEST_RUNNING_TOO_LONG"})
LIMIT: Final = "REQUEST_LIMIT_EXCEEDED"
OF_THE_DAY: Final = "TotalRequests"
"""The limit that a `REQUEST_LIMIT_EXCEEDED` names; `ConcurrentRequests` is the one that passes."""
UNKNOWN_VERSION: Final = "UNSUPPORTED_API_VERSION"
PASSING_CODES: Final = frozenset({
    "CONCURRENT_PER_ORG_LIMIT_EXCEEDED",
    "PROCESSING_HALTED",
    "SERVER_UNAVAILABLE",
    "UNABLE_TO_LOCK_ROW",
    "UNKNOWN_EXCEPTION",
})  # fmt: skip
RUN_CODES: Final = frozenset({
    "API_CURRENTLY_DISABLED",
    "API_DISABLED_FOR_ORG",
    "INVALID_SESSION_ID",
    "InvalidSessionId",
    "INVALID_LOGIN",
    "LOGIN_DURING_RESTRICTED_DOMAIN",
    "LOGIN_DURING_RESTRICTED_TIME",
    "ORG_LOCKED",
    "TRIAL_EXPIRED",
    UNKNOWN_VERSION,
})  # fmt: skip
_UNAUTHORIZED: Final = 401


def meaning(answer: Answer) -> Meaning:
    """What an answer means."""
    if answer.code == LIMIT:
        return _limit(answer)
    if answer.code in SLOW:
        return Meaning(Kind.REFUSED, Extent.JOB, is_slow=True)
    if answer.code in PASSING_CODES or answer.status == 0 or answer.status in BUSY:
        return Meaning(Kind.PASSING if _was_not_done(answer) else Kind.LOST, pause=answer.pause)
    if answer.status == _UNAUTHORIZED or answer.code in RUN_CODES:
        return Meaning(Kind.REFUSED, Extent.RUN)
    if answer.status < 400:  # noqa: PLR2004 - as HTTP counts
        return _well(answer)
    return Meaning(Kind.REFUSED, Extent.JOB)


def _limit(answer: Answer) -> Meaning:
    """Refused before anything is done; the limit of requests at once passes soon."""
    if answer.is_used_up or OF_THE_DAY in answer.message:
        return Meaning(Kind.REFUSED, Extent.RUN, is_day_used=True)
    return Meaning(Kind.PASSING, pause=answer.pause)


def _was_not_done(answer: Answer) -> bool:
    """Whether nothing was done, or doing it again does the same."""
    return answer.repeatable or answer.status == 429  # noqa: PLR2004 - "Too Many Requests"


def _well(answer: Answer) -> Meaning:
    if answer.code:
        return Meaning(Kind.REFUSED, Extent.ROW)
    if answer.fits and answer.status < 300:  # noqa: PLR2004 - a redirect brings nothing
        return Meaning(Kind.DONE)
    return Meaning(Kind.UNREADABLE if answer.repeatable else Kind.LOST)
