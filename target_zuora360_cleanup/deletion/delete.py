"""Deletes the rows of one object type, in as many rounds as it takes."""

from __future__ import annotations

import logging
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.deletion.counting import count_all_left, count_left
from target_zuora360_cleanup.deletion.leaves import Leaves, delete_by_levels
from target_zuora360_cleanup.deletion.outcome import Outcome
from target_zuora360_cleanup.deletion.pages import Pages, may_come_twice
from target_zuora360_cleanup.deletion.silence import count_silent, name_silent
from target_zuora360_cleanup.deletion.trouble import in_words, is_expected
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.rows.rounds import RoundFailures, rounds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.deletion.sending import Sender
    from target_zuora360_cleanup.deletion.sight import Sight
    from target_zuora360_cleanup.deletion.taken_along import TakenAlong
    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.output.folder import Backup, FailureFile, OutputFolder
    from target_zuora360_cleanup.plan.plan import Step
    from target_zuora360_cleanup.rows.failures import Failures
    from target_zuora360_cleanup.rows.rounds import Round

logger = logging.getLogger(__name__)

_NO_PREFIX: Final = (
    "its describe gives no key prefix, so nobody can tell its ids from others; nothing was sent"
)


@dataclass(frozen=True)
class Deletion:
    """Deletes object types in one org.

    `delete` is called in a thread for each object type under way. `recounted` is called once, when
    all of these threads have ended.

    Attributes:
        sender: Sends the ids.
        along: Backs up what goes along with them.
        folder: Takes the backup of each object type.
        failures: Takes in by reason what could not be deleted.
        failure_file: Takes in each row that could not be.
        sight: Knows what the user saw.
        since: When the deletion began, as SOQL writes it; blank where the org does not tell its
            time.
    """

    sender: Sender
    along: TakenAlong
    folder: OutputFolder
    failures: Failures
    failure_file: FailureFile
    sight: Sight
    since: str = ""

    def delete(self, turn: Turn) -> Outcome:
        """Delete the rows of a step; the outcome is what Salesforce answered row by row."""
        if turn.again:
            try:
                turn = self._as_now(turn)
            except Exception as exc:  # noqa: BLE001 - no outcome may be lost, whatever it is
                none_yet = replace(turn, step=turn.step.found_now(0))
                return self._broken(none_yet, in_words(exc), None if is_expected(exc) else exc)
        if turn.held.whole:
            return self._whole(turn.step, turn.held.whole)
        if not turn.step.facts.key_prefix:
            return self._broken(turn, _NO_PREFIX)
        try:
            self.along.back_up(turn)
            if (turn.along or turn.attached) and (why := self.sight.lost()):
                return self._hidden(turn.step, why)
            return self._deleted(turn)
        except Exception as exc:  # noqa: BLE001 - no outcome may be lost, whatever it is
            return self._broken(turn, in_words(exc), None if is_expected(exc) else exc)

    def _as_now(self, turn: Turn) -> Turn:
        """A further turn with the rows that are there: most went in the turns before."""
        found = count_left(self.sender.salesforce, turn.step)
        return replace(turn, step=turn.step.found_now(found))

    def _deleted(self, turn: Turn) -> Outcome:
        """Delete them in as many rounds as it takes."""
        # (where the first round breaks off, what was planned stands for what it found)
        step, found = turn.step, turn.step.found
        with closing(self.folder.backup(step.name)) as backup:
            for each in rounds(self.sender.salesforce.attempts(), self.sender.settings.job_size):
                with RoundFailures.of(step.name, self.failures, self.failure_file) as failed:
                    with each.outlive(partial(logger.info, "%s: %s", step.name)):
                        rows = self._round(turn, each, backup, failed)
                        found = rows if each.is_first else max(found, rows)
                        silent = self._silent(turn, each, found, failed)
                        if each.is_last or not (failed.worth_another or silent):
                            is_less = found < step.found or failed.gone or not each.is_first
                            if is_less and (why := self.sight.lost()):
                                return self._hidden(step, why)
                            return self._outcome(self._now(step, found), failed, silent)
                    failed.forget()
                logger.info("%s: some records are left and tried again.", step.name)
        raise AssertionError("the last round is not tried again")

    def _silent(self, turn: Turn, each: Round, found: int, failed: RoundFailures) -> int | None:
        """Rows that are left without a word; named, where no other round follows.

        None where nobody could count them.
        """
        if self.sender.are_few(max(found, turn.step.found)) and not failed.gone:
            # (such requests answer for each row; one that is said to be gone is looked for)
            return 0
        salesforce = self.sender.salesforce
        silent = count_silent(salesforce, turn.step, failed)
        if silent and each.is_last:
            return name_silent(salesforce, turn.step, failed, silent)
        return silent

    def _round(self, turn: Turn, each: Round, backup: Backup, failed: RoundFailures) -> int:
        """Delete what is there; how many rows were, and all that stay, as `count_left` counts."""
        step, sender = turn.step, self.sender
        found = step.found if each.is_first else count_left(sender.salesforce, step)
        sender.progress.begin(step.name, max(0, found - len(step.kept)))
        pages = Pages(sender.salesforce, turn, sender.settings.backup, backup, failed.add)
        with Leaves.of(sender.salesforce, turn) if turn.hierarchy else nullcontext() as leaves:
            pages.set_aside = leaves.set_aside if leaves else None
            size = sender.page_rows(found, each)
            ids = pages.read(found, size, sender.go_on, ordered=not each.is_first)
            sender.send(step.name, found, each, ids, failed.add)
            if leaves:
                delete_by_levels(sender, turn, leaves, each, failed.add)
        return pages.rows + len(step.kept)

    def _now(self, step: Step, found: int) -> Step:
        """The step with the rows that there were when it had its turn."""
        if found < step.found and not may_come_twice(self.sender.salesforce, step):
            gone = step.found - found
            rows = counted(gone, "row of the plan was", "rows of the plan were")
            logger.warning("%s: %s gone before their turn.", step.name, rows)
        return step.found_now(found)

    def _outcome(self, step: Step, failed: RoundFailures, silent: int | None) -> Outcome:
        if silent is None:
            return Outcome.uncounted(step)
        count = failed.count + silent
        rows = counted(silent, "row that is left", "rows that are left")
        why = f"Salesforce gives no reason for {rows}" if silent else ""
        outcome = Outcome.of(step, len(step.kept) + count, "done", why, failed.held_back)
        deleted = max(0, step.to_delete - count)
        self.sender.progress.end(step.name, deleted, count)
        self.sender.metrics(step.name).deleted(deleted)
        return outcome

    def _whole(self, step: Step, why: str) -> Outcome:
        """The outcome of a step of which nothing may go."""
        logger.warning("%s: nothing of it is deleted: %s.", step.name, why)
        words = f"nothing of it was deleted: {why}"
        return Outcome.of(step, step.found, "done", words, held_back=step.to_delete)

    def _hidden(self, step: Step, why: str) -> Outcome:
        """The outcome of a step of which rows may be hidden since the plan, and seem to be gone."""
        words = f"{why}, so that rows may be hidden that the plan has seen"
        logger.error("%s: %s.", step.name, words)
        return Outcome.uncounted(step, words)

    def _broken(self, turn: Turn, why: str, mistake: Exception | None = None) -> Outcome:
        """The outcome of a step that broke off: counted in the org, unknown if it can't be.

        Args:
            turn: Which.
            why: In words.
            mistake: What the program did not expect, if that was it.
        """
        step = turn.step
        logger.error("%s: %s", step.name, why, exc_info=mistake)
        if turn.again:
            return Outcome.unknown(step, why)
        try:
            left = count_left(self.sender.salesforce, step)
        except Exception as exc:  # noqa: BLE001 - then it is unknown, whatever it was
            logger.info("%s: what is left could not be counted (%s).", step.name, in_words(exc))
            return Outcome.uncounted(step, why)
        return Outcome.of(step, left, "partial", why)

    def recounted(self, steps: Iterable[Step], outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
        """The outcomes with what is left at the end, counted in the org.

        Others may have deleted rows since, rows may have come, and jobs that a stopped run has left
        behind go on. Where the org does not answer, the outcomes stay as they are: what is unknown
        stays so.
        """
        pairs = list(zip(steps, outcomes, strict=True))
        begun = [
            step
            for step, outcome in pairs
            if outcome.ended != "not begun" and (step.to_delete or outcome.found > step.found)
        ]
        left = count_all_left(self.sender.salesforce, begun)
        grown = [
            step
            for step, outcome in pairs
            if outcome.left is not None and left.get(step.name, 0) > outcome.left
        ]
        came = count_all_left(self.sender.salesforce, grown, self.since) if self.since else {}
        # (where nobody tells, those that are more have come: Salesforce has said what is deleted)
        return tuple(
            outcome.recounted(left[step.name], came.get(step.name, left[step.name]))
            if step.name in left
            else outcome
            for step, outcome in pairs
        )
