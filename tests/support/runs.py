"""What tests of whole runs share: streams, runs in this process, and looks at an org."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, TextIO

from target_zuora360_cleanup.cleanup.run import Run
from target_zuora360_cleanup.lifecycle.context import Context
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from target_zuora360_cleanup.singer.stream import SingerStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from target_zuora360_cleanup.lifecycle.result import Result
    from target_zuora360_cleanup.meltano.pipeline import Pipeline

BOOKMARKS = {
    "Account": {"version": 1, "UpdatedDate": "2024-05-01T00:00:00.000000Z", "file_ids": ["x"]},
    "Invoice": {"version": 1, "UpdatedDate": "2024-05-01T00:00:00.000000Z"},
    "Product": {"version": 1, "UpdatedDate": "2024-05-01T00:00:00.000000Z"},
    "Amendment": {"version": 1, "UpdatedDate": "2024-05-01T00:00:00.000000Z"},
}
ALLOWED: dict[str, Any] = {"allow_cascade_to": ["PricebookEntry"], "state_is_stored": True}
"""Price book entries go with their product, which a cleanup of the catalogue has to be told; a
test stores what is written to stdout."""


def lines(*messages: dict[str, Any]) -> bytes:
    """A Singer stream."""
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def schema(stream: str) -> dict[str, Any]:
    return {"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": []}


def state(bookmarks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "STATE", "value": {"bookmarks": bookmarks, **more}}


def record(stream: str) -> dict[str, Any]:
    return {"type": "RECORD", "stream": stream, "record": {"Id": "1"}}


def tap_stream() -> bytes:
    """What an incremental run of a tap looks like."""
    return lines(
        state(BOOKMARKS, current_stream="Account"),
        schema("Account"),
        record("Account"),
        state(BOOKMARKS, current_stream=None),
    )


@dataclass(frozen=True)
class Ran:
    """What a run of any mode left behind.

    Attributes:
        status: The exit status.
        message: Why it did not go well.
        states: The lines of its stdout.
        summary: What it wrote to stderr.
        folder: Its output folder.
        report: Its `report.json`.
    """

    status: int
    message: str
    states: list[dict[str, Any]]
    summary: str
    folder: Path
    report: dict[str, Any]

    @classmethod
    def of(
        cls, action: Callable[[], Result | int], output: Path, out: StringIO, err: StringIO
    ) -> Ran:
        """Do something that is one run, in this process.

        Args:
            action: The run; it returns how it ended, or its exit status alone.
            output: The folder of output folders.
            out: Where it writes its states to.
            err: Where it writes its summary to.
        """
        before = set(output.iterdir()) if output.exists() else set()
        result = action()
        (folder,) = set(output.iterdir()) - before
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        states = [json.loads(line) for line in out.getvalue().splitlines()]
        if isinstance(result, int):
            status, message = result, report["error"] or ""
        else:
            status, message = result.exit_status, str(result.error or "")
        return cls(status, message, states, err.getvalue(), folder, report)

    def object(self, api_name: str) -> dict[str, Any]:
        """The report's entry of an object type."""
        objects = {each["api_name"]: each for each in self.report["objects"]}
        return dict(objects[api_name])

    def link(self, name: str) -> dict[str, Any]:
        """The report's entry of a lookup that was relinked, named `Object.Field`."""
        links = {f"{each['object']}.{each['field']}": each for each in self.report["links"]}
        return dict(links[name])

    def file(self, name: str) -> list[dict[str, str]]:
        """The rows of a table in its folder; none where there is no such file."""
        path = self.folder / name
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def backup(self, name: str) -> list[dict[str, str]]:
        """The rows of a backup; none where there is no such file."""
        path = self.folder / "backup" / f"{name}.csv.gz"
        if not path.exists():
            return []
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def codes(self) -> list[str]:
        """The findings' codes."""
        return [each["code"] for each in self.report["findings"]]


def begin(config: dict[str, Any], output: Path | None = None, **given: Any) -> Context:
    """What a run of these settings has; `given` goes to `Context.begin`."""
    where = {"output_dir": str(output)} if output else {}
    stored = {"state_is_stored": True}
    settings = read_settings({**stored, **config, **where})
    return Context.begin(settings, **{"waits": NO_WAITS, **given})


def follow(
    context: Context,
    stream: bytes | None = None,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> Result:
    """Run the target's core on a stream, `tap_stream()` by default, in this thread."""
    made = Run.beside_a_tap(context, out or StringIO(), err or StringIO())
    return made.follow(SingerStream(BytesIO(tap_stream() if stream is None else stream)))


def run(
    config: dict[str, Any],
    output: Path,
    stream: bytes | None = None,
    pipeline: Pipeline | None = None,
) -> Ran:
    """Plan, cleanup or reset behind a tap, as the settings say."""
    out, err = StringIO(), StringIO()

    def action() -> Result:
        return follow(begin(config, output, pipeline=pipeline), stream, out, err)

    return Ran.of(action, output, out, err)


def login(server: EmulatorServer) -> dict[str, Any]:
    """Settings that lead to the emulator; the test stores what is written to stdout."""
    return {
        "access_token": server.access_token,
        "instance_url": server.url,
        "state_is_stored": True,
    }


def zuora_rows(org: Org) -> dict[str, int]:
    """Live rows that are Zuora's, by object; the emulator's schema says which objects there are."""
    counts = {
        name: count
        for name, count in org.counts().items()
        if count and name.startswith(("Zuora__", "zqu__")) and not is_untouchable(name)
    }
    if "zqu__ZuoraId__c" not in org.schema.get("Product2").fields:
        return counts
    products = org.query("SELECT COUNT() FROM Product2 WHERE zqu__ZuoraId__c != null").total
    return counts | ({"Product2": products} if products else {})


def is_untouchable(name: str) -> bool:
    """Objects whose rows no cleanup may touch, written down here once more on purpose."""
    return not name.startswith(("Zuora__", "zqu__")) or name in {
        "Zuora__Sync_History__c", "zqu__Sync_History__c", "Zuora__CrmId_Change_Result__c",
        "Zuora__MigrationSettings__c", "Zuora__ZuoraConfig__c", "Zuora__ObjectStub__c",
        "zqu__Catalog_Sync_History__c", "zqu__ProductOptionGroup__c", "zqu__ProductOption__c",
    } or name.startswith("zqu__Quote")  # fmt: skip


def fingerprints(org: Org, leave_out: Iterable[str] = ()) -> dict[str, str]:
    """A hash over all rows and columns of every object that is not Zuora's."""
    names = [name for name, count in org.counts().items() if count and is_untouchable(name)]
    return {name: org.fingerprint(name) for name in names if name not in set(leave_out)}
