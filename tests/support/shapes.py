"""Orgs with a shape, for tests of cleanups: which objects and rows they have besides the usual."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.deletion.delete import Deletion
from target_zuora360_cleanup.deletion.recheck import Recheck
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.org.permissions import for_user
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, Ran, login, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from target_zuora360_cleanup.deletion.outcome import Outcome
    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from target_zuora360_cleanup.plan.plan import Step

TAXES, ITEMS, INVOICES = "Zuora__TaxationItem__c", "Zuora__InvoiceItem__c", "Zuora__ZInvoice__c"
BILLED = [TAXES, ITEMS, INVOICES]
"""Invoices and what hangs on them, in the order of deletion."""
NOTE = "Billing_Note__c"


def shaped(shape: dict[str, Any], records: int = 300, **more: Any) -> Emulated:
    """A sandbox with this shape."""
    options = OrgOptions(records=records, sandbox=True, shape=json.dumps(shape), **more)
    return Emulated(options)


def notes(on_delete: str = "cascade", to: str = INVOICES, name: str = NOTE) -> dict[str, Any]:
    """An object of people whose rows lead to Zuora's by `Of__c`."""
    field = {"name": "Of__c", "type": "reference", "to": [to], "on_delete": on_delete}
    return {"name": name, "fields": [field, {"name": "Text__c", "type": "string"}]}


def rows(name: str, count: int = 1, **values: Any) -> dict[str, Any]:
    """Rows of an object."""
    return {"object": name, "count": count, "values": values}


def of(name: str, at: int = 1) -> dict[str, Any]:
    """What leads to a row."""
    return {"object": name, "at": at}


def cleanup(server: EmulatorServer, output: Path, **more: Any) -> Ran:
    """Clean the server's org up, by default of invoices and what hangs on them; None is not set."""
    given = {"include_objects": BILLED, **ALLOWED, **more}
    said = {name: value for name, value in given.items() if value is not None}
    return run({**login(server), "mode": "cleanup", **said}, output)


def ids(server: EmulatorServer, name: str, where: str = "") -> set[str]:
    """Ids of live rows."""
    result = server.org.query(f"SELECT Id FROM {name} {where}")
    return {row[0] for row in result.rows(0, result.total)}


def at_first(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object]) -> None:
    """Do something once, just before the first row of an object is deleted."""
    real, done = Deletion.delete, list[bool]()

    def acting(self: Deletion, turn: Turn) -> Outcome:
        if turn.step.name == name and not done:
            done.append(True)
            act()
        return real(self, turn)

    monkeypatch.setattr(Deletion, "delete", acting)


def before_look(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object]) -> None:
    """Do something once, just before the org is looked at again for an object."""
    real, done = Recheck.turn, list[bool]()

    def acting(self: Recheck, step: Step) -> Turn:
        if step.name == name and not done:
            done.append(True)
            act()
        return real(self, step)

    monkeypatch.setattr(Recheck, "turn", acting)


def lose_sight(server: EmulatorServer, *names: str) -> None:
    """Take View All Data from the user: sharing hides a third of these objects' rows from now on.

    ("Sharing", Salesforce Help: whoever has neither it nor Modify All Data sees what is shared.)
    """
    org, hidden = server.org, frozenset(names)
    _give(org, replace(org.options, modify_all=False, rows_hidden=hidden), is_given=False)


def see_all(server: EmulatorServer) -> None:
    """Give it back."""
    _give(server.org, server.org.options, is_given=True)


def _give(org: Org, options: OrgOptions, *, is_given: bool) -> None:
    rights = {
        "UserPermissionAccess": ("PermissionsViewAllData", "PermissionsModifyAllData"),
        "ObjectPermissions": ("PermissionsViewAllRecords", "PermissionsModifyAllRecords"),
    }
    with org.lock, org.store.transaction():
        for name, columns in rights.items():
            values = ", ".join(f"{each} = {int(is_given)}" for each in columns)
            org.store.run(f'UPDATE "{name}" SET {values}')
        org.schema = for_user(org.whole, options)
