"""HTTP requests that are answered with an error, late, or not at all."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Kind, RequestPlan
from target_zuora360_cleanup.emulator.faults.requests_form import REQUESTS_FORM
from target_zuora360_cleanup.emulator.faults.spoiling import PAGE
from target_zuora360_cleanup.emulator.wire.calls import Answer
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Requests"]

# errorCode and message that clients see most often with a status.
_USUAL: Final = {
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    404: ("NOT_FOUND", "The requested resource does not exist"),
    408: ("REQUEST_TIMEOUT", "Request timed out"),
    429: ("REQUEST_LIMIT_EXCEEDED", "Too many requests"),
    500: ("UNKNOWN_EXCEPTION", "An unexpected error occurred"),
    502: ("BAD_GATEWAY", "Bad gateway"),
    503: ("SERVER_UNAVAILABLE", "Server is too busy. Please try again later"),
    504: ("GATEWAY_TIMEOUT", "Gateway timeout"),
}
# Salesforce's words for too many at a time and for too many in a day.
_LIMITS: Final = {
    "ConcurrentRequests": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
    "TotalRequests": "TotalRequests Limit exceeded.",
}


@dataclass(frozen=True)
class _Rule:
    method: str | None = None
    path: str | None = None
    probability: float | None = None
    nth: int = 1
    every: int = 1
    times: int | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after: float | None = None
    latency: float | tuple[float, float] = 0.0
    cut: str | None = None
    limit: str | None = None
    answer: Answer | None = None
    spoil: str | None = None
    without: str | None = None

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> _Rule:
        latency = item.get("latency", 0.0)
        fixed = tuple(latency) if isinstance(latency, list) else latency
        given = _answer(item["answer"]) if "answer" in item else None
        return cls(**{**item, "latency": fixed, "answer": given})

    def fits(self, method: str, path: str, *, named: bool) -> bool:
        if named and self.path in {None, "*", "/*"}:
            return False
        if self.method not in {None, method}:
            return False
        return self.path is None or fnmatchcase(path.lower(), self.path.lower())

    def plan(self, latency: float) -> RequestPlan:
        return RequestPlan(
            latency, self.cut, self.error, self.retry_after,
            answer=self.answer, spoil=self.spoil, without=self.without,
        )  # fmt: skip

    @property
    def error(self) -> SalesforceError | None:
        if self.limit is not None:
            return SalesforceError("REQUEST_LIMIT_EXCEEDED", _LIMITS[self.limit], status=403)
        if self.status is None:
            return None
        other = ("UNKNOWN_EXCEPTION", "An unexpected error occurred")
        code, message = _USUAL.get(self.status, other)
        return SalesforceError(self.code or code, self.message or message, status=self.status)


class Requests(Kind):
    """Rules for requests: the first that fires and decides ends the search, latencies add up."""

    NAME = "requests"
    FORM = REQUESTS_FORM

    @override
    def __init__(self, given: list[dict[str, Any]], seed: int) -> None:
        super().__init__(given, seed)
        self._rules = tuple(map(_Rule.read, given))
        self._random = random.Random(seed)  # noqa: S311 - repeatable chance, no secret
        self._seen: Counter[int] = Counter()

    @override
    def on_request(self, method: str, path: str, *, named: bool) -> RequestPlan:
        latency = 0.0
        for place, rule in enumerate(self._rules):
            if not (rule.fits(method, path, named=named) and self._fires(place, rule)):
                continue
            latency += self._latency(rule)
            plan = rule.plan(latency)
            if plan.decides:
                return plan
        return RequestPlan(latency)

    def _fires(self, place: int, rule: _Rule) -> bool:
        self._seen[place] += 1
        turn = self._seen[place]
        if turn < rule.nth or (rule.every > 1 and turn % rule.every):
            return False
        if rule.probability is not None and self._random.random() >= rule.probability:
            return False
        return self._spend(place, rule.times)

    def _latency(self, rule: _Rule) -> float:
        if isinstance(rule.latency, tuple):
            return self._random.uniform(*rule.latency)
        return rule.latency


def _answer(given: str | Mapping[str, Any]) -> Answer:
    if isinstance(given, str):
        return Answer(200, PAGE, "text/html; charset=UTF-8")
    media_type = given.get("type", "text/html; charset=UTF-8")
    headers = given.get("headers", {})
    return Answer(given.get("status", 200), given["body"].encode(), media_type, headers)
