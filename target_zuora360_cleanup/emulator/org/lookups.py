"""Rows that a written row names: itself, by id or key, and what its lookups lead to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.org.refusals import (
    GONE,
    INACTIVE,
    NO_CROSS_ACCESS,
    UNKNOWN,
    Refused,
)
from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.schema.values import to_storage
from target_zuora360_cleanup.emulator.wire.errors import RowError

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.schema.objects import Field, Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["Lookups"]

_ACTIVE: Final = frozenset({"OwnerId", "SubscriberId"})
"""Lookups that take no inactive user."""
_IS_ACTIVE: Final = 'SELECT 1 FROM "User" WHERE Id = ? AND IsActive'


class Lookups:
    """Finds rows as the org's user may see them."""

    def __init__(self, schema: Schema, store: Store) -> None:
        self._schema, self._store = schema, store

    def check_parent(self, field: Field, stored: int) -> None:
        """See that a reference leads to a row, and one of an owner or follower to an active user.

        Raises:
            Refused: It does not.
        """
        parent, number = self._parent_row(field, stored)
        error = UNKNOWN if parent is None else self.error(parent, number)
        if error is None and field.name in _ACTIVE and not self._store.value(_IS_ACTIVE, [number]):
            error = INACTIVE
        if error is None and field.name == "RecordTypeId" and not self._is_for_use(number):
            error = replace(UNKNOWN, message="Record Type ID: this ID value isn't valid for you")
        if error is not None:
            raise Refused(replace(error, fields=(field.name,)))

    def _is_for_use(self, record_type: int) -> bool:
        sql = 'SELECT 1 FROM "RecordType" WHERE Id = ? AND IsActive'
        return bool(self._store.value(sql, (record_type,)))

    def _parent_row(self, field: Field, stored: int) -> tuple[SObject | None, int]:
        if not field.polymorphic:
            return self._schema.get(field.reference_to[0]), stored
        if stored < 0:
            return None, stored
        prefix, number = ids.untagged(stored)
        return self._schema.by_prefix(prefix), number

    def error(self, sobject: SObject, number: int) -> RowError | None:
        """Return why a row can't be written, nor be led to; None if it can."""
        seen = " AND ".join(sobject.unseen("t")) or "1"
        sql = f"SELECT IsDeleted, {seen} FROM {quote(sobject.name)} AS t WHERE Id = ?"
        row = self._store.run(sql, (number,)).fetchone()
        if row is None:
            return UNKNOWN
        if row[0]:
            return GONE
        return None if row[1] else NO_CROSS_ACCESS

    def by_parent_key(
        self,
        sobject: SObject,
        name: str,
        value: Any,  # noqa: ANN401 - JSON or text
    ) -> tuple[Field, int | None]:
        """Return a reference and the parent that its external id names.

        Args:
            sobject: The row's object.
            name: `Rel__r.Key__c`, as in CSV, or `Rel__r`.
            value: The key; with the second form `{"Key__c": …}`, as in JSON.

        Raises:
            Refused: There is no such parent.
        """
        relationship, _, key_name = name.partition(".")
        if isinstance(value, dict):
            key_name, value = next(((k, v) for k, v in value.items() if k != "attributes"), ("", 0))
        reference = sobject.parent(relationship)
        if reference is None:
            raise Refused(RowError("INVALID_FIELD", f"No such relation '{relationship}'"))
        if value is None:
            return reference, None
        return reference, self._by_key(reference, key_name, value)

    def _by_key(
        self,
        reference: Field,
        key_name: str,
        value: Any,  # noqa: ANN401 - JSON or text
    ) -> int:
        if reference.polymorphic:
            message = f"{reference.name} may lead to several objects"
            raise Refused(RowError("INVALID_FIELD", message, (reference.name,)))
        parent = self._schema.get(reference.reference_to[0])
        key = parent.find(key_name)
        if key is None or not key.lookup:
            message = f"{key_name} is no external id of {parent.name}"
            raise Refused(RowError("INVALID_FIELD", message, (reference.name,)))
        found = self.find(parent, key, to_storage(self._schema, key, value))
        if len(found) != 1:
            shown = str(value).lower()
            message = (
                f"Foreign key external ID: {shown} not found for field {key.name} in entity "
                f"{parent.name}"
            )
            raise Refused(RowError("INVALID_FIELD", message))
        return found[0]

    def find(self, sobject: SObject, key: Field, value: Any) -> list[int]:  # noqa: ANN401 - stored
        """Return the live rows that have this value, two at most."""
        sql = (
            f"SELECT Id FROM {quote(sobject.name)} WHERE {quote(key.name)} = ? AND +IsDeleted = 0"
            " LIMIT 2"
        )
        return [row[0] for row in self._store.run(sql, (value,))]
