"""What happens in a relink, to be read from top to bottom, and what is told of it in the end."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.errors import CleanupError, Partial
from target_zuora360_cleanup.facts.reading import read_org
from target_zuora360_cleanup.lifecycle.ending import header_of
from target_zuora360_cleanup.lifecycle.login import Login
from target_zuora360_cleanup.lifecycle.words import in_words
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.plan.checks.identity import refuse_unconfirmed
from target_zuora360_cleanup.relink.choice import check_org, choose, newer_than, others
from target_zuora360_cleanup.relink.links import outcomes, take_in
from target_zuora360_cleanup.relink.relinking import Relinking
from target_zuora360_cleanup.relink.report import (
    Relinked,
    relink_report,
    write_not_restored,
)
from target_zuora360_cleanup.relink.words import words
from target_zuora360_cleanup.report.files import write_report
from target_zuora360_cleanup.rows.failures import Failures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.relink.plan import Restoration
    from target_zuora360_cleanup.relink.snapshot import Snapshot
    from target_zuora360_cleanup.relink.store import LinkStore
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

_RIGHTS: Final = "SELECT PermissionsModifyAllData FROM UserPermissionAccess"


class Story:
    """One relink, and what is known of it. For one thread, that which the store belongs to.

    Args:
        context: What every run has.
        given: The snapshot that is named, if one is.
        known: Those to choose from.
        store: Where the links of this relink are kept.
        dry_run: Only look and tell.

    Attributes:
        may_have_set: Whether links may have been set.
    """

    def __init__(
        self,
        context: Context,
        given: Snapshot | None,
        known: Sequence[Snapshot],
        store: LinkStore,
        *,
        dry_run: bool,
    ) -> None:
        self._run = context
        self._settings = context.settings
        self._given = given
        self._known = known
        self._store = store
        self._org: OrgInfo | None = None
        self._relinked = Relinked(dry_run)
        self._salesforce: Salesforce | None = None
        self._parts: list[tuple[Snapshot, range]] = []
        self._restorations: tuple[Restoration, ...] = ()
        self._sees_all = True
        self._relinking: Relinking | None = None
        self.may_have_set = False

    def relink(self) -> None:
        """Choose snapshots, see to it that they may be relinked, take their links in and set them.

        Raises:
            CleanupError: With the exit status that the run deserves.
        """
        with in_words(words(begun=lambda: self.may_have_set)):
            salesforce, org = self._log_in()
            chosen = [self._given] if self._given else choose(self._known, org)
            self._parts = [(each, range(0)) for each in chosen]
            if not chosen:
                if not self._known:
                    logger.info("No cleanup in output_dir had a lookup or a value to write down.")
                return
            self._note(*others(chosen, self._known, org))
            for snapshot in chosen:
                self._refuse_other_org(snapshot, org)
            self._parts = [
                self._taken_in(salesforce, each, newer_than(each, self._known, org))
                for each in chosen
            ]
            self._sees_all = _sees_all(salesforce)
            self._set(salesforce)
        self._refuse_left()

    def _log_in(self) -> tuple[Salesforce, OrgInfo]:
        self._salesforce = salesforce = Login(self._run).salesforce()
        self._org = org = read_org(salesforce)
        logger.info("Logged in to %s.", salesforce.url)
        return salesforce, org

    def _refuse_other_org(self, snapshot: Snapshot, org: OrgInfo) -> None:
        """Refuse another org than the snapshot's, and production without its id."""
        check_org(snapshot, org)
        purpose = "lookups really are to be set there"
        refuse_unconfirmed(self._settings, org, purpose, dry_run=self._relinked.dry_run)

    def _taken_in(
        self, salesforce: Salesforce, snapshot: Snapshot, newer: Sequence[Snapshot]
    ) -> tuple[Snapshot, range]:
        """Take links in, but for those that a newer snapshot names too; their numbers."""
        first = len(self._restorations)
        more = take_in(self._store, salesforce, snapshot, newer, first)
        self._restorations = (*self._restorations, *more)
        return snapshot, range(first, len(self._restorations))

    def _set(self, salesforce: Salesforce) -> None:
        relinking = Relinking(
            salesforce,
            self._settings,
            self._store,
            self._restorations,
            self._run.progress,
            self._run.stop,
        )
        if self._relinked.dry_run:
            relinking.look()
            return
        relinking.wait_for_leftovers()
        self.may_have_set, self._relinking = True, relinking
        relinking.restore()

    def _refuse_left(self) -> None:
        """Let what is not restored not pass for done."""
        links = self._counted()
        if gone := [name for each, _ in self._parts for name in each.gone]:
            words = (
                f"The manifest of the links names files that are gone: {listed(gone)}. What they "
                "held is not set again. Put them back, or take them out of links/manifest.json."
            )
            if not links.dry_run and not self._settings.allow_failures:
                raise Partial(words)
            self._note(words)
        left, failed = links.total("left"), links.total("failed")
        if left and not links.dry_run and not self._settings.allow_failures:
            raise Partial(
                f"Of {left - failed:,} the parent or the record is not back, {failed:,} failed; "
                "relink.csv names each. Relink again when the sync has brought them or the cause "
                "is gone."
            )

    def _counted(self) -> Relinked:
        return replace(self._relinked, links=outcomes(self._store, self._restorations))

    def _note(self, *notes: str) -> None:
        self._relinked = replace(self._relinked, notes=(*self._relinked.notes, *notes))

    def end(self, error: CleanupError | None) -> tuple[Report, CleanupError | None]:
        """Write what became of each link, and the report.

        Args:
            error: What stopped the relink, if anything did.

        Returns:
            The report, and what the run ends with.
        """
        if error:
            self._look_again()
            with suppress(sqlite3.Error):
                self._store.give_up(str(error))
        self._relinked = self._counted()
        if self._hidden:
            self._note(
                f"{counted(self._hidden, 'record was', 'records were')} not found. This user may "
                "not see everybody's records, so what is missing may be hidden: relink again as a "
                "user with Modify All Data."
            )
        failures, problems = Failures(), list[str]()
        try:
            path = self._run.folder.path / "relink.csv"
            write_not_restored(path, self._store.not_restored(), self._restorations, failures)
        except OSError as exc:
            problems.append(f"The report can't be written: {exc.strerror or exc}.")
        problems += write_report(self._run.folder, self._report(error, failures))
        # (what was not taken in, or not looked at to its end, has links that are left)
        is_told = error is None or (isinstance(error, Partial) and self.may_have_set)
        marked = [self._mark(*each) for each in self._parts] if is_told and not problems else []
        if notes := list(filter(None, marked)):
            self._note(*notes)
            problems += write_report(self._run.folder, self._report(error, failures))
        report = self._report(error, failures)
        return report, error or (CleanupError(problems[0]) if problems else None)

    def _look_again(self) -> None:
        """See what became of links that were being set; those that nobody tells of are unknown."""
        if self._relinking is None:
            return
        try:
            self._relinking.look_again()
        except Exception as exc:  # noqa: BLE001 - the report comes first, whatever it was
            logger.warning("What was set could not be looked at again (%s).", exc)

    def _report(self, error: CleanupError | None, failures: Failures) -> Report:
        return relink_report(
            header_of(self._run, error, self._org, self._salesforce),
            self._relinked,
            snapshots=tuple(each.folder for each, _ in self._parts),
            failures=failures.grouped(),
        )

    @property
    def _hidden(self) -> int:
        """Records that are gone, or only hidden from this user."""
        return 0 if self._sees_all else self._relinked.total("record_gone")

    def _mark(self, snapshot: Snapshot, numbers: range) -> str:
        """Remember that a snapshot is done with, once the report says what became of it.

        Args:
            snapshot: Which.
            numbers: Those of its links in the store.

        Returns:
            What a person has to know where that can't be noted; blank else.
        """
        of_it = outcomes(self._store, self._restorations, numbers)
        is_left = snapshot.gone or any(each.left for each in of_it)
        if self._relinked.dry_run or self._hidden or is_left:
            return ""
        try:
            snapshot.mark_done(
                {"report": self._run.folder.path.name, "at": self._run.clock().isoformat()}
            )
        except OSError as exc:
            return (
                f"That the snapshot is relinked can't be noted in {snapshot.folder}: "
                f"{exc.strerror or exc}."
            )
        return ""


def _sees_all(salesforce: Salesforce) -> bool:
    """Whether no record is hidden from the user; where nobody says so, some may be."""
    rights = salesforce.rest.query_each([_RIGHTS])[0]
    first = next(iter(rights if isinstance(rights, list) else []), {})
    return bool(first.get("PermissionsModifyAllData"))
