"""Writes, just before each step, what people have linked and filled on it since the snapshots.

A lookup that moves from one record to another leaves every count as it was. What has changed since
is found by its stamp; where no query can tell that, all is written again. What a file says last of
a record counts.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import Condition
from target_zuora360_cleanup.deletion.link_snapshot import LinkSnapshot, Selected
from target_zuora360_cleanup.deletion.trouble import in_words, is_expected
from target_zuora360_cleanup.deletion.turn import Halted
from target_zuora360_cleanup.deletion.value_snapshot import FOLDER as VALUES
from target_zuora360_cleanup.deletion.value_snapshot import (
    LATE,
    MANIFEST,
    ValueSnapshot,
    filled,
    going,
    selected,
)
from target_zuora360_cleanup.facts.org_facts import OwnValues
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.reach import soql
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.salesforce.errors import ApiError, SessionExpired
from target_zuora360_cleanup.salesforce.rows import (
    REST_ROWS,
    Selection,
    read_answer,
    read_table,
    read_tables,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.facts.counting import Rows
    from target_zuora360_cleanup.plan.plan import Plan, Step
    from target_zuora360_cleanup.reach import Path
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings

logger = logging.getLogger(__name__)

FEW: Final = REST_ROWS
"""Up to here changed rows come in one answer, together with those of others."""
_BEFORE: Final = timedelta(minutes=30)
"""A row gets its stamp before others see it: Apex transactions may take ten minutes."""
_BLOCK_ROWS: Final = 10_000
_SECONDS: Final = len("2026-01-01T00:00:00")
"""REST and Bulk API write what follows in different ways."""


@dataclass(frozen=True)
class Since:
    """Since when changes may not be in the snapshots, in the form of SOQL.

    Attributes:
        begun: When they began; blank where the org does not tell its time.
        changed: Since when what others have not seen by then may have been changed.
    """

    begun: str = ""
    changed: str = ""

    @classmethod
    def now(cls, salesforce: Salesforce) -> Since:
        """For snapshots that begin now."""
        if (now := salesforce.now) is None:
            return cls()
        return cls(_soql(now), _soql(now - _BEFORE))


def _soql(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class _Question:
    """Rows that are to be written again.

    Attributes:
        every: All of them.
        changed: Those that have changed; None where no query tells them.
    """

    every: Selection
    changed: Selection | None

    @property
    def few(self) -> Selection | None:
        """What one answer holds of those that have changed."""
        return replace(self.changed, rows=0, most=FEW) if self.changed else None


@dataclass(frozen=True)
class WrittenLate:
    """Writes what has come since the snapshots of one run. Safe for several threads.

    Attributes:
        salesforce: Where.
        folder: Has the snapshots.
        plan: What is carried out.
        settings: What the user set.
        since: That of the snapshots.
    """

    salesforce: Salesforce
    folder: OutputFolder
    plan: Plan
    settings: Settings
    since: Since
    _files: threading.Lock = field(default_factory=threading.Lock)

    def write(self, turn: Turn) -> None:
        """Write the links that a step is about to leave blank, and the values on its records.

        Raises:
            Halted: They can't be read or written.
            Stopped: The run is to end.
        """
        try:
            self._write(turn)
        except Stopped:
            raise
        except Exception as exc:
            if not is_expected(exc):
                raise
            raise Halted(
                f"The cleanup ended before {turn.step.name}: what people have linked or filled "
                f"since the snapshot could not be written ({in_words(exc)}). Run the cleanup again."
            ) from None

    def _write(self, turn: Turn) -> None:
        own = self._own(turn.step)
        links = [
            (each, question)
            for each in self._links(turn)
            for question in self._questions(turn.step, each)
        ]
        asked = [*(question for _, question in links), *self._values(turn.step)]
        tables = self._read(asked, turn.changed)
        with self._files:
            for (each, _), rows in zip(links, tables, strict=False):
                self._write_links(each, rows)
            for rows in tables[len(links) :]:
                self._write_values(turn.step, own, rows)

    def write_detached(
        self, turn: Turn, path: Path, rows: Iterable[tuple[str, str, Sequence[str]]]
    ) -> None:
        """Write links that are blanked next, of those that may have changed.

        Args:
            turn: Of which step.
            path: The way to the rows, straight from the step's records.
            rows: Their ids, what they hang on, and their `stamps`.

        Raises:
            OSError: The file can't be written.
            ApiError: Salesforce refuses to tell the keys of their parents.
        """
        changed = [[id_, parent] for id_, parent, stamps in rows if self._has_changed(stamps)]
        if changed:
            selected = replace(
                self._selected(turn, path), root=1, keys=(), asked=turn.step.facts.keys
            )
            with self._files:
                self._write_links(selected, changed)

    def stamps(self, step: Step, path: Path) -> tuple[str, ...]:
        """The columns that tell whether a row that hangs on a step has changed; none may."""
        stamps = soql.stamps(path, self.plan.lookups)
        if not self.since.changed or not (stamps or not step.kind.where):
            return ()
        return stamps or (soql.STAMP,)

    def _has_changed(self, stamps: Sequence[str]) -> bool:
        since = self.since.changed[:_SECONDS]
        return not stamps or any(each[:_SECONDS] >= since for each in stamps)

    def _links(self, turn: Turn) -> Iterator[Selected]:
        if self.settings.lookup_links == "snapshot":
            for path, _ in self.plan.blank_links:
                if path.root == turn.step.name:
                    yield self._selected(turn, path)

    def _selected(self, turn: Turn, path: Path) -> Selected:
        rows = dict((*self.plan.blank_links, *self.plan.detached)).get(path, 0)
        return replace(Selected.of(self.plan, path, rows), kept=turn.step.kept)

    def _questions(self, step: Step, each: Selected) -> tuple[_Question, ...]:
        """What finds those that may have changed; both of them, where one query can't."""
        every, path, lookups = each.selection, each.path, self.plan.lookups
        # (a condition on other objects may be met anew without a change of these)
        is_told = self.since.changed and every.where and "." not in step.kind.where
        if is_told and (stamps := soql.stamps(path, lookups)):
            return (_question(every, stamps, self.since.changed),)
        has_changed = Condition((soql.STAMP,), f">= {self.since.changed}")
        of_root = [soql.condition(path, lookups, each) for each in (step.kind.rows, has_changed)]
        is_own = any(one.name == path.child for one in self.plan.steps)
        if not is_told or len(path.links) > 1 or None in of_root or is_own:
            return (_Question(every, None),)
        by_root = _Question(every, replace(every, where=" AND ".join(filter(None, of_root))))
        return (_question(every, (soql.STAMP,), self.since.changed), by_root)

    def queries(self, step: Step) -> tuple[str, ...]:
        """What the look at a step asks too, where the step needs no further call otherwise."""
        links = (*self.plan.blank_links, *self.plan.detached)
        if any(path.root == step.name for path, _ in links):
            return ()
        few = (each.few for each in self._values(step))
        return tuple(each.soql for each in few if each and each.fits_rest)

    def _values(self, step: Step) -> tuple[_Question, ...]:
        """The question for what people have filled, if they may fill anything."""
        if not (own := self._own(step)).kept:
            return ()
        every = selected(step, own, step.kind.where)
        if not self.since.changed or soql.STAMP not in step.facts.fields:
            return (_Question(every, None),)
        # (what they have blanked before the snapshots began is not in these)
        stamps = soql.own_stamps(step.kind.rows)
        since = soql.since(stamps, self.since.changed)
        if has_value := filled(own):
            blanked = soql.since(stamps, self.since.begun)
            since = f"(({since} AND {has_value}) OR {blanked})"
        where = " AND ".join(filter(None, (step.kind.where, since)))
        return (_Question(every, replace(every, where=where)),)

    def _own(self, step: Step) -> OwnValues:
        """All that may be kept of a step: people may fill what nobody had filled before."""
        own = self.plan.own_values.get(step.name, OwnValues(()))
        return replace(own, rows={}) if self.settings.keep_own_values else OwnValues(())

    def _read(
        self, questions: Sequence[_Question], told: Sequence[Rows | ApiError]
    ) -> list[Iterable[list[str]]]:
        """The rows of each: of few at once, of many as they are taken.

        Args:
            questions: What is asked.
            told: The answers of those that the look has asked; none where it has asked nothing.
        """
        asked = [each.few for each in questions if each.few]
        try:
            if told:
                answered = zip(asked, told, strict=True)
                tables = [read_answer(self.salesforce, *each) for each in answered]
            else:
                tables = read_tables(self.salesforce, asked)
        except SessionExpired:
            raise
        except ApiError as exc:
            logger.info("What has changed since the snapshots is not told (%s); all is read.", exc)
            return [read_table(self.salesforce, each.every) for each in questions]
        answers = iter(tables)
        return [self._rows(each, answers) for each in questions]

    def _rows(self, question: _Question, answers: Iterator[list[list[str]]]) -> Iterable[list[str]]:
        if question.changed is None:
            return read_table(self.salesforce, question.every)
        rows = next(answers)
        return rows if len(rows) < FEW else read_table(self.salesforce, question.changed)

    def _write_links(self, selected: Selected, rows: Iterable[list[str]]) -> None:
        snapshot, each = LinkSnapshot(self.salesforce, self.folder), iter(rows)
        with closing(self.folder.links(selected.path.name)) as file:
            while block := list(islice(each, _BLOCK_ROWS)):
                snapshot.write_rows(file, selected, block)

    def _write_values(self, step: Step, own: OwnValues, rows: Iterable[list[str]]) -> None:
        found = going(rows, step, own)
        if (first := next(found, None)) is None:
            return
        snapshot = ValueSnapshot(self.salesforce, OutputFolder(self.folder.path / LATE))
        if not (snapshot.folder.path / VALUES / MANIFEST).exists():
            every = ((each, self._own(each)) for each in self.plan.steps)
            snapshot.write_manifest(self.plan.org.id, [each for each in every if each[1].kept])
        snapshot.write_rows(step, own, chain([first], found))


def _question(every: Selection, stamps: Sequence[str], since: str) -> _Question:
    if not since:
        return _Question(every, None)
    where = " AND ".join(filter(None, (every.where, soql.since(stamps, since))))
    return _Question(every, replace(every, where=where))
