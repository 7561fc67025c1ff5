"""Counts again where some records stay: rows that hang only on those are not concerned."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from target_zuora360_cleanup.facts.counts import IDS_TOLD
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown, refusal
from target_zuora360_cleanup.reach import soql
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed
from target_zuora360_cleanup.salesforce.rows import Selection, read_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from target_zuora360_cleanup.facts.counter import Counter
    from target_zuora360_cleanup.reach import Path


def without_kept(
    counter: Counter,
    reach: Mapping[Path, Fact[int]],
    kept: Mapping[str, Collection[str]],
) -> dict[Path, Fact[int]]:
    """The reach, less the rows that hang on records that stay; paths without rows are left out.

    Lookups that go blank are counted when they are written down: their number here is the most.
    """
    counted = {each: _concerned(counter, each, rows, kept) for each, rows in reach.items()}
    return {each: rows for each, rows in counted.items() if rows != Known(0)}


def _concerned(
    counter: Counter, path: Path, rows: Fact[int], kept: Mapping[str, Collection[str]]
) -> Fact[int]:
    stay = kept.get(path.root, ())
    if not stay or path.on_delete == "clear" or path.child in soql.WITH_ARCHIVED:
        return rows
    match rows:
        case Known(count):
            try:
                ids = _ids(counter, path, count, stay)
                return rows if ids is None else Known(sum(1 for _ in ids))
            except (ApiError, JobFailed):
                return rows  # (they may be fewer; the count stands for all of them)
        case _:
            return rows


def _ids(counter: Counter, path: Path, count: int, stay: Collection[str]) -> Iterator[str] | None:
    """Ids of the rows whose record does not stay; None where no query tells."""
    root, condition = soql.root_id(path, counter.lookups), counter.condition(path)
    if root is None or condition is None:
        return None
    selection = Selection(path.child, ("Id", root), condition, count)
    table = read_table(counter.salesforce, selection)
    return (row_id for row_id, parent in table if parent not in stay)


def read_holders(
    counter: Counter,
    reach: Mapping[Path, Fact[int]],
    kept: Mapping[str, Collection[str]],
) -> dict[Path, Fact[tuple[str, ...]]]:
    """The first ids of the rows whose lookup forbids the deletion of its parent."""
    holding = {
        each: rows.or_else(0)
        for each, rows in reach.items()
        if each.on_delete == "restrict" and rows.or_else(0)
    }
    return {each: _first(counter, each, rows, kept) for each, rows in holding.items()}


def _first(
    counter: Counter, path: Path, rows: int, kept: Mapping[str, Collection[str]]
) -> Fact[tuple[str, ...]]:
    try:
        stay = kept.get(path.root, ())
        ids = _ids(counter, path, rows, stay) if stay else None
        if ids is None and counter.deleted(path):
            ids = (row[0] for row in counter.rows(path, (), rows))
        if ids is not None:
            return Known(tuple(islice(ids, IDS_TOLD)))
        where = f"WHERE {counter.condition(path)} ORDER BY Id LIMIT {IDS_TOLD}"
        answer = counter.salesforce.rest.query(f"SELECT Id FROM {path.child} {where}")
    except (ApiError, JobFailed) as exc:
        return refusal(exc) if isinstance(exc, ApiError) else Unknown(str(exc))
    return Known(tuple(row["Id"] for row in answer))
