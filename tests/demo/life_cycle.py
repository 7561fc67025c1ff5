"""The demo: the life cycle of a 360 sync with a cleanup in it, which Meltano's job `demo` runs.

Real Meltano runs the real tap-zuora and the target; Zuora and Salesforce are emulated.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.demo.console import heading, say, table
from tests.demo.emulated import OWN_VALUES, Emulator
from tests.demo.meltano_runs import (
    EXTRACTOR,
    LOADER,
    MODE_VARIABLE,
    RELINK,
    URL_VARIABLE,
    VERIFY,
    DemoError,
    Pipeline,
)
from tests.demo.people import GOING, KINDS, Added, lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.demo.meltano_runs import Ran
    from tests.demo.people import Seen

DEFAULT_URL = "http://127.0.0.1:8360"
FULL, INCREMENTAL = "full", "incremental"
FILLED = "Zuora's own 360"
COLUMNS = (
    "Step", "Sent", "Changed", "Again", "Loaded", "Deleted", "In the org", "Links", "Values",
    "Next sync",
)  # fmt: skip
JOINED = ("EntitySubscription", "TopicAssignment", "ContentDocumentLink")
"""Follows, topics and links of files: all of them are on Zuora's records here."""
GO_ALONG = "PricebookEntry"
"""Salesforce deletes them with their products."""
LEGEND = (
    "Sent by the tap; of them Changed in Zuora since the last sync, or sent Again: tap-zuora",
    "begins with the last record of each stream. Loaded into the org, Deleted from it. Links",
    "of people's records and quotes that lead to Zuora's, tasks, events, follows, topics and files",
    "among them; Values of people's own fields on Zuora's records.",
)
ADDED_COLUMNS = (
    "Of accounts, of the catalogue", "First", "Cleanup", "Relink", "First", "Cleanup", "Relink",
    "In the backup",
)  # fmt: skip
ADDED_LEGEND = (
    "At First, after the Cleanup, and after the Relink: rows with the same content that lead to",
    "the record with the same Zuora id. Notes and attachments can't be detached: they go where the",
    "settings allow it, and are in the backup, whole.",
)
HANGING = tuple(kind.name for kind in KINDS)


class Row(NamedTuple):
    """A line of the table; what doesn't apply is None."""

    step: str
    sent: int | None = None
    changed: int | None = None
    again: int | None = None
    loaded: int | None = None
    deleted: int | None = None
    in_salesforce: int = 0
    lookups: int = 0
    values: int = 0
    next_sync: str = FULL


def main() -> None:
    """Run the whole of it, and stop the emulator however it ends."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # a real stdout
    arguments = _parser().parse_args()
    emulator = Emulator((os.environ.get(URL_VARIABLE) or DEFAULT_URL).rstrip("/"))
    try:
        emulator.start(arguments.records)
        try:
            Demo(emulator).show(arguments.changes)
        finally:
            emulator.stop()
    except DemoError as error:
        sys.exit(str(error))


class Demo:
    """What is known while it goes on.

    Args:
        emulator: Started, with an org that Zuora's own 360 has filled.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._pipeline = Pipeline(emulator.url)
        self._rows: list[Row] = []
        self._changes: dict[str, int] = {}
        self._next_sync = FULL
        self._of_others: dict[str, int] = {}
        self._streams = set(emulator.synced())
        self._lookups = {
            each for each in emulator.links() if not each.startswith((GO_ALONG, *JOINED, *GOING))
        }
        plain = [each for each in self._lookups if not each.startswith(HANGING)]
        self._added = Added(emulator.org, plain)

    def show(self, changes: int) -> None:
        """Go through the life cycle."""
        say(f"A Salesforce org and a Zuora tenant, emulated at {self._emulator.url}")
        self._pipeline.forget()
        heading(f"1 {FILLED} has filled the org")
        self._rows.append(Row(FILLED))
        first = self._added.look()
        self._run("Plan", "plan")
        cleaned = self._run("Cleanup", "cleanup"), self._added.look()
        self._run("Full sync", "sync")
        self._utility("Relink", RELINK)
        relinked = self._added.look()
        verified = self._utility("Verify", VERIFY)
        self._change(changes)
        self._run("Incremental sync", "sync")
        self._tell(verified, self._run("Cleanup", "cleanup"))
        self._tell_added(first, *cleaned, relinked)

    def _run(self, step: str, mode: str) -> Ran:
        heading(f"{len(self._rows) + 1} {step}")
        say(f"$ {MODE_VARIABLE}={mode} meltano run {EXTRACTOR} {LOADER}")
        ran = self._pipeline.run(mode)
        sent, is_full = sum(ran.sent.values()), self._next_sync == FULL
        changed = sum(min(count, self._changes.get(name, 0)) for name, count in ran.sent.items())
        if mode == "sync":
            self._changes = {}
        if not self._of_others:
            self._begin(ran)
        self._next_sync = INCREMENTAL if self._streams & ran.bookmarks.keys() else FULL
        self._add(
            Row(
                step,
                sent,
                None if is_full else changed,
                None if is_full else sent - changed,
                ran.total("upserted") if mode == "sync" else None,
                ran.total("deleted") if mode != "plan" else None,
            )
        )
        return ran

    def _begin(self, plan: Ran) -> None:
        """Tell what is Zuora's of what is there by the first plan, which changes nothing."""
        there = self._emulator.rows()
        self._of_others = {
            each["api_name"]: there[each["api_name"]] - each["to_delete"]
            for each in plan.report["objects"]
        }
        self._rows[0] = self._counted(self._rows[0])

    def _utility(self, step: str, command: str) -> dict[str, Any]:
        heading(f"{len(self._rows) + 1} {step}")
        say(f"$ meltano run {command}")
        report = self._pipeline.utility(command)
        say(str(report["headline"]))
        self._add(Row(step))
        return report

    def _change(self, number: int) -> None:
        heading(f"{len(self._rows) + 1} Changes in Zuora")
        kinds = self._emulator.change(number)
        self._changes = {name: sum(each.values()) for name, each in kinds.items()}
        totals = {
            kind: sum(each[kind] for each in kinds.values())
            for kind in ("changed", "added", "deleted")
        }
        say(", ".join(f"{count:,} {kind}" for kind, count in totals.items()))
        self._add(Row("Changes in Zuora", changed=sum(self._changes.values())))

    def _add(self, row: Row) -> None:
        """Add a line, with what is there now."""
        self._rows.append(row := self._counted(row))
        say(
            f"Zuora's records in Salesforce: {row.in_salesforce:,}, lookups to them: "
            f"{row.lookups:,}, values of people's: {row.values:,}. Next sync: {row.next_sync}."
        )

    def _counted(self, row: Row) -> Row:
        there = self._emulator.rows()
        held = sum(there[name] - others for name, others in self._of_others.items())
        lookups = self._emulator.org.links(self._lookups) + sum(there[each] for each in JOINED)
        values = self._emulator.org.links(OWN_VALUES)
        return row._replace(
            in_salesforce=held, lookups=lookups, values=values, next_sync=self._next_sync
        )

    def _tell(self, verified: Mapping[str, Any], cleanup: Ran) -> None:
        heading("The whole life cycle")
        table(COLUMNS, self._rows)
        for line in LEGEND:
            say(line)
        kept = ", ".join(cleanup.report["state"]["bookmarks_kept"])
        say(f"The cleanup left the bookmarks of streams that no 360 object holds: {kept}.")
        say(f"Verify: {verified['headline']}")
        fields = [(each["object"], field) for each in verified["compared"]
                  for field in each["changed"]]  # fmt: skip
        values = sum(field["rows"] for _, field in fields)
        say(f"{values:,} values of {len(fields)} fields don't come back:")
        for why in dict.fromkeys(field["why"] for _, field in fields):
            names = (f"{name}.{field['field']}" for name, field in fields if field["why"] == why)
            say(f"- {why}: {', '.join(names)}")

    def _tell_added(self, first: Seen, cleanup: Ran, cleaned: Seen, relinked: Seen) -> None:
        heading("What people had added, and of it what is as it was")
        gone = Counter[str]()
        for each in cleanup.report["taken_along"]:
            gone[each["object"]] += each["gone"]
        table(ADDED_COLUMNS, lines(first, cleaned, relinked, gone))
        for line in ADDED_LEGEND:
            say(line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=3000, help="how many Zuora has")
    parser.add_argument("--changes", type=int, default=20, help="how many change in Zuora")
    return parser


if __name__ == "__main__":
    main()
