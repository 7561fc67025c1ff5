"""The command `relink`: which snapshot, in which org, and what is told in the end."""

from __future__ import annotations

import json
import logging
import signal
import sqlite3
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeAlias

from requests import RequestException

from target_zuora360_cleanup.errors import CleanupError, Partial, Refused
from target_zuora360_cleanup.facts.reading import read_org
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.output.progress import Progress
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
from target_zuora360_cleanup.report.header import Header
from target_zuora360_cleanup.rows.failures import Failures
from target_zuora360_cleanup.rows.halting import QuotaReached
from target_zuora360_cleanup.rows.stop import Stop, Stopped
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed, unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.facts.relationships import Relationship
    from target_zuora360_cleanup.relink.plan import Restoration
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.rows.failures import FailureGroup
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.salesforce.waits import Waits
    from target_zuora360_cleanup.settings.declared import Settings

logger = logging.getLogger(__name__)

_RIGHTS: Final = "SELECT PermissionsModifyAllData FROM UserPermissionAccess"


def run_relink(  # noqa: PLR0913, PLR0917 - what every run has
    settings: Settings,
    snapshot: Path | None,
    dry_run: bool,  # noqa: FBT001 - a command's option
    err: TextIO,
    out: TextIO | None = None,
    waits: Waits | None = None,
) -> int:
    """Set links again that a cleanup has left blank, and tell what became of each.

    Args:
        settings: The target's; `mode` does not matter.
        snapshot: A cleanup's folder. None takes the newest of this org in `output_dir` that has
            links and is not relinked.
        dry_run: Only look and tell.
        err: Where the summary goes.
        out: Where the report goes as JSON, in place of the summary.
        waits: How long is waited, and for what.

    Returns:
        0, the exit status.

    Raises:
        CleanupError: With the exit status that the run deserves; `told` once the summary is
            written.
    """
    given = Snapshot.read(snapshot.expanduser()) if snapshot else None
    known = candidates(settings.output_dir, given)
    stop = Stop()
    with _stoppable(stop), tempfile.TemporaryDirectory() as temporary:
        folder = OutputFolder.make(settings.output_dir, "relink", _now())
        run = _Relink(settings, folder, stop, waits, dry_run=dry_run)
        store = LinkStore(Path(temporary) / "links.sqlite")
        try:
            return run.do(given, known, store, partial(_told, err, out))
        finally:
            store.close()


Tell: TypeAlias = "Callable[[Report, Path], None]"
"""Shows the report; is given the run's folder too."""


class _Relink:
    """One relink: made, done once."""

    def __init__(
        self,
        settings: Settings,
        folder: OutputFolder,
        stop: Stop,
        waits: Waits | None,
        *,
        dry_run: bool,
    ) -> None:
        self._waits = waits
        self._settings = settings
        self._folder = folder
        self._stop = stop
        self._started_at = _now()
        self._info: OrgInfo | None = None
        self._relinked = Relinked(dry_run)
        self._salesforce: Salesforce | None = None
        self._snapshot: Snapshot | None = None
        self._restorations: tuple[Restoration, ...] = ()
        self._begun = False
        self._sees_all = True

    def do(
        self, given: Snapshot | None, known: Sequence[Snapshot], store: LinkStore, tell: Tell
    ) -> int:
        """Relink and report; 0, the exit status.

        Raises:
            CleanupError: With the exit status that the run deserves.
        """
        error: CleanupError | None = None
        try:
            with self._in_words():
                self._relink(given, known, store)
        except CleanupError as exc:
            error = exc
            with suppress(sqlite3.Error):
                store.give_up(str(exc))
        error = self._end(store, error, tell)
        if error:
            error.told = True
            raise error
        return 0

    def _relink(self, given: Snapshot | None, known: Sequence[Snapshot], store: LinkStore) -> None:
        self._salesforce = salesforce = connect(self._settings, self._pause, self._waits)
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
            salesforce, self._settings, store, self._restorations, Progress(), self._stop
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

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped

    def _end(self, store: LinkStore, error: CleanupError | None, tell: Tell) -> CleanupError | None:
        """Write the report; what the run ends with."""
        failures = Failures()
        links = tuple(
            LinkOutcome.of(each.relationship, store.counts(number))
            for number, each in enumerate(self._restorations)
        )
        self._relinked = replace(self._relinked, links=links)
        error = error or self._left()
        self._note_hidden()
        ended_by = error
        groups: tuple[FailureGroup, ...] = ()
        try:
            path = self._folder.path / "relink.csv"
            write_not_restored(path, store.not_restored(), self._restorations, failures)
            groups = failures.grouped()
            self._folder.write_json("report.json", self._report(ended_by, groups).as_json())
        except OSError as exc:
            error = error or CleanupError(f"The report can't be written: {exc.strerror or exc}.")
        if self._snapshot and not error:
            self._mark(self._snapshot)
        tell(self._report(ended_by, groups), self._folder.path)
        return error

    def _report(self, error: CleanupError | None, failures: tuple[FailureGroup, ...]) -> Report:
        calls = self._salesforce
        header = Header(
            "relink",
            self._started_at,
            _now(),
            error,
            self._info,
            calls.calls if calls else {},
            calls.usage if calls else None,
        )
        snapshot = self._snapshot.folder if self._snapshot else None
        return relink_report(header, self._relinked, snapshot=snapshot, failures=failures)

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
            snapshot.mark_done({"report": self._folder.path.name, "at": _now().isoformat()})
        except OSError as exc:
            self._note(
                f"That the snapshot is relinked can't be noted in {snapshot.folder}: "
                f"{exc.strerror or exc}."
            )

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Turns what stopped the run into a sentence, and into the right exit status."""
        try:
            yield
        except ApiError as exc:
            raise self._broken(f"Salesforce refused ({exc.code}: {exc.message})") from None
        except JobFailed as exc:
            raise self._broken(f"Salesforce could not do it: {exc}") from None
        except RequestException as exc:
            raise self._broken(unreachable(exc)) from None
        except QuotaReached as exc:
            raise self._broken(str(exc)) from None
        except Stopped:
            raise self._broken("Stopped by a signal") from None
        except (OSError, sqlite3.Error) as exc:
            raise self._broken(f"Can't write a file: {exc}") from None

    def _broken(self, why: str) -> CleanupError:
        why = why.rstrip(".")
        if self._begun:
            return Partial(f"{why}. Links that were set stay so; relink again to go on.")
        return CleanupError(f"{why}. Nothing was changed.")


def _told(err: TextIO, out: TextIO | None, report: Report, folder: Path) -> None:
    if out:
        out.write(json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n")
        out.flush()
    else:
        err.write(report.summary(folder))
        err.flush()


def _described(
    salesforce: Salesforce, relationships: Iterable[Relationship]
) -> dict[str, dict[str, Any]]:
    """The describes of what the relationships are between, as far as it is there."""
    there = salesforce.rest.object_names()
    names = {name for each in relationships for name in (each.child, each.parent)}
    return salesforce.rest.describe_all(sorted(names & there.keys()))


@contextmanager
def _stoppable(stop: Stop) -> Iterator[None]:
    """Has the first signal end the run in good order; the second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def handle(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in numbers:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _now() -> datetime:
    return datetime.now(UTC)
