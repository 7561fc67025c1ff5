"""What tests of mode `sync` share: streams, runs of the target in this process, looks at rows."""

from __future__ import annotations

import contextlib
import io
import json
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.errors import CleanupError, InputError
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.sync.reader import BROKEN_STREAM
from target_zuora360_cleanup.target import TargetZuora360Cleanup
from tests.support.runs import Ran, login

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

ACCOUNT, SUBSCRIPTION = "Zuora__CustomerAccount__c", "Zuora__Subscription__c"
INVOICE, ITEM = "Zuora__ZInvoice__c", "Zuora__InvoiceItem__c"
METHOD, PAYMENT = "Zuora__PaymentMethod__c", "Zuora__Payment__c"
KEY = "Zuora__External_Id__c"
_ANY = {"type": ["string", "number", "boolean", "object", "array", "null"]}

Message = dict[str, Any]


def schema(stream: str, fields: str, **types: Any) -> Message:
    """A SCHEMA whose fields may hold anything."""
    properties = {**dict.fromkeys(["Id", *fields.split()], _ANY), **types}
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": properties},
        "key_properties": ["Id"],
    }


def record(stream: str, key: str, **values: Any) -> Message:
    return {"type": "RECORD", "stream": stream, "record": {"Id": key, **values}}


def state(**bookmarks: Any) -> Message:
    return {"type": "STATE", "value": {"bookmarks": bookmarks}}


def crm_id(org: Org, number: int = 0) -> str:
    """The id of a Salesforce Account."""
    return str(rows(org, "SELECT Id FROM Account ORDER BY Id")[number]["Id"])


def rows(org: Org, soql: str) -> list[dict[str, Any]]:
    """The rows of a query, without what describes them."""
    return [_plain(each) for each in org.query(soql).records(0, 10_000)]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(value) if isinstance(value, dict) else value
        for name, value in row.items()
        if name != "attributes"
    }


def keys(org: Org, name: str, prefix: str, key: str = KEY) -> set[str]:
    """The external ids of an object's rows that begin with `prefix`."""
    found = rows(org, f"SELECT {key} FROM {name} WHERE {key} LIKE '{prefix}%'")
    return {each[key] for each in found}


class Target(TargetZuora360Cleanup):
    """The target without its waits."""

    waits = NO_WAITS


def sync(server: EmulatorServer, output: Path, messages: Iterable[Message], **config: Any) -> Ran:
    """Run the target in this process on a stream."""
    out, err = io.StringIO(), io.StringIO()
    settings = {"mode": "sync", "output_dir": str(output), **login(server), **config}
    lines = io.StringIO("".join(json.dumps(each) + "\n" for each in messages))

    def action() -> int:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                Target(config=settings).listen(lines)
            except CleanupError as exc:
                return exc.exit_status
            except BROKEN_STREAM:
                return InputError.exit_status
        return 0

    return Ran.of(action, output, out, err)
