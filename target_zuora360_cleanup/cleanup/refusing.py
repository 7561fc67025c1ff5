"""What doesn't pass: a plan with something in its way, a deletion that has left something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.deletion.outcome import total
from target_zuora360_cleanup.errors import Partial, Refused
from target_zuora360_cleanup.output.counted import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.plan.finding import Finding


def refuse_blocked(findings: Iterable[Finding]) -> None:
    """Refuse what a finding forbids.

    Raises:
        Refused: With every reason at once.
    """
    if blocking := [each for each in findings if each.severity == "blocks"]:
        raise Refused(words_of(blocking))


def refuse_left(outcomes: Iterable[Outcome], halted: str = "", *, allow_failures: bool) -> None:
    """Let a deletion that has left something not pass for done.

    Args:
        outcomes: What became of each step.
        halted: Why the run ended before all was begun, in a sentence; blank where it did not.
        allow_failures: Whether rows may be left that Salesforce refused to delete.

    Raises:
        Partial: Some records are left, or it is not known whether any are.
    """
    outcomes = tuple(outcomes)
    left = total(each.failed for each in outcomes)
    broken = any(each.ended != "done" for each in outcomes)
    if not (broken or (left != 0 and not allow_failures)):
        return
    words = counted(left, "record is", "records are")
    words = f"{words[0].upper()}{words[1:]}"
    if halted:
        raise Partial(f"{halted} {words} left, and the bookmarks are reset.")
    raise Partial(
        f"{words} left. The bookmarks are reset; what was in the way is in the report "
        "and in failures.csv. Run the cleanup again to go on."
    )


def words_of(findings: Iterable[Finding]) -> str:
    """What findings say, one after the other."""
    return " ".join(each.words for each in findings)
