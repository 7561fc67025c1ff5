"""What a kind of fault is, and every point at which the emulator asks for one.

A kind stands in a module of its own and in the list in `kinds`; nothing else names it. The points
are asked in this order while the org is used:

- `check` and `begin`, when faults are put in force;
- `on_request`, for every request but the emulator's own, before anything else;
- `on_session`, for a request with a valid token;
- `on_login`, for every login, by OAuth or SOAP;
- `on_query`, for SOQL over REST;
- `on_job`, once for a Bulk job, when its processing begins;
- `on_row`, before each row is written or deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Hashable

    from target_zuora360_cleanup.emulator.wire.allowances import Allowances
    from target_zuora360_cleanup.emulator.wire.errors import RowError, SalesforceError
    from target_zuora360_cleanup.emulator.wire.sessions import Sessions

__all__ = ["FaultSpecError", "Form", "JobEnd", "Kind", "LoginRefusal", "RequestPlan", "same"]

Form = Mapping[str, Any]
"""A JSON schema."""


class FaultSpecError(ValueError):
    """The faults don't follow the schema; the message says where."""


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

    @property
    def decides(self) -> bool:
        """Whether it changes the answer, and not only when it comes."""
        return self.error is not None or self.cut is not None


@dataclass(frozen=True)
class LoginRefusal:
    """How a login fails: OAuth's error and description, and the code of a SOAP login."""

    error: str
    description: str
    soap_code: str


@dataclass(frozen=True)
class JobEnd:
    """How a Bulk job ends early: its last state, and after how many internal batches."""

    state: str
    after_batches: int
    error_message: str | None


class Kind:
    """One kind of fault while it is in force, with what it counts.

    A subclass overrides the points at which it has something to say. Points from `on_request` on
    are asked under a lock, by one thread at a time; `check` and `begin` by the thread that puts
    faults in force, without it.

    Args:
        given: What the faults file has under the kind's name; it follows the form.
        seed: For chances, so that they are repeatable.
    """

    NAME: ClassVar[str]
    """Its key in a faults file."""
    FORM: ClassVar[Form]
    """The JSON schema of what stands under that key, which is its documentation too."""

    def __init__(self, given: Any, seed: int) -> None:  # noqa: ANN401 - JSON in the kind's own form
        self._given, self._seed = given, seed
        self._fired: Counter[Hashable] = Counter()

    def check(self, allowances: Allowances) -> None:
        """See that the org has what the faults name.

        Raises:
            FaultSpecError: It has not.
        """

    def begin(self, sessions: Sessions, allowances: Allowances) -> None:
        """Do what is done once, as the faults are put in force."""

    def on_request(self, method: str, path: str, *, named: bool) -> RequestPlan:  # noqa: ARG002
        """What is to happen to a request, whose path has no query string.

        Args:
            method: Upper case.
            path: As the client wrote it.
            named: Only faults that name a path hit it, and not those that name every path.
        """
        return RequestPlan()

    def on_session(self, uses: int) -> bool:  # noqa: ARG002
        """Whether this use of a valid token, counted since the start, expires all tokens."""
        return False

    def on_login(self) -> LoginRefusal | None:
        """Why a login fails."""
        return None

    def on_query(self, soql: str) -> SalesforceError | None:  # noqa: ARG002
        """Why a query is refused."""
        return None

    def on_job(self, operation: str, object_name: str) -> JobEnd | None:  # noqa: ARG002
        """How a job ends early."""
        return None

    def on_row(self, operation: str, object_name: str, record_id: str) -> RowError | None:  # noqa: ARG002
        """Why a row is not written or deleted."""
        return None

    def _spend(self, key: Hashable, times: int | None) -> bool:
        """Count one more time that something fires; False when it has fired often enough."""
        if times is not None and self._fired[key] >= times:
            return False
        self._fired[key] += 1
        return True


def same(wanted: str | None, name: str) -> bool:
    """Whether an API name is the one that a rule wants; None wants any."""
    return wanted is None or wanted.lower() == name.lower()
