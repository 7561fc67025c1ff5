"""Counts asked for together, each with its own answer: a number, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence  # noqa: TC003 - public shape
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.facts.known import Fact, Known, refusal
from target_zuora360_cleanup.reach import Path, soql
from target_zuora360_cleanup.salesforce.chosen import BULK_SOQL, parts_of
from target_zuora360_cleanup.salesforce.errors import ApiError, Unreadable
from target_zuora360_cleanup.salesforce.limited import is_limited, read_in_parts

if TYPE_CHECKING:
    from target_zuora360_cleanup.salesforce.client import Salesforce

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """A query and what it counts.

    Attributes:
        soql: The query.
        child: Whose rows it counts.
        read: The counts in its rows, by path; raises `Unreadable` where they do not say.
        rows: The same rows without counting, for a query job; blank where it counts several.
    """

    soql: str
    child: str
    read: Callable[[Rows], dict[Path, int]]
    paths: Sequence[Path]
    rows: str = ""

    @classmethod
    def of_object(cls, child: str, paths: Sequence[Path]) -> Question:
        """All these lookups of an object at once."""
        columns = ", ".join(f"COUNT({each.field}) c{at}" for at, each in enumerate(paths))
        own = " AND ".join(soql.own_conditions(child))
        where = f" WHERE {own}" if own else ""

        def read(rows: Rows) -> dict[Path, int]:
            return {each: int(rows[0][f"c{at}"]) for at, each in enumerate(paths)}

        return cls(f"SELECT {columns} FROM {child}{where}", child, read, paths)

    @classmethod
    def of_types(cls, child: str, text: str, paths: Sequence[Path]) -> Question:
        """All objects that a lookup leads to at once; a type that is not listed has no rows.

        Where there are rows of a type that is not told, or was not asked for, nothing is known of
        those that are not listed. (Where a condition may not name types, all come.)
        """
        asked = {each.root for each in paths}

        def read(rows: Rows) -> dict[Path, int]:
            counts = {row["t"]: int(row["n"]) for row in rows}
            others = {None} if child in soql.OWN_FIELDS_ONLY else counts.keys() - asked
            if strange := others & counts.keys():
                raise Unreadable(200, f"rows of {child} were counted by the type {strange.pop()}")
            return {each: counts.get(each.root, 0) for each in paths}

        return cls(text, child, read, paths)

    @classmethod
    def of_rows(cls, path: Path, condition: str) -> Question:
        """The rows at the end of one path."""
        rows = f"FROM {path.child} WHERE {condition}"

        def read(answer: Rows) -> dict[Path, int]:
            return {path: int(answer[0]["n"])}

        return cls(f"SELECT COUNT(Id) n {rows}", path.child, read, (path,), f"SELECT Id {rows}")


def ask(salesforce: Salesforce, questions: Sequence[Question]) -> dict[Path, Fact[int]]:
    """The answers, by path; unknown where Salesforce refuses one."""
    archived = {each.soql for each in questions if each.child in soql.WITH_ARCHIVED}
    answers = salesforce.rest.query_each([each.soql for each in questions], all_rows=archived)
    return read_answers(salesforce, questions, answers)


def read_answers(
    salesforce: Salesforce, questions: Sequence[Question], answers: Sequence[Rows | ApiError]
) -> dict[Path, Fact[int]]:
    """What the answers to these questions come to, by path."""
    counted: dict[Path, Fact[int]] = {}
    for each, answer in zip(questions, answers, strict=True):
        if isinstance(answer, ApiError):
            why = _by_job(salesforce, each, answer)
            counted |= dict.fromkeys(each.paths, why)
        else:
            counted |= _read(each, answer)
    return counted


def _read(each: Question, answer: Rows) -> dict[Path, Fact[int]]:
    try:
        return {path: Known(rows) for path, rows in each.read(answer).items()}
    except Unreadable as exc:
        return dict.fromkeys(each.paths, refusal(exc))


def _by_job(salesforce: Salesforce, each: Question, error: ApiError) -> Fact[int]:
    """A query job may take longer than the two minutes of a query."""
    if not each.rows:
        return refusal(error)
    if is_limited(each.child, error):
        return _in_parts(salesforce, each)
    is_archived = each.child in soql.WITH_ARCHIVED
    return counted_by_job(salesforce, each.rows, error, all_rows=is_archived)


def _in_parts(salesforce: Salesforce, each: Question) -> Fact[int]:
    """Rows of which the user may ask for few at once, and may count none."""
    try:
        return Known(sum(1 for _ in read_in_parts(salesforce, each.rows)))
    except ApiError as exc:
        return refusal(exc)


def number_of(salesforce: Salesforce, answer: Rows | ApiError, column: str, rows: str) -> Fact[int]:
    """A number out of the answer to an aggregate query.

    Args:
        salesforce: Where it was asked.
        answer: What came.
        column: The number's.
        rows: The query that selects the ids of what is counted, for a query job where the count was
            refused for being too much at once.
    """
    if isinstance(answer, ApiError):
        return counted_by_job(salesforce, rows, answer)
    return Known(int(answer[0][column]))


def counted_by_job(
    salesforce: Salesforce, text: str, error: ApiError, *, all_rows: bool = False
) -> Fact[int]:
    """Rows of a query by a query job, where to count them was refused for being too much at once.

    Args:
        salesforce: Where.
        text: The query, which selects the rows' ids.
        error: Why they could not be counted.
        all_rows: Whether deleted and archived ones are asked for too.
    """
    if not error.meaning.is_slow:
        return refusal(error)
    try:
        return Known(count_by_job(salesforce, text, all_rows=all_rows))
    except ApiError as exc:
        return refusal(exc)


def count_by_job(salesforce: Salesforce, text: str, *, all_rows: bool = False) -> int:
    """Rows of a query, by a query job.

    Raises:
        ApiError: Salesforce refuses the job, or does not say how many it has found.
    """
    rows = 0
    for part in parts_of(text, salesforce.rest.chosen, BULK_SOQL):
        job_id = salesforce.bulk.create_query(part, all_rows=all_rows)
        job = salesforce.bulk.wait("query", job_id)
        if not job.is_counted:
            why = f"job {job_id} does not say how many rows it has found"
            raise ApiError(200, "NOT_COUNTED", why)
        rows += job.processed
    return rows
