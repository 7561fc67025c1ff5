"""What a kind of fault is, and every point at which the emulator asks for one.

A kind stands in a module of its own and in the list in `kinds`; nothing else names it. The points
are asked in this order while the org is used:

- `check` and `begin`, when faults are put in force;
- `on_request`, for every request but the emulator's own, before anything else;
- `on_session`, for a request with a valid token;
- `on_login`, for every login, by OAuth or SOAP;
- `on_refresh`, for every login by a refresh token;
- `on_query`, for SOQL over REST;
- `on_composite`, for a composite request;
- `on_job`, once for a Bulk job, when its processing begins;
- `on_row`, before each row is written or deleted;
- `lock_seconds`, for each internal batch of a Bulk job;
- `on_message`, for each text of an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from target_zuora360_cleanup.emulator.wire.allowances import Allowances
    from target_zuora360_cleanup.emulator.wire.calls import Answer
    from target_zuora360_cleanup.emulator.wire.errors import RowError, SalesforceError
    from target_zuora360_cleanup.emulator.wire.sessions import Sessions

__all__ = [
    "Counters",
    "FaultSpecError",
    "Form",
    "JobFault",
    "Kind",
    "LoginRefusal",
    "RequestPlan",
    "same",
]

Form = Mapping[str, Any]
"""A JSON schema."""


class FaultSpecError(ValueError):
    """The faults don't follow the schema; the message says where."""


@dataclass(frozen=True)
class RequestPlan:
    """What is to happen to one request.

    Attributes:
        latency: Seconds to wait first.
        cut: Close the connection ``before`` or ``after`` the request takes effect, or ``within``
            the answer.
        error: Answer with this instead of handling the request.
        retry_after: Seconds for the Retry-After header of the error.
        answer: Answer with this instead of handling the request.
        spoil: How the answer is spoilt, one of `spoiling.SPOILT`.
        without: The key that a JSON answer lacks.
    """

    latency: float = 0.0
    cut: str | None = None
    error: SalesforceError | None = None
    retry_after: float | None = None
    answer: Answer | None = None
    spoil: str | None = None
    without: str | None = None

    @property
    def decides(self) -> bool:
        """Whether it changes the answer, and not only when it comes."""
        wanted = (self.error, self.cut, self.answer, self.spoil, self.without)
        return any(each is not None for each in wanted)


@dataclass(frozen=True)
class LoginRefusal:
    """How a login fails: OAuth's error and description, and the code of a SOAP login."""

    error: str
    description: str
    soap_code: str


@dataclass(frozen=True)
class Counters:
    """What a job shows instead of its numbers, for so many looks after its end or for ever."""

    processed: int | None = None
    failed: int | None = None
    looks: int | None = None


@dataclass(frozen=True)
class JobFault:
    """What goes wrong with one Bulk job.

    Attributes:
        state: Its last state; None lets it come to its end.
        after_batches: How many internal batches are done before it ends so.
        error_message: Of a job that fails.
        missing: Every so many-th row of the upload is in no file of results; 0: none.
        missing_are_done: Whether those rows are written or deleted nevertheless.
        counters: What it shows instead of its numbers.
        retries: How many tries beyond the first it shows.
    """

    state: str | None = None
    after_batches: int = 0
    error_message: str | None = None
    missing: int = 0
    missing_are_done: bool = True
    counters: Counters | None = None
    retries: int = 0

    def loses(self, place: int) -> bool:
        """Whether the row at that place of the upload, from 0 on, is in no file of results."""
        return self.missing > 0 and (place + 1) % self.missing == 0


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

    def on_refresh(self, token: str) -> tuple[LoginRefusal | None, str | None]:  # noqa: ARG002
        """Why a refresh token is refused, and the one that is given in its place."""
        return None, None

    def on_composite(self, urls: Sequence[str]) -> SalesforceError | None:  # noqa: ARG002
        """Why a composite request with these parts is refused."""
        return None

    def lock_seconds(self) -> float | None:
        """How long a batch keeps its rows and their parents locked; None: no others see it."""
        return None

    def on_message(self, code: str, message: str) -> str | None:  # noqa: ARG002
        """The text of an error in other words."""
        return None

    def on_query(self, soql: str) -> SalesforceError | None:  # noqa: ARG002
        """Why a query is refused."""
        return None

    def on_job(self, operation: str, object_name: str) -> JobFault | None:  # noqa: ARG002
        """What goes wrong with a job."""
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
