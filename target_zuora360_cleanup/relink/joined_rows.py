"""Of the links in a relink's database those that are rows of their own, and are made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.relink.statements import JUDGE_JOINED, UNANSWERED, still_open

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class JoinedRows:
    """Such rows by the number of their restoration. For the thread that the database belongs to.

    Args:
        db: Has the table of links.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, number: int, rows: Iterable[tuple[str, str, str, str]]) -> None:
        """Take in rows that are to be made again.

        Args:
            number: Of their restoration.
            rows: The id as it was, the record's external id, the record's id now, and the values.
        """
        self._db.executemany(
            "INSERT OR REPLACE INTO link (lookup, record, external_id, wanted, value, lost) "
            f"VALUES ({number}, ?, ?, ?, ?, 0)",
            rows,
        )

    def end(self, number: int, result: str, rows: Iterable[str]) -> None:
        """Note what became of rows, by their ids as they were."""
        sql = "UPDATE link SET result = ? WHERE lookup = ? AND record = ?"
        self._db.executemany(sql, ((result, number, each) for each in rows))

    def still_open(
        self, number: int, after: tuple[str, str], most: int
    ) -> list[tuple[str, str, str]]:
        """Rows that may have to be made, as (record's id now, id as it was, values), in order.

        Args:
            number: Of their restoration.
            after: The first two of the last one before.
            most: How many.
        """
        sql = (
            f"SELECT wanted, record, value FROM link WHERE {still_open([number])} "
            "AND (wanted, record) > (?, ?) ORDER BY wanted, record LIMIT ?"
        )
        return self._db.execute(sql, (*after, most)).fetchall()

    def judge(self, number: int, why: str, *, final: bool) -> None:
        """End what is not there after an attempt, unless another one is worth while.

        Args:
            number: Of their restoration.
            why: What broke the attempt, for rows of which Salesforce said nothing.
            final: Whether there is no other attempt.
        """
        if final:
            self._db.execute(UNANSWERED, {"lookup": number, "why": why})
        self._db.execute(JUDGE_JOINED, {"lookup": number, "final": final})
