"""Small orgs with a shape, and what tests ask of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from tests.support.emulated import opened

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from target_zuora360_cleanup.emulator.wire.errors import RowResult

SUBSCRIPTION: Final = "Zuora__Subscription__c"
INVOICE: Final = "Zuora__ZInvoice__c"
RECORDS: Final = 200
"""Of which 17 are subscriptions and 28 invoices."""


def shaped(options: OrgOptions | None = None, **parts: Any) -> AbstractContextManager[Org]:
    """An org with a shape of these parts."""
    made = options or OrgOptions(records=RECORDS, quotes=False)
    return opened(OrgOptions(**{**vars(made), "shape": json.dumps(parts)}))


def child(name: str, parent: str, on_delete: str, **more: Any) -> dict[str, Any]:
    """An object with one lookup, `Parent__c`."""
    lookup = {"name": "Parent__c", "type": "reference", "to": [parent], "on_delete": on_delete}
    return {"name": name, "fields": [lookup], **more}


def ids(org: Org, name: str) -> list[str]:
    """Of all live rows, whatever the user may see."""
    return [str(row["Id"]) for row in org.all_rows(name)]


def delete(org: Org, name: str, *record_ids: str) -> list[RowResult]:
    return org.dml("delete", name, [{"Id": each} for each in record_ids])


def codes(results: list[RowResult]) -> list[str | None]:
    return [each.error.code if each.error else None for each in results]


def column(org: Org, soql: str) -> list[Any]:
    """The first column of a query's rows."""
    with org.query(soql) as found:
        return [row[0] for row in found.rows(0, found.total)]
