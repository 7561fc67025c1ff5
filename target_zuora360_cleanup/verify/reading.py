"""Fills the store: the rows of a backup, and those that the org has of the same objects."""

from __future__ import annotations

import json
import logging
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.salesforce.rows import Selection, read_table
from target_zuora360_cleanup.verify.store import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.verify.backup import BackupFile
    from target_zuora360_cleanup.verify.columns import Columns
    from target_zuora360_cleanup.verify.store import Store

logger = logging.getLogger(__name__)

_BLOCK_ROWS: Final = 10_000


def cells_of(text: str) -> list[str]:
    """The values of a row's compared columns."""
    return list(json.loads(text)) if text else []


def read_backup(store: Store, number: int, file: BackupFile, columns: Columns) -> int:
    """Take in the rows of a file; how many there were, those included that come twice.

    Raises:
        InputError: The file is damaged.
    """
    header, rows = file.header(), file.rows()
    if header != list(columns.selected):
        places = [header.index(name) for name in columns.selected]
        rows = ([row[place] for place in places] for row in rows)
    count = 0
    for block in _blocks(rows):
        store.add_was(number, _rows(columns, block))
        count += len(block)
    return count


def read_org(  # noqa: PLR0913 - what is read, from where, into what
    salesforce: Salesforce,
    store: Store,
    number: int,
    columns: Columns,
    *,
    expected: int,
    go_on: Callable[[], None],
) -> None:
    """Take in the rows that the org has, and once more where trouble may be over soon.

    Args:
        salesforce: Where.
        store: Takes the rows.
        number: Of the object in the store.
        columns: What is asked for.
        expected: About how many rows there are.
        go_on: Raises when the run may not go on.

    Raises:
        ApiError, JobFailed, requests.RequestException: Salesforce would not say.
        Stopped: The run is to end.
    """
    selection = Selection(columns.object_name, columns.selected, columns.where, expected)
    note = partial(logger.info, "%s could not be read (%s); trying again.", columns.object_name)
    for each in salesforce.attempts():
        go_on()
        store.forget_now(number)
        with each.outlive(note):
            for block in _blocks(read_table(salesforce, selection)):
                store.add_now(number, _rows(columns, block))
                go_on()
            return


def _rows(columns: Columns, block: Iterable[Sequence[str]]) -> Iterator[Row]:
    width, key = 1 + len(columns.keys), columns.key
    if not columns.compared and len(columns.keys) == 1 and not columns.is_joined:
        form = str.casefold if columns.folds else str
        return (Row(form(row[1]), row[0], "") for row in block)
    if not columns.compared:
        return (Row(key(row[1:]), row[0], "") for row in block)
    forms = [each.plain for each in columns.compared]
    return (Row(key(row[1:width]), row[0], _text(forms, row[width:])) for row in block)


def _text(forms: Sequence[Callable[[str], str]], values: Sequence[str]) -> str:
    cells = [form(value) for form, value in zip(forms, values, strict=True)]
    return json.dumps(cells, ensure_ascii=False)


def _blocks(rows: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    rows = iter(rows)
    while block := list(islice(rows, _BLOCK_ROWS)):
        yield block
