"""The links of a relink in a database on the disk, so that any number of them takes no memory.

A record's lookup is in it once, by the last that the snapshot says of it. Each link goes from no
result to one of `RESULTS`, by way of `blank` while it is to be set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from target_zuora360_cleanup.output.database import UndoableDatabase
from target_zuora360_cleanup.relink.joined_rows import JoinedRows
from target_zuora360_cleanup.relink.statements import (
    COMPARE,
    JUDGE,
    SCHEMA,
    TWICE,
    UNANSWERED,
    among,
    still_open,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from target_zuora360_cleanup.relink.plan import Restoration
    from target_zuora360_cleanup.relink.snapshot import Link
    from target_zuora360_cleanup.rows.errors import RowError

RESULTS: Final = (
    "restored", "already_set", "parent_not_back", "record_gone", "failed", "superseded", "unknown",
)  # fmt: skip


class NotRestored(NamedTuple):
    """A link that is not restored.

    Attributes:
        number: Of the restoration.
        result: Why.
        lost: Whether no sync brings the parent back.
        value: Where the lookup leads now.
        tried: Whether an update was sent.
        code: Salesforce's or our own.
        message: What goes with it.
    """

    number: int
    record: str
    result: str
    external_id: str
    lost: int
    value: str
    tried: int
    code: str
    message: str


class LinkStore(UndoableDatabase):
    """Links by the number of their restoration. For one thread.

    Args:
        path: The database file, to be made.

    Attributes:
        joined: The links that are rows of their own, and are made again.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA)
        self.joined = JoinedRows(self._db)

    def add(
        self, number: int, restoration: Restoration, links: Sequence[Link], same: Sequence[int] = ()
    ) -> None:
        """Take in links of the snapshot; a later one of the same record takes an earlier's place.

        Args:
            number: Of their restoration.
            restoration: How they are set.
            links: Which.
            same: The numbers of other restorations of the same lookup field.
        """
        self.leave(same, (record for record, _ in links))
        rows = [
            (number, record, key, restoration.wanted(key),
             not restoration.obstacle and restoration.is_lost(key),
             "NOT_RELINKABLE" if restoration.obstacle else "", restoration.obstacle,
             "failed" if restoration.obstacle else "")
            for record, key in links
        ]  # fmt: skip
        self._db.executemany(
            "INSERT OR REPLACE INTO link (lookup, record, external_id, wanted, lost, code, message,"
            " result) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )

    def leave(self, numbers: Sequence[int], records: Iterable[str]) -> None:
        """Forget what was said of records before."""
        if numbers:
            sql = f"DELETE FROM link WHERE record = ? AND {among(numbers)}"
            self._db.executemany(sql, ((each,) for each in records))

    def add_missing(self, number: int, values: Iterable[tuple[str, str, bool, str]]) -> None:
        """Take in values whose record is not back.

        Args:
            number: Of their restoration.
            values: The record's id as it was, the value, whether no sync can bring the record back,
                and why it is not there.
        """
        self._db.executemany(
            "INSERT OR REPLACE INTO link (lookup, record, external_id, wanted, lost, message,"
            f" result) VALUES ({number}, ?, ?, '', ?, ?, 'parent_not_back')",
            values,
        )

    def supersede(self, numbers: Sequence[int], links: Iterable[Link]) -> None:
        """Leave links to a newer snapshot that names them too."""
        sql = f"UPDATE link SET result = 'superseded' WHERE record = ? AND {among(numbers)}"
        self._db.executemany(sql, ((record,) for record, _ in links))

    def forget_parents(self, family: int) -> None:
        """Begin to look at parents anew."""
        self._db.execute("DELETE FROM parent WHERE family = ?", (family,))

    def add_parents(
        self, family: int, numbers: Sequence[int], parents: Iterable[tuple[str, str]]
    ) -> None:
        """Take in those of (id, external id in the form compared) that links lead to."""
        self._db.executemany(
            "INSERT OR IGNORE INTO parent SELECT ?, ?, ? "
            f"WHERE EXISTS (SELECT 1 FROM link WHERE wanted = ? AND {among(numbers)})",
            ((family, wanted, id_, wanted) for id_, wanted in parents),
        )

    def external_ids(self, numbers: Sequence[int], most: int) -> list[str]:
        """The external ids that links lead to, up to one more than `most`."""
        sql = (
            "SELECT DISTINCT external_id FROM link "
            f"WHERE {among(numbers)} AND result = '' AND NOT lost LIMIT ?"
        )
        return [row[0] for row in self._db.execute(sql, (most + 1,))]

    def records(self, numbers: Sequence[int], most: int) -> list[str]:
        """The ids of records to look at, in order, up to one more than `most`."""
        sql = (
            f"SELECT DISTINCT record FROM link WHERE {still_open(numbers)} ORDER BY record LIMIT ?"
        )
        return [row[0] for row in self._db.execute(sql, (most + 1,))]

    def record_range(self, numbers: Sequence[int]) -> tuple[str, str]:
        """The first and the last id of the records to look at."""
        sql = f"SELECT MIN(record), MAX(record) FROM link WHERE {still_open(numbers)}"
        first, last = self._db.execute(sql).fetchone()
        return first, last

    def forget_seen(self, numbers: Sequence[int]) -> None:
        """Begin to look at records anew."""
        self._db.execute(
            f"UPDATE link SET seen = 0, value = '', value_key = '' WHERE {still_open(numbers)}"
        )

    def saw(self, number: int, rows: Iterable[tuple[str, str, str]]) -> None:
        """Take in rows of (value, its external id in the form compared or blank, record)."""
        self._db.executemany(
            f"UPDATE link SET seen = 1, value = ?, value_key = ? WHERE record = ? "
            f"AND {still_open([number])}",
            rows,
        )

    def compare(self, number: int, family: int, *, is_value: bool = False) -> None:
        """Find a result from what was seen; `blank` is what is to be set.

        Args:
            number: Of the lookup.
            family: Of its parents.
            is_value: Whether it is a field whose values lead nowhere.
        """
        given = {"lookup": number, "family": family, "is_value": is_value}
        self._db.execute(COMPARE, given)
        self._db.execute(TWICE, (number,))

    def blank(self, number: int) -> int:
        """How many links are to be set."""
        sql = "SELECT COUNT(*) FROM link WHERE lookup = ? AND result = 'blank'"
        return int(self._db.execute(sql, (number,)).fetchone()[0])

    def tried(self, number: int) -> bool:
        """Whether there are links that an attempt was made at, and of which no more is known."""
        sql = "SELECT 1 FROM link WHERE lookup = ? AND result = 'blank' AND tried LIMIT 1"
        return self._db.execute(sql, (number,)).fetchone() is not None

    def begin(self, number: int) -> None:
        """An attempt to set what is blank begins."""
        self._db.execute(
            "UPDATE link SET tried = 1, code = '', message = '', verdict = '' "
            "WHERE lookup = ? AND result = 'blank'",
            (number,),
        )

    def to_set(
        self, number: int, after: tuple[str, str], most: int, family: int | None = None
    ) -> Iterator[tuple[str, ...]]:
        """Links to be set as (record, value, form compared), by the last and the first.

        Args:
            number: Of the lookup.
            after: The last form compared and record of those before.
            most: How many.
            family: Of the parents whose ids are the values; None where external ids are.
        """
        by_id = "(SELECT id FROM parent WHERE family = ? AND parent.wanted = link.wanted)"
        value, given = ("external_id", ()) if family is None else (by_id, (family,))
        yield from self._db.execute(
            f"SELECT record, {value}, wanted FROM link WHERE lookup = ? AND result = 'blank' "
            "AND (wanted, record) > (?, ?) ORDER BY wanted, record LIMIT ?",
            (*given, number, *after, most),
        )

    def note(self, number: int, errors: Iterable[RowError], *led: str) -> None:
        """Take in why records were not updated; `led` is as `RowError.misses` takes it."""
        self._db.executemany(
            "UPDATE link SET code = ?, message = ?, verdict = ?, misses = ? "
            "WHERE lookup = ? AND record = ?",
            (
                (*each[1:], each.verdict.name, bool(led and each.misses(*led)), number, each.id)
                for each in errors
            ),
        )

    def judge(self, number: int, why: str, *, final: bool, has_others: bool = False) -> None:
        """End what is still blank after an attempt, unless another one is worth while.

        Args:
            number: Of the lookup.
            why: What broke the attempt, for rows of which Salesforce said nothing.
            final: Whether there is no other attempt.
            has_others: Whether other fields of the records were set meanwhile, which a rule of the
                org may have wanted first.
        """
        if final:
            self._db.execute(UNANSWERED, {"lookup": number, "why": why})
        given = {"lookup": number, "final": final, "has_others": has_others}
        self._db.execute(JUDGE, given)

    def give_up(self, why: str) -> None:
        """What has no result yet is not known: the run broke off."""
        self._db.execute(
            "UPDATE link SET code = 'BROKEN_OFF', message = ?, result = 'unknown' "
            "WHERE result IN ('', 'blank')",
            (why,),
        )

    def counts(self, number: int) -> dict[str, int]:
        """Links by result, `lost` for those of `parent_not_back` that can't come back."""
        # (no result at all: the run broke off, and not even that could be noted)
        sql = (
            "SELECT CASE result WHEN '' THEN 'unknown' ELSE result END name, COUNT(*) FROM link "
            "WHERE lookup = ? GROUP BY name"
        )
        found = dict(self._db.execute(sql, (number,)))
        sql = "SELECT COUNT(*) FROM link WHERE lookup = ? AND result = 'parent_not_back' AND lost"
        return found | {"lost": self._db.execute(sql, (number,)).fetchone()[0]}

    def not_restored(self) -> Iterator[NotRestored]:
        """Every link that is not restored, in order."""
        sql = (
            "SELECT lookup, record, result, external_id, lost, value, tried, code, message "
            "FROM link WHERE result != 'restored' ORDER BY lookup, record"
        )
        for row in self._db.execute(sql):
            yield NotRestored(*row)
