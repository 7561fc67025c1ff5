"""The faults in force: asks every kind at each point, and says whether something goes wrong.

Everything is repeatable: chances are drawn from the seed, in the order in which requests come.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from target_zuora360_cleanup.emulator.faults.kind import JobFault, Kind, LoginRefusal, RequestPlan
from target_zuora360_cleanup.emulator.faults.spec import FaultSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_zuora360_cleanup.emulator.org.refusals import RowHook
    from target_zuora360_cleanup.emulator.wire.allowances import Allowances
    from target_zuora360_cleanup.emulator.wire.errors import RowError, SalesforceError
    from target_zuora360_cleanup.emulator.wire.sessions import Sessions

__all__ = ["Faults"]

_Answer = TypeVar("_Answer")


class Faults:
    """The faults in force. Safe from several threads.

    One lock is held while the kinds are asked, so their counters need none. `on_session` is asked
    while the sessions' own lock is held; what takes that lock in turn (`Kind.begin`) is therefore
    called without this one.

    Args:
        sessions: The tokens that faults may expire.
        allowances: The daily allowances that faults may set.
    """

    def __init__(self, sessions: Sessions, allowances: Allowances) -> None:
        self._sessions, self._allowances = sessions, allowances
        self._lock = threading.Lock()
        self._kinds: tuple[Kind, ...] = ()
        self.spec = FaultSpec()

    def replace(self, spec: FaultSpec) -> None:
        """Put ``spec`` in force instead of what was, with all counters at zero.

        Raises:
            FaultSpecError: It names what the org has not; what was in force stays so.
        """
        kinds = spec.kinds()
        for kind in kinds:
            kind.check(self._allowances)
        with self._lock:
            self.spec, self._kinds = spec, kinds
        for kind in kinds:
            kind.begin(self._sessions, self._allowances)

    def on_request(self, method: str, path: str, *, named: bool = False) -> RequestPlan:
        """What is to happen to this request; latencies add up, the first that decides does."""
        latency = 0.0
        with self._lock:
            for kind in self._kinds:
                plan = kind.on_request(method, path, named=named)
                latency += plan.latency
                if plan.decides:
                    return replace(plan, latency=latency)
        return RequestPlan(latency)

    def on_session(self, uses: int) -> bool:
        """Whether this use of a valid token expires all tokens."""
        return bool(self._first(lambda kind: kind.on_session(uses) or None))

    def on_login(self) -> LoginRefusal | None:
        """Why this login fails, or None."""
        return self._first(lambda kind: kind.on_login())

    def on_refresh(self, token: str) -> tuple[LoginRefusal | None, str | None]:
        """Why this refresh token is refused, or None; and what is given in its place, or None."""
        with self._lock:
            answers = [kind.on_refresh(token) for kind in self._kinds]
        refusal = next((each for each, _ in answers if each is not None), None)
        return refusal, next((each for _, each in answers if each is not None), None)

    def on_composite(self, urls: Sequence[str]) -> SalesforceError | None:
        """Why this composite request is refused, or None."""
        return self._first(lambda kind: kind.on_composite(urls))

    def lock_seconds(self) -> float | None:
        """How long a batch's locks last, or None: no job sees another's."""
        return self._first(lambda kind: kind.lock_seconds())

    def in_words(self, code: str, message: str) -> str:
        """The text of an error as it is told."""
        if not self._kinds:
            return message
        return self._first(lambda kind: kind.on_message(code, message)) or message

    def on_query(self, soql: str) -> SalesforceError | None:
        """Why this query is refused, or None."""
        return self._first(lambda kind: kind.on_query(soql))

    def on_job(self, operation: str, object_name: str) -> JobFault | None:
        """What goes wrong with this job, or None. To be asked once for a job."""
        return self._first(lambda kind: kind.on_job(operation, object_name))

    def on_row(self, operation: str, object_name: str, record_id: str) -> RowError | None:
        """Why this row fails, or None."""
        return self._first(lambda kind: kind.on_row(operation, object_name, record_id))

    @property
    def row_hook(self) -> RowHook | None:
        """What an org asks before each row; None while no kind in force has a say in it."""
        asked = any(type(kind).on_row is not Kind.on_row for kind in self._kinds)
        return self.on_row if asked else None

    def _first(self, ask: Callable[[Kind], _Answer | None]) -> _Answer | None:
        with self._lock:
            answers = (ask(kind) for kind in self._kinds)
            return next((answer for answer in answers if answer is not None), None)
