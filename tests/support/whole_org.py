"""All rows of an org, whoever may see them, and small orgs of few object types."""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.soql.object_limits import METADATA
from tests.support.runs import Ran, is_untouchable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.org import Org

OWN = (
    "Zuora__CustomerAccount__c", "Zuora__Subscription__c", "Zuora__SubscriptionRatePlan__c",
    "Zuora__SubscriptionProductCharge__c", "Zuora__ZInvoice__c", "Zuora__InvoiceItem__c",
    "Zuora__Payment__c",
)  # fmt: skip
"""Object types that a small org has."""
Rows = dict[tuple[str, str], dict[str, Any]]


def thin_out(org: Org, *besides: str) -> None:
    """Leave Zuora's rows of a few types alone: each type costs a run as much as its shape does."""
    with org.lock, org.store.transaction():
        for name in org.whole.objects.keys() & org.store.tables():
            if not is_untouchable(name) and name not in (*OWN, *besides):
                org.store.run(f'DELETE FROM "{name}"')


def everything(org: Org) -> Rows:
    """All live rows, by object and id, whoever may see them; not what tells of the org itself."""
    found: Rows = {}
    with org.lock:
        tables = org.store.tables()
        for item in org.whole.objects.values():
            if item.name not in tables or item.name in METADATA or item.api == "tooling":
                continue
            for row in org.store.run(f'SELECT * FROM "{item.name}" WHERE IsDeleted = 0'):
                values = dict(zip(item.fields, row, strict=False))
                found[item.name, ids.encode(item.key_prefix, values["Id"])] = values
    return found


def hidden_rows(org: Org) -> set[tuple[str, str]]:
    """Rows that sharing hides from the user, by object and id."""
    with org.lock:
        rows = list(org.store.run("SELECT object, id FROM _hidden"))
    return {(name, ids.encode(org.whole.objects[name].key_prefix, id_)) for name, id_ in rows}


def backed_up(ran: Ran, name: str) -> set[str]:
    return {row["Id"] for row in table(ran.folder / "backup" / f"{name}.csv.gz")}


def table(path: Path) -> Iterator[dict[str, str]]:
    if path.exists():
        yield from csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode()))
