"""The command `relink`: which snapshot, in which org, and what is told in the end."""

from __future__ import annotations

import logging
import sqlite3
import tempfile
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.errors import CleanupError, Partial, Refused
from target_zuora360_cleanup.facts.reading import read_org
from target_zuora360_cleanup.lifecycle.background import Background
from target_zuora360_cleanup.lifecycle.ending import header_of
from target_zuora360_cleanup.lifecycle.result import Result
from target_zuora360_cleanup.lifecycle.words import Words, in_words
from target_zuora360_cleanup.plan.checks.identity import (
    confirmation,
    not_confirmed,
    other_confirmed,
)
from target_zuora360_cleanup.relink.choice import candidates, check_org, newer_than, newest, others
from target_zuora360_cleanup.relink.plan import find_restoration
from target_zuora360_cleanup.relink.relinking import Relinking
from target_zuora360_cleanup.relink.report import (
    LinkOutcome,
    Relinked,
    relink_report,
    write_not_restored,
)
from target_zuora360_cleanup.relink.snapshot import Snapshot
from target_zuora360_cleanup.relink.store import LinkStore
from target_zuora360_cleanup.report.files import write_report
from target_zuora360_cleanup.rows.failures import Failures
from target_zuora360_cleanup.salesforce.client import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.facts.relationships import Relationship
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.relink.plan import Restoration
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings

    Show = Callable[[Report, Path], None]

logger = logging.getLogger(__name__)

_RIGHTS: Final = "SELECT PermissionsModifyAllData FROM UserPermissionAccess"


def snapshots(settings: Settings, folder: Path | None) -> tuple[Snapshot | None, list[Snapshot]]:
    """The snapshot that is named, and those that it is one of.

    Args:
        settings: The target's; `mode` does not matter.
        folder: A cleanup's folder. None is for the newest of the org in `output_dir` that has links
            and is not relinked.

    Raises:
        InputError: There is none, or one can't be read.
    """
    given = Snapshot.read(folder.expanduser()) if folder else None
    return given, candidates(settings.output_dir, given)


class Relink:
    """One relink: made, and carried out once by the main thread.

    Args:
        context: What every run has.
        given: The snapshot that is named, if one is.
        known: Those to choose from.
        show: Shows the report; is given the run's folder too.
        dry_run: Only look and tell.
    """

    def __init__(
        self,
        context: Context,
        given: Snapshot | None,
        known: Sequence[Snapshot],
        show: Show,
        *,
        dry_run: bool,
    ) -> None:
        self._run = context
        self._settings = context.settings
        self._given = given
        self._known = known
        self._show = show
        self._info: OrgInfo | None = None
        self._relinked = Relinked(dry_run)
        self._report: Report | None = None
        self._salesforce: Salesforce | None = None
        self._snapshot: Snapshot | None = None
        self._restorations: tuple[Restoration, ...] = ()
        self._begun = False
        self._sees_all = True
        self._error: CleanupError | None = None

    @property
    def status_if_killed(self) -> int:
        """The exit status of a process that ends at once."""
        return (Partial if self._begun else CleanupError).exit_status

    def carry_out(self) -> Result:
        """Set links again that a cleanup has left blank, and tell what became of each.

        After a signal the relink ends by itself: what is known of the links lies in a database that
        only its thread may read.
        """
        work = Background(self._run.stop)
        with self._run.stop.awake():
            work.begin(self._whole)
            work.leave(None)
        if work.failure or self._report is None:
            return Result(work.failure)
        self._show(self._report, self._run.folder.path)
        return Result(self._error)

    def _whole(self) -> None:
        with tempfile.TemporaryDirectory() as temporary:
            store = LinkStore(Path(temporary) / "links.sqlite")
            try:
                self._error = self._end(store, self._told(store))
            finally:
                store.close()

    def _told(self, store: LinkStore) -> CleanupError | None:
        """Relink; what stopped it."""
        try:
            with in_words(words(begun=lambda: self._begun)):
                self._relink(self._given, self._known, store)
        except CleanupError as exc:
            with suppress(sqlite3.Error):
                store.give_up(str(exc))
            return exc
        return None

    def _relink(self, given: Snapshot | None, known: Sequence[Snapshot], store: LinkStore) -> None:
        self._salesforce = salesforce = connect(
            self._settings, self._run.stop.pause, self._run.waits
        )
        self._info = info = read_org(salesforce)
        logger.info("Logged in to %s.", salesforce.url)
        self._snapshot = snapshot = given or newest(known, info)
        if snapshot is None:
            return
        for note in others(snapshot, known, info):
            self._note(note)
        self._may(snapshot, info)
        self._load(salesforce, snapshot, newer_than(snapshot, known, info), store)
        self._work(salesforce, store)

    def _may(self, snapshot: Snapshot, info: OrgInfo) -> None:
        """Refuse another org than the snapshot's, and production without its id."""
        check_org(snapshot, info)
        match confirmation(self._settings, info):
            case "other org":
                raise Refused(other_confirmed(self._settings, info).words)
            case "missing" if not (info.is_sandbox or self._relinked.dry_run):
                raise Refused(not_confirmed(info, "lookups really are to be set there").words)

    def _load(
        self,
        salesforce: Salesforce,
        snapshot: Snapshot,
        newer: Sequence[Snapshot],
        store: LinkStore,
    ) -> None:
        """Take the links in; those that a newer snapshot names too are left to it."""
        relationships = sorted({relationship for relationship, _ in snapshot.blocks()})
        describes = _described(salesforce, relationships)
        self._restorations = tuple(
            find_restoration(each, snapshot.keys.get(each), describes) for each in relationships
        )
        numbers = {each: number for number, each in enumerate(relationships)}
        with store.whole():
            for relationship, links in snapshot.blocks():
                number = numbers[relationship]
                store.add(number, self._restorations[number], links)
            for relationship, links in chain.from_iterable(each.blocks() for each in newer):
                same = [number for one, number in numbers.items() if one.name == relationship.name]
                store.supersede(same, links)

    def _work(self, salesforce: Salesforce, store: LinkStore) -> None:
        relinking = Relinking(
            salesforce,
            self._settings,
            store,
            self._restorations,
            self._run.progress,
            self._run.stop,
        )
        rights = salesforce.rest.query_each([_RIGHTS])[0]
        first = next(iter(rights if isinstance(rights, list) else []), {})
        self._sees_all = bool(first.get("PermissionsModifyAllData"))
        if self._relinked.dry_run:
            relinking.look()
            return
        relinking.wait_for_leftovers()
        self._begun = True
        relinking.restore()

    def _end(self, store: LinkStore, error: CleanupError | None) -> CleanupError | None:
        """Write the report; what the run ends with."""
        links = tuple(
            LinkOutcome.of(each.relationship, store.counts(number))
            for number, each in enumerate(self._restorations)
        )
        self._relinked = replace(self._relinked, links=links)
        ended_by = error = error or self._left()
        self._note_hidden()
        failures = Failures()
        try:
            path = self._run.folder.path / "relink.csv"
            write_not_restored(path, store.not_restored(), self._restorations, failures)
        except OSError as exc:
            error = error or CleanupError(f"The report can't be written: {exc.strerror or exc}.")
        for problem in write_report(self._run.folder, self._report_of(ended_by, failures)):
            error = error or CleanupError(problem)
        if self._snapshot and not error:
            self._mark(self._snapshot)
        self._report = self._report_of(ended_by, failures)
        return error

    def _report_of(self, error: CleanupError | None, failures: Failures) -> Report:
        return relink_report(
            header_of(self._run, error, self._info, self._salesforce),
            self._relinked,
            snapshot=self._snapshot.folder if self._snapshot else None,
            failures=failures.grouped(),
        )

    def _note(self, note: str) -> None:
        self._relinked = replace(self._relinked, notes=(*self._relinked.notes, note))

    def _left(self) -> Partial | None:
        """What is to be said where all was done that could be, but not all is restored."""
        report = self._relinked
        left, failed = report.total("left"), report.total("failed")
        if report.dry_run or not left or self._settings.allow_failures:
            return None
        return Partial(
            f"Of {left - failed:,} links the parent is not back, {failed:,} failed; relink.csv "
            "names each. Relink again when the sync has brought the parents or the cause is gone."
        )

    @property
    def _hidden(self) -> int:
        """Records that are gone, or only hidden from this user."""
        return 0 if self._sees_all else self._relinked.total("record_gone")

    def _note_hidden(self) -> None:
        if self._hidden:
            self._note(
                f"{self._hidden:,} records were not found. This user may not see everybody's "
                "records, so they may be hidden: relink again as a user with Modify All Data."
            )

    def _mark(self, snapshot: Snapshot) -> None:
        """Remember that a snapshot is done with, once the report says what became of it."""
        report = self._relinked
        if report.dry_run or report.total("left") or self._hidden:
            return
        try:
            snapshot.mark_done(
                {"report": self._run.folder.path.name, "at": self._run.clock().isoformat()}
            )
        except OSError as exc:
            self._note(
                f"That the snapshot is relinked can't be noted in {snapshot.folder}: "
                f"{exc.strerror or exc}."
            )


def words(begun: Callable[[], bool]) -> Words:
    """What is told where a relink ends early.

    Args:
        begun: Whether links may have been set by then.
    """

    def broken(why: str) -> CleanupError:
        why = why.rstrip(".")
        if begun():
            return Partial(f"{why}. Links that were set stay so; relink again to go on.")
        return CleanupError(f"{why}. Nothing was changed.")

    return Words(
        session=lambda exc: broken(f"Salesforce refused ({exc})"),
        refused=lambda why: broken(f"Salesforce refused ({why})"),
        job=lambda why: broken(f"Salesforce could not do it: {why}"),
        unreachable=broken,
        file=lambda exc: broken(f"Can't write a file: {exc}"),
        quota=broken,
        stopped=lambda _: broken("Stopped by a signal"),
    )


def _described(
    salesforce: Salesforce, relationships: Iterable[Relationship]
) -> dict[str, dict[str, Any]]:
    """The describes of what the relationships are between, as far as it is there."""
    there = salesforce.rest.object_names()
    names = {name for each in relationships for name in (each.child, each.parent)}
    return salesforce.rest.describe_all(sorted(names & there.keys()))
