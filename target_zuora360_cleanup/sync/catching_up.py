"""What is done at the end of a stream: rows that wait are loaded, parents first.

First what earlier runs have kept, as far as its parents have come, then what this one had to put
off: an older change never comes after a newer one. What then still has no parent is kept, without
the lookup or as a whole, until the parent comes. Last come values that other records have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.sync.changes import Change, Queue, batches
from target_zuora360_cleanup.sync.loading import DUPLICATE
from target_zuora360_cleanup.sync.rows import RowLayout, csv_line, without
from target_zuora360_cleanup.sync.tally import NO_PARENT

if TYPE_CHECKING:
    from target_zuora360_cleanup.sync.changes import Waiting
    from target_zuora360_cleanup.sync.columns import Column, ParentColumn
    from target_zuora360_cleanup.sync.loading import Loading
    from target_zuora360_cleanup.sync.upserts import FailedRow

NO_PARENT_STREAM: Final = "PARENT_STREAM_NOT_SENT"
_Missing = tuple[str, str, str]
"""Lookup, parent's API name, parent's key."""
Refill = Callable[[str, int], tuple[list[Change], bool]]
"""The next changes that fill rows of an object anew, and whether there may be more."""


@dataclass
class CatchingUp:
    """Finishes one loading.

    Attributes:
        refill: Says what is to be filled from other records.
        outdated: Is told which rows of an object were loaded with what others said long ago.
    """

    loading: Loading
    refill: Refill
    outdated: Callable[[str, Iterable[str]], None] = lambda _name, _keys: None
    _blank: dict[tuple[str, str], list[_Missing]] = field(default_factory=dict)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def finish(self) -> None:
        """Load everything, whatever waits included.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce does not do it.
            OSError: There is no room for what waits.
        """
        loading = self.loading
        loading.flush()
        names = loading.order.parents_first
        self._intend()
        for name in names:
            self._load_ready(name)
            if waiting := loading.waiting.pop(Queue(name), None):
                self._load_waiting(name, waiting)
                if duplicates := loading.waiting.pop(Queue(name), None):
                    self._load_waiting(name, duplicates, last=True)
        while sum(self._load_ready(name) for name in names):
            """What was loaded may have been a parent of more."""
        for name in names:
            if waiting := loading.waiting.get(Queue(name, late=True)):
                for part in waiting.parts(loading.batch_rows):
                    for batch in batches(name, part):
                        self._set_late(name, batch)
        for name in names:
            self._set_ready_links(name)
            self._refill(name)
        loading.close()

    def _intend(self) -> None:
        """Note which rows are about to go out, before anything is taken from what is kept."""
        loading = self.loading
        for name in loading.order.parents_first:
            if queue := loading.waiting.get(Queue(name)):
                for part in queue.parts(loading.batch_rows):
                    loading.intend({name: part})

    def _load_ready(self, name: str) -> bool:
        """Load what earlier runs have kept and whose parents are there; whether there was any."""
        loading, any_came = self.loading, False
        while rows := loading.kept.ready_rows(name, loading.batch_rows):
            any_came = True
            loading.tally.of(name).caught_up += len(rows)
            for batch in batches(name, rows):
                taken = self._load_last(name, batch, None)
                self.outdated(name, [each.key for each in taken])
                loading.wait(Queue(name, late=True), loading.layouts.late_changes(taken))
        return any_came

    def _load_waiting(self, name: str, waiting: Waiting, *, last: bool = False) -> None:
        """Load what has waited; but for the last time, duplicates wait for the rest once more."""
        held: set[str] = set()
        loading = self.loading
        for batch in (
            each for part in waiting.parts(loading.batch_rows) for each in batches(name, part)
        ):
            loading.wait(Queue(name), [each for each in batch if each.key in held])
            free = [each for each in batch if each.key not in held]
            taken = self._load_last(name, free, None if last else held)
            loading.wait(Queue(name, late=True), loading.layouts.late_changes(taken))

    def _load_last(self, name: str, batch: list[Change], held: set[str] | None) -> list[Change]:
        """Load rows without the lookups whose parents did not come.

        Args:
            name: API name.
            batch: The rows.
            held: Keys of rows that wait on, to which duplicates are added; None if none may.

        Returns:
            The rows that Salesforce has taken.
        """
        loading = self.loading
        loading.remove({name: batch})
        rows = loading.kept.join(name, [row for row in batch if not row.removes])
        taken = {row.key: row for row in rows}
        todo = list(taken.values())
        while todo:
            failed, todo = loading.upsert({name: todo}), []
            for each in failed:
                missing = loading.missing(each)
                if missing and not missing.relationship.owning:
                    todo.append(self._without(each.change, missing))
                    continue
                del taken[each.change.key]
                if held is not None and each.error.code == DUPLICATE:
                    held.add(each.change.key)
                    loading.wait(Queue(name), [each.change])
                else:
                    self._give_up(each, missing)
        self._keep_blanks(name, taken)
        return list(taken.values())

    def _without(self, change: Change, column: ParentColumn) -> Change:
        loading = self.loading
        layout = loading.layouts[change.layout]
        at = layout.parents.index(column)
        lookup = column.relationship.name
        loading.tally.of(layout.object).blank_links[lookup] += 1
        missing = lookup, column.parent, change.links[at] or ""
        self._blank.setdefault((layout.object, change.key), []).append(missing)
        return change.with_links(without(change.links, {at}))

    def _keep_blanks(self, name: str, taken: Iterable[str]) -> None:
        """Keep which lookups of these rows were left blank."""
        for key in taken:
            for lookup, parent, parent_key in self._blank.pop((name, key), ()):
                self.loading.kept.blank(name, key, lookup, parent, parent_key)

    def _give_up(self, failed: FailedRow, missing: ParentColumn | None) -> None:
        name, change, loading = failed.object, failed.change, self.loading
        self._blank.pop((name, change.key), None)
        if missing is None:
            loading.fail(failed)
        elif missing.parent in loading.sent:
            parent = self._parent_key(change, missing)
            loading.kept.wait(name, change, missing.parent, parent)
            loading.tally.skip(name, change.key, NO_PARENT, f"{missing.parent} {parent}")
        else:
            loading.tally.fail(
                name,
                change.key,
                NO_PARENT_STREAM,
                f"its {missing.parent} is not in Salesforce, and the tap sends no stream of it: "
                "select that stream too",
            )

    def _parent_key(self, change: Change, column: ParentColumn) -> str:
        layout = self.loading.layouts[change.layout]
        return change.links[layout.parents.index(column)] or ""

    def _set_late(self, name: str, batch: list[Change], *, counted: bool = True) -> None:
        """Set lookups, or fill fields, of rows that are there.

        Args:
            name: API name.
            batch: What to set.
            counted: Whether the rows have been counted as loaded by this run.
        """
        # A row that went meanwhile must not be created anew by its lookup alone.
        loading = self.loading
        keys = [each.key for each in batch]
        existing = loading.removals.existing(loading.objects[name], keys)
        batch = [each for each in batch if each.key in existing]
        there = list(batch)
        while batch:
            failed, batch = loading.upserts.upsert([(name, batch)]), []
            for each in failed:
                if missing := loading.missing(each):
                    rest = self._without(each.change, missing)
                    layout = loading.layouts[rest.layout]
                    says = len(layout.columns) > 1 or any(link is not None for link in rest.links)
                    batch += [rest] if says else []
                else:
                    loading.tally.of(name).upserted -= counted
                    loading.tally.fail(name, each.change.key, each.error.code, each.error.message)
        loading.kept.links_set(name, there)
        self._keep_blanks(name, [each.key for each in there])

    def _set_ready_links(self, name: str) -> None:
        """Set the lookups that were left blank for parents which have come."""
        loading = self.loading
        while links := loading.kept.ready_links(name, loading.batch_rows):
            by_lookup: Mapping[str, list[tuple[str, str]]] = defaultdict(list)
            for key, lookup, parent_key in links:
                by_lookup[lookup].append((key, parent_key))
            for lookup, rows in by_lookup.items():
                number = self._number(name, lookup)
                changes = [
                    Change(key, number, csv_line([key]), (parent,), is_partial=True)
                    for key, parent in rows
                ]
                loading.tally.of(name).links_set += len(changes)
                self._set_late(name, changes, counted=False)

    def _number(self, name: str, lookup: str) -> int:
        """The number of a layout that sets this lookup alone; the org has it."""
        if (name, lookup) not in self._numbers:
            column = self.loading.kept.rows.parent_column(name, lookup)
            if column is None:
                raise LookupError(f"the org does not show {name}.{lookup}")
            layout = RowLayout(name, (self._key_column(name),), (column,))
            self._numbers[name, lookup] = self.loading.layouts.add(layout)
        return self._numbers[name, lookup]

    def _key_column(self, name: str) -> Column:
        return self.loading.kept.rows.key_column(name)

    def _refill(self, name: str) -> None:
        more: bool = True
        while more:
            changes, more = self.refill(name, self.loading.batch_rows)
            if changes:
                self.loading.tally.of(name).refilled += len(changes)
                self._set_late(name, changes, counted=False)


def never_refill(_name: str, _size: int) -> tuple[list[Change], bool]:
    """There is nothing to fill from other records."""
    return [], False
