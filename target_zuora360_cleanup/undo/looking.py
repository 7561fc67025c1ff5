"""Reads what became of each row: live, in the recycle bin, or not found; changes nothing.

Few rows are asked for by name; where there are many, all of their object are read. Rows that are
deleted can be read like others, their keys included, so that a record which has come back under
another id is found.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.salesforce.rows import Selection, read_table, soql_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.undo.order import Returning
    from target_zuora360_cleanup.undo.store import RowStore

logger = logging.getLogger(__name__)

FEW: Final = 1_500
"""Up to here rows are asked for by name."""
_AT_ONCE: Final = 150
"""Ids or keys in one query, so that it fits into a URL."""
_BLOCK_ROWS: Final = 5_000


@dataclass
class Looking:
    """Looks at the rows of a store, in one org.

    Attributes:
        objects: The object types; their places are the numbers in the store.
        go_on: Raises when the run may not go on.
    """

    salesforce: Salesforce
    store: RowStore
    objects: Sequence[Returning]
    go_on: Callable[[], None]

    def at(self, number: int) -> None:
        """Find out where the rows of one object type are.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not say.
            Stopped, QuotaReached: The run may not go on.
        """
        if obstacle := self.objects[number].obstacle:
            self.store.unknown(number, "NOT_SHOWN", obstacle)
            return
        note = partial(logger.info, "What is there could not be read (%s); trying again.")
        for each in self.salesforce.attempts():
            self.go_on()
            with each.outlive(note), self.store.whole():
                self.store.forget_seen(number)
                self._read(number)
                self.store.compare(number)
                return
        raise AssertionError("the last attempt returns or raises")

    def _read(self, number: int) -> None:
        few = self.store.ids(number, FEW)
        if len(few) > FEW:
            self._read_all(number)
            return
        one = self.objects[number]
        self._named(number, "Id", few, all_rows=True)
        for field, values in self.store.keys(number).items():
            self._named(number, one.keys[field][0], values, all_rows=False)

    def _named(self, number: int, field: str, values: Sequence[str], *, all_rows: bool) -> None:
        one = self.objects[number]
        queries = [
            f"SELECT {', '.join(one.fields)} FROM {one.name} WHERE {field} IN"
            f" ({', '.join(map(soql_text, values[at : at + _AT_ONCE]))})"
            for at in range(0, len(values), _AT_ONCE)
        ]
        asked = queries if all_rows and one.has_bin else ()
        for answer in self.salesforce.rest.query_each(queries, all_rows=asked):
            if isinstance(answer, ApiError):
                raise answer
            self.store.saw(number, [_seen(one, row) for row in answer])

    def _read_all(self, number: int) -> None:
        one, rows = self.objects[number], self.store.count(number)
        selection = Selection(one.name, one.fields, "", rows, all_rows=one.has_bin)
        for block in _blocks(read_table(self.salesforce, selection)):
            self.store.saw(number, [_cells(one, row) for row in block])


def _seen(one: Returning, row: dict[str, Any]) -> tuple[str, bool, list[str]]:
    values = (row.get(name) for name, _ in one.keys)
    keys = one.compared("" if each is None else str(each) for each in values)
    return row["Id"], bool(row.get("IsDeleted")), keys


def _cells(one: Returning, row: Sequence[str]) -> tuple[str, bool, list[str]]:
    keys = row[1 : len(one.keys) + 1]
    return row[0], one.has_bin and row[-1] == "true", one.compared(keys)


def _blocks(rows: Iterator[list[str]]) -> Iterable[list[list[str]]]:
    while block := list(islice(rows, _BLOCK_ROWS)):
        yield block
