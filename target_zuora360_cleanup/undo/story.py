"""What happens in an undo, to be read from top to bottom, and what is told of it in the end."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from target_zuora360_cleanup.errors import CleanupError, Partial, Refused
from target_zuora360_cleanup.facts.conditions import running_syncs, sync_queries
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.facts.reading import read_org
from target_zuora360_cleanup.lifecycle.ending import header_of
from target_zuora360_cleanup.lifecycle.login import Login
from target_zuora360_cleanup.lifecycle.words import in_words
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.checks.identity import refuse_unconfirmed
from target_zuora360_cleanup.report.files import write_report
from target_zuora360_cleanup.rows.failures import Failures
from target_zuora360_cleanup.state.form import dumped
from target_zuora360_cleanup.undo.choice import choose, ends_at, refuse
from target_zuora360_cleanup.undo.order import returning, unfinished
from target_zuora360_cleanup.undo.report import (
    Returned,
    TakenBack,
    lacking_words,
    no_report_words,
    undo_report,
    write_not_back,
)
from target_zuora360_cleanup.undo.undeleting import Undeleting
from target_zuora360_cleanup.undo.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_zuora360_cleanup.facts.org_facts import OrgInfo, RunningSync
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.undo.bookmarks import Bookmarks, Putting
    from target_zuora360_cleanup.undo.choice import Chain
    from target_zuora360_cleanup.undo.order import Returning
    from target_zuora360_cleanup.undo.source import Cleanup
    from target_zuora360_cleanup.undo.store import RowStore

    Holders = Callable[[Chain], Bookmarks]

logger = logging.getLogger(__name__)


class Story:
    """One undo, and what is known of it. For one thread, that which the store belongs to.

    Args:
        context: What every run has.
        given: The cleanup that is named, if one is.
        known: Those to choose from.
        store: Where the rows of this undo are kept.
        holders: Leads to what holds the states.
        dry_run: Only look and tell.

    Attributes:
        may_have_begun: Whether records may be back.
    """

    def __init__(  # noqa: PLR0913 - what it rests on
        self,
        context: Context,
        given: Cleanup | None,
        known: Sequence[Cleanup],
        store: RowStore,
        holders: Holders,
        *,
        dry_run: bool,
    ) -> None:
        self._run = context
        self._settings = context.settings
        self._given, self._known = given, known
        self._store = store
        self._holders = holders
        self._taken = TakenBack(dry_run)
        self._salesforce: Salesforce | None = None
        self._org: OrgInfo | None = None
        self._chain: Chain | None = None
        self._objects: tuple[Returning, ...] = ()
        self._undeleting: Undeleting | None = None
        self._lacking: dict[str, int] = {}
        self.may_have_begun = False

    def undo(self) -> None:
        """Choose a cleanup, see to it that it may be taken back, and bring records and state back.

        Raises:
            CleanupError: With the exit status that the run deserves.
        """
        with in_words(words(begun=lambda: self.may_have_begun)):
            salesforce, org = self._log_in()
            self._chain = chain = choose(self._known, self._given, org)
            if chain is None:
                return
            self._tell_of(chain)
            refuse(chain)
            purpose = "records really are to come back there"
            refuse_unconfirmed(self._settings, org, purpose, dry_run=self._taken.dry_run)
            bookmarks = self._holders(chain)
            bookmarks.running()
            self._refuse_sync(salesforce)
            self._take_in(salesforce, chain)
            self._restore(salesforce)
            self._put_back(bookmarks)
        self._refuse_left()

    def _log_in(self) -> tuple[Salesforce, OrgInfo]:
        self._salesforce = salesforce = Login(self._run).salesforce()
        self._org = org = read_org(salesforce)
        logger.info("Logged in to %s.", salesforce.url)
        return salesforce, org

    def _tell_of(self, chain: Chain) -> None:
        folders = tuple(str(each.folder) for each in chain.cleanups)
        self._taken = replace(self._taken, cleanups=folders)
        if names := sorted({name for each in chain.cleanups for name in each.detached}):
            self._note(
                f"Rows of {', '.join(names)} that were detached before stay so: relink "
                "attaches them again."
            )
        self._note(
            *(no_report_words(each.folder) for each in chain.cleanups if not each.has_report)
        )
        ends = [each for each in map(ends_at, chain.cleanups) if each]
        if ends and min(ends) < self._run.clock():
            self._note(
                "The cleanup is older than the 15 days for which the recycle bin keeps records at "
                "least. Some may be gone; what the org still has comes back."
            )

    def _refuse_sync(self, salesforce: Salesforce) -> None:
        """Refuse to work beside a sync of Zuora's own, which brings the same records."""
        if self._settings.ignore_running_sync or self._taken.dry_run:
            return
        queries = sync_queries(salesforce.rest.object_names().keys())
        answers = salesforce.rest.query_each(list(queries.values()))
        found = running_syncs(dict(zip(queries, answers, strict=True)))
        for name, fact in found.items():
            match fact:
                case Known(syncs):
                    _refuse_running(syncs)
                case Unknown(why):
                    self._note(f"Whether a 360 sync runs could not be told by {name}: {why}.")

    def _take_in(self, salesforce: Salesforce, chain: Chain) -> None:
        deleted = chain.deleted
        names = sorted(deleted.keys() | {name for each in chain.cleanups for name in each.objects})
        shown = salesforce.rest.object_names().keys()
        describes = salesforce.rest.describe_all([name for name in names if name in shown])
        self._objects = returning(names, describes)
        numbers = {each.name: number for number, each in enumerate(self._objects)}
        with self._store.whole():
            for cleanup in chain.cleanups:
                for name, ids in cleanup.rows():
                    self._store.add(numbers[name], ids)
        for name, rows in deleted.items():
            if (lacking := rows - self._store.count(numbers[name])) > 0:
                self._lacking[name] = lacking
                self._note(lacking_words(name, lacking))

    def _restore(self, salesforce: Salesforce) -> None:
        run = self._run
        undeleting = Undeleting(
            salesforce, self._settings, self._store, self._objects, run.progress, run.stop
        )
        if self._taken.dry_run:
            undeleting.look()
            self._tell_of_details()
            return
        undeleting.wait_for_leftovers()
        self.may_have_begun, self._undeleting = True, undeleting
        undeleting.restore()

    def _tell_of_details(self) -> None:
        """A dry run can't tell what is destroyed from what is in the bin: say where that may be."""
        names = [
            each.name
            for number, each in enumerate(self._objects)
            if each.is_detail and self._store.in_bin(number)
        ]
        if names:
            self._note(
                f"Rows of {', '.join(names)} are details: where they were deleted before their "
                "masters, as a cleanup does, Salesforce has destroyed them, although queries still "
                "show them. They come by a sync alone then."
            )

    def _put_back(self, bookmarks: Bookmarks) -> None:
        taken = self._counted()
        missing = unfinished(self._objects, taken.missing)
        states = bookmarks.put_back(missing, dry_run=taken.dry_run)
        self._taken = replace(self._taken, states=states)
        for number, each in enumerate(states):
            if each.fate == "by hand" and each.stored is not None:
                name = f"state-{number + 1}.json"
                self._run.folder.write_text(name, dumped(each.stored) + "\n")
                self._note(f"The state of the tap's own pipeline is in {name}: store it yourself.")

    def _refuse_left(self) -> None:
        """Let what is not back not pass for done."""
        taken = self._counted()
        if taken.dry_run or self._settings.allow_failures:
            return
        left = taken.total("left")
        lost = [each for each in taken.states if not each.is_well]
        if left:
            known = " whose id is known" if self._lacking else ""
            raise Partial(
                f"{counted(left, 'is', 'are')} not back; undo.csv names each{known} with the "
                "reason. The bookmarks of streams that feed such records, or what led to them, "
                "stay reset: the next sync sends these in full."
            )
        if lost:
            raise Partial(f"The state is not all as it was: {_told(lost)}")

    def _counted(self) -> TakenBack:
        objects = tuple(
            Returned.of(each.name, self._store.counts(number), self._lacking.get(each.name, 0))
            for number, each in enumerate(self._objects)
        )
        return replace(self._taken, objects=objects)

    def _note(self, *notes: str) -> None:
        self._taken = replace(self._taken, notes=(*self._taken.notes, *notes))

    def end(self, error: CleanupError | None) -> tuple[Report, CleanupError | None]:
        """Write what became of each row, and the report.

        Args:
            error: What stopped the undo, if anything did.

        Returns:
            The report, and what the run ends with.
        """
        if error:
            self._look_again()
            with suppress(sqlite3.Error):
                self._store.give_up(str(error))
        self._taken = self._counted()
        failures, problems = Failures(), list[str]()
        try:
            path = self._run.folder.path / "undo.csv"
            write_not_back(path, self._store.not_back(), self._objects, failures)
        except OSError as exc:
            problems.append(f"The report can't be written: {exc.strerror or exc}.")
        if not (error or problems):
            self._mark()
        report = self._report(error, failures)
        problems += write_report(self._run.folder, report)
        return report, error or (CleanupError(problems[0]) if problems else None)

    def _look_again(self) -> None:
        """See what became of rows that were asked for; those that nobody tells of are unknown."""
        if self._undeleting is None:
            return
        try:
            self._undeleting.look_again()
        except Exception as exc:  # noqa: BLE001 - the report comes first, whatever it was
            logger.warning("What was undeleted could not be looked at again (%s).", exc)

    def _report(self, error: CleanupError | None, failures: Failures) -> Report:
        header = header_of(self._run, error, self._org, self._salesforce)
        return undo_report(header, self._taken, failures.grouped())

    def _mark(self) -> None:
        """Remember that a cleanup is done with."""
        if self._taken.dry_run or self._chain is None:
            return
        for each in self._chain.cleanups:
            try:
                each.mark_done()
            except OSError as exc:
                self._note(
                    f"That the cleanup is taken back can't be noted in {each.folder}: "
                    f"{exc.strerror or exc}."
                )


def _refuse_running(syncs: Sequence[RunningSync]) -> None:
    for each in syncs:
        raise Refused(
            f"A 360 sync appears to run in the org ({each.what} {each.id} since {each.since} UTC). "
            "Stop it, wait for its end, and run undo again."
        )


def _told(puttings: Sequence[Putting]) -> str:
    return " ".join(
        f"{each.state.state_id or 'stdout'}: {each.why.rstrip('.')}." for each in puttings
    )
