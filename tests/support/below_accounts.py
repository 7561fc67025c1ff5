"""What hangs below billing accounts, worked out row by row from an emulated org's own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.schema import ids

if TYPE_CHECKING:
    from collections.abc import Collection

    from target_zuora360_cleanup.emulator.org.org import Org
    from tests.support.whole_org import Rows

ACCOUNT = "Zuora__CustomerAccount__c"
PLAIN = {("Zuora__SubscriptionChargeTierHistory__c", "Zuora__SubscriptionProductChargeHistory__c")}
"""Lookups that no deletion takes a row along by, and by which alone it belongs to an account."""
Row = tuple[str, str]


def below(org: Org, rows: Rows, accounts: Collection[str]) -> set[Row]:
    """The packages' rows that belong to these billing accounts, themselves included.

    Args:
        org: Whose schema it is.
        rows: All of its rows.
        accounts: Ids of billing accounts.
    """
    lookups = {
        name: [
            field
            for field in item.fields.values()
            if len(field.reference_to) == 1
            and field.reference_to[0] != name
            and (field.on_delete == "cascade" or field.master_detail or (name, field.name) in PLAIN)
        ]
        for name, item in org.whole.objects.items()
        if name.startswith("Zuora__") and name != ACCOUNT
    }
    found = {(ACCOUNT, each) for each in accounts}
    size = 0
    while len(found) > size:
        size = len(found)
        found |= {
            (name, id_)
            for (name, id_), values in rows.items()
            for field in lookups.get(name, ())
            if parent_of(org, field.reference_to[0], values[field.name]) in found
        }
    return found


def parent_of(org: Org, name: str, value: Any) -> Row | None:
    """The row that a lookup leads to."""
    return None if value is None else (name, ids.encode(org.whole.get(name).key_prefix, value))
