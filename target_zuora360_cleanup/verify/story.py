"""What happens in a comparison, to be read from top to bottom, and what is told of it."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from target_zuora360_cleanup.errors import CleanupError, InputError, Partial, Refused
from target_zuora360_cleanup.facts.reading import read_org as read_org_info
from target_zuora360_cleanup.lifecycle.ending import header_of
from target_zuora360_cleanup.lifecycle.login import Login
from target_zuora360_cleanup.lifecycle.words import in_words
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.reach.junctions import JUNCTIONS
from target_zuora360_cleanup.report.files import write_report
from target_zuora360_cleanup.rows.halting import go_on
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.undo.report import no_report_words
from target_zuora360_cleanup.verify.comparing import Compared, compare
from target_zuora360_cleanup.verify.explaining import reasons
from target_zuora360_cleanup.verify.links import look_at_links
from target_zuora360_cleanup.verify.reading import read_backup, read_org
from target_zuora360_cleanup.verify.report import (
    DifferenceFile,
    Verified,
    left_words,
    verify_report,
)
from target_zuora360_cleanup.verify.sorting import Sorted
from target_zuora360_cleanup.verify.together import Together, together
from target_zuora360_cleanup.verify.undone import UndoNotKnown, reasons_in, undo_of
from target_zuora360_cleanup.verify.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.verify.backup import Backup
    from target_zuora360_cleanup.verify.columns import Columns
    from target_zuora360_cleanup.verify.store import Store

logger = logging.getLogger(__name__)

_RIGHTS = "SELECT PermissionsModifyAllData, PermissionsViewAllData FROM UserPermissionAccess"


class Story:
    """One comparison, and what is known of it. For one thread, that which the store belongs to.

    Args:
        context: What every run has.
        known: The backups to choose from, the newest first; one where it was named.
        is_named: Whether it was.
        store: Where rows are kept meanwhile.
        scratch: A folder for other files that are gone with the run.
    """

    def __init__(
        self,
        context: Context,
        known: Sequence[Backup],
        store: Store,
        scratch: Path,
        *,
        is_named: bool,
    ) -> None:
        self._run = context
        self._known = known
        self._is_named = is_named
        self._store = store
        self._scratch = scratch
        self._org: OrgInfo | None = None
        self._salesforce: Salesforce | None = None
        self._together: Together | None = None
        self._columns: list[Columns] = []
        self._verified = Verified()

    def verify(self) -> None:
        """Choose a backup, read it and the org, and compare them.

        Raises:
            CleanupError: With the exit status that the run deserves.
        """
        with in_words(WORDS):
            salesforce, org = self._log_in()
            self._together = chosen = self._chosen(org)
            for each in chosen.backups:
                if not each.has_report:
                    self._note(no_report_words(each.folder))
            self._read_reasons(chosen.newest)
            files = Sorted.of(chosen.files, self._described(salesforce, chosen))
            self._read(salesforce, files)
            self._compare(chosen, files)
            self._look_beside(salesforce, org, chosen)
        if not (self._verified.is_well or self._run.settings.allow_failures):
            raise Partial(left_words(self._verified))

    def _log_in(self) -> tuple[Salesforce, OrgInfo]:
        self._salesforce = salesforce = Login(self._run).salesforce()
        self._org = org = read_org_info(salesforce)
        logger.info("Logged in to %s.", salesforce.url)
        return salesforce, org

    def _chosen(self, org: OrgInfo) -> Together:
        """The newest backup of this org, with those that belong to it; one alone that was named."""
        own = [each for each in self._known if org.has_id(each.org_id)]
        if not own:
            orgs = ", ".join(sorted({each.org_id or "an unknown org" for each in self._known}))
            raise Refused(
                f"The login leads to {org.name}, {org.id}, but the backup is of {orgs}. Check "
                "which org the credentials belong to."
            )
        if self._is_named:
            return Together((own[0],))
        try:
            return together(own[0], org)
        except InputError as exc:
            self._note(f"Which cleanups the newest has gone on with is not known: {exc}")
            return Together((own[0],))

    def _described(self, salesforce: Salesforce, chosen: Together) -> dict[str, dict[str, Any]]:
        """The describes of what the backups are of, as far as the org shows it."""
        names = {each[0].object_name for each in chosen.files}
        names &= salesforce.rest.object_names().keys()
        found = salesforce.rest.describe_each(sorted(names))
        return {
            name: each
            for name, each in found.items()
            if not isinstance(each, ApiError) and each.get("queryable")
        }

    def _read_reasons(self, backup: Backup) -> None:
        """Read what an undo of this cleanup has told of records that it could not bring back."""
        try:
            file = undo_of(backup.folder)
        except UndoNotKnown as exc:
            self._note(str(exc))
            return
        if file:
            self._store.add_reasons(reasons_in(file))
            self._verified = replace(self._verified, undo=file)

    def _read(self, salesforce: Salesforce, files: Sorted) -> None:
        logger.info("Comparing %s.", counted(len(files.compared), "object type"))
        with self._store.filling():
            for number, (same, columns) in enumerate(files.compared):
                rows = sum(read_backup(self._store, number, file, columns) for file in same)
                read_org(salesforce, self._store, number, columns, expected=rows, go_on=self._go_on)

    def _go_on(self) -> None:
        usage = self._salesforce.usage if self._salesforce else None
        go_on(self._run.stop, usage, self._run.settings.quota_percent_total)

    def _compare(self, chosen: Together, files: Sorted) -> None:
        self._columns = [columns for _, columns in files.compared]
        with closing(DifferenceFile(self._run.folder.path / "verify.csv")) as file:
            compared = [
                self._compared(number, each, reasons(each, chosen.newest.not_fed), file)
                for number, each in enumerate(self._columns)
            ]
        compared = [
            replace(each, not_backed_up=chosen.lacks(each.object_name, each.in_backup))
            for each in compared
        ]
        unseen = [f"{each.object_name}.{name}" for each in self._columns for name in each.unseen]
        unknown = [
            Compared(
                each[0].object_name,
                each[0].object_name,
                in_backup=sum(file.count() for file in each),
                unknown=why,
            )
            for each, why in files.unknown
        ]
        unknown += [
            Compared(name, name, chosen.deleted[name] or 0, unknown="the backup has no file of it")
            for name in chosen.missing
        ]
        if files.apart:
            self._note(
                f"Of {listed(files.apart)} the backups of several cleanups have not the same "
                "fields: only those that all have are compared."
            )
        along = tuple((name, chosen.along.get(name)) for name in files.along)
        self._verified = replace(
            self._verified, compared=(*compared, *unknown), along=along, unseen=tuple(unseen)
        )

    def _compared(
        self, number: int, columns: Columns, why: Mapping[str, str], file: DifferenceFile
    ) -> Compared:
        self._go_on()
        return compare(self._store, number, columns, why, lambda each: file.add(each, why))

    def _look_beside(self, salesforce: Salesforce, org: OrgInfo, chosen: Together) -> None:
        """Look at lookups, and at whether the user sees everything."""
        database = self._scratch / "links.sqlite"
        links = look_at_links(salesforce, org, chosen.folders, database, self._go_on)
        # (follows, topics and files are told as links are)
        looked_at = {each.relationship.child for each in links} & JUNCTIONS.keys()
        along = tuple(each for each in self._verified.along if each[0] not in looked_at)
        self._verified = replace(self._verified, links=links, along=along)
        if chosen.is_limited:
            self._note(
                "Only some billing accounts were cleaned: what no backup has may be new, or was "
                "never cleaned."
            )
        if self._verified.total("not_back") and not _sees_all(salesforce):
            self._note(
                "This user may not see everybody's records, so those that are not back may only "
                "be hidden: verify again as a user with View All Data."
            )

    def _note(self, note: str) -> None:
        self._verified = replace(self._verified, notes=(*self._verified.notes, note))

    def end(self, error: CleanupError | None) -> tuple[Report, CleanupError | None]:
        """Write the report.

        Args:
            error: What stopped the comparison, if anything did.

        Returns:
            The report, and what the run ends with.
        """
        report = verify_report(
            header_of(self._run, error, self._org, self._salesforce),
            self._verified,
            self._together.folders if self._together else (),
        )
        problems = list(write_report(self._run.folder, report))
        return report, error or (CleanupError(problems[0]) if problems else None)


def _sees_all(salesforce: Salesforce) -> bool:
    """Whether no record is hidden from the user; where nobody says so, some may be."""
    rights = salesforce.rest.query_each([_RIGHTS])[0]
    first = next(iter(rights if isinstance(rights, list) else []), {})
    return any(first.get(f"Permissions{name}") for name in ("ModifyAllData", "ViewAllData"))
