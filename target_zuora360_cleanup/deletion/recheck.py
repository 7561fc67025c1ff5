"""Judges, just before a step, whether the org is still what the plan was made for.

Rows that this run deletes make counts smaller; nothing that a cleanup does makes one larger. What
is larger has come from elsewhere, and what can't be counted any more may have.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from requests import RequestException

from target_zuora360_cleanup.deletion.holding import read_held
from target_zuora360_cleanup.deletion.turn import Halted, Turn
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.facts.staying import without_kept
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.reach.junctions import junction_at
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed, unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.deletion.keeping import Keeping
    from target_zuora360_cleanup.deletion.look import Look, Seen
    from target_zuora360_cleanup.deletion.written_late import WrittenLate
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.reach import Path
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings

_DOES: Final = {
    "cascade": "would be destroyed with", "restrict": "would hold", "clear": "would lose",
    "detach": "would be destroyed with",
}  # fmt: skip
_AGAIN: Final = "Look at what has come, make a new plan, and run the cleanup again."
_LATER: Final = "Run the cleanup again."
_T = TypeVar("_T")


class Recheck:
    """Looks at the org again before each step of a plan. Safe for several threads.

    Args:
        salesforce: Where.
        plan: What is carried out.
        settings: What the user set.
        keeping: Knows what stays.
        look: Reads what is there.
        late: Asks what has changed since the snapshots.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - an org, a plan, and who knows what of them
        self,
        salesforce: Salesforce,
        plan: Plan,
        settings: Settings,
        keeping: Keeping,
        look: Look,
        late: WrittenLate,
    ) -> None:
        self._salesforce = salesforce
        self._lets_blank = settings.lookup_links == "ignore"
        self._are_written = settings.lookup_links == "snapshot"
        self._keeping = keeping
        self._look = look
        self._late = late
        self._not_counted = {each.links for each in plan.not_counted}

    def turn(self, step: Step) -> Turn:
        """The step as it is now; which of its rows are held back is not read yet.

        Raises:
            Halted: Something has come that the plan does not know, or nobody can tell.
        """
        with _told(step):
            seen = self._look.at(step, self._late.queries(step))
            _refuse_hidden(step, seen)
            _refuse_syncs(step, seen)
            self._refuse_new(step, seen)
            step = self._as_found(step, seen)
            used = {name: _known(step, name, rows) for name, rows in seen.hierarchy.items()}
            reached = {way: rows for way, rows in self._reached(step, seen) if rows}
            return Turn(
                step,
                {way: _known(step, way.words, rows) for way, rows in seen.below.items()},
                tuple(name for name, rows in used.items() if rows),
                {way: rows for way, rows in reached.items() if way.on_delete == "cascade"},
                {way: rows for way, rows in reached.items() if way.on_delete == "detach"},
                changed=seen.more,
            )

    def holding(self, turn: Turn) -> Turn:
        """The same with the rows that are held back.

        Raises:
            Halted: Nobody can tell which they are.
        """
        with _told(turn.step):
            lookups, wheres = self._look.lookups, self._look.wheres
            return replace(turn, held=read_held(self._salesforce, turn, lookups, wheres))

    def _as_found(self, step: Step, seen: Seen) -> Step:
        """With the rows that are there, if they are more than planned, and those that stay."""
        found = _known(step, f"rows of {step.name}", seen.found)
        if self._look.keeps_quoted(step):
            quoted = _known(step, "what quotes use", seen.quoted)
            self._keeping.weigh(quoted, grown=found > step.found)
        now = step.found_now(max(found, step.found))
        return replace(now, kept=self._keeping.of(step))

    def _refuse_new(self, step: Step, seen: Seen) -> None:
        for each in _known(step, "what leads into it", seen.into):
            if each not in step.seen and (each,) not in self._not_counted:
                raise _halted(
                    step,
                    f"{each.child} leads into it by {each.field} ({each.on_delete}), which the "
                    "plan has not seen",
                    _AGAIN,
                )

    def _reached(self, step: Step, seen: Seen) -> Iterator[tuple[Path, int]]:
        """The rows that would go along, once it is sure that no others are concerned."""
        planned = {each.path: each.rows for each in step.reach}
        for path, rows in seen.reached.items():
            most, goes_along = planned.get(path, 0), path.on_delete in ("cascade", "detach")
            is_more = rows.or_else(most + 1) > most
            now = self._look.exactly(path, rows) if is_more or goes_along else rows
            self._refuse_more(step, path, now, most)
            if self._are_written and junction_at(path):
                # (what is to be made again has to be written down, and is not none)
                yield path, _known(step, path.words, now)
            elif goes_along:
                # (other marks that can't be counted go along untold)
                yield path, now.or_else(0)

    def _refuse_more(self, step: Step, path: Path, rows: Fact[int], planned: int) -> None:
        may_go_blank = path.on_delete == "clear" and self._lets_blank
        may_grow = path.nature == "mark" or may_go_blank or self._is_made_again(step, path)
        if may_grow or rows.or_else(planned + 1) <= planned:
            return
        less = without_kept(self._look.counter, {path: rows}, {step.name: step.kept})
        now = _known(step, path.words, less.get(path, Known(0)))
        if now > planned:
            raise _halted(
                step,
                f"{counted(now, 'row')} of {path.child} {_DOES[path.on_delete]} "
                f"{'its' if now == 1 else 'their'} {path.parent} "
                f"({path.words}), {planned:,} when it was planned",
                _AGAIN,
            )

    def _is_made_again(self, step: Step, path: Path) -> bool:
        """Whether a relink makes again what goes: it is written down, and the records have keys."""
        have_keys = bool(step.facts.keys) and step.facts.keyless.rows == Known(0)
        return self._are_written and junction_at(path) is not None and have_keys


def _refuse_hidden(step: Step, seen: Seen) -> None:
    if seen.hides:
        raise _halted(
            step,
            f"{seen.hides}, and what sharing hides would go along unseen",
            "Give it back, and run the cleanup again.",
        )


def _refuse_syncs(step: Step, seen: Seen) -> None:
    for name, syncs in seen.syncs.items():
        for each in _known(step, name, syncs):
            raise _halted(
                step,
                f"a 360 sync appears to run in the org ({each.what} {each.id} since {each.since} "
                "UTC)",
                "Stop it, wait for its end, and run the cleanup again.",
            )


def _known(step: Step, what: str, fact: Fact[_T]) -> _T:
    """What is known.

    Raises:
        Halted: It is not.
    """
    match fact:
        case Known(value):
            return value
        case Unknown(why):
            raise _halted(step, f"{what} could not be counted again ({why})", _LATER)


@contextmanager
def _told(step: Step) -> Iterator[None]:
    """Has what Salesforce or the disk refuses end the run in front of a step."""
    try:
        yield
    except (ApiError, JobFailed) as exc:
        raise _halted(step, f"the org could not be looked at again ({exc})", _LATER) from None
    except RequestException as exc:
        why = unreachable(exc).rstrip(".")
        raise _halted(step, f"the org could not be looked at again ({why})", _LATER) from None
    except OSError as exc:
        why = f"{exc.filename or 'a file'}: {exc.strerror}"
        raise _halted(step, f"what stays could not be written ({why})", _LATER) from None


def _halted(step: Step, why: str, remedy: str) -> Halted:
    return Halted(f"The cleanup ended before {step.name}: {why}. {remedy}")
