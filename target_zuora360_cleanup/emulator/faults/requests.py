"""HTTP requests that are answered with an error, late, or not at all."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Form, Kind, RequestPlan
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Requests"]

_FORM: Final[Form] = {
    "type": "array",
    "description": (
        "What happens to matching HTTP requests. The first rule that fires decides; a rule "
        "with only a latency lets later rules fire too."
    ),
    "items": {
        "type": "object",
        "additionalProperties": False,
        "anyOf": [
            {
                "required": ["status"],
            },
            {
                "required": ["cut"],
            },
            {
                "required": ["latency"],
            },
        ],
        "properties": {
            "method": {
                "type": "string",
                "pattern": "^[A-Z]+$",
                "description": "HTTP method in upper case; any when left out.",
            },
            "path": {
                "type": "string",
                "minLength": 1,
                "description": (
                    "Shell pattern for the whole path, without regard to case; * matches "
                    "slashes too. Any when left out."
                ),
            },
            "probability": {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "Share of the matching requests that the rule fires for.",
            },
            "nth": {
                "type": "integer",
                "minimum": 1,
                "description": "The rule fires from the n-th matching request on.",
            },
            "every": {
                "type": "integer",
                "minimum": 1,
                "description": "The rule fires for every n-th matching request.",
            },
            "times": {
                "type": "integer",
                "minimum": 1,
                "description": "How often the rule fires at most.",
            },
            "status": {
                "type": "integer",
                "minimum": 400,
                "maximum": 599,
                "description": "HTTP status to answer with.",
            },
            "code": {
                "type": "string",
                "description": ("errorCode in the body; a usual one for the status when left out."),
            },
            "message": {
                "type": "string",
                "description": "message in the body.",
            },
            "retry_after": {
                "type": "number",
                "minimum": 0,
                "description": "Seconds in a Retry-After header.",
            },
            "latency": {
                "description": (
                    "Seconds to wait before the request is handled: a number, or a range "
                    "from which one is drawn."
                ),
                "oneOf": [
                    {
                        "type": "number",
                        "minimum": 0,
                    },
                    {
                        "type": "array",
                        "items": {
                            "type": "number",
                            "minimum": 0,
                        },
                        "minItems": 2,
                        "maxItems": 2,
                    },
                ],
            },
            "cut": {
                "enum": ["before", "after"],
                "description": (
                    "Close the connection without an answer: before or after the request "
                    "took effect."
                ),
            },
        },
    },
}

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

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> _Rule:
        latency = item.get("latency", 0.0)
        fixed = tuple(latency) if isinstance(latency, list) else latency
        return cls(**{**item, "latency": fixed})

    def fits(self, method: str, path: str, *, named: bool) -> bool:
        if named and self.path in {None, "*", "/*"}:
            return False
        if self.method not in {None, method}:
            return False
        return self.path is None or fnmatchcase(path.lower(), self.path.lower())

    @property
    def error(self) -> SalesforceError | None:
        if self.status is None:
            return None
        other = ("UNKNOWN_EXCEPTION", "An unexpected error occurred")
        code, message = _USUAL.get(self.status, other)
        return SalesforceError(self.code or code, self.message or message, status=self.status)


class Requests(Kind):
    """Rules for requests: the first that fires and decides ends the search, latencies add up."""

    NAME = "requests"
    FORM = _FORM

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
            plan = RequestPlan(latency, rule.cut, rule.error, rule.retry_after)
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
