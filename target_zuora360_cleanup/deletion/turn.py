"""A step whose turn it is, with what was found when the org was looked at again. Plain data."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from target_zuora360_cleanup.facts.counting import Rows
    from target_zuora360_cleanup.plan.plan import Step
    from target_zuora360_cleanup.reach import Path
    from target_zuora360_cleanup.salesforce.errors import ApiError


class Halted(Exception):
    """The run must not go on: the sentence says what has changed in the org and what to do."""


@dataclass(frozen=True)
class Held:
    """Rows that stay since rows below them do: a cascade would destroy those, without a trigger.

    Attributes:
        by: For the id of each, the API name of an object whose rows are left below it.
        whole: Why all rows of the object type stay; blank where those of `by` do.
    """

    by: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    whole: str = ""


@dataclass(frozen=True)
class Turn:
    """A step just before its rows are deleted.

    Attributes:
        step: With the rows that were found now, and those that stay as is known now.
        below: Rows of the plan's object types that would go with these, by the way to them.
        hierarchy: Its lookups to itself that rows use, and by which rows hold or take along others.
        along: Rows of others that go along with permission, by the way to them.
        attached: Rows of others that are to be detached before, by the way to them.
        held: Rows that may not go.
        changed: What the look was told of `WrittenLate.queries`.
        again: Whether the step had a turn before, and is there for rows that came since.
    """

    step: Step
    below: Mapping[Path, int] = field(default_factory=lambda: MappingProxyType({}))
    hierarchy: tuple[str, ...] = ()
    along: Mapping[Path, int] = field(default_factory=lambda: MappingProxyType({}))
    attached: Mapping[Path, int] = field(default_factory=lambda: MappingProxyType({}))
    held: Held = field(default_factory=Held)
    changed: tuple[Rows | ApiError, ...] = ()
    again: bool = False
