"""The Salesforce CLI: a login by access token, queries, records, bulk export and deletion."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

from tests.peers.npm import installed, node_env, version_of
from tests.peers.peer import Peer, Place, expect, have

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PEER", "Cli", "install"]

_PACKAGE: Final = "@salesforce/cli"
ACCOUNT, ITEM = "Zuora__CustomerAccount__c", "Zuora__InvoiceItem__c"


def install(tools: Path) -> str:
    """Install it, and say what it is."""
    return f"Salesforce CLI {version_of(installed(tools, 'sf', _PACKAGE), _PACKAGE)}"


class Cli:
    """The CLI with a home of its own, logged in."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._env = node_env(place.tools / "sf") | {
            "HOME": str(place.folder), "SF_USE_GENERIC_UNIX_KEYCHAIN": "true",
            "SF_DISABLE_TELEMETRY": "true", "SF_AUTOUPDATE_DISABLE": "true",
            "SF_SKIP_NEW_VERSION_CHECK": "true",
        }  # fmt: skip
        token = {"SF_ACCESS_TOKEN": place.server.access_token}
        have(["sf", "org", "login", "access-token", f"--instance-url={place.server.url}",
              "--no-prompt", "--alias=emu"], self._env | token, cwd=place.folder)  # fmt: skip

    def __call__(self, *words: str) -> str:
        """What a command prints."""
        return have(["sf", *words], self._env, cwd=self._place.folder)

    def as_data(self, *words: str) -> Any:
        """The result of a command as JSON."""
        return json.loads(self(*words, "--target-org=emu", "--json"))["result"]

    def rows(self, soql: str) -> list[dict[str, str]]:
        """The rows of a query, as the CLI prints them for a table."""
        words = ["data", "query", f"--query={soql}", "--result-format=csv", "--target-org=emu"]
        return list(csv.DictReader(io.StringIO(self(*words))))


def script(place: Place) -> None:
    """What users of the CLI do."""
    org, cli = place.server.org, Cli(place)
    _query(cli)
    _records(cli)
    _bulk(cli, place)
    expect("rows left", org.counts()[ITEM], 0)
    fields = cli.as_data("sobject", "describe", f"--sobject={ACCOUNT}")["fields"]
    expect("fields", len(fields), len(org.schema.get(ACCOUNT).fields))
    names = cli.as_data("sobject", "list", "--sobject=custom")
    expect("the object is listed", ACCOUNT in names, wanted=True)
    limits = {each["name"] for each in cli.as_data("org", "list", "limits")}
    expect("a limit", "DailyApiRequests" in limits, wanted=True)


def _query(cli: Cli) -> None:
    path = "Zuora__Account__r.Name"
    rows = cli.rows(f"SELECT Id, Name, {path} FROM {ACCOUNT} WHERE {path} != null LIMIT 3")
    expect("columns", list(rows[0]), ["Id", "Name", path])
    expect("a parent's name in each row", all(row[path] for row in rows), wanted=True)
    below = "(SELECT Name FROM Zuora__Subscriptions__r)"
    rows = cli.rows(f"SELECT Name, {below} FROM {ACCOUNT} LIMIT 5")
    expect("columns of children", [name for name in rows[0] if "Subscriptions" in name][:1],
           ["Zuora__Subscriptions__r.totalSize"])  # fmt: skip
    status = "Zuora__Status__c"
    rows = cli.rows(f"SELECT {status}, COUNT(Id) n FROM {ACCOUNT} GROUP BY {status}")
    expect("groups", list(rows[0]), [status, "n"])


def _records(cli: Cli) -> None:
    made = cli.as_data("data", "create", "record", "--sobject=Account", "--values=Name='Made'")[
        "id"
    ]
    one = ["--sobject=Account", f"--record-id={made}"]
    cli.as_data("data", "update", "record", *one, "--values=Phone=1")
    expect("the phone", cli.as_data("data", "get", "record", *one)["Phone"], "1")
    cli.as_data("data", "delete", "record", *one)
    left = cli.as_data("data", "query", f"--query=SELECT Id FROM Account WHERE Id = '{made}'")
    expect("rows left", left["totalSize"], 0)


def _bulk(cli: Cli, place: Place) -> None:
    file = place.folder / "items.csv"
    query = f"--query=SELECT Id FROM {ITEM}"
    cli("data", "export", "bulk", query, f"--output-file={file}", "--wait=5", "--target-org=emu")
    rows = file.read_text(encoding="utf-8").splitlines()
    expect("rows exported", len(rows) - 1, place.server.org.counts()[ITEM])
    cli("data", "delete", "bulk", f"--sobject={ITEM}", f"--file={file}", "--line-ending=LF",
        "--wait=5", "--target-org=emu")  # fmt: skip


PEER: Final = Peer("sf", install, script)
