"""Loads changes batch by batch: removals children first, rows parents first, late lookups last.

A row whose parent is not there waits, since taps send object types in an order of their own, and so
does everything of its object type from then on: an older change must never come after a newer one.
At the end of the stream what waits is loaded in the same order. What then still has no parent is
loaded without the lookup, or has no place in Salesforce.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping, Sequence  # noqa: TC003 - part of the public shape
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from target_zuora360_cleanup.sync.changes import Batch, Change, Pending, Queue, Waiting, batches
from target_zuora360_cleanup.sync.missing import missing_parent
from target_zuora360_cleanup.sync.rows import without
from target_zuora360_cleanup.sync.tally import NO_PARENT, NOT_THERE

if TYPE_CHECKING:
    from target_zuora360_cleanup.sync.layouts import RowLayouts
    from target_zuora360_cleanup.sync.load_order import LoadOrder
    from target_zuora360_cleanup.sync.org_objects import TargetObject
    from target_zuora360_cleanup.sync.removals import Removed
    from target_zuora360_cleanup.sync.rows import ParentColumn
    from target_zuora360_cleanup.sync.tally import Tally
    from target_zuora360_cleanup.sync.upserts import FailedRow

logger = logging.getLogger(__name__)

NO_PARENT_STREAM: Final = "PARENT_STREAM_NOT_SENT"
_DUPLICATE: Final = "DUPLICATE_VALUE"
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
        batch_rows: Rows in memory at most.
        sent: Object types that the tap has streams of, as far as is known.
    """

    order: LoadOrder
    objects: Mapping[str, TargetObject]
    layouts: RowLayouts
    upserts: Upserting
    removals: Removing
    tally: Tally
    batch_rows: int
    sent: set[str] = field(default_factory=set)
    _pending: Pending = field(default_factory=Pending)
    _waiting: dict[Queue, Waiting] = field(default_factory=dict)
    _files: ExitStack = field(default_factory=ExitStack)

    @property
    def is_full(self) -> bool:
        """Whether a batch has come together."""
        return self._pending.rows >= self.batch_rows

    @property
    def is_done(self) -> bool:
        """Whether everything taken in so far is in Salesforce, or will never be."""
        return not self._waiting and not self._pending.rows

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
        for batch in self._pending.take():
            self._flush(batch)

    def _flush(self, taken: Batch) -> None:
        for name in [name for name in taken if Queue(name) in self._waiting]:
            self._wait(Queue(name), taken.pop(name))
        self._remove(taken)
        late: Batch = {}
        for level in self.order.levels:
            rows = {name: _kept(taken[name]) for name in level if name in taken}
            failed = self._upsert(rows)
            lost = {(each.object, each.change.key) for each in failed}
            for each in failed:
                self._retry_or_fail(each)
            for name, same in rows.items():
                late[name] = self.layouts.late_changes(
                    [row for row in same if (name, row.key) not in lost]
                )
        self._flush_late(late)

    def finish(self) -> None:
        """Load everything, whatever waits included.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce does not do it.
            OSError: There is no room for what waits.
        """
        self.flush()
        for name in self.order.parents_first:
            if waiting := self._waiting.pop(Queue(name), None):
                self._load_waiting(name, waiting)
                if duplicates := self._waiting.pop(Queue(name), None):
                    self._load_waiting(name, duplicates, last=True)
        for name in self.order.parents_first:
            if waiting := self._waiting.get(Queue(name, late=True)):
                for part in waiting.parts(self.batch_rows):
                    for batch in batches(name, part):
                        self._set_late(name, batch)
        self.close()

    def close(self) -> None:
        """Give up what waits."""
        self._files.close()
        self._waiting = {}

    def _remove(self, taken: Mapping[str, Iterable[Change]]) -> None:
        for name in reversed(self.order.parents_first):
            keys = [each.key for each in taken.get(name, ()) if each.removes]
            if not keys:
                continue
            with self.tally.sending({name: len(keys)}) as told:
                for each in self.removals.remove(self.objects[name], keys):
                    told(name)
                    if each.error:
                        self.tally.fail(name, each.key, each.error.code, each.error.message)
                    elif each.was_there:
                        self.tally.of(name).deleted += 1
                    else:
                        self.tally.skip(name, each.key, NOT_THERE, "")

    def _upsert(self, rows: Batch) -> list[FailedRow]:
        """Upsert all but the late lookups; the rows that Salesforce did not take, as they were."""
        whole = {(name, row.key): row for name, same in rows.items() for row in same}
        early = {name: [self.layouts.early(row) for row in same] for name, same in rows.items()}
        with self.tally.sending({name: len(same) for name, same in rows.items()}) as told:
            failed = self.upserts.upsert(early.items())
            for name, same in rows.items():
                told(name, len(same))
                self.tally.of(name).upserted += len(same)
        for each in failed:
            self.tally.of(each.object).upserted -= 1
        return [replace(each, change=whole[each.object, each.change.key]) for each in failed]

    def _retry_or_fail(self, failed: FailedRow, *, late: bool = False) -> None:
        """A row that may still find its parent waits; any other has failed."""
        if self._missing(failed) or failed.error.code == _DUPLICATE:
            self._wait(Queue(failed.object, late), [failed.change])
        else:
            self.tally.fail(
                failed.object, failed.change.key, failed.error.code, failed.error.message
            )

    def _wait(self, queue: Queue, changes: Sequence[Change]) -> None:
        if not changes:
            return
        if queue not in self._waiting:
            self._waiting[queue] = waiting = Waiting()
            self._files.callback(waiting.close)
        self._waiting[queue].extend(changes)

    def _load_waiting(self, name: str, waiting: Waiting, *, last: bool = False) -> None:
        """Load what has waited; but for the last time, duplicates wait for the rest once more."""
        held: set[str] = set()
        for batch in (
            each for part in waiting.parts(self.batch_rows) for each in batches(name, part)
        ):
            self._wait(Queue(name), [each for each in batch if each.key in held])
            free = [each for each in batch if each.key not in held]
            taken = self._load_last(name, free, None if last else held)
            self._wait(Queue(name, late=True), self.layouts.late_changes(taken))

    def _load_last(self, name: str, batch: list[Change], held: set[str] | None) -> list[Change]:
        """Load rows without the lookups whose parents did not come.

        Args:
            name: API name.
            batch: The rows.
            held: Keys of rows that wait on, to which duplicates are added; None if none may.

        Returns:
            The rows that Salesforce has taken.
        """
        self._remove({name: batch})
        taken = {row.key: row for row in batch if not row.removes}
        todo = list(taken.values())
        while todo:
            failed, todo = self._upsert({name: todo}), []
            for each in failed:
                missing = self._missing(each)
                if missing and not missing.relationship.owning:
                    todo.append(self._without(each.change, missing))
                    continue
                del taken[each.change.key]
                if held is not None and each.error.code == _DUPLICATE:
                    held.add(each.change.key)
                    self._wait(Queue(name), [each.change])
                else:
                    self._give_up(each, missing)
        return list(taken.values())

    def _without(self, change: Change, column: ParentColumn) -> Change:
        at = self.layouts[change.layout].parents.index(column)
        self.tally.of(self.layouts[change.layout].object).blank_links[column.relationship.name] += 1
        return change.with_links(without(change.links, {at}))

    def _give_up(self, failed: FailedRow, missing: ParentColumn | None) -> None:
        name, key = failed.object, failed.change.key
        if missing is None:
            self.tally.fail(name, key, failed.error.code, failed.error.message)
        elif missing.parent in self.sent:
            parent = self._parent_key(failed.change, missing)
            self.tally.skip(name, key, NO_PARENT, f"{missing.parent} {parent}")
        else:
            self.tally.fail(
                name,
                key,
                NO_PARENT_STREAM,
                f"its {missing.parent} is not in Salesforce, and the tap sends no stream of it: "
                "select that stream too",
            )

    def _parent_key(self, change: Change, column: ParentColumn) -> str:
        return change.links[self.layouts[change.layout].parents.index(column)] or ""

    def _missing(self, failed: FailedRow) -> ParentColumn | None:
        columns = self.layouts[failed.change.layout].parents
        return missing_parent(failed.error, columns, failed.change.links)

    def _flush_late(self, late: Mapping[str, list[Change]]) -> None:
        ready: Batch = {}
        for name, rows in late.items():
            if Queue(name, late=True) in self._waiting:
                self._wait(Queue(name, late=True), rows)
            elif to_set := [row for row in rows if any(row.links)]:
                ready[name] = to_set
        for each in self.upserts.upsert(ready.items()):
            self._retry_or_fail(each, late=True)

    def _set_late(self, name: str, batch: list[Change]) -> None:
        # A row that went meanwhile must not be created anew by its lookup alone.
        existing = self.removals.existing(self.objects[name], [each.key for each in batch])
        batch = [each for each in batch if each.key in existing]
        while batch:
            failed, batch = self.upserts.upsert([(name, batch)]), []
            for each in failed:
                if missing := self._missing(each):
                    rest = self._without(each.change, missing)
                    batch += [rest] if any(each is not None for each in rest.links) else []
                else:
                    self.tally.of(name).upserted -= 1
                    self.tally.fail(name, each.change.key, each.error.code, each.error.message)


def _kept(changes: Iterable[Change]) -> list[Change]:
    return [each for each in changes if not each.removes]
