"""How long is waited, and for what: in one place, so that a test need not sit it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from target_zuora360_cleanup.salesforce.polling import Polling


@dataclass(frozen=True)
class Waits:
    """Waits in seconds.

    Attributes:
        send: Before each further attempt to send a job, shortened by chance so that threads don't
            meet again. There are as many further attempts as waits.
        rounds: Before each further attempt at rows that failed, or at a job that broke off. What
            held a lock has time to end.
        outage: How long a job is asked for without an answer; then it is given up, and runs on in
            Salesforce.
        backoff: Before a request is repeated for the first time; doubles each time, and about as
            much is added by chance.
        retry_after: The longest wait that a server may ask for (`Retry-After`).
        after_stop: After a signal, for requests under way; then the report is written.
        polling: Before a job is asked for its state.
    """

    send: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
    rounds: tuple[float, ...] = (1.0, 2.0)
    outage: float = 600.0
    backoff: float = 0.5
    retry_after: float = 60.0
    after_stop: float = 20.0
    polling: Polling = field(default_factory=Polling)


NO_WAITS: Final = Waits(
    send=(0.0,) * len(Waits.send),
    rounds=(0.0,) * len(Waits.rounds),
    outage=0.2,
    backoff=0.0,
    retry_after=0.0,
    polling=Polling(shortest=0.02),
)
"""As many attempts as ever, but one after the other; an outage is given up soon."""
