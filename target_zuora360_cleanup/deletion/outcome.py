"""What became of each object type of a cleanup, as far as that is known. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.plan.plan import Step

Ended = Literal["done", "partial", "not begun", "unknown"]


@dataclass(frozen=True)
class Outcome:
    """What became of one object type.

    Attributes:
        found: Rows when the cleanup was planned.
        deleted: Rows that are gone; None where nobody could count them.
        kept: Rows that stay on purpose.
        failed: Rows that should be gone but are not, counted in the org afterwards; None where
            nobody could count them.
        ended: How it ended; `unknown` goes with numbers that are None.
        error: Why it stopped, if it did.
    """

    name: str
    found: int
    deleted: int | None
    kept: int
    failed: int | None
    ended: Ended = "done"
    error: str = ""

    @classmethod
    def of(cls, step: Step, left: int, ended: Ended = "done", error: str = "") -> Outcome:
        """The outcome of a step that leaves `left` rows, the kept ones included."""
        found, kept = step.found, len(step.kept)
        deleted, failed = max(0, found - left), max(0, left - kept)
        return cls(step.name, found, deleted, min(kept, left), failed, ended, error)

    @classmethod
    def not_begun(cls, step: Step) -> Outcome:
        """The outcome of a step that never had its turn, or has nothing to delete."""
        ended: Ended = "not begun" if step.to_delete else "done"
        return cls.of(step, step.found, ended)

    @classmethod
    def unknown(cls, step: Step, why: str) -> Outcome:
        """The outcome of a step that was begun, and of which nobody can say how far it came."""
        return cls(step.name, step.found, None, len(step.kept), None, "unknown", why)

    @property
    def is_known(self) -> bool:
        """Whether its numbers are."""
        return self.ended != "unknown"

    def recounted(self, step: Step, left: int) -> Outcome:
        """The same with what is left at the end of the run; with it, the numbers are known."""
        return Outcome.of(step, left, self.ended if self.is_known else "partial", self.error)


def total(numbers: Iterable[int | None]) -> int | None:
    """The sum of numbers of outcomes; None where one of them is not known."""
    known = 0
    for each in numbers:
        if each is None:
            return None
        known += each
    return known
