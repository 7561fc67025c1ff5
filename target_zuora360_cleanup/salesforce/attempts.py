"""Attempts: what met trouble that may pass is done once more after a wait, a few times at most."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from requests import RequestException

from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed, is_passing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TROUBLE: Final = (ApiError, JobFailed, RequestException)
"""What Salesforce or the network may do to an attempt."""


@dataclass(frozen=True)
class Attempt:
    """One of several attempts at the same thing.

    Attributes:
        number: 1, 2, …
        is_last: Whether there is none after it.
    """

    number: int
    is_last: bool

    @property
    def is_first(self) -> bool:
        """Whether nothing was tried before."""
        return self.number == 1

    @contextmanager
    def outlive(self, note: Callable[[Exception], None]) -> Iterator[None]:
        """Within, passing trouble ends the attempt and no more, unless it is the last one.

        Args:
            note: Is told of the trouble that another attempt follows on.
        """
        try:
            yield
        except TROUBLE as exc:
            if self.is_last or not is_passing(exc):
                raise
            note(exc)


def attempts(waits: Sequence[float], pause: Callable[[float], None]) -> Iterator[Attempt]:
    """One attempt, and one more after each wait; who has what it wants leaves the loop.

    Args:
        waits: Seconds before each further attempt.
        pause: Waits that many seconds; may raise to give up.
    """
    yield Attempt(1, is_last=not waits)
    for number, wait in enumerate(waits, 2):
        pause(wait)
        yield Attempt(number, is_last=number > len(waits))
