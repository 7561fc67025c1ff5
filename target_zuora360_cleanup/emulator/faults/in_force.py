"""Carries faults out: decides for each request, row, login and job whether something goes wrong.

Everything is repeatable: chances are drawn from the seed, and rows are chosen by a hash of
their id, so the same rows fail whatever order they come in.
"""

from __future__ import annotations

import random
import threading
import zlib
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase

from target_zuora360_cleanup.emulator.faults.spec import (
    FaultSpec,
    JobFault,
    LoginFault,
    RequestFault,
    RowFault,
)
from target_zuora360_cleanup.emulator.schema.ids import MalformedIdError, parse
from target_zuora360_cleanup.emulator.wire.errors import RowError, SalesforceError

__all__ = ["Faults", "RequestPlan"]

# errorCode and message that clients see most often with a status.
_USUAL = {
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
class RequestPlan:
    """What is to happen to one request.

    Attributes:
        latency: Seconds to wait first.
        cut: Close the connection ``before`` or ``after`` the request takes effect.
        error: Answer with this instead of handling the request.
        retry_after: Seconds for the Retry-After header of the error.
    """

    latency: float = 0.0
    cut: str | None = None
    error: SalesforceError | None = None
    retry_after: float | None = None


class Faults:
    """The faults in force. Safe from several threads."""

    def __init__(self, spec: FaultSpec | None = None) -> None:
        self._lock = threading.Lock()
        self.replace(spec or FaultSpec())

    def replace(self, spec: FaultSpec) -> None:
        """Put ``spec`` in force instead of what was, with all counters at zero."""
        with self._lock:
            self.spec = spec
            self._random = random.Random(spec.seed)  # noqa: S311 - repeatable chance, no secret
            self._seen: Counter[object] = Counter()
            self._fired: Counter[object] = Counter()

    @property
    def touch_rows(self) -> bool:
        """Whether any row can fail."""
        return bool(self.spec.rows)

    def on_request(self, method: str, path: str, *, named: bool = False) -> RequestPlan:
        """What is to happen to this request.

        Args:
            method: Upper case.
            path: The path without the query string.
            named: Only faults that name a path hit it, and not those that name every path.
        """
        latency = 0.0
        with self._lock:
            for rule in self.spec.requests:
                if named and rule.path in {None, "*", "/*"}:
                    continue
                if not self._fires(rule, method, path):
                    continue
                latency += self._latency(rule)
                if rule.decides:
                    return RequestPlan(latency, rule.cut, _error(rule), rule.retry_after)
        return RequestPlan(latency)

    def on_row(self, operation: str, object_name: str, record_id: str) -> RowError | None:
        """Why this row fails, or None."""
        with self._lock:
            for rule in self.spec.rows:
                if self._strikes(rule, operation, object_name, record_id):
                    return RowError(rule.code, rule.message, rule.fields)
        return None

    def on_login(self) -> LoginFault | None:
        """The fault that makes this login fail, or None."""
        with self._lock:
            rule = self.spec.login
            return rule if rule is not None and self._spend(rule, rule.times) else None

    def on_job(self, operation: str, object_name: str) -> JobFault | None:
        """The fault that ends this job early, or None. To be asked once for a job."""
        with self._lock:
            for rule in self.spec.jobs:
                fits = rule.operation in {None, operation} and _same(rule.object, object_name)
                if fits and self._spend(rule, rule.times):
                    return rule
        return None

    def on_query(self, soql: str) -> SalesforceError | None:
        """Why this query is refused, or None."""
        with self._lock:
            for rule in self.spec.queries:
                fits = fnmatchcase(soql.lower(), rule.soql.lower())
                if fits and self._spend(rule, rule.times):
                    return SalesforceError(rule.code, rule.message, status=rule.status)
        return None

    def _fires(self, rule: RequestFault, method: str, path: str) -> bool:
        if rule.method not in {None, method}:
            return False
        if rule.path is not None and not fnmatchcase(path.lower(), rule.path.lower()):
            return False
        self._seen[id(rule)] += 1
        turn = self._seen[id(rule)] - rule.nth
        if turn < 0 or (rule.every > 1 and (turn + rule.nth) % rule.every):
            return False
        if rule.probability is not None and self._random.random() >= rule.probability:
            return False
        return self._spend(rule, rule.times)

    def _spend(self, key: object, times: int | None) -> bool:
        mark = key if isinstance(key, tuple) else id(key)
        if times is not None and self._fired[mark] >= times:
            return False
        self._fired[mark] += 1
        return True

    def _latency(self, rule: RequestFault) -> float:
        if isinstance(rule.latency, tuple):
            return self._random.uniform(*rule.latency)
        return rule.latency

    def _strikes(self, rule: RowFault, operation: str, object_name: str, record_id: str) -> bool:
        if not _same(rule.object, object_name) or not _covers(rule.operation, operation):
            return False
        if not self._chosen(rule, record_id):
            return False
        return rule.times is None or self._spend((id(rule), record_id[:15]), rule.times)

    def _chosen(self, rule: RowFault, record_id: str) -> bool:
        if rule.ids is not None and record_id[:15] not in rule.ids:
            return False
        if rule.every is not None and _number(record_id) % rule.every:
            return False
        return rule.share is None or _draw(self.spec.seed, record_id) < rule.share


def _error(rule: RequestFault) -> SalesforceError | None:
    if rule.status is None:
        return None
    code, message = _USUAL.get(rule.status, ("UNKNOWN_EXCEPTION", "An unexpected error occurred"))
    return SalesforceError(rule.code or code, rule.message or message, status=rule.status)


def _same(wanted: str | None, name: str) -> bool:
    return wanted is None or wanted.lower() == name.lower()


def _covers(wanted: str | None, operation: str) -> bool:
    return wanted in {None, operation} or (wanted == "delete" and operation == "hardDelete")


def _number(record_id: str) -> int:
    try:
        return parse(record_id)[1]
    except MalformedIdError:
        return -1


def _draw(seed: int, record_id: str) -> float:
    """A number from 0 to 1 that depends on the seed and the id only."""
    return zlib.crc32(f"{seed}:{record_id[:15]}".encode()) / 2**32
