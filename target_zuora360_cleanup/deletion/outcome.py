"""What became of each object type of a cleanup, as far as that is known. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.plan.plan import Step

Ended = Literal["done", "partial", "not begun", "unknown"]
_NOT_COUNTED: Final = "what is left could not be counted"


@dataclass(frozen=True)
class Outcome:
    """What became of one object type.

    Attributes:
        found: Rows when the cleanup was planned, and those that came since.
        deleted: Rows that are gone; None where nobody could count them.
        kept: Rows that stay on purpose.
        failed: Rows that should be gone but are not, counted in the org afterwards; None where
            nobody could count them.
        held_back: How many of these nobody tried to delete, since rows below them are left; None
            where nobody knows.
        ended: How it ended; `unknown` goes with numbers that are None.
        error: Why it stopped, if it did, or why all of its rows stay.
    """

    name: str
    found: int
    deleted: int | None
    kept: int
    failed: int | None
    ended: Ended = "done"
    error: str = ""
    held_back: int | None = 0

    @classmethod
    def of(
        cls, step: Step, left: int, ended: Ended = "done", error: str = "", held_back: int = 0
    ) -> Outcome:
        """The outcome of a step that leaves `left` rows, the kept ones included."""
        made = cls(step.name, step.found, 0, len(step.kept), 0, ended, error, held_back)
        return made.leaving(left)

    def leaving(self, left: int) -> Outcome:
        """The same if so many rows are left, the kept ones included."""
        failed = max(0, left - self.kept)
        return replace(
            self,
            deleted=max(0, self.found - left),
            kept=min(self.kept, left),
            failed=failed,
            held_back=None if self.held_back is None else min(self.held_back, failed),
        )

    @classmethod
    def not_begun(cls, step: Step, why: str = "") -> Outcome:
        """The outcome of a step that never had its turn, or has nothing to delete."""
        ended: Ended = "not begun" if step.to_delete or why else "done"
        return cls.of(step, step.found, ended, why)

    @classmethod
    def unknown(cls, step: Step, why: str) -> Outcome:
        """The outcome of a step that was begun, and of which nobody can say how far it came."""
        return cls(step.name, step.found, None, len(step.kept), None, "unknown", why, None)

    @classmethod
    def uncounted(cls, step: Step, why: str = "") -> Outcome:
        """The same of a step that came to its end, or broke off for a reason."""
        return cls.unknown(step, f"{why}; {_NOT_COUNTED}" if why else _NOT_COUNTED)

    @property
    def is_known(self) -> bool:
        """Whether its numbers are."""
        return self.ended != "unknown"

    @property
    def left(self) -> int | None:
        """Rows that are still there, for whatever reason; None where nobody could count them."""
        return None if self.failed is None else self.kept + self.failed

    @property
    def untried(self) -> int:
        """How many of the failed rows are of a step that never had its turn."""
        return (self.failed or 0) if self.ended == "not begun" else 0

    def recounted(self, left: int, came: int = 0) -> Outcome:
        """The same with what is left at the end of the run; with it, the numbers are known.

        Args:
            left: Rows that are left.
            came: How many of them have come during the run.
        """
        if self.left is not None and came:
            # (those that came before their turn are among the found already)
            late = min(came, max(0, left - self.left))
            return replace(self, found=self.found + late).recounted(left)
        if self.error == _NOT_COUNTED:
            return replace(self, ended="done", error="", held_back=0).leaving(left)
        known = replace(
            self,
            ended=self.ended if self.is_known else "partial",
            error=self.error.removesuffix(f"; {_NOT_COUNTED}"),
        )
        return known.leaving(left)

    def after(self, before: Outcome) -> Outcome:
        """This one, of a further turn, with those of the same object type before it.

        Where nobody knows how far one of them came, a count at the end of the run may tell.
        """
        if before.deleted is None:
            return replace(before, found=max(before.found, self.found))
        found = before.deleted + self.found
        if self.deleted is None:
            return replace(self, found=max(before.found, found))
        return replace(self, found=found, deleted=before.deleted + self.deleted)


def total(numbers: Iterable[int | None]) -> int | None:
    """The sum of numbers of outcomes; None where one of them is not known."""
    known = 0
    for each in numbers:
        if each is None:
            return None
        known += each
    return known
