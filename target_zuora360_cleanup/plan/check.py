"""What a check is: a function from everything that is weighed to findings, with its codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from target_zuora360_cleanup.plan.finding import Code, Finding

if TYPE_CHECKING:
    from target_zuora360_cleanup.facts.org_facts import OrgFacts
    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.plan.saved import SavedPlan
    from target_zuora360_cleanup.settings.declared import Settings


@dataclass(frozen=True)
class Approval:
    """A plan that was saved to be carried out, and what a plan of the same org comes to today."""

    saved: SavedPlan
    today: SavedPlan


@dataclass(frozen=True)
class Weighed:
    """Everything that checks look at.

    Attributes:
        facts: What is known of the org.
        settings: What the user set.
        pipeline: The Meltano run around the cleanup.
        approval: The saved plan that the cleanup is held to; None where there is none.
    """

    facts: OrgFacts
    settings: Settings
    pipeline: Pipeline
    approval: Approval | None = None


Find: TypeAlias = Callable[[Weighed], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes:
        codes: What it may find.
        about: What it looks at, in a sentence.
        find: What it finds.
    """

    codes: tuple[Code, ...]
    about: str
    find: Find


def check(*codes: Code) -> Callable[[Find], Check]:
    """Makes a check of a function; the first line of its docstring says what it is about."""

    def make(find: Find) -> Check:
        return Check(codes, (find.__doc__ or "").partition("\n")[0], find)

    return make


def checks_in(module: object) -> tuple[Check, ...]:
    """The checks that a module defines, in their order."""
    return tuple(each for each in vars(module).values() if isinstance(each, Check))
