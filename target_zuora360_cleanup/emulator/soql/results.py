"""Query results: stable rows, as tuples for CSV and as nested records for REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.soql.compile import compile_query

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Sequence
    from typing import Self

    from target_zuora360_cleanup.emulator.schema.objects import Schema
    from target_zuora360_cleanup.emulator.schema.store import Store
    from target_zuora360_cleanup.emulator.soql.plan import Child, Column, Hidden, Plan

__all__ = ["QueryResult", "run_query"]

_IN_MEMORY: Final = 2_000
Record = dict[str, Any]
Row = tuple[Any, ...]


class QueryResult:
    """The rows that a query matched when it was asked, whatever happens to them afterwards.

    Up to 2,000 rows are kept in memory, more in a temporary table until `close`, which a `with`
    block calls.

    Attributes:
        object_name: The object queried.
        columns: The headers: fields as written in the SELECT, aliases, `expr0` …
        types: The describe types of the columns.
        subqueries: Of each child subquery its name, its object and its columns.
        width: How many characters a row may have.
        total: The number of rows, with LIMIT and OFFSET applied.
        is_count: Whether it was `SELECT COUNT()`, which has a total but no rows.
    """

    def __init__(self, plan: Plan, store: Store, lock: threading.RLock, version: str) -> None:
        self._plan = plan
        self._store = store
        self._lock = lock
        self._version = version
        self.object_name = plan.sobject.name
        self.columns = tuple(column.header for column in plan.columns)
        self.types = tuple(column.type for column in plan.columns)
        self.subqueries = tuple(
            (
                each.name,
                each.plan.sobject.name,
                tuple(c.header for c in each.plan.columns if c.names),
            )
            for each in plan.children
        )
        self.width = sum(column.width for column in plan.columns)
        self.is_count = plan.is_count
        self.is_aggregate = plan.is_aggregate
        self._table: str | None = None
        self._rows: list[Row] = []
        self.total = self._fetch()

    def _fetch(self) -> int:
        if self._plan.is_count:
            return int(self._store.value(self._plan.sql, self._plan.values))
        cursor = self._store.run(self._plan.sql, self._plan.values)
        self._rows = cursor.fetchmany(_IN_MEMORY + 1)
        cursor.close()
        if len(self._rows) <= _IN_MEMORY:
            return len(self._rows)
        return self._keep()

    def _keep(self) -> int:
        self._rows = []
        self._table = self._store.temporary_name()
        self._store.run(f"CREATE TABLE {self._table} AS {self._plan.sql}", self._plan.values)
        return int(self._store.value(f"SELECT max(rowid) FROM {self._table}"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def snapshot(self) -> QueryResult:
        """Return the result itself: it is fixed already."""
        return self

    def close(self) -> None:
        """Give up the rows."""
        with self._lock:
            if self._table:
                self._store.run(f"DROP TABLE IF EXISTS {self._table}")
            self._table, self._rows, self.total = None, [], 0

    def rows(self, offset: int, limit: int) -> list[Row]:
        """Return the columns' values of a page, as the API spells them."""
        columns = self._plan.columns
        readers = [column.read for column in columns]
        page = self._page(offset, limit)
        if len(columns) == 1 and readers[0]:
            read = readers[0]
            return [(read(row[0]),) for row in page]
        return [_read(row, readers) for row in page]

    page = rows

    def records(self, offset: int, limit: int) -> list[Record]:
        """Return a page as REST's records, parents nested, with child records."""
        page = self._page(offset, limit)
        made = [_record(self._plan, row, self._version) for row in page]
        for child in self._plan.children:
            _attach(child, self._plan, page, made, self)
        return made

    def _page(self, offset: int, limit: int) -> list[Row]:
        if self._table is None:
            return self._rows[offset : offset + limit]
        with self._lock:
            sql = f"SELECT * FROM {self._table} WHERE rowid > ? LIMIT ?"
            return self._store.run(sql, (offset, limit)).fetchall()

    def children(self, child: Child, parent_ids: Sequence[int]) -> dict[int, list[Record]]:
        """Return the child records of some parents, by parent id."""
        found: dict[int, list[Record]] = {}
        with self._lock:
            for row in self._child_rows(child.plan, parent_ids):
                place = len(child.plan.columns) - 1
                records = found.setdefault(row[place], [])
                if child.limit is None or len(records) < child.limit:
                    records.append(_record(child.plan, row, self._version))
        return found

    def _child_rows(self, plan: Plan, parent_ids: Sequence[int]) -> Iterable[Row]:
        sql = plan.sql.format(", ".join(map(str, parent_ids)))
        return self._store.run(sql, plan.values)


def run_query(  # noqa: PLR0913 - a query and where it runs
    schema: Schema,
    store: Store,
    lock: threading.RLock,
    text: str,
    *,
    all_rows: bool,
    tooling: bool,
    version: str,
) -> QueryResult:
    """Compile a query and fix its rows.

    Raises:
        SalesforceError: The query is no SOQL, or names what the org has not.
    """
    plan = compile_query(schema, text, all_rows=all_rows, tooling=tooling)
    return QueryResult(plan, store, lock, version)


def _read(row: Row, readers: Sequence[Callable[[Any], Any] | None]) -> Row:
    return tuple(read(value) if read else value for value, read in zip(row, readers, strict=False))


def _record(plan: Plan, row: Row, version: str) -> Record:
    if plan.is_aggregate:
        record: Record = {"attributes": {"type": "AggregateResult"}}
        return record | {column.header: _value(column, row, at) for at, column in _named(plan)}
    nested = {each.path: _attributes(each, row, version) for each in plan.hidden}
    record = nested[()] or {}
    for at, column in _named(plan):
        _put(record, nested, column.names, _value(column, row, at))
    return record


def _named(plan: Plan) -> list[tuple[int, Column]]:
    return [(at, column) for at, column in enumerate(plan.columns) if column.names]


def _value(column: Column, row: Row, at: int) -> Any:  # noqa: ANN401 - any of the API's types
    return column.read(row[at]) if column.read else row[at]


def _attributes(hidden: Hidden, row: Row, version: str) -> Record | None:
    number = row[hidden.place]
    if number is None:
        return None
    name = hidden.sobject.name
    url = f"/services/data/v{version}/sobjects/{name}/{hidden.read(number)}"
    return {"attributes": {"type": name, "url": url}}


def _put(
    record: Record,
    nested: dict[tuple[str, ...], Record | None],
    names: tuple[str, ...],
    value: Any,  # noqa: ANN401 - any of the API's types
) -> None:
    """Put a value at the end of its path; an empty parent is None as a whole."""
    target = record
    for depth in range(1, len(names)):
        name = names[depth - 1]
        parent = nested[names[:depth]]
        if parent is None:
            target[name] = None
            return
        target = target.setdefault(name, parent)
    target[names[-1]] = value


def _attach(
    child: Child, plan: Plan, page: list[Row], made: list[Record], result: QueryResult
) -> None:
    own = plan.hidden[0].place
    found = result.children(child, [row[own] for row in page])
    for row, record in zip(page, made, strict=True):
        records = found.get(row[own])
        record[child.name] = (
            {"totalSize": len(records), "done": True, "records": records} if records else None
        )
