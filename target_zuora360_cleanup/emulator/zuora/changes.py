"""What time does to the emulated Zuora: records change, some are new, a few are deleted."""

from __future__ import annotations

import random
import time
from datetime import date, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.zuora.bundles import Bundles
from target_zuora360_cleanup.emulator.zuora.records import Record, Records

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.schema.store import Store
    from target_zuora360_cleanup.emulator.schema.zuora import ZuoraField

__all__ = ["Changes", "change_records"]

_DELETED_SHARE: Final = 15
"""One in so many records that change is deleted ..."""
_NEW_SHARE: Final = 0.35
"""... and this part of them is new."""
_LEAST_FOR_DELETION: Final = 5
_TRIES: Final = 20
_UNUSED: Final = {
    # What may be deleted, and where its id must not be.
    "InvoiceItem": (
        ("TaxationItem", "InvoiceItem.Id"), ("CreditMemoItem", "InvoiceItem.Id"),
        ("DebitMemoItem", "InvoiceItem.Id"), ("InvoiceItem", "AppliedToInvoiceItemId"),
    ),
    "PaymentMethod": (("Account", "DefaultPaymentMethod.Id"), ("Payment", "PaymentMethod.Id")),
    "TaxationItem": (),
    "SubscriptionProductFeature": (),
    "RatePlanChargeTier": (),
}  # fmt: skip
_INTEGERS: Final = {"CreditCardExpirationYear": (2027, 2036)}

Changes = dict[str, dict[str, int]]


def change_records(store: Store, org_seed: int, records: int, seed: int) -> Changes:
    """Change so many records; returns how many were `changed`, `added`, `deleted`, by object.

    The same seed chooses the same in the same tenant. No two records of an object get the same
    time, so the last ones of many are a few seconds ahead.
    """
    now = int(time.time())
    return _Run(Records(store, org_seed, lambda last: max(now, last + 1)), records, seed).changes()


class _Run:
    def __init__(self, records: Records, count: int, seed: int) -> None:
        self._records, self._count = records, count
        self._chance = random.Random(f"changes:{seed}")  # noqa: S311 - repeatable
        self._counts: Changes = {}
        self._touched: set[tuple[str, int]] = set()

    def changes(self) -> Changes:
        """Add, delete and change records, in this order; return the counts."""
        self._add()
        deletions = self._count // _DELETED_SHARE or int(self._count >= _LEAST_FOR_DELETION)
        self._delete(deletions)
        self._change()
        return self._counts

    @property
    def _done(self) -> int:
        return sum(sum(each.values()) for each in self._counts.values())

    def _note(self, what: str, record: Record) -> None:
        counts = self._counts.setdefault(record.item.name, {"changed": 0, "added": 0, "deleted": 0})
        counts[what] += 1
        self._touched.add((record.item.name, record.number))

    def _add(self) -> None:
        bundles = Bundles(self._records, self._chance)
        for bundle in cycle((bundles.invoice, bundles.subscription, bundles.version)):
            if self._done + bundles.SIZE > self._count * _NEW_SHARE:
                return
            before = self._done
            for what, record in bundle():
                self._note(what, record)
            if self._done == before:
                return

    def _delete(self, count: int) -> None:
        for name in [*_UNUSED] * count:
            if count and (record := self._unused(name)):
                self._records.change(record, deleted=1)
                self._note("deleted", record)
                count -= 1

    def _unused(self, name: str) -> Record | None:
        for _ in range(_TRIES):
            record = self._untouched(name)
            if record is None or not self._is_used(record):
                return record
        return None

    def _is_used(self, record: Record) -> bool:
        return any(
            self._records.find(child, f'"{field}" = ? AND _deleted = 0', record.id)
            for child, field in _UNUSED[record.item.name]
        )

    def _untouched(self, name: str) -> Record | None:
        for _ in range(_TRIES):
            record = self._records.pick(self._chance, name)
            if record is None:
                return None
            if (name, record.number) not in self._touched:
                return record
        return None

    def _change(self) -> None:
        items = [
            each for each in self._records.filled if any(map(_is_changeable, each.fields.values()))
        ]
        self._chance.shuffle(items)
        missed = 0
        for item in cycle(items):
            if self._done >= self._count or missed > len(items):
                return
            record = self._untouched(item.name)
            missed = 0 if record else missed + 1
            if record is not None:
                self._change_one(record)

    def _change_one(self, record: Record) -> None:
        fields = [each for each in record.item.fields.values() if each.changeable]
        field = self._chance.choice(fields)
        value = self._value(field, record[field.name])
        self._records.change(record, **{field.name: value})
        self._note("changed", record)

    def _value(self, field: ZuoraField, old: Any) -> Any:  # noqa: ANN401 - of any field type
        if field.type == "boolean":
            return int(not old)
        if field.type == "date":
            day = date.fromisoformat(old) if old else date(2026, 1, 1)
            return (day + timedelta(days=self._chance.randrange(1, 90))).isoformat()
        if field.type == "decimal":
            return _other(old, lambda: round(self._chance.uniform(1, 900), 2))
        if field.type == "integer":
            return _other(old, lambda: self._chance.randrange(*_INTEGERS.get(field.name, (1, 13))))
        number = self._chance.randrange(10**6)
        return f"user{number}@example.com" if "Email" in field.name else f"Changed {number:06d}"


def _is_changeable(field: ZuoraField) -> bool:
    return field.changeable


def _other(old: Any, make: Any) -> Any:  # noqa: ANN401 - of any field type
    """A value that differs from the old one."""
    while (value := make()) == old:
        pass
    return value
