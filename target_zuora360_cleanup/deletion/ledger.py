"""What has become of each step of a plan so far. Safe for several threads.

From the plan on there is an entry for each step: not begun, then not known while it is worked on,
then its outcome. So a run that ends early tells what it does not know.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from target_zuora360_cleanup.deletion.bodies import BodyCount
from target_zuora360_cleanup.deletion.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.deletion.links_lost import LinksLost
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.reach import Path

_UNDER_WAY = "the run ended while its records were being deleted"


class Ledger:
    """The outcomes of a plan's steps: written by those who delete, read by whoever tells."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcomes: dict[str, Outcome] = {}
        self._along: dict[Path, int | None] = {}
        self._detached: dict[Path, int | None] = {}
        self._links: LinksLost | None = None
        self._left: dict[str, int | None] = {}
        self._bodies = BodyCount()

    def open(self, plan: Plan) -> None:
        """The deletion begins: an entry for each step, in the plan's order."""
        self.note(Outcome.not_begun(step) for step in plan.steps)

    def begin(self, step: Step, *, again: bool = False) -> None:
        """A step begins, or a further turn of it: until its outcome is noted, it is not known."""
        if again:
            begun = Outcome.unknown(step.found_now(0), _UNDER_WAY).after(self.of(step.name))
        else:
            begun = Outcome.unknown(step, _UNDER_WAY)
        self.note([begun])

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """What became of steps; a later word counts."""
        with self._lock:
            self._outcomes.update((each.name, each) for each in outcomes)

    def note_along(self, rows: Mapping[Path, int | None]) -> None:
        """How many rows of others went along, by the way to them; None until they are counted."""
        with self._lock:
            self._along.update(rows)

    def note_detached(self, rows: Mapping[Path, int | None]) -> None:
        """How many rows of others were detached, by the way to them; None where nobody knows."""
        with self._lock:
            self._detached.update(rows)

    def note_links(self, links: LinksLost) -> None:
        """What became of lookups, once they are counted."""
        with self._lock:
            self._links = links

    def note_bodies(self, bodies: BodyCount) -> None:
        """What became of the bodies of rows that go along."""
        with self._lock:
            self._bodies = bodies

    @property
    def bodies(self) -> BodyCount:
        """The same, so far."""
        with self._lock:
            return self._bodies

    def note_left(self, allowances: Mapping[str, int | None]) -> None:
        """What was left of the daily allowances at the end; None where nobody could tell."""
        with self._lock:
            self._left.update(allowances)

    @property
    def left(self) -> dict[str, int | None]:
        """The same; none before it was looked at."""
        with self._lock:
            return dict(self._left)

    @property
    def links(self) -> LinksLost | None:
        """The same; None before they are counted."""
        with self._lock:
            return self._links

    @property
    def along(self) -> dict[Path, int | None]:
        """The same, of all steps that were begun."""
        with self._lock:
            return dict(self._along)

    @property
    def detached(self) -> dict[Path, int | None]:
        """The same, of all steps that were begun."""
        with self._lock:
            return dict(self._detached)

    def of(self, name: str) -> Outcome:
        """What has become of one object type so far."""
        with self._lock:
            return self._outcomes[name]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Each step's outcome, in the plan's order; none before the deletion begins."""
        with self._lock:
            return tuple(self._outcomes.values())
