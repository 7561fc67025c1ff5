"""Makes rows again that joined a record to a user, a topic or a file, once the record is back.

A record has each such row once: those that are there are left alone, so that this may be broken off
and begun anew at any moment. After each attempt the org is looked at again; the rows that are there
decide what is made, not what a request answered.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final

from requests import RequestException

from target_zuora360_cleanup.rows.errors import refused_rows
from target_zuora360_cleanup.rows.rounds import rounds
from target_zuora360_cleanup.salesforce.errors import ApiError, SessionExpired, unreachable
from target_zuora360_cleanup.salesforce.rest import COLLECTION, COMPOSITE_QUERIES
from target_zuora360_cleanup.salesforce.rows import Selection, read_tables, soql_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_zuora360_cleanup.relink.junction_files import JunctionFile
    from target_zuora360_cleanup.relink.plan import Restoration
    from target_zuora360_cleanup.relink.store import LinkStore
    from target_zuora360_cleanup.rows.rounds import Round
    from target_zuora360_cleanup.salesforce.client import Salesforce

logger = logging.getLogger(__name__)

_BLOCK: Final = 5_000
_PARENTS: Final = 200
"""Records that one query names."""
_ACCEPTED: Final = "Salesforce accepted the row, but it is not there"


@dataclass
class Joining:
    """Makes the rows in a store again, in one org. For the thread that the store belongs to.

    Attributes:
        restorations: How links are set and rows made again; their places are the numbers.
        go_on: Raises when the run may not go on.
        job_size: Rows a job, as the user set it.
    """

    salesforce: Salesforce
    store: LinkStore
    restorations: Sequence[Restoration]
    go_on: Callable[[], None]
    job_size: int = COLLECTION
    _broken: dict[int, str] = field(default_factory=dict)

    @property
    def numbers(self) -> list[int]:
        """Of what is made again."""
        return [at for at, each in enumerate(self.restorations) if each.joined]

    def look(self) -> None:
        """Find out which rows are there, and change nothing.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not tell.
            Stopped, QuotaReached: The run may not go on.
        """
        for number in self.numbers:
            self._look(number)

    def restore(self) -> None:
        """Make each row again that is not there.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not tell what is there.
            Stopped, QuotaReached: The run may not go on.
        """
        for number in self.numbers:
            self._look(number)
            self._restore(number)

    def look_again(self) -> None:
        """See what became of rows that were to be made, once nothing more is sent.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not tell.
        """
        self.go_on = lambda: None
        for number in self.numbers:
            if self.store.tried(number):
                self._look(number)

    def _restore(self, number: int) -> None:
        for each in rounds(self.salesforce.attempts(), self.job_size):
            if not self.store.blank(number):
                return
            self._make(number)
            self._look(number)
            self._judge(number, each)

    def _judge(self, number: int, each: Round) -> None:
        why = self._broken.pop(number, "")
        self.store.joined.judge(number, why or _ACCEPTED, final=each.is_last)

    def _make(self, number: int) -> None:
        """Send what is missing, as many at a time as one request takes."""
        file = self._file(number)
        self.store.begin(number)
        for rows in self._blocks(number, COLLECTION):
            self.go_on()
            records = [_record(file, parent, values) for parent, _, values in rows]
            try:
                answers = self.salesforce.rest.insert_collection(file.junction.name, records)
            except SessionExpired:
                raise
            except ApiError as exc:
                self._broken[number] = str(exc)
            except RequestException as exc:
                self._broken[number] = unreachable(exc)
            else:
                self.store.note(number, refused_rows((row[1] for row in rows), answers))

    def _look(self, number: int) -> None:
        """See which rows are there; those that are not are to be made."""
        note = partial(logger.info, "What is there could not be read (%s); trying again.")
        for each in self.salesforce.attempts():
            self.go_on()
            with each.outlive(note):
                for rows in self._blocks(number, _BLOCK):
                    self._compare(number, rows)
                return
        raise AssertionError("the last attempt returns or raises")

    def _compare(self, number: int, rows: Sequence[tuple[str, str, str]]) -> None:
        file = self._file(number)
        there = set(self._there(file, [parent for parent, _ in groupby(rows, _parent)]))
        known = {row: _identity(file, parent, values) in there for parent, row, values in rows}
        with self.store.whole():
            for is_there, result in ((True, "restored"), (False, "blank")):
                of_these = (row for row, found in known.items() if found is is_there)
                self.store.joined.end(number, result, of_these)

    def _there(self, file: JunctionFile, parents: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """What the rows that these records have say, as `_identity`."""
        name, field = file.junction.name, file.junction.parent
        parts = [parents[at : at + _PARENTS] for at in range(0, len(parents), _PARENTS)]
        selections = [
            Selection(name, (field, *file.other), _is_among(field, part), 0) for part in parts
        ]
        for at in range(0, len(selections), COMPOSITE_QUERIES):
            self.go_on()
            for table in read_tables(self.salesforce, selections[at : at + COMPOSITE_QUERIES]):
                yield from map(tuple, table)

    def _file(self, number: int) -> JunctionFile:
        file = self.restorations[number].joined
        if file is None:
            raise ValueError(f"nothing is made again of {number}")
        return file

    def _blocks(self, number: int, most: int) -> Iterator[list[tuple[str, str, str]]]:
        """The rows that may have to be made, in order."""
        after = ("", "")
        while rows := self.store.joined.still_open(number, after, most):
            yield rows
            after = rows[-1][:2]


def _identity(file: JunctionFile, parent: str, values: str) -> tuple[str, ...]:
    given = dict(zip(file.fields, json.loads(values), strict=True))
    return (parent, *(given[each] for each in file.other))


def _record(file: JunctionFile, parent: str, values: str) -> dict[str, str]:
    """A new row; what was blank is left to Salesforce."""
    given = zip(file.fields, json.loads(values), strict=True)
    return {file.junction.parent: parent, **{name: value for name, value in given if value}}


def _is_among(field: str, ids: Sequence[str]) -> str:
    return f"{field} IN ({', '.join(map(soql_text, ids))})"


def _parent(row: tuple[str, str, str]) -> str:
    return row[0]
