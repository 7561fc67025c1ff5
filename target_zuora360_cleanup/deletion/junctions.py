"""Writes, just before each step, which follows, topics and files its records have.

They go with their record. A row tells the record by its external id, and what it was joined to: by
that a relink makes the same again.
"""

from __future__ import annotations

import csv
import io
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.deletion.link_snapshot import keys_of
from target_zuora360_cleanup.deletion.trouble import in_words, is_expected
from target_zuora360_cleanup.deletion.turn import Halted
from target_zuora360_cleanup.facts.counts import selectable
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.output.private import make_folder
from target_zuora360_cleanup.reach.junctions import junction_at
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.salesforce.rows import Selection, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.deletion.look import Look
    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.reach import Path
    from target_zuora360_cleanup.reach.junctions import Junction
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

    def write(self, turn: Turn) -> None:
        """Write `junctions/<Object>.csv.gz` for what goes with a step; on the disk on return.

        `junctions/manifest.json`, which comes first, tells which org they are of.

        Raises:
            Halted: They can't be read or written.
            Stopped: The run is to end.
        """
        for path, rows in turn.along.items() if self.is_on else ():
            if (junction := junction_at(path)) is None:
                continue
            try:
                with self._files:
                    self._write(turn, path, junction, rows)
            except Stopped:
                raise
            except Exception as exc:
                if not is_expected(exc):
                    raise
                raise Halted(
                    f"The cleanup ended before {turn.step.name}: rows of {path.child} that go with "
                    f"it could not be written down ({in_words(exc)}). Run the cleanup again."
                ) from None

    def _write(self, turn: Turn, path: Path, junction: Junction, rows: int) -> None:
        self._write_manifest()
        shown = selectable(self.look.describe(path.child))
        fields = [each for each in junction.fields if each in shown]
        condition = self.look.counter.condition(path) or ""
        selection = Selection(path.child, ("Id", junction.parent, *fields), condition, rows)
        table = self._going(turn, read_table(self.salesforce, selection))
        header = _csv([(*COLUMNS, *fields)])
        with closing(self.folder.junctions(path.child)) as file:
            while block := list(islice(table, _BLOCK_ROWS)):
                file.write(header, _csv(self._keyed(turn, block)))
            file.flush()

    def _going(self, turn: Turn, rows: Iterator[list[str]]) -> Iterator[list[str]]:
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
