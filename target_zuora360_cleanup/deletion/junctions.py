"""Writes, just before each step, which follows, topics and files its records have.

They go with their record. A row tells the record by its external id, and what it was joined to: by
that a relink makes the same again.
"""

from __future__ import annotations

import csv
import io
import threading
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.deletion.link_snapshot import keys_of
from target_zuora360_cleanup.deletion.trouble import in_words, is_expected
from target_zuora360_cleanup.deletion.turn import Halted
from target_zuora360_cleanup.facts.counts import selectable
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.output.private import make_folder
from target_zuora360_cleanup.reach.junctions import JUNCTIONS
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.salesforce.rows import Selection, read_table, read_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_zuora360_cleanup.deletion.look import Look
    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.output.folder import Backup
    from target_zuora360_cleanup.reach import Path
    from target_zuora360_cleanup.salesforce.client import Salesforce

FOLDER: Final = "junctions"
MANIFEST: Final = "manifest.json"
COLUMNS: Final = ("record_id", "parent_object", "parent_external_id", "external_id_field")
"""Those that every file begins with."""
_BLOCK_ROWS: Final = 10_000


@dataclass(frozen=True)
class JunctionSnapshot:
    """Writes the junctions of one run. Safe for several threads.

    Attributes:
        salesforce: Where.
        folder: Of the run.
        look: Knows the objects' fields and how their rows are found.
        org_id: Which org it is, 18 characters.
        is_on: Whether anything is written.
    """

    salesforce: Salesforce
    folder: OutputFolder
    look: Look
    org_id: str
    is_on: bool
    _files: threading.Lock = field(default_factory=threading.Lock)

    def write(self, turn: Turn) -> Turn:
        """Write `junctions/<Object>.csv.gz` for what goes with a step; on the disk on return.

        `junctions/manifest.json`, which comes first, tells which org they are of. The turn comes
        back with how many there are, those of records that stay included: what is left of them all
        tells how many went.

        Raises:
            Halted: They can't be read or written.
            Stopped: The run is to end.
        """
        if not self.is_on:
            return turn
        try:
            found = self._found(turn)
            with self._files:
                written = {path: self._write(turn, path, rows) for path, rows in found.items()}
        except Stopped:
            raise
        except Exception as exc:
            if not is_expected(exc):
                raise
            raise Halted(
                f"The cleanup ended before {turn.step.name}: which follows, topics and files go "
                f"with it could not be written down ({in_words(exc)}). Run the cleanup again."
            ) from None
        along = {**turn.along, **written}
        return replace(turn, along={path: rows for path, rows in along.items() if rows})

    def _found(self, turn: Turn) -> dict[Path, Iterable[list[str]]]:
        """The rows by the way to them; few are asked for together."""
        planned = {each.path: each.rows for each in turn.step.reach}
        ways = [*self.look.joining(turn.step)]
        selections = {
            each: self._selection(each, max(planned.get(each, 0), turn.along.get(each, 0)))
            for each in ways
        }
        few = [each for each, selection in selections.items() if selection.fits_rest]
        tables = read_tables(self.salesforce, [selections[each] for each in few])
        many = [each for each in ways if each not in few]
        return {
            **dict(zip(few, tables, strict=True)),
            **{each: read_table(self.salesforce, selections[each]) for each in many},
        }

    def _selection(self, path: Path, rows: int) -> Selection:
        fields = ("Id", path.field, *self._fields(path))
        return Selection(path.child, fields, self.look.counter.condition(path) or "", rows)

    def _fields(self, path: Path) -> tuple[str, ...]:
        """What its rows tell of what the records are joined to, as far as it is shown."""
        shown = selectable(self.look.describe(path.child))
        return tuple(each for each in JUNCTIONS[path.child].fields if each in shown)

    def _write(self, turn: Turn, path: Path, rows: Iterable[list[str]]) -> int:
        """Write those of records that go; how many there are of all."""
        read = 0
        header = _csv([(*COLUMNS, *self._fields(path))])
        with ExitStack() as files:
            file: Backup | None = None
            each = iter(rows)
            while block := list(islice(each, _BLOCK_ROWS)):
                read += len(block)
                if not (going := list(self._going(turn, block))):
                    continue
                if file is None:
                    self._write_manifest()
                    file = files.enter_context(closing(self.folder.junctions(path.child)))
                file.write(header, _csv(self._keyed(turn, going)))
            if file is not None:
                file.flush()
        return read

    def _going(self, turn: Turn, rows: Iterable[list[str]]) -> Iterator[list[str]]:
        """Those of records that go."""
        prefix, stays = turn.step.facts.key_prefix, turn.step.kept
        return (row for row in rows if row[1].startswith(prefix) and row[1] not in stays)

    def _keyed(self, turn: Turn, rows: list[list[str]]) -> Iterator[list[str]]:
        """The rows as the file has them; one of a record without a key has its Salesforce id."""
        step = turn.step
        keys = keys_of(self.salesforce, step.name, step.facts.keys, {row[1] for row in rows})
        for id_, parent, *values in rows:
            yield [id_, step.name, *keys.get(parent, (parent, "")), *values]

    def _write_manifest(self) -> None:
        folder = OutputFolder(self.folder.path / FOLDER)
        if not (folder.path / MANIFEST).exists():
            with suppress(FileExistsError):
                make_folder(folder.path)
            folder.write_json(MANIFEST, {"schema_version": 1, "org_id": self.org_id})


def _csv(rows: Iterator[list[str]] | list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
