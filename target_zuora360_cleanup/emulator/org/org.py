"""An org: its schema, its rows, and what its API lets clients do with them."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from target_zuora360_cleanup.emulator.org.delete import Deletion, check_deletable
from target_zuora360_cleanup.emulator.org.file import fill_or_check, open_store
from target_zuora360_cleanup.emulator.org.holdings import Holdings, as_record
from target_zuora360_cleanup.emulator.org.locking import lock_keys
from target_zuora360_cleanup.emulator.org.options import OrgOptions
from target_zuora360_cleanup.emulator.org.permissions import for_user
from target_zuora360_cleanup.emulator.org.recycle_bin import empty_recycle_bin
from target_zuora360_cleanup.emulator.org.refusals import NO_ACCESS
from target_zuora360_cleanup.emulator.org.shape.later import Later
from target_zuora360_cleanup.emulator.org.shape.objects import shaped
from target_zuora360_cleanup.emulator.org.shape.shape import read_shape
from target_zuora360_cleanup.emulator.org.shape.vetoes import first_of, veto_hook
from target_zuora360_cleanup.emulator.org.undeletion import Undeletion
from target_zuora360_cleanup.emulator.org.write import Writer
from target_zuora360_cleanup.emulator.schema import describe, ids
from target_zuora360_cleanup.emulator.schema.reading import load_objects, load_schema
from target_zuora360_cleanup.emulator.schema.store import Store, quote
from target_zuora360_cleanup.emulator.soql.results import QueryResult, run_query
from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult, SalesforceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_zuora360_cleanup.emulator.org.file import Fill
    from target_zuora360_cleanup.emulator.org.locking import Key
    from target_zuora360_cleanup.emulator.org.refusals import RowHook
    from target_zuora360_cleanup.emulator.schema.objects import Schema, SObject

__all__ = ["Org", "OrgOptions", "QueryResult"]

Operation = Literal["insert", "update", "upsert", "delete", "hardDelete"]
CUSTOMER_OBJECTS: Final = frozenset({"Renewal_Forecast__c", "Dunning_Case__c", "Usage_Note__c"})
_VERSION: Final = "64.0"


class _RolledBack(Exception):
    """Leaves a transaction in which all rows or none were to be done."""

    def __init__(self, results: Sequence[RowResult]) -> None:
        super().__init__("not all rows could be done")
        self.results = results


class Org(Holdings):
    """One org. Safe for several threads: every public method takes `lock` itself.

    Attributes:
        options: What it was filled with.
        schema: Its objects as its user may see them.
        path: The store's file.
        row_hook: Asked before a row is changed, under `lock`, by the thread that changes it.
    """

    def __init__(self, options: OrgOptions, store: Store, path: Path, stack: ExitStack) -> None:
        whole, self.schema = _schemas(options)
        super().__init__(whole, store)
        self.options = options
        self.row_hook: RowHook | None = None
        self.path = path
        self._stack = stack
        shape = read_shape(options.shape)
        self._vetoes, self._later = veto_hook(shape, store), Later(shape, whole, store)
        self.org_id = ids.encode("00D", 1)
        self.user_id = ids.encode("005", 1)
        self.username = self._value("User", "Username")
        self.name = self._value("Organization", "Name")

    @classmethod
    def open(cls, options: OrgOptions, db: Path | None = None, *, fill: Fill) -> Org:
        """Open a database, filling it when it is new.

        Args:
            options: What a new org holds.
            db: The file; None takes a private one that goes when the org is closed.
            fill: Called once, for a new file.

        Raises:
            ValueError: The file was filled with other options, or by something else, or the
                shape can't be.
        """
        with ExitStack() as stack:
            whole, _ = _schemas(options)  # (refuses before a file is filled)
            path = db or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "org.sqlite"
            store = open_store(path, kept=db is not None)
            stack.callback(store.close)
            fill_or_check(store, whole, options, path, fill)
            return cls(options, store, path, stack.pop_all())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database, and remove it if it is a private one."""
        with self.lock:
            self._stack.close()

    def _value(self, object_name: str, field: str) -> str:
        return str(
            self.store.value(f"SELECT {quote(field)} FROM {quote(object_name)} WHERE Id = 1")
        )

    def query(self, soql: str, *, all_rows: bool = False, tooling: bool = False) -> QueryResult:
        """Run a query; its rows are fixed now, whatever happens to them later.

        Raises:
            SalesforceError: The query is no SOQL, or names what the org has not.
        """
        with self.lock:
            return run_query(
                self.schema, self.store, self.lock, soql,
                all_rows=all_rows, tooling=tooling, version=_VERSION,
            )  # fmt: skip

    def describe_global(self) -> dict[str, Any]:
        """Return the global describe."""
        return describe.describe_global(self.schema)

    def describe(self, name: str) -> dict[str, Any]:
        """Return an object's describe.

        Raises:
            SalesforceError: There is no such object.
        """
        return describe.describe(self.schema, name)

    def dml(
        self,
        operation: Operation,
        object_name: str,
        rows: Sequence[Mapping[str, Any]],
        *,
        external_id: str | None = None,
        all_or_none: bool = False,
    ) -> list[RowResult]:
        """Change rows, and say of each what became of it.

        Args:
            operation: What to do.
            object_name: API name.
            rows: Values by field; deletions need `Id` alone.
            external_id: The field by which an upsert finds its rows.
            all_or_none: One row's error undoes all.

        Raises:
            SalesforceError: The object or the operation is not to be had.
        """
        sobject = self.schema.get(object_name)
        with self.lock:
            try:
                with self.store.transaction():
                    results = self._change(operation, sobject, rows, external_id)
                    _check_all(results if all_or_none else ())
            except _RolledBack as exc:
                return [_undone(each) for each in exc.results]
            return results

    def _change(
        self,
        operation: Operation,
        sobject: SObject,
        rows: Sequence[Mapping[str, Any]],
        external_id: str | None,
    ) -> list[RowResult]:
        if not sobject.visible:
            raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
        if operation in ("delete", "hardDelete"):
            check_deletable(sobject)
            self._later.on_delete(sobject.name)
            if not sobject.may_delete:
                return [RowResult(_id_of(row), error=NO_ACCESS) for row in rows]
            results = self._deletion(sobject, hard=operation == "hardDelete").run(
                [_id_of(row) for row in rows]
            )
            self._later.after_delete()
            return results
        _check_writable(sobject, operation)
        key = sobject.find(external_id) if external_id else None
        writer = Writer(self.schema, self.store, sobject, key=key, hook=self.row_hook)
        write = {"insert": writer.insert, "update": writer.update, "upsert": writer.upsert}
        return write[operation](rows)

    def _deletion(self, sobject: SObject, *, hard: bool) -> Deletion:
        return Deletion(
            self.whole, self.store, sobject,
            hard=hard, max_children=self.options.max_cascade,
            hook=first_of([self._vetoes, self.row_hook]),
        )  # fmt: skip

    def lock_keys(
        self, object_name: str, rows: Sequence[Mapping[str, Any]], external_id: str | None
    ) -> list[frozenset[Key]]:
        """Return the rows that each of these rows locks while it is written or deleted."""
        sobject = self.whole.get(object_name)
        key = sobject.find(external_id) if external_id else None
        with self.lock:
            return lock_keys(self.whole, self.store, sobject, rows, key)

    def undelete(self, record_ids: Sequence[str]) -> list[RowResult]:
        """Bring rows back from the recycle bin."""
        with self.lock, self.store.transaction():
            hook = self.row_hook
            return Undeletion(self.whole, self.schema, self.store, hook).run(record_ids)

    def empty_recycle_bin(self, record_ids: Sequence[str]) -> list[RowResult]:
        """Remove rows from the recycle bin for good."""
        with self.lock, self.store.transaction():
            return empty_recycle_bin(self.schema, self.store, record_ids)

    def get_record(self, object_name: str, record_id: str) -> dict[str, Any]:
        """Return a live record with all its fields.

        Raises:
            SalesforceError: There is no such record.
        """
        sobject = self.schema.get(object_name)
        names = ", ".join(map(quote, sobject.fields))
        where = " AND ".join(["Id = ? AND IsDeleted = 0", *sobject.unseen("t")])
        with self.lock:
            row = self.store.run(
                f"SELECT {names} FROM {quote(sobject.name)} AS t WHERE {where}",
                (_number(sobject, record_id),),
            ).fetchone()
        if row is None or not sobject.visible:
            raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
        return as_record(self.whole, sobject, row)


@lru_cache(maxsize=16)
def _schemas(options: OrgOptions) -> tuple[Schema, Schema]:
    """All objects of an org, and these as its user may see them."""
    shape = read_shape(options.shape)
    whole = (
        shaped(load_objects(options.without_packages), shape)
        if shape
        else load_schema(options.without_packages)
    )
    return whole, for_user(whole, options)


def _number(sobject: SObject, record_id: str) -> int:
    try:
        prefix, number = ids.parse(record_id)
    except ids.MalformedIdError:
        raise SalesforceError("MALFORMED_ID", f"bad id {record_id}") from None
    return number if prefix == sobject.key_prefix else -1


def _id_of(row: Mapping[str, Any]) -> str:
    return next((str(value) for name, value in row.items() if name.lower() == "id"), "")


def _check_writable(sobject: SObject, operation: str) -> None:
    allowed = sobject.updateable if operation == "update" else sobject.createable
    if not allowed:
        message = f"entity type {sobject.name} does not support {operation}"
        raise SalesforceError("INVALID_TYPE_FOR_OPERATION", message)


def _check_all(results: Sequence[RowResult]) -> None:
    if not all(each.success for each in results):
        raise _RolledBack(results)


def _undone(result: RowResult) -> RowResult:
    if result.error:
        return result
    message = "Record rolled back because not all records were valid and the request was using "
    return RowResult(
        result.id, error=RowError("ALL_OR_NONE_OPERATION_ROLLED_BACK", f"{message}AllOrNone header")
    )
