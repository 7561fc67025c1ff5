"""The demo's steps around the pipeline: what Meltano's job `demo` runs before and after it.

`before` starts the emulator, leaves the bookmarks of an earlier sync in Meltano's state and shows
both; `after` shows what the cleanup made of them and what the next run will send.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from console import heading, say, table

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDING = Path(__file__).resolve().parent.parent / "data" / "tap_zuora" / "full.singer.gz"
EXTRACTOR, LOADER = "tap-zuora", "target-zuora360-cleanup"
URL_VARIABLE = "TARGET_ZUORA360_CLEANUP_INSTANCE_URL"
"""Meltano's variable for the loader's setting; the emulator is started where it points."""
DEFAULT_URL = "http://127.0.0.1:8360"
REPLICATION_KEYS = ("UpdatedDate", "TransactionDate", "UpdatedOn")
"""Those of tap-zuora 1.6.1."""
_SYNCED = re.compile(r"INFO (?P<stream>\w+): Completed sync \((?P<rows>\d+) rows\)")


class DemoError(Exception):
    """A step failed; the message says what to do."""


def main() -> None:
    """Run the step that the command line names."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # a real stdout
    arguments = _parser().parse_args()
    org = Org(os.environ.get(URL_VARIABLE) or DEFAULT_URL, arguments.records)
    try:
        before(org) if arguments.step == "before" else after(org)
    except DemoError as error:
        sys.exit(str(error))


def before(org: Org) -> None:
    """Set the scene: an org with Zuora's records, and a tap that is past its first run."""
    heading(1, f"A Salesforce org with Zuora's records, emulated at {org.url}")
    org.start()
    counts = org.counts()
    table("object", ("records",), shorten({name: (n,) for name, n in counts.items() if n}))
    heading(2, "The bookmarks that the last sync left, so that the next one is incremental")
    set_state(recorded_state())
    sent = show_next_run({})
    _keep({"counts": counts, "sent": sent})
    heading(3, f"The cleanup: meltano run {EXTRACTOR} {LOADER}, in mode cleanup")


def after(org: Org) -> None:
    """Show the outcome next to what was there before, and take everything down."""
    kept = _take()
    heading(4, "The org before and after (what quotes use, and what isn't Zuora's, stays)")
    table("object", ("before", "after"), compare(kept["counts"], org.counts()))
    heading(5, "The bookmarks of what was cleaned are reset, so that the next sync is full")
    show_next_run(kept["sent"])
    org.stop()


def show_next_run(before: Mapping[str, int]) -> dict[str, int]:
    """Print stored bookmarks and what the tap sends with them, next to what it sent `before`."""
    say(f"$ meltano state get {state_id()}")
    bookmarks = stored_state()["bookmarks"]
    say(f"$ TARGET_ZUORA360_CLEANUP_MODE=plan meltano run {EXTRACTOR} {LOADER}")
    sent = next_run()
    rows = {name: (_moment(bookmarks.get(name, {})), count) for name, count in sent.items()}
    table("stream", ("bookmark", "records"), rows)
    if before:
        say(f"   Before the cleanup, the same run sent {sum(before.values())} records.")
    return sent


def compare(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """Counts before and after: those that changed, then all that did not in one row."""
    both = {name: (was, after.get(name, 0)) for name, was in before.items() if was}
    changed = {name: counts for name, counts in both.items() if counts[0] != counts[1]}
    same = sum(was for name, (was, _) in both.items() if name not in changed)
    unchanged = f"({len(both) - len(changed)} object types, unchanged)"
    return {**shorten(changed), unchanged: (same, same)}


def shorten(rows: Mapping[str, tuple[int, ...]], number: int = 12) -> dict[str, tuple[int, ...]]:
    """The `number` rows with the most records, and the others added up in one row."""
    names = sorted(rows, key=lambda name: (-rows[name][0], name))
    others = [rows[name] for name in names[number:]]
    shown = {name: rows[name] for name in names[:number]}
    if others:
        shown[f"({len(others)} more object types)"] = tuple(map(sum, zip(*others, strict=True)))
    return shown


@dataclass(frozen=True)
class Org:
    """The emulated Salesforce org at `url`."""

    url: str
    records: int

    def start(self) -> None:
        """Start the emulator; it ends with the Meltano that runs this job, come what may."""
        self._emulator(
            "start", "--records", str(self.records), "--stop-with", str(os.getppid())
        )  # fmt: skip

    def stop(self) -> None:
        """Stop the emulator."""
        self._emulator("stop")

    def counts(self) -> dict[str, int]:
        """Records in the org by object type."""
        url = f"{self.url}/__emulator__/stats"
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - the user's own URL
            rows: dict[str, int] = json.load(answer)["rows"]
        return rows

    def _emulator(self, command: str, *options: str) -> None:
        port = str(urlsplit(self.url).port or 80)
        program = _neighbour("zuora360-emulator")
        done = subprocess.run(
            [program, command, "--port", port, *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        if done.returncode:
            raise DemoError(
                f"{done.stderr.strip()}\nTo use another port: "
                f"{URL_VARIABLE}=http://127.0.0.1:{int(port) + 1} meltano run demo"
            )


def recorded_state() -> dict[str, Any]:
    """The state that the recorded full sync of tap-zuora ended with."""
    with gzip.open(RECORDING, "rt", encoding="utf-8") as lines:
        *_, last = lines
    state: dict[str, Any] = json.loads(last)["value"]
    return state


def set_state(state: Mapping[str, Any]) -> None:
    """Store `state` as if the pipeline had run before."""
    _meltano("state", "set", "--force", state_id(), json.dumps({"singer_state": state}))


def stored_state() -> dict[str, Any]:
    """The tap's state as Meltano has it."""
    state: dict[str, Any] = json.loads(_meltano("state", "get", state_id()).stdout)["singer_state"]
    return state


def next_run() -> dict[str, int]:
    """Records that the tap sends when Meltano runs it with the stored state, by stream."""
    environment = {**os.environ, "TARGET_ZUORA360_CLEANUP_MODE": "plan"}
    done = _meltano("run", EXTRACTOR, LOADER, environment=environment)
    found = (_SYNCED.search(line) for line in done.stderr.splitlines())
    return {match["stream"]: int(match["rows"]) for match in found if match}


def state_id() -> str:
    """Meltano's name for this pipeline's state."""
    return f"{os.environ['MELTANO_ENVIRONMENT']}:{EXTRACTOR}-to-{LOADER}"


def _moment(entry: Mapping[str, Any]) -> str:
    """The time in a tap-zuora bookmark, whatever its key is called."""
    return next((str(entry[key]) for key in REPLICATION_KEYS if key in entry), "none")


def _meltano(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Meltano on this project.

    Raises:
        DemoError: It failed.
    """
    done = subprocess.run(
        [_neighbour("meltano"), *arguments],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    if done.returncode:
        end = "\n".join(done.stderr.splitlines()[-20:])
        raise DemoError(f"meltano {' '.join(arguments)} failed:\n{end}")
    return done


def _neighbour(program: str) -> str:
    """A program of the environment that this script runs in."""
    return str(Path(sys.executable).with_name(program))


def _notes() -> Path:
    return Path(os.environ["MELTANO_SYS_DIR_ROOT"]) / "run" / "zuora360-demo.json"


def _keep(notes: Mapping[str, Any]) -> None:
    """Leave `notes` for the step after the cleanup."""
    _notes().parent.mkdir(parents=True, exist_ok=True)
    _notes().write_text(json.dumps(notes))


def _take() -> dict[str, Any]:
    """The notes of the step before the cleanup, which are gone afterwards."""
    if not _notes().exists():
        raise DemoError("This step comes after another: meltano run demo")
    notes: dict[str, Any] = json.loads(_notes().read_text())
    _notes().unlink()
    return notes


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("before", "after"))
    parser.add_argument("--records", type=int, default=3000, help="how many the org holds")
    return parser


if __name__ == "__main__":
    main()
