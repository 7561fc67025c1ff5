"""Reads what became of each link of a snapshot: which parents are back, where each lookup leads.

Few rows are asked for by name; where there are many, all of their object are read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence  # noqa: TC003 - public shape
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from target_zuora360_cleanup.reach import soql
from target_zuora360_cleanup.relink.plan import by_parent
from target_zuora360_cleanup.salesforce.rows import (
    REST_ROWS,
    Selection,
    read_table,
    read_tables,
    soql_text,
)

if TYPE_CHECKING:
    from target_zuora360_cleanup.relink.plan import Restoration
    from target_zuora360_cleanup.relink.store import LinkStore
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

FEW: Final = 3_000
"""Up to here rows are asked for by name: five queries are one call, a query job takes three."""
_CONDITION_CHARACTERS: Final = 9_000
"""Of one such query when it is escaped, so that it fits into a URL."""
_BLOCK_ROWS: Final = 5_000


@dataclass
class Looking:
    """Looks at the parents and the records of links, in one org; changes nothing in it.

    Attributes:
        store: Takes in what is seen.
        restorations: How links are set again; their places are the numbers in the store.
        go_on: Raises when the run may not go on.
    """

    salesforce: Salesforce
    store: LinkStore
    restorations: Sequence[Restoration]
    go_on: Callable[[], None]
    _families: dict[int, int] = field(default_factory=dict)

    def at_parents(self) -> None:
        """Find out which parents there are.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not say.
            Stopped, QuotaReached: The run may not go on.
        """
        for family, ((name, key), numbers) in enumerate(by_parent(self.restorations).items()):
            self._families.update(dict.fromkeys(numbers, family))
            self._persist(partial(self._parents, family, name, key, numbers))

    def _parents(self, family: int, name: str, key: str, numbers: Sequence[int]) -> None:
        few = self.store.external_ids(numbers, FEW)
        restoration = self.restorations[numbers[0]]
        self.store.forget_parents(family)
        for rows in _blocks(
            named_rows(self.salesforce, name, ("Id", key), key, few, f"{key} != null")
        ):
            self.store.add_parents(
                family, numbers, ((row[0], restoration.wanted(row[1])) for row in rows)
            )

    def family(self, number: int) -> int:
        """Under which the parents of these links are in the store; the parents come first."""
        return self._families.get(number, -1)

    def at_records(self, numbers: Sequence[int]) -> None:
        """Find out where the lookups of records of one object lead; the parents come first.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not say.
            Stopped, QuotaReached: The run may not go on.
        """
        self._persist(partial(self._records, numbers))
        for number in numbers:
            is_value = self.restorations[number].own is not None
            self.store.compare(number, self.family(number), is_value=is_value)

    def _records(self, numbers: Sequence[int]) -> None:
        few = self.store.records(numbers, FEW)
        if not few:
            return
        first, last = self.store.record_range(numbers)
        chosen = [self.restorations[number] for number in numbers]
        fields = list(dict.fromkeys(["Id", *(name for each in chosen for name in each.columns)]))
        name = self.restorations[numbers[0]].relationship.child
        where = f"Id >= '{first}' AND Id <= '{last}'"
        self.store.forget_seen(numbers)
        for rows in _blocks(named_rows(self.salesforce, name, tuple(fields), "Id", few, where)):
            for number in numbers:
                self.store.saw(number, _seen(self.restorations[number], fields, rows))

    def _persist(self, read: Callable[[], None]) -> None:
        """Read, and once more from the beginning where trouble may be over soon."""
        note = partial(logger.info, "What is there could not be read (%s); trying again.")
        for each in self.salesforce.attempts():
            self.go_on()
            with each.outlive(note), self.store.whole():
                return read()
        raise AssertionError("the last attempt returns or raises")


def named_rows(  # noqa: PLR0913, PLR0917 - a query, and which of its rows
    salesforce: Salesforce,
    name: str,
    fields: tuple[str, ...],
    key: str,
    few: list[str],
    otherwise: str,
) -> Iterator[list[str]]:
    """The rows whose `key` is among `few`; where these are over `FEW`, those of `otherwise`."""
    if len(few) > FEW:
        yield from read_table(salesforce, _rows(name, fields, otherwise, REST_ROWS + 1))
        return
    selections = [
        _rows(name, fields, f"{key} IN ({', '.join(part)})", len(part)) for part in _parts(few)
    ]
    for table in read_tables(salesforce, selections):
        yield from table


def _rows(name: str, fields: tuple[str, ...], where: str, rows: int) -> Selection:
    """Live rows, archived ones too."""
    condition = " AND ".join([where, *soql.own_conditions(name)])
    return Selection(name, fields, condition, rows, all_rows=name in soql.WITH_ARCHIVED)


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    """String literals, as many at a time as one query holds."""
    part: list[str] = []
    size = 0
    for text in map(soql_text, values):
        needs = len(quote(f"{text}, "))
        if part and size + needs > _CONDITION_CHARACTERS:
            yield part
            part, size = [], 0
        part.append(text)
        size += needs
    if part:
        yield part


def _blocks(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while block := list(islice(rows, _BLOCK_ROWS)):
        yield block


def _seen(
    restoration: Restoration, fields: Sequence[str], rows: Iterable[list[str]]
) -> Iterator[tuple[str, str, str]]:
    """What is in a field of each record, as the store takes it in."""
    for row in rows:
        value, form = restoration.seen(dict(zip(fields, row, strict=True)))
        yield value, form, row[0]
