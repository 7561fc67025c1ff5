"""Loads changes batch by batch: removals children first, rows parents first, late lookups last.

A row whose parent is not there waits, since taps send object types in an order of their own, and so
does everything of its object type from then on: an older change must never come after a newer one.
At the end of the stream `catching_up.py` loads what waits.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping, Sequence  # noqa: TC003 - part of the public shape
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from target_zuora360_cleanup.rows.errors import RowError
from target_zuora360_cleanup.sync.changes import Batch, Change, Pending, Queue, Waiting
from target_zuora360_cleanup.sync.destination import hanging_on
from target_zuora360_cleanup.sync.missing import missing_parent
from target_zuora360_cleanup.sync.tally import NO_ACCOUNT, NOT_THERE, OTHER_ACCOUNT, PUT_OFF
from target_zuora360_cleanup.sync.upserts import FailedRow

if TYPE_CHECKING:
    from target_zuora360_cleanup.sync.columns import ParentColumn
    from target_zuora360_cleanup.sync.layouts import RowLayouts
    from target_zuora360_cleanup.sync.load_order import LoadOrder
    from target_zuora360_cleanup.sync.org_objects import TargetObject
    from target_zuora360_cleanup.sync.removals import Removed
    from target_zuora360_cleanup.sync.tally import Tally
    from target_zuora360_cleanup.sync.waiting import WaitingRows

logger = logging.getLogger(__name__)

DUPLICATE: Final = "DUPLICATE_VALUE"
"""Another row has a value that must be unique; it may be about to change or to go."""


class Upserting(Protocol):
    """Upserts rows; see `upserts.Upserts`."""

    def upsert(self, changes: Iterable[tuple[str, Sequence[Change]]]) -> list[FailedRow]:
        """The rows that were not taken."""


class Removing(Protocol):
    """Removes rows; see `removals.Removals`."""

    def remove(self, target: TargetObject, keys: Sequence[str]) -> Iterable[Removed]:
        """What became of each."""

    def existing(self, target: TargetObject, keys: Sequence[str]) -> Container[str]:
        """Which of these external ids there are."""


@dataclass
class Loading:
    """Loads into one org.

    Attributes:
        order: Which object types come before which.
        objects: The org's, by API name.
        layouts: The layouts that changes name by number.
        kept: What waits for a parent beyond this run.
        batch_rows: Rows in memory at most.
        sent: Object types that the tap has streams of, as far as is known.
        anew: Object types of which the tap sends everything in this run, and of which nothing can
            have gone with a row that it removed.
        passed: Object types of which the tap does not send everything, as far as is known.
        put_off: Object types of which rows come with the next run only.
    """

    order: LoadOrder
    objects: Mapping[str, TargetObject]
    layouts: RowLayouts
    upserts: Upserting
    removals: Removing
    tally: Tally
    kept: WaitingRows
    batch_rows: int
    sent: set[str] = field(default_factory=set)
    anew: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    put_off: set[str] = field(default_factory=set)
    waiting: dict[Queue, Waiting] = field(default_factory=dict)
    _pending: Pending = field(default_factory=Pending)
    _files: ExitStack = field(default_factory=ExitStack)

    @property
    def is_full(self) -> bool:
        """Whether a batch has come together."""
        return self._pending.rows >= self.batch_rows

    @property
    def is_done(self) -> bool:
        """Whether everything that was loaded is in Salesforce, kept, or will never be there."""
        return not self.waiting

    def add(self, object_name: str, change: Change) -> None:
        """Take a change in."""
        if self._pending.add(object_name, change):
            self.tally.of(object_name).merged += 1

    def flush(self) -> None:
        """Load the batch, as far as parents are there.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce does not do it.
            OSError: There is no room for what waits.
        """
        self.load(self.take())

    def take(self) -> list[Batch]:
        """What has come together, to be loaded; nothing is left of it here."""
        return self._pending.take()

    def load(self, taken: Iterable[Batch]) -> None:
        """Load batches that were taken, as far as parents are there; see `flush`."""
        for batch in taken:
            self._flush(batch)

    def _flush(self, taken: Batch) -> None:
        for name in [name for name in taken if Queue(name) in self.waiting]:
            self.wait(Queue(name), taken.pop(name))
        self.intend(taken)
        self.remove(taken)
        late: Batch = {}
        for level in self.order.levels:
            rows = {
                name: self.kept.join(name, [each for each in taken[name] if not each.removes])
                for name in level
                if name in taken
            }
            failed = self.upsert(rows)
            lost = {(each.object, each.change.key) for each in failed}
            for each in failed:
                self._retry_or_fail(each)
            for name, same in rows.items():
                late[name] = self.layouts.late_changes(
                    [row for row in same if (name, row.key) not in lost],
                    # (what waits to be set must not come after what clears it)
                    cleared=Queue(name, late=True) in self.waiting,
                )
        self._flush_late(late)

    def close(self) -> None:
        """Give up what waits in this run alone."""
        self._files.close()
        self.waiting = {}

    def intend(self, taken: Mapping[str, Iterable[Change]]) -> None:
        """Note which rows are about to go out: a run that dies then has told nobody.

        All that is kept so far lasts from then on, so nothing may have been taken from it that is
        not in Salesforce.
        """
        for name, changes in taken.items():
            keys = [each.key for each in changes if each.why and each.cells != OTHER_ACCOUNT]
            if keys and self.kept.lasts and hanging_on(name, self.objects):
                there = self.removals.existing(self.objects[name], keys)
                self.kept.intend(name, [key for key in keys if key in there])

    def remove(self, taken: Mapping[str, Iterable[Change]]) -> None:
        """Remove the rows that shall go, children first."""
        for name in reversed(self.order.parents_first):
            changes = {each.key: each for each in taken.get(name, ()) if each.removes}
            if not changes:
                continue
            self._spare(name, changes)
            outside: dict[str, bool] = {}
            known = self.kept.is_outside(name, changes)
            matters = not hanging_on(name, self.objects).isdisjoint(self.passed)
            with self.tally.sending({name: len(changes)}) as told:
                for each in self.removals.remove(self.objects[name], list(changes)):
                    told(name)
                    change = changes[each.key]
                    if change.why and not each.error:
                        # (one that is gone may have been removed by a run that died then)
                        died = matters and change.is_old and each.key not in known
                        outside[each.key] = each.was_there or died
                    if each.error:
                        self.tally.fail(name, each.key, each.error.code, each.error.message)
                    elif each.was_there:
                        self.tally.of(name).deleted += 1
                    else:
                        code = NO_ACCOUNT if change.cells == OTHER_ACCOUNT else change.cells
                        self.tally.skip(name, each.key, code or NOT_THERE, change.why)
            self.kept.gone(name, changes.keys() - outside.keys())
            self.kept.put_outside(name, outside)
            if any(outside.values()):
                # (with them may have gone what has come anew before)
                self.anew -= hanging_on(name, self.objects)

    def _spare(self, name: str, changes: dict[str, Change]) -> None:
        """Take rows out that are there, and of which nobody can tell whether they shall go."""
        unclear = [key for key, each in changes.items() if each.cells == OTHER_ACCOUNT]
        if unclear:
            there = self.removals.existing(self.objects[name], unclear)
            for key in (each for each in unclear if each in there):
                why = (
                    f"{changes.pop(key).why}, but something else: only where it is blank a row goes"
                )
                self.tally.fail(name, key, OTHER_ACCOUNT, why)

    def upsert(self, rows: Batch) -> list[FailedRow]:
        """Upsert all but the late lookups; the rows that Salesforce did not take, as they were."""
        later = (
            [] if self.kept.lasts else [each for name in rows for each in self._back(name, rows)]
        )
        whole = {(name, row.key): row for name, same in rows.items() for row in same}
        early = {name: [self.layouts.early(row) for row in same] for name, same in rows.items()}
        with self.tally.sending({name: len(same) for name, same in rows.items()}) as told:
            failed = self.upserts.upsert(early.items())
            for name, same in rows.items():
                told(name, len(same))
        lost = {(each.object, each.change.key) for each in failed}
        for name, same in rows.items():
            taken = [row for row in same if (name, row.key) not in lost]
            self.tally.of(name).upserted += len(taken)
            if self.kept.returned(name, [row.key for row in taken]):
                self.kept.owe(hanging_on(name, self.objects) - self.anew)
            self.kept.settled(name, taken)
        whole_again = (whole[each.object, each.change.key] for each in failed)
        return [
            *later,
            *(replace(each, change=row) for each, row in zip(failed, whole_again, strict=True)),
        ]

    def _back(self, name: str, rows: Batch) -> list[FailedRow]:
        """Take out rows that are back after they were gone, where nothing that was below is kept.

        They come once the tap sends everything that hangs on them, which this run sees to.
        """
        old = [row.key for row in rows[name] if row.is_old]
        hanging = hanging_on(name, self.objects) if old else set[str]()
        if hanging.isdisjoint(self.passed):
            return []
        there = self.removals.existing(self.objects[name], old)
        back = [row for row in rows[name] if row.is_old and row.key not in there]
        if back:
            self.put_off.add(name)
            self.kept.owe(hanging)
            rows[name] = [row for row in rows[name] if not row.is_old or row.key in there]
        return [FailedRow(name, row, RowError(row.key, PUT_OFF, "")) for row in back]

    def _retry_or_fail(self, failed: FailedRow, *, late: bool = False) -> None:
        """A row that may still find its parent waits; any other has failed."""
        if self.missing(failed) or failed.error.code == DUPLICATE:
            self.wait(Queue(failed.object, late), [failed.change])
        else:
            self.fail(failed)

    def fail(self, failed: FailedRow) -> None:
        """Take note of a row that is not loaded."""
        name, key, error = failed.object, failed.change.key, failed.error
        if error.code == PUT_OFF:
            self.tally.skip(name, key, PUT_OFF, "nothing is kept of what hangs on it")
        else:
            self.tally.fail(name, key, error.code, error.message)

    def wait(self, queue: Queue, changes: Sequence[Change]) -> None:
        """Have changes wait for the end of the stream.

        Raises:
            OSError: There is no room.
        """
        if not changes:
            return
        if queue not in self.waiting:
            self.waiting[queue] = waiting = Waiting()
            self._files.callback(waiting.close)
        self.waiting[queue].extend(changes)

    def missing(self, failed: FailedRow) -> ParentColumn | None:
        """The column whose parent Salesforce did not find; None if that is not what it says."""
        columns = self.layouts[failed.change.layout].parents
        return missing_parent(failed.error, columns, failed.change.links)

    def _flush_late(self, late: Mapping[str, list[Change]]) -> None:
        ready: Batch = {}
        for name, rows in late.items():
            if Queue(name, late=True) in self.waiting:
                self.wait(Queue(name, late=True), rows)
            elif rows:
                ready[name] = rows
        for each in self.upserts.upsert(ready.items()):
            self._retry_or_fail(each, late=True)
