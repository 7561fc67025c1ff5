"""simple-salesforce over https: a login, queries, records, Bulk API 2.0."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import requests

from tests.peers.peer import Peer, Place, expect

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PEER"]

ITEM, ACCOUNT = "Zuora__InvoiceItem__c", "Zuora__CustomerAccount__c"


def install(_: Path) -> str:
    """It comes with this project."""
    return f"simple-salesforce {version('simple-salesforce')}"


def script(place: Place) -> None:
    """What its users do."""
    from simple_salesforce.api import Salesforce
    from simple_salesforce.exceptions import SalesforceMalformedRequest

    org = place.server.org
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(place.server.ca_file)
        client = Salesforce(session_id=place.server.access_token, session=session,
                            instance_url=place.server.tls_url, version="59.0")  # fmt: skip
        total = org.counts()[ITEM]
        expect("a count", client.query(f"SELECT COUNT() FROM {ITEM}")["totalSize"], total)
        wide = client.query_all(f"SELECT Id, Zuora__Notes__c FROM {ACCOUNT}")["records"]
        expect("rows of wide pages", len(wide), org.counts()[ACCOUNT])
        _records(client)
        _bulk(client, total)
        try:
            client.query("SELECT Id FROM Account WHERE Description = 'x'")
        except SalesforceMalformedRequest as refused:
            said: Any = refused.content
            expect("the refusal", said[0]["errorCode"], "INVALID_FIELD")
    expect("rows left", org.counts()[ITEM], total - 5)


def _records(client: Any) -> None:
    made = client.Account.create({"Name": "Made"})["id"]
    client.Account.update(made, {"Phone": "1"})
    expect("the phone", client.Account.get(made)["Phone"], "1")
    client.Account.delete(made)


def _bulk(client: Any, total: int) -> None:
    handler = getattr(client.bulk2, ITEM)
    pages = list(handler.query(f"SELECT Id FROM {ITEM}"))
    ids = [line.strip('"') for page in pages for line in page.splitlines()[1:]]
    expect("rows exported", len(ids), total)
    [result] = handler.delete(records=[{"Id": each} for each in ids[:5]], wait=0.1)
    expect(
        "rows deleted", (result["numberRecordsProcessed"], result["numberRecordsFailed"]), (5, 0)
    )


PEER: Final = Peer("simple-salesforce", install, script)
