"""Blanks lookups of people's rows that would go with the records of a step, so that they stay.

Where they led is in the snapshot of links; what the rows held is written down here before. A record
to which a row is attached nevertheless is held back.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from target_zuora360_cleanup.deletion.holding import MOST_HELD
from target_zuora360_cleanup.deletion.trouble import in_words, is_expected
from target_zuora360_cleanup.deletion.turn import Halted, Held
from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.facts.counts import selectable
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.reach import soql
from target_zuora360_cleanup.rows.errors import failed_rows
from target_zuora360_cleanup.rows.rounds import RoundFailures, rounds
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.salesforce.bulk import Ingest
from target_zuora360_cleanup.salesforce.csv_file import CsvFile
from target_zuora360_cleanup.salesforce.rows import Selection, read_pages, read_table, split_header

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_zuora360_cleanup.deletion.look import Look
    from target_zuora360_cleanup.deletion.sending import Sender
    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.deletion.written_late import WrittenLate
    from target_zuora360_cleanup.output.folder import FailureFile, OutputFolder
    from target_zuora360_cleanup.reach import Path
    from target_zuora360_cleanup.rows.failures import Failures
    from target_zuora360_cleanup.rows.rounds import Round

logger = logging.getLogger(__name__)

_BLANK: Final = b"#N/A"
_PAGE_ROWS: Final = 50_000
_BLOCK: Final = 5_000


class _Attached(NamedTuple):
    """A row that hangs on a record.

    Attributes:
        root: The record.
        stamps: When it, and all between, were changed.
        follows: Whether it follows another row, and can't be changed itself.
    """

    id: str
    root: str
    stamps: Sequence[str]
    follows: bool


@dataclass(frozen=True)
class Detaching:
    """Detaches rows in one org. Safe for several threads, one for each step under way.

    Attributes:
        sender: Knows the org, the settings, and whether more may be begun.
        look: Knows how the rows are found.
        folder: Takes the rows, whole.
        failures: Takes in by reason what could not be detached.
        failure_file: Takes in each row that could not be.
        is_backed_up: Whether the rows are written down.
        late: Writes where those led that have changed since the snapshot.
    """

    sender: Sender
    look: Look
    folder: OutputFolder
    failures: Failures
    failure_file: FailureFile
    is_backed_up: bool
    late: WrittenLate
    _files: threading.Lock = field(default_factory=threading.Lock)
    _done: dict[Path, int | None] = field(default_factory=dict)

    @property
    def done(self) -> dict[Path, int | None]:
        """How many rows are detached, by the way to them; None where nobody could count them."""
        return dict(self._done)

    def detach(self, turn: Turn) -> Turn:
        """Detach what would go with a step; the turn with the records that are held back for it.

        Raises:
            Halted: The rows could not be written down, or nobody can tell what became of them.
            Stopped: The run is to end.
        """
        held = turn.held
        # (without a key prefix nothing of the step goes, nor what hangs on it)
        goes = not held.whole and bool(turn.step.facts.key_prefix)
        for path, rows in turn.attached.items() if goes else ():
            before = self._done.get(path, 0)
            self._done[path] = None
            try:
                detached, held = self._detached(replace(turn, held=held), path, rows)
            except Stopped:
                raise
            except Exception as exc:
                if not is_expected(exc):
                    raise
                raise Halted(
                    f"The cleanup ended before {turn.step.name}: rows of {path.child} could not be "
                    f"detached from it ({in_words(exc)}). Run the cleanup again."
                ) from None
            self._done[path] = None if before is None else before + detached
        return replace(turn, held=held)

    def _detached(self, turn: Turn, path: Path, rows: int) -> tuple[int, Held]:
        """How many rows were, and what is held back since others were not."""
        if self.is_backed_up:
            self._back_up(path, rows)
        logger.info("%s: detaching %s from %s.", path.child, counted(rows, "row"), path.root)
        found = self._in_rounds(turn, path, rows)
        left = [each.root for each in self._attached(turn, path, rows)]
        by = {**turn.held.by, **dict.fromkeys(left, path.child)}
        whole = ""
        if len(by) > MOST_HELD:
            whole = f"rows of {path.child} are still attached to over {MOST_HELD:,} of them"
        return max(0, found - len(left)), Held(by, whole)

    def _in_rounds(self, turn: Turn, path: Path, rows: int) -> int:
        """Blank their lookups in as many rounds as it takes; how many there were."""
        found = 0
        salesforce, settings = self.sender.salesforce, self.sender.settings
        for each in rounds(salesforce.attempts(), settings.job_size):
            with RoundFailures.of(path.child, self.failures, self.failure_file) as failed:
                with each.outlive(partial(logger.info, "%s: %s", path.child)):
                    sent = self._round(turn, path, max(rows, found), each, failed)
                    found = max(found, sent)
                    if each.is_last or not failed.worth_another:
                        return found
                failed.forget()
        raise AssertionError("the last round is not tried again")

    def _round(self, turn: Turn, path: Path, rows: int, each: Round, failed: RoundFailures) -> int:
        attached = self._attached(turn, path, rows)
        sent = 0
        while part := list(islice(attached, each.job_size)):
            self.sender.go_on()
            self.late.write_detached(turn, path, ((row.id, row.root, row.stamps) for row in part))
            if ids := [each.id for each in part if not each.follows]:
                self._send(path, ids, failed)
            sent += len(part)
        return sent

    def _attached(self, turn: Turn, path: Path, rows: int) -> Iterator[_Attached]:
        """The rows, but not those whose record stays."""
        stamps = self.late.stamps(turn.step, path)
        shown = selectable(self.look.describe(path.child))
        follows = [each for each in [soql.FOLLOWS.get(path.child)] if each in shown]
        selection = self._selection(path, ("Id", path.field, *follows, *stamps), rows)
        stays, prefix = turn.step.kept | turn.held.by.keys(), turn.step.facts.key_prefix
        for row_id, root, *more in read_table(self.sender.salesforce, selection):
            if root.startswith(prefix) and root not in stays:
                yield _Attached(row_id, root, more[len(follows) :], "true" in more[: len(follows)])

    def _selection(self, path: Path, columns: tuple[str, ...], rows: int) -> Selection:
        """The rows at the end of a way.

        Raises:
            CleanupError: No query tells them from others, which are not to be changed.
        """
        condition = self.look.counter.condition(path)
        if not condition:
            raise CleanupError(f"no query tells which rows of {path.child} hang on {path.root}")
        is_archived = path.child in soql.WITH_ARCHIVED
        return Selection(path.child, columns, condition, rows, all_rows=is_archived)

    def _send(self, path: Path, ids: list[str], failed: RoundFailures) -> None:
        salesforce = self.sender.salesforce
        with closing(_blanking(path.field, ids)) as file:
            job_id = salesforce.jobs.send(Ingest(path.child, "update"), file)
        job = salesforce.bulk.wait("ingest", job_id, len(ids))
        if job.failed:
            failed.add(failed_rows(salesforce.bulk, job_id))

    def _back_up(self, path: Path, rows: int) -> None:
        fields = selectable(self.look.describe(path.child))
        columns = ("Id", *(name for name in fields if name != "Id"))
        selection = self._selection(path, columns, rows)
        # (one file for each object, whichever lookup and whichever step it is)
        with self._files, closing(self.folder.detached(path.child)) as file:
            for page in read_pages(self.sender.salesforce, selection, _PAGE_ROWS):
                header, blocks = split_header(page)
                for block in blocks:
                    file.write(header, block)
            file.flush()


def _blanking(field_name: str, ids: list[str]) -> CsvFile:
    """An update that blanks a field of these rows."""
    lines = (
        [row_id.encode() + b"," + _BLANK for row_id in ids[at : at + _BLOCK]]
        for at in range(0, len(ids), _BLOCK)
    )
    return CsvFile(f"Id,{field_name}".encode(), lines)
