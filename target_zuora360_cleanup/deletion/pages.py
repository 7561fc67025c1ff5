"""The ids of a step's rows, page by page and on the disk; each page is backed up before it comes.

Ids on their way wait in a temporary file for each job to be sent; memory holds one block of a page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_zuora360_cleanup.rows.csv_ids import checked, find_ids, without
from target_zuora360_cleanup.rows.errors import HELD_BACK, RowError
from target_zuora360_cleanup.salesforce.chosen import Chosen
from target_zuora360_cleanup.salesforce.csv_file import IdFile
from target_zuora360_cleanup.salesforce.rows import Selection, read_pages, split_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_zuora360_cleanup.deletion.sending import Failed
    from target_zuora360_cleanup.deletion.turn import Held, Turn
    from target_zuora360_cleanup.output.folder import Backup
    from target_zuora360_cleanup.plan.plan import Step
    from target_zuora360_cleanup.salesforce.client import Salesforce

    SetAside = Callable[[list[bytes]], list[bytes]]


@dataclass
class Pages:
    """Reads the rows of a turn.

    Attributes:
        scope: How much of each row is read and backed up: `none`, `ids` or `full`.
        backup: Takes it in.
        failed: Takes in the rows that are held back.
        set_aside: Of the ids of a block, gives those that may go in any order.
        rows: How many rows have come so far, those that stay left out.
    """

    salesforce: Salesforce
    turn: Turn
    scope: str
    backup: Backup
    failed: Failed
    set_aside: SetAside | None = None
    rows: int = 0
    _seen: Chosen | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if may_come_twice(self.salesforce, self.turn.step):
            self._seen = Chosen()

    def read(
        self, rows: int, page_rows: int, go_on: Callable[[], None], *, ordered: bool
    ) -> Iterator[IdFile]:
        """Ids to delete, page by page.

        Args:
            rows: About how many there are.
            page_rows: How many a page holds.
            go_on: Is asked before each page, and raises where none may follow.
            ordered: Whether rows of one parent stand side by side.

        Raises:
            WrongId: What came as an id is none of the object's.
            ApiError, JobFailed, requests.RequestException: Salesforce does not tell.
            OSError: A file can't be written.
        """
        selection = self._selection(self.turn.step, rows, ordered=ordered)
        for page in read_pages(self.salesforce, selection, page_rows):
            go_on()
            header, blocks = split_header(page)
            ids = IdFile(self._to_send(header, block) for block in self._backed_up(header, blocks))
            try:
                self.backup.flush()
            except OSError:
                ids.close()
                raise
            yield ids

    def _selection(self, step: Step, rows: int, *, ordered: bool) -> Selection:
        fields = {
            "none": ("Id",),
            "ids": ("Id", *step.facts.keys),
            "full": ("Id", *(name for name in step.facts.fields if name != "Id")),
        }[self.scope]
        columns = tuple(name for name in fields if name)
        order_by = step.parent_field if ordered else ""
        return Selection(step.name, columns, step.kind.where, rows, order_by)

    def _backed_up(self, header: bytes, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            if self.scope != "none":
                self.backup.write(header, block)
            yield block

    def _to_send(self, header: bytes, block: bytes) -> list[bytes]:
        step = self.turn.step
        ids = self._once(checked(step.name, step.facts.key_prefix, find_ids(header, block)))
        ids = without(step.kept, ids)
        self.rows += len(ids)
        if self.turn.held.by:
            self.failed(_held_back(self.turn.held, ids))
            ids = without(self.turn.held.by, ids)
        return self.set_aside(ids) if self.set_aside else ids

    def _once(self, ids: list[bytes]) -> list[bytes]:
        """Those that have not come before."""
        if self._seen is None:
            return ids
        each = {row.decode(): row for row in ids}
        new = each.keys() - self._seen.among(each)
        self._seen.add(new)
        return [row for row_id, row in each.items() if row_id in new]


def may_come_twice(salesforce: Salesforce, step: Step) -> bool:
    """Whether a row that belongs to two chosen accounts may come with the queries of both."""
    condition = step.kind.rows
    return bool(salesforce.rest.chosen and condition and len(condition.fields) > 1)


def _held_back(held: Held, ids: Iterable[bytes]) -> Iterator[RowError]:
    for each in ids:
        if child := held.by.get(row_id := each.decode()):
            yield RowError(row_id, HELD_BACK, f"rows of {child} below it are left")
