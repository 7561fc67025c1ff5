"""Inserting, updating and upserting rows, row errors included."""

from __future__ import annotations

import base64
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.org.invitations import EVENT, change_children
from target_zuora360_cleanup.emulator.org.lookups import Lookups
from target_zuora360_cleanup.emulator.org.refusals import UNKNOWN, Refused, too_often
from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.values import BadValueError, to_storage
from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.emulator.org.refusals import RowHook
    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["Writer"]

_JOINED: Final = {
    "ContentDocumentLink": ("ContentDocumentId", "LinkedEntityId"),
    "EntitySubscription": ("ParentId", "SubscriberId"),
    "TopicAssignment": ("EntityId", "TopicId"),
}
"""Objects of which there is one row of the same values in these columns at most."""


class Writer:
    """Writes rows of one object. Made inside of a transaction.

    Args:
        schema: The org's schema.
        store: Its rows.
        sobject: The object.
        key: The field by which an upsert finds its row; None inserts, or updates by `Id`.
        hook: Asked before a row is written.
    """

    def __init__(
        self,
        schema: Schema,
        store: Store,
        sobject: SObject,
        *,
        key: Field | None = None,
        hook: RowHook | None = None,
    ) -> None:
        self._schema = schema
        self._store = store
        self._sobject = sobject
        self._lookups = Lookups(schema, store)
        self._key = key
        self._hook = hook
        self._row_id: str | None = None
        fields = sobject.fields
        self._needed = tuple(name for name, field in fields.items() if _must_be_given(field))
        self._auto_numbers = {
            name: field.auto_number for name, field in fields.items() if field.auto_number
        }
        self._defaults = {
            name: to_storage(schema, field, field.default)
            for name, field in fields.items()
            if field.default
        }

    def insert(self, rows: Sequence[Mapping[str, Any]]) -> list[RowResult]:
        """Insert rows."""
        return [self._guarded(self._insert, row) for row in rows]

    def update(self, rows: Sequence[Mapping[str, Any]]) -> list[RowResult]:
        """Update rows by `Id`, each so often only as one call may."""
        refused = too_often([_id_of(row) for row in rows])
        return [refused.get(at) or self._guarded(self._update, row) for at, row in enumerate(rows)]

    def upsert(self, rows: Sequence[Mapping[str, Any]]) -> list[RowResult]:
        """Insert or update rows by the key field, which no two of them may share."""
        shared = self._shared(rows)
        return [
            RowResult(None, error=shared[at]) if at in shared else self._guarded(self._upsert, row)
            for at, row in enumerate(rows)
        ]

    def _shared(self, rows: Sequence[Mapping[str, Any]]) -> dict[int, RowError]:
        """The errors of rows that name the same record, by the rows' places."""
        if self._key is None:
            return {}
        keys = [_folded(self._key, _given(self._key, row)) for row in rows]
        times = Counter(keys)
        code, name = "DUPLICATE_VALUE", self._key.name
        return {
            at: RowError(code, f"Duplicate external id specified: {key}", (name,))
            for at, key in enumerate(keys)
            if key and times[key] > 1
        }

    def _guarded(
        self, write: Callable[[Mapping[str, Any]], RowResult], row: Mapping[str, Any]
    ) -> RowResult:
        self._row_id = None
        try:
            with self._store.savepoint("one_row"):
                return write(row)
        except (Refused, BadValueError) as refused:
            return RowResult(self._row_id, error=refused.error)

    def _insert(self, row: Mapping[str, Any]) -> RowResult:
        values = dict(self._values(row, inserting=True))
        self._require(values, self._needed)
        number = self._store.take_ids(self._sobject.name, 1).start
        record_id = ids.encode(self._sobject.key_prefix, number)
        self._ask("insert", record_id)
        self._check_unique(values, number)
        self._check_joined(values)
        now = int(time.time())
        values |= {"Id": number, **dict.fromkeys(self._stamps("CreatedDate"), now)}
        values |= self._own_values(number, record_id, values)
        names = list(values)
        self._store.insert(self._sobject.name, names, [tuple(values.values())])
        return RowResult(record_id, created=True)

    def _update(self, row: Mapping[str, Any]) -> RowResult:
        text = _id_of(row)
        if not text:
            raise Refused(RowError("MISSING_ARGUMENT", "Id not specified in an update call"))
        self._row_id = text
        number = self._number(text)
        rest = {name: value for name, value in row.items() if name.lower() != "id"}
        return self._change(number, rest, "update")

    def _upsert(self, row: Mapping[str, Any]) -> RowResult:
        key = self._key
        if key is None or key.name == "Id":
            given = any(name.lower() == "id" and value for name, value in row.items())
            return self._update(row) if given else self._insert(row)
        value = _given(key, row)
        if value in (None, ""):
            message = f"{key.name} not specified"
            raise Refused(RowError("MISSING_ARGUMENT", message, (key.name,)))
        found = self._lookups.find(self._sobject, key, to_storage(self._schema, key, value))
        if len(found) > 1:
            raise Refused(self._several(key, found))
        if not found:
            return self._insert(row)
        if error := self._lookups.error(self._sobject, found[0]):
            raise Refused(error)
        return self._change(found[0], row, "upsert")

    def _several(self, key: Field, numbers: Sequence[int]) -> RowError:
        found = (ids.encode(self._sobject.key_prefix, number)[:15] for number in numbers)
        told = f"more than one record found for external id field: [{', '.join(found)}]"
        return RowError("DUPLICATE_EXTERNAL_ID", f"{key.label}: {told}", (key.name,))

    def _change(self, number: int, row: Mapping[str, Any], operation: str) -> RowResult:
        record_id = ids.encode(self._sobject.key_prefix, number)
        self._row_id = record_id
        self._ask(operation, record_id)
        values = dict(self._values(row, inserting=False))
        self._require(values, [name for name, value in values.items() if value is None])
        self._check_unique(values, number)
        if self._sobject.name == EVENT:
            change_children(self._store, number, values)
        values |= dict.fromkeys(self._stamps(), int(time.time()))
        marks = ", ".join(f"{quote(name)} = ?" for name in values)
        table = quote(self._sobject.name)
        self._store.run(f"UPDATE {table} SET {marks} WHERE Id = ?", (*values.values(), number))
        return RowResult(record_id)

    def _values(self, row: Mapping[str, Any], *, inserting: bool) -> Iterator[tuple[str, Any]]:
        for name, value in row.items():
            if name == "attributes":
                continue
            if "." in name or isinstance(value, dict):
                reference, stored = self._lookups.by_parent_key(self._sobject, name, value)
                _check_access(reference, inserting=inserting)
                yield reference.name, stored
                continue
            field = self._field(name)
            _check_access(field, inserting=inserting)
            stored = to_storage(self._schema, field, value)
            if field.type == "reference" and stored is not None:
                self._lookups.check_parent(field, stored)
            yield field.name, stored

    def _field(self, name: str) -> Field:
        field = self._sobject.find(name)
        if field is None:
            message = f"No such column '{name}' on sobject of type {self._sobject.name}"
            raise Refused(RowError("INVALID_FIELD", message))
        return field

    def _number(self, text: str) -> int:
        try:
            prefix, number = ids.parse(text)
        except ids.MalformedIdError:
            raise Refused(RowError("MALFORMED_ID", f"bad id {text}", ("Id",))) from None
        mine = prefix == self._sobject.key_prefix
        if error := self._lookups.error(self._sobject, number) if mine else UNKNOWN:
            raise Refused(error)
        return number

    def _require(self, values: Mapping[str, Any], names: Iterable[str]) -> None:
        missing = [name for name in names if name in self._needed and values.get(name) is None]
        if missing:
            message = f"Required fields are missing: [{', '.join(missing)}]"
            raise Refused(RowError("REQUIRED_FIELD_MISSING", message, tuple(missing)))

    def _check_unique(self, values: Mapping[str, Any], number: int) -> None:
        for name, value in values.items():
            field = self._sobject.fields[name]
            if not field.unique or value is None:
                continue
            others = [
                each for each in self._lookups.find(self._sobject, field, value) if each != number
            ]
            if others:
                other = ids.encode(self._sobject.key_prefix, others[0])
                message = (
                    f"duplicate value found: {name} duplicates value on record with id: "
                    f"{other[:15]}"
                )
                raise Refused(RowError("DUPLICATE_VALUE", message, (name,)))

    def _check_joined(self, values: Mapping[str, Any]) -> None:
        """Refuse a follow, topic or link that is there."""
        columns = _JOINED.get(self._sobject.name)
        if columns is None:
            return
        same = " AND ".join(f"{quote(each)} IS ?" for each in columns)
        sql = f"SELECT 1 FROM {quote(self._sobject.name)} WHERE {same} AND IsDeleted = 0 LIMIT 1"
        if self._store.value(sql, [values.get(each) for each in columns]):
            told = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
            raise Refused(RowError("DUPLICATE_VALUE", told))

    def _stamps(self, *more: str) -> list[str]:
        wanted = ("LastModifiedDate", "SystemModstamp", *more)
        return [name for name in wanted if name in self._sobject.fields]

    def _own_values(self, number: int, record_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a new row has by itself: auto-numbers, defaults, for a custom name the id."""
        own = {name: value for name, value in self._defaults.items() if name not in given}
        own |= {name: auto_number(form, number) for name, form in self._auto_numbers.items()}
        if self._sobject.custom and "Name" in self._sobject.fields and not given.get("Name"):
            own.setdefault("Name", record_id)
        if "BodyLength" in self._sobject.fields:
            own["BodyLength"] = len(base64.b64decode(given.get("Body") or ""))
        return own

    def _ask(self, operation: str, record_id: str) -> None:
        if self._hook and (error := self._hook(operation, self._sobject.name, record_id)):
            raise Refused(error)


def _id_of(row: Mapping[str, Any]) -> str:
    return next((str(value) for name, value in row.items() if name.lower() == "id"), "")


def _must_be_given(field: Field) -> bool:
    wanted = field.required or field.master_detail
    return wanted and field.createable and not field.system and field.type != "boolean"


def _check_access(field: Field, *, inserting: bool) -> None:
    if field.createable if inserting else field.updateable:
        return
    message = f"Unable to create/update fields: {field.name}. Please check the security"
    raise Refused(
        RowError(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"{message} settings of this field and verify that it is read/write for "
            "your profile or permission set.",
            (field.name,),
        )
    )


def _given(key: Field, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON or text
    return next((row[name] for name in row if name.lower() == key.name.lower()), None)


def _folded(key: Field, value: Any) -> str:  # noqa: ANN401 - JSON or text
    text = "" if value is None else str(value)
    return text if key.case_sensitive else text.lower()


def auto_number(form: str, number: int) -> str:
    """Return an auto-number, such as `IP-000000012` for `IP-{000000000}` and 12."""
    head, _, rest = form.partition("{")
    zeros, _, tail = rest.partition("}")
    return f"{head}{number:0{len(zeros)}d}{tail}"
